/*
 * read.c: a circuit from jsonb.
 *
 * One pass over the gates; what one gate needs while it is read lives in a
 * context that is reset before the next, so memory and time are linear in the
 * document.
 */
#include "postgres.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/gate.h"
#include "bridge/server/error.h"

/* What a gate costs in memory at most, its arrays and the list's growth included. */
#define GATE_BYTES (2 * sizeof(TvmGate) + 64)

enum
{
	DOC_QUBITS, DOC_GATES, DOC_BITS, DOC_PARAMS, DOC_NAME, DOC_COUNT
};
static const char *const document_keys[DOC_COUNT] = {"qubits", "gates", "bits", "params", "name"};

static void
read_gates(TvCircuitReader *reader, const JsonbValue *value, const TvPath *path)
{
	MemoryContext gate_context = AllocSetContextCreate(CurrentMemoryContext, "timevmaps gate",
													   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller;
	TvJsonScan	scan;
	JsonbValue	element;
	uint32		count = JsonContainerSize(tv_json_array(value, path));

	if (count > TVM_MAX_GATES)
		tv_json_fail(path, "too many gates", NULL, "%u is more than %d.", count, TVM_MAX_GATES);
	tv_circuit_require_memory(count * (uint64) GATE_BYTES, "The list of gates");
	reader->targets = palloc_array(uint32, reader->circuit->kernel.qubits);
	reader->controls = palloc_array(uint32, reader->circuit->kernel.qubits);
	reader->control_state = palloc_array(uint8, reader->circuit->kernel.qubits);
	tv_json_scan(&scan, value->val.binary.data);
	caller = MemoryContextSwitchTo(gate_context);
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);

		MemoryContextReset(gate_context);
		reader->path = &here;
		reader->gate_index = scan.index;
		tv_circuit_read_gate(reader, &element);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(gate_context);
}

/* Parameters are numbers, also those that no gate uses. */
JsonbContainer *
tv_circuit_params_read(const JsonbValue *value, const TvPath *path)
{
	TvJsonScan	scan;
	JsonbValue	member;
	JsonbContainer *params = tv_json_object(value, path);

	tv_json_scan(&scan, params);
	while (tv_json_next(&scan, &member))
	{
		TvPath		here = {path, scan.key.val.string.val, scan.key.val.string.len, 0};

		(void) tv_json_number(&member, &here);
	}
	return params;
}

TvCircuit *
tv_circuit_read(TvEnv *env, const JsonbValue *document, const TvPath *path, JsonbContainer *params)
{
	TvCircuit  *circuit = MemoryContextAllocZero(env->context, sizeof(TvCircuit));
	TvPath		qubits = TV_PATH_KEY(path, "qubits");
	TvPath		gates = TV_PATH_KEY(path, "gates");
	TvPath		bits = TV_PATH_KEY(path, "bits");
	TvPath		own_params = TV_PATH_KEY(path, "params");
	TvPath		name = TV_PATH_KEY(path, "name");
	JsonbValue	member[DOC_COUNT];
	TvCircuitReader reader = {0};

	tv_json_fields(tv_json_object(document, path), document_keys, DOC_COUNT, member, path);
	reader.env = env;
	reader.circuit = circuit;
	reader.params = params;
	reader.declared_bits = -1;
	if (!tv_json_present(&member[DOC_QUBITS]))
		tv_json_fail(&qubits, "missing", NULL, "A circuit is {\"qubits\": n, \"gates\": [...]}.");
	if (!tv_json_present(&member[DOC_GATES]))
		tv_json_fail(&gates, "missing", NULL, "A circuit is {\"qubits\": n, \"gates\": [...]}.");
	tv_check(env, tvm_circuit_init(&env->tvm, &circuit->kernel,
								   tv_json_integer(&member[DOC_QUBITS], &qubits, 1, TVM_MAX_QUBITS,
												   "not a number of qubits")));
	if (tv_json_present(&member[DOC_BITS]))
		reader.declared_bits = tv_json_integer(&member[DOC_BITS], &bits, 0, TVM_MAX_BITS,
											   "not a number of classical bits");
	if (tv_json_present(&member[DOC_PARAMS]))
	{
		reader.own_params = tv_circuit_params_read(&member[DOC_PARAMS], &own_params);
		reader.own_params_path = &own_params;
	}
	if (tv_json_present(&member[DOC_NAME]))
		(void) tv_json_string(&member[DOC_NAME], &name);
	read_gates(&reader, &member[DOC_GATES], &gates);
	if (reader.declared_bits >= 0)
		tv_check(env, tvm_circuit_set_bits(&env->tvm, &circuit->kernel, reader.declared_bits));
	return circuit;
}

void
tv_circuit_require_bound(const TvCircuit *circuit, const TvPath *path)
{
	const TvFreeAngle *angle = circuit->free_angles;
	TvPath		gates = TV_PATH_KEY(path, "gates");
	TvPath		gate = TV_PATH_INDEX(&gates, circuit->free_count > 0 ? angle->gate : 0);
	TvPath		here = TV_PATH_KEY(&gate, circuit->free_count > 0 ? angle->angle : "");

	if (circuit->free_count > 0)
		tv_json_fail(&here, "parameter without a value",
					 "Give it in \"params\" of the circuit or of the options.",
					 "No value for \"$%s\".", angle->terms[0].parameter);
}
