/*
 * circuit.c: circuits for SQL: run, look at the state, validate, hash.
 *
 * Each call makes one TvEnv, in which the circuit and the state live, and deletes
 * it before it returns: no state survives a statement.  What a function needs,
 * its rows included, is checked against timevmaps.circuit_memory first.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/circuit.h"
#include "bridge/circuit/result.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "kernel/quantum/state/reduced.h"
#include "sqlfn/circuit.h"

PG_FUNCTION_INFO_V1(tv_validate_circuit);
PG_FUNCTION_INFO_V1(tv_circuit_hash);
PG_FUNCTION_INFO_V1(tv_circuit_canonical);
PG_FUNCTION_INFO_V1(tv_run_circuit);
PG_FUNCTION_INFO_V1(tv_fidelity);
PG_FUNCTION_INFO_V1(tv_circuit_steps);
PG_FUNCTION_INFO_V1(tv_amplitudes);
PG_FUNCTION_INFO_V1(tv_bloch);
PG_FUNCTION_INFO_V1(tv_expectation);

static TvCircuit *
read_circuit(TvEnv *env, Jsonb *document)
{
	JsonbValue	root;

	tv_json_root(document, &root);
	return tv_circuit_read(env, &root, NULL, NULL);
}

Datum
tv_validate_circuit(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_validate_circuit");

	(void) read_circuit(env, PG_GETARG_JSONB_P(0));
	tv_env_delete(env);
	PG_RETURN_BOOL(true);
}

Datum
tv_circuit_hash(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_circuit_hash");
	text	   *hash = cstring_to_text(tv_circuit_digest(read_circuit(env, PG_GETARG_JSONB_P(0))));

	tv_env_delete(env);
	PG_RETURN_TEXT_P(hash);
}

Datum
tv_circuit_canonical(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_circuit_canonical");
	Jsonb	   *canonical = tv_circuit_write(read_circuit(env, PG_GETARG_JSONB_P(0)));

	tv_env_delete(env);
	PG_RETURN_JSONB_P(canonical);
}

Datum
tv_run_circuit(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_run_circuit");
	TvCircuitSpec spec = {
		.circuit = PG_GETARG_JSONB_P(0),
		.shots = PG_GETARG_INT32(1),
		.seed = PG_GETARG_INT64(2),
		.options = PG_GETARG_JSONB_P(3)
	};
	TvCircuitRun *run = tv_circuit_run_open(env, &spec);
	Jsonb	   *result;

	(void) tv_circuit_run_more(run, 0);
	result = tv_circuit_run_result(run, NULL);
	tv_env_delete(env);
	PG_RETURN_JSONB_P(result);
}

/* Only what the fidelity needs is computed, whatever the options ask for besides. */
Datum
tv_fidelity(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_fidelity");
	TvCircuitSpec spec = {
		.circuit = PG_GETARG_JSONB_P(0),
		.options = PG_GETARG_JSONB_P(1),
		.seed = PG_GETARG_INT64(2),
		.purpose = TV_RUN_FIDELITY
	};
	TvCircuitRun *run = tv_circuit_run_open(env, &spec);
	TvmRunResult result;

	(void) tv_circuit_run_more(run, 0);
	tv_check(env, tvm_run_result(&env->tvm, &run->kernel, &result));
	tv_env_delete(env);
	PG_RETURN_FLOAT8(result.fidelity);
}

/* 22023 for a circuit that measures or resets in the middle, with the first such gate. */
static void
refuse_chance(const TvCircuitRun *run)
{
	const TvmCircuit *circuit = &run->circuit->kernel;
	TvPath		gates = TV_PATH_KEY(NULL, "gates");

	for (size_t i = 0; i < circuit->count; i++)
	{
		TvmOp		op = circuit->gates[i].op;
		TvPath		gate = TV_PATH_INDEX(&gates, i);

		tv_interrupts_at(i);
		if ((op == TVM_OP_MEASURE || op == TVM_OP_RESET) && !run->kernel.deferred[i])
			tv_json_fail(&gate, "the state depends on chance",
						 "Use tv_run_circuit() for means and counts, tv_circuit_steps() for one history of a seed.",
						 "%s is not a final measurement.", tvm_op_name(op));
	}
	tv_json_fail(&gates, "the state depends on chance", NULL, NULL);
}

/*
 * A run towards the one state that a circuit has before its final measurements.
 * A circuit that measures in the middle has none, and an answer for one history
 * would pass for more than it is.
 */
static TvCircuitRun *
open_to_state(TvEnv *env, const TvCircuitSpec *spec)
{
	TvCircuitRun *run = tv_circuit_run_open(env, spec);

	if (!run->kernel.deterministic)
		refuse_chance(run);
	return run;
}

static const TvmState *
run_to_state(TvCircuitRun *run)
{
	while (tv_circuit_run_gates(run, run->circuit->kernel.count))
		;
	return &run->kernel.state;
}

/* What is true of that state, which need not have amplitudes. */
static TvmRunResult
run_to_values(TvEnv *env, TvCircuitRun *run)
{
	TvmRunResult result;

	(void) tv_circuit_run_more(run, 0);
	tv_check(env, tvm_run_result(&env->tvm, &run->kernel, &result));
	return result;
}

Datum
tv_circuit_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvEnv	   *env = tv_env_create("tv_circuit_steps");
	TvCircuitSpec spec = {
		.circuit = PG_GETARG_JSONB_P(0),
		.seed = PG_GETARG_INT64(1),
		.purpose = TV_RUN_STEPS
	};
	TvCircuitRun *run = tv_circuit_run_open(env, &spec);
	const TvmCircuit *circuit = &run->circuit->kernel;
	uint64		frame = tvm_frame_bytes(TVM_FRAME_FULL, circuit->qubits, 0);

	tv_circuit_require_memory(circuit->count * (frame + TV_ROW_BYTES), "A frame for each gate");
	InitMaterializedSRF(fcinfo, 0);
	for (size_t step = 1; step <= circuit->count; step++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};
		char		name[64];
		bytea	   *payload;

		(void) tv_circuit_run_gates(run, step);
		payload = tv_circuit_run_frame(run, TVM_FRAME_FULL, 0);
		tvm_gate_name(&circuit->gates[step - 1], name, sizeof(name));
		values[0] = Int32GetDatum(step);
		values[1] = CStringGetTextDatum(name);
		values[2] = PointerGetDatum(payload);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		pfree(DatumGetPointer(values[1]));
		pfree(payload);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

/* Room for a string of bits and the NUL that tvm_bits_format() writes. */
text *
tv_make_bits(uint32 qubits)
{
	text	   *bits = palloc(VARHDRSZ + qubits + 1);

	SET_VARSIZE(bits, VARHDRSZ + qubits);
	return bits;
}

void
tv_put_amplitude(ReturnSetInfo *rsinfo, text *bits, uint64 basis, bool has_amplitude,
				 double re, double im, double probability)
{
	Datum		values[5];
	bool		nulls[5] = {false};

	CHECK_FOR_INTERRUPTS();
	tvm_bits_format(&basis, VARSIZE(bits) - VARHDRSZ, VARDATA(bits));
	values[0] = Int64GetDatum((int64) basis);
	values[1] = PointerGetDatum(bits);
	values[2] = Float8GetDatum(re);
	values[3] = Float8GetDatum(im);
	values[4] = Float8GetDatum(probability);
	nulls[0] = VARSIZE(bits) - VARHDRSZ > 63;
	nulls[2] = nulls[3] = !has_amplitude;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
tv_amplitudes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvEnv	   *env = tv_env_create("tv_amplitudes");
	TvCircuitSpec spec = {.circuit = PG_GETARG_JSONB_P(0), .purpose = TV_RUN_STATE};
	TvCircuitRun *run = open_to_state(env, &spec);
	uint32		qubits = run->circuit->kernel.qubits;
	text	   *bits = tv_make_bits(qubits);
	const TvmState *state;

	tv_circuit_require_memory(TV_ROW_BYTES << qubits, "The list of amplitudes");
	InitMaterializedSRF(fcinfo, 0);
	state = run_to_state(run);
	for (uint64 basis = 0; basis < state->count; basis++)
	{
		TvmComplex	amplitude = tvm_get(state, basis);

		tv_put_amplitude(rsinfo, bits, basis, true, amplitude.re, amplitude.im,
						 tvm_complex_norm2(amplitude));
	}
	tv_env_delete(env);
	return (Datum) 0;
}

void
tv_put_bloch(ReturnSetInfo *rsinfo, uint32 qubit, const double xyz[3])
{
	Datum		values[4];
	bool		nulls[4] = {false};

	values[0] = Int32GetDatum(qubit);
	for (int i = 0; i < 3; i++)
		values[1 + i] = Float8GetDatum(xyz[i]);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

void
tv_put_bloch_of_state(ReturnSetInfo *rsinfo, TvEnv *env, const TvmState *state)
{
	for (uint32 qubit = 0; qubit < state->qubits; qubit++)
	{
		double		xyz[3];

		tv_check(env, tvm_reduced_bloch(&env->tvm, state, qubit, xyz));
		tv_put_bloch(rsinfo, qubit, xyz);
	}
}

Datum
tv_bloch(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvEnv	   *env = tv_env_create("tv_bloch");
	TvCircuitSpec spec = {.circuit = PG_GETARG_JSONB_P(0), .purpose = TV_RUN_VALUES};
	TvCircuitRun *run = open_to_state(env, &spec);
	TvmRunResult result = run_to_values(env, run);

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 qubit = 0; qubit < run->circuit->kernel.qubits; qubit++)
		tv_put_bloch(rsinfo, qubit, result.bloch + 3 * qubit);
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_expectation(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_expectation");
	TvCircuitSpec spec = {
		.circuit = PG_GETARG_JSONB_P(0),
		.observable = text_to_cstring(PG_GETARG_TEXT_PP(1)),
		.purpose = TV_RUN_VALUES
	};
	double		value = run_to_values(env, open_to_state(env, &spec)).expectation[0].mean;

	tv_env_delete(env);
	PG_RETURN_FLOAT8(value);
}
