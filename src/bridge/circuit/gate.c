/*
 * gate.c: one gate from jsonb.
 *
 * What has a place in the document (a qubit's range, a missing or unknown key) is
 * checked here, where the path is known; what concerns the gate as a whole (a
 * qubit used twice, a matrix that is not unitary) by the kernel, which copies
 * the gate.  Memory is the caller's, who frees it after each gate.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/gate.h"
#include "bridge/circuit/normalise.h"
#include "kernel/quantum/circuit/decimal.h"
#include "kernel/quantum/circuit/angle.h"

#define MAX_ANGLES 4

/* What a free angle takes beside its block: its entry, the list's growth, and the block's rounding. */
#define FREE_ANGLE_BYTES (3 * sizeof(TvFreeAngle) + 16)

static const char *const gate_keys[KEY_COUNT] = {
	"op", "target", "control", "targets", "controls", "control_state",
	"theta", "phi", "lambda", "gamma", "matrix", "bit", "if"
};

static uint32
read_qubit(TvCircuitReader *reader, const JsonbValue *value, const TvPath *path)
{
	return tv_json_integer(value, path, 0, (int64) reader->circuit->kernel.qubits - 1, "not a qubit");
}

static int32
read_bit(TvCircuitReader *reader, const JsonbValue *value, const TvPath *path)
{
	int64		bits = reader->declared_bits >= 0 ? reader->declared_bits : TVM_MAX_BITS;

	return tv_json_integer(value, path, 0, bits - 1, "not a classical bit");
}

/* A bit's value: 0, 1, false or true. */
static uint8
read_binary(const JsonbValue *value, const TvPath *path)
{
	if (value->type == jbvBool)
		return value->val.boolean ? 1 : 0;
	return tv_json_integer(value, path, 0, 1, "not a bit's value");
}

/* A list of qubits; `list` has room for all the qubits there are. */
static uint32
read_qubits(TvCircuitReader *reader, const JsonbValue *value, const TvPath *path, uint32 *list, uint32 count)
{
	TvJsonScan	scan;
	JsonbValue	element;

	tv_json_scan(&scan, tv_json_array(value, path));
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);

		if (count >= reader->circuit->kernel.qubits)
			tv_json_fail(&here, "too many qubits", NULL, "The circuit has %u.",
						 reader->circuit->kernel.qubits);
		list[count++] = read_qubit(reader, &element, &here);
	}
	return count;
}

static void
read_targets(TvCircuitReader *reader, TvmGate *gate)
{
	const TvmGateName *name = reader->name;
	int			targets = tvm_op_targets(name->op);
	TvPath		one = TV_PATH_KEY(reader->path, "target");
	TvPath		several = TV_PATH_KEY(reader->path, "targets");

	if (tv_json_present(&reader->value[KEY_TARGET]))
	{
		if (tv_json_present(&reader->value[KEY_TARGETS]))
			tv_json_fail(&several, "given twice", "Give either target or targets.", NULL);
		if (targets > 1)
			tv_json_fail(&several, "missing", NULL, "%s takes a list of %d targets.",
						 name->name, targets);
		gate->targets[gate->target_count++] = read_qubit(reader, &reader->value[KEY_TARGET], &one);
	}
	else if (tv_json_present(&reader->value[KEY_TARGETS]))
	{
		gate->target_count = read_qubits(reader, &reader->value[KEY_TARGETS], &several, gate->targets, 0);
		if (targets >= 0 && gate->target_count != targets)
			tv_json_fail(&several, "wrong number of targets", NULL, "%s takes %d, not %u.",
						 name->name, targets, gate->target_count);
	}
	else if (name->op != TVM_OP_BARRIER)
		tv_json_fail(targets == 1 ? &one : &several, "missing", NULL,
					 "%s needs the qubit it acts on.", name->name);
}

/* An integer's bits, however many digits it has. */
static void
read_large_states(const JsonbValue *state, const TvPath *path, const char *message, uint8 *out, uint32 count)
{
	Numeric		number = state->val.numeric;
	Datum		whole = DirectFunctionCall2(numeric_trunc, NumericGetDatum(number), Int32GetDatum(0));
	char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out, whole));
	uint32		limbs[TVM_LIMBS];
	uint32		used;

	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, whole, NumericGetDatum(number))))
		tv_json_fail(path, message, NULL, "%s is not a whole number.", tv_json_excerpt(state));
	if (digits[0] == '-' || !tvm_decimal_read(digits, strlen(digits), limbs, &used) ||
		(used > 0 && 32 * (used - 1) + pg_leftmost_one_pos32(limbs[used - 1]) >= count))
		tv_json_fail(path, message, NULL, "%s is outside 0..2^%u - 1.", tv_json_excerpt(state), count);
	for (uint32 i = 0; i < count; i++)
		out[i] = i / 32 < used ? limbs[i / 32] >> i % 32 & 1 : 0;
}

/*
 * What `count` controls or bits are to be: an integer whose bit i is for the i-th
 * of them, a string printed highest first, or a list in their order.
 */
static void
read_states(const JsonbValue *state, const TvPath *path, const char *message, uint8 *out, uint32 count)
{
	TvJsonScan	scan;
	JsonbValue	element;

	if (state->type == jbvNumeric)
	{
		uint64		bits;

		if (count >= 63)
		{
			read_large_states(state, path, message, out, count);
			return;
		}
		bits = tv_json_integer(state, path, 0, ((int64) 1 << count) - 1, message);
		for (uint32 i = 0; i < count; i++)
			out[i] = (bits >> i) & 1;
		return;
	}
	if (state->type == jbvString)
	{
		if (state->val.string.len != count ||
			strspn(pnstrdup(state->val.string.val, state->val.string.len), "01") != count)
			tv_json_fail(path, message, NULL, "%s is not a string of %u times 0 or 1.",
						 tv_json_excerpt(state), count);
		for (uint32 i = 0; i < count; i++)
			out[i] = state->val.string.val[count - 1 - i] - '0';
		return;
	}
	tv_json_scan(&scan, tv_json_array(state, path));
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);

		if (scan.index >= count)
			tv_json_fail(&here, message, NULL, "There are only %u.", count);
		out[scan.index] = read_binary(&element, &here);
	}
	if (scan.index < count)
		tv_json_fail(path, message, NULL, "It has " INT64_FORMAT " values for %u.", scan.index, count);
}

/* `control` comes first, then `controls`: bit i of the control state is for the i-th of them. */
static void
read_controls(TvCircuitReader *reader, TvmGate *gate)
{
	const JsonbValue *state = &reader->value[KEY_CONTROL_STATE];
	TvPath		one = TV_PATH_KEY(reader->path, "control");
	TvPath		several = TV_PATH_KEY(reader->path, "controls");
	TvPath		state_path = TV_PATH_KEY(reader->path, "control_state");
	uint32		count = 0;

	if (tv_json_present(&reader->value[KEY_CONTROL]))
		gate->controls[count++] = read_qubit(reader, &reader->value[KEY_CONTROL], &one);
	if (tv_json_present(&reader->value[KEY_CONTROLS]))
		count = read_qubits(reader, &reader->value[KEY_CONTROLS], &several, gate->controls, count);
	if (count < reader->name->controls)
		tv_json_fail(reader->name->controls == 1 ? &one : &several, "missing", NULL,
					 "%s needs %d, got %u.", reader->name->name, reader->name->controls, count);
	gate->control_count = count;
	memset(gate->control_state, 1, count);
	if (!tv_json_present(state))
		return;

	read_states(state, &state_path, "not a control state", gate->control_state, count);
}

/*
 * The terms, their names and the text are one block, for there may be millions; all
 * of them count against timevmaps.circuit_memory as they come.
 */
void
tv_circuit_add_free_angle(TvEnv *env, TvCircuit *circuit, uint32 gate, int which, const TvAngle *angle)
{
	char	   *text = tv_angle_text(angle);
	Size		text_bytes = strlen(text) + 1;
	Size		bytes = angle->count * sizeof(TvTerm) + text_bytes;
	TvFreeAngle *entry;
	char	   *at;

	for (int i = 0; i < angle->count; i++)
		bytes += angle->terms[i].length + 1;
	circuit->free_bytes += bytes + FREE_ANGLE_BYTES;
	tv_circuit_require_memory(circuit->free_bytes, "The list of parameters");
	if (circuit->free_count == circuit->free_capacity)
	{
		Size		room = Max(16, 2 * circuit->free_capacity);

		circuit->free_angles = circuit->free_angles == NULL
			? MemoryContextAlloc(env->context, room * sizeof(TvFreeAngle))
			: repalloc_huge(circuit->free_angles, room * sizeof(TvFreeAngle));
		circuit->free_capacity = room;
	}
	entry = &circuit->free_angles[circuit->free_count++];
	entry->gate = gate;
	entry->which = which;
	entry->angle = gate_keys[KEY_THETA + which];
	entry->term_count = angle->count;
	entry->terms = MemoryContextAllocHuge(env->context, bytes);
	at = (char *) (entry->terms + angle->count);
	for (int i = 0; i < angle->count; i++)
	{
		entry->terms[i] = angle->terms[i];
		entry->terms[i].parameter = memcpy(at, angle->terms[i].parameter, angle->terms[i].length);
		at += angle->terms[i].length;
		*at++ = '\0';
	}
	entry->text = memcpy(at, text, text_bytes);
	pfree(text);
}

/* A parameter's value, if the caller or the document gives one. */
static bool
parameter_value(TvCircuitReader *reader, const TvTerm *term, double *value)
{
	TvPath		params = TV_PATH_KEY(NULL, "params");
	JsonbValue	found;

	if (reader->params != NULL &&
		getKeyJsonValueFromContainer(reader->params, term->parameter, term->length, &found))
	{
		TvPath		here = {&params, term->parameter, term->length, 0};

		*value = tv_json_number(&found, &here);
		return true;
	}
	if (reader->own_params != NULL &&
		getKeyJsonValueFromContainer(reader->own_params, term->parameter, term->length, &found))
	{
		TvPath		here = {reader->own_params_path, term->parameter, term->length, 0};

		*value = tv_json_number(&found, &here);
		return true;
	}
	return false;
}

/* A number, or a linear expression; what parameters have a value is put in. */
static void
read_angle(TvCircuitReader *reader, int key, TvAngle *angle)
{
	const JsonbValue *value = &reader->value[key];
	TvPath		path = TV_PATH_KEY(reader->path, gate_keys[key]);
	TvAngle		read;

	angle->count = 0;
	if (value->type != jbvString)
	{
		angle->constant = tv_json_number(value, &path);
		return;
	}
	tv_angle_parse(value->val.string.val, value->val.string.len, &path, &read);
	angle->constant = read.constant;
	for (int i = 0; i < read.count; i++)
	{
		double		number;

		if (parameter_value(reader, &read.terms[i], &number))
			angle->constant = tvm_angle_add(angle->constant, read.terms[i].factor, number);
		else
			angle->terms[angle->count++] = read.terms[i];
	}
	tv_angle_check(angle, &path);
}

static void
read_angles(TvCircuitReader *reader, TvmGate *gate)
{
	double	   *number[MAX_ANGLES] = {&gate->theta, &gate->phi, &gate->lambda, &gate->gamma};
	TvAngle		angle[MAX_ANGLES];
	int			needed = tvm_op_angles(reader->name->op);

	for (int i = 0; i < MAX_ANGLES; i++)
	{
		int			key = KEY_THETA + i;
		TvPath		path = TV_PATH_KEY(reader->path, gate_keys[key]);

		angle[i].constant = 0;
		angle[i].count = 0;
		if (tv_json_present(&reader->value[key]))
		{
			/* U and CU also take a global phase. */
			if (i >= needed && !(needed == 3 && key == KEY_GAMMA))
				tv_json_fail(&path, "not used by this gate", NULL, "%s takes %s.", reader->name->name,
							 needed == 0 ? "no angle" : needed == 1 ? "theta" : "theta, phi, lambda and gamma");
			read_angle(reader, key, &angle[i]);
		}
		else if (i < needed)
			tv_json_fail(&path, "missing", NULL, "%s takes %s.", reader->name->name,
						 needed == 1 ? "theta" : "theta, phi and lambda");

		/* OpenQASM's CU is not its U with a control. */
		if (key == KEY_GAMMA && strcmp(reader->name->name, "CU") == 0)
		{
			angle[i].constant = tvm_cu_gamma(angle[0].constant, angle[i].constant);
			for (int j = 0; j < angle[0].count; j++)
				tv_angle_add(&angle[i], -angle[0].terms[j].factor / 2, angle[0].terms[j].parameter,
							 angle[0].terms[j].length, &path);
			tv_angle_check(&angle[i], &path);
		}
		*number[i] = angle[i].constant;
		if (angle[i].count > 0)
			tv_circuit_add_free_angle(reader->env, reader->circuit, reader->gate_index, i, &angle[i]);
	}
}

/* One entry: [re, im], or a plain number for a real one. */
static void
read_entry(const JsonbValue *value, const TvPath *path, double *entry)
{
	TvJsonScan	scan;
	JsonbValue	part;

	entry[0] = entry[1] = 0;
	if (value->type == jbvNumeric)
	{
		entry[0] = tv_json_number(value, path);
		return;
	}
	if (JsonContainerSize(tv_json_array(value, path)) != 2)
		tv_json_fail(path, "not an entry", NULL, "An entry is [re, im].");
	tv_json_scan(&scan, value->val.binary.data);
	while (tv_json_next(&scan, &part))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);

		entry[scan.index] = tv_json_number(&part, &here);
	}
}

/* The rows of a unitary, 2^k entries in each of 2^k rows, for k targets. */
static void
read_matrix(TvCircuitReader *reader, TvmGate *gate)
{
	TvPath		path = TV_PATH_KEY(reader->path, "matrix");
	TvPath		targets = TV_PATH_KEY(reader->path, "targets");
	TvJsonScan	rows,
				entries;
	JsonbValue	row,
				entry;
	int64		size;

	if (reader->name->op != TVM_OP_UNITARY)
	{
		if (tv_json_present(&reader->value[KEY_MATRIX]))
			tv_json_fail(&path, "not used by this gate", NULL, "Only UNITARY takes a matrix.");
		return;
	}
	if (!tv_json_present(&reader->value[KEY_MATRIX]))
		tv_json_fail(&path, "missing", NULL, "UNITARY takes a list of rows of [re, im].");
	if (gate->target_count < 1 || gate->target_count > TVM_MAX_UNITARY_QUBITS)
		tv_json_fail(&targets, "wrong number of targets", NULL, "UNITARY takes 1 to %d, not %u.",
					 TVM_MAX_UNITARY_QUBITS, gate->target_count);
	size = (int64) 1 << gate->target_count;

	/* Before anything of that size is allocated, the document must have its rows. */
	if (JsonContainerSize(tv_json_array(&reader->value[KEY_MATRIX], &path)) != size)
		tv_json_fail(&path, "wrong size", NULL, "%u targets need " INT64_FORMAT " rows, not %u.",
					 gate->target_count, size, JsonContainerSize(reader->value[KEY_MATRIX].val.binary.data));
	gate->matrix = MemoryContextAllocHuge(CurrentMemoryContext, size * size * 2 * sizeof(double));
	tv_json_scan(&rows, reader->value[KEY_MATRIX].val.binary.data);
	while (tv_json_next(&rows, &row))
	{
		TvPath		row_path = TV_PATH_INDEX(&path, rows.index);

		if (JsonContainerSize(tv_json_array(&row, &row_path)) != size)
			tv_json_fail(&row_path, "wrong size", NULL, "%u targets need " INT64_FORMAT " entries, not %u.",
						 gate->target_count, size, JsonContainerSize(row.val.binary.data));
		tv_json_scan(&entries, row.val.binary.data);
		while (tv_json_next(&entries, &entry))
		{
			TvPath		here = TV_PATH_INDEX(&row_path, entries.index);

			read_entry(&entry, &here, gate->matrix + 2 * (rows.index * size + entries.index));
		}
	}
}

static void
read_measurement(TvCircuitReader *reader, TvmGate *gate)
{
	TvPath		path = TV_PATH_KEY(reader->path, "bit");

	if (reader->name->op != TVM_OP_MEASURE)
	{
		if (tv_json_present(&reader->value[KEY_BIT]))
			tv_json_fail(&path, "not used by this gate", NULL, "Only MEASURE writes a classical bit.");
		return;
	}
	if (!tv_json_present(&reader->value[KEY_BIT]))
		tv_json_fail(&path, "missing", NULL, "MEASURE needs the classical bit that it writes.");
	gate->bit = read_bit(reader, &reader->value[KEY_BIT], &path);
}

/* A list of different bits; several are a register of which `value` has a bit each. */
static void
read_condition_bits(TvCircuitReader *reader, const JsonbValue *value, const TvPath *path, TvmGate *gate)
{
	TvJsonScan	scan;
	JsonbValue	element;
	uint32		count = JsonContainerSize(tv_json_array(value, path));

	if (count < 1 || count > TVM_MAX_BITS)
		tv_json_fail(path, "wrong number of bits", NULL, "%u is outside 1..%d.", count, TVM_MAX_BITS);
	gate->if_bits = palloc_array(uint32, count);
	gate->if_values = palloc_array(uint8, count);
	memset(gate->if_values, 1, count);
	tv_json_scan(&scan, value->val.binary.data);
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);

		gate->if_bits[gate->if_count++] = read_bit(reader, &element, &here);
	}
}

static void
read_condition(TvCircuitReader *reader, TvmGate *gate)
{
	static const char *const keys[] = {"bit", "bits", "value"};
	TvPath		path = TV_PATH_KEY(reader->path, "if");
	TvPath		bit = TV_PATH_KEY(&path, "bit");
	TvPath		bits = TV_PATH_KEY(&path, "bits");
	TvPath		value = TV_PATH_KEY(&path, "value");
	JsonbValue	member[3];

	if (!tv_json_present(&reader->value[KEY_IF]))
		return;
	tv_json_fields(tv_json_object(&reader->value[KEY_IF], &path), keys, 3, member, &path);
	if (tv_json_present(&member[0]) && tv_json_present(&member[1]))
		tv_json_fail(&bits, "given twice", "Give either bit or bits.", NULL);
	if (tv_json_present(&member[1]))
	{
		read_condition_bits(reader, &member[1], &bits, gate);
		if (tv_json_present(&member[2]))
			read_states(&member[2], &value, "not a value of the bits", gate->if_values, gate->if_count);
		return;
	}
	if (!tv_json_present(&member[0]))
		tv_json_fail(&bit, "missing", NULL,
					 "A condition is {\"bit\": b, \"value\": 0 or 1} or {\"bits\": [...], \"value\": n}.");
	gate->if_bits = palloc_array(uint32, 1);
	gate->if_values = palloc_array(uint8, 1);
	gate->if_count = 1;
	gate->if_bits[0] = read_bit(reader, &member[0], &bit);
	gate->if_values[0] = tv_json_present(&member[2]) ? read_binary(&member[2], &value) : 1;
}

/* A hint: the list. */
static const char *
known_gates(void)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "Known gates: ");
	for (size_t i = 0; i < tvm_gate_name_count; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", tvm_gate_names[i].name);
	appendStringInfoChar(&text, '.');
	return text.data;
}

const TvmGateName *
tv_gate_name_read(const JsonbValue *value, const TvPath *path)
{
	if (value->type != jbvString)
		tv_json_fail(path, "not a string", NULL, "It is %s.", tv_json_excerpt(value));
	for (size_t i = 0; i < tvm_gate_name_count; i++)
		if (strlen(tvm_gate_names[i].name) == value->val.string.len &&
			pg_strncasecmp(tvm_gate_names[i].name, value->val.string.val, value->val.string.len) == 0)
			return &tvm_gate_names[i];
	tv_json_fail(path, "unknown gate", known_gates(), "It is %s.", tv_json_excerpt(value));
}

static const TvmGateName *
read_op(TvCircuitReader *reader)
{
	const JsonbValue *op = &reader->value[KEY_OP];
	TvPath		path = TV_PATH_KEY(reader->path, "op");

	if (!tv_json_present(op))
		tv_json_fail(&path, "missing", known_gates(), NULL);
	return tv_gate_name_read(op, &path);
}

void
tv_circuit_read_gate(TvCircuitReader *reader, const JsonbValue *value)
{
	TvmCircuit *kernel = &reader->circuit->kernel;
	TvmGate		gate;
	TvmStatus	status;

	tv_json_fields(tv_json_object(value, reader->path), gate_keys, KEY_COUNT, reader->value, reader->path);
	reader->name = read_op(reader);
	tvm_gate_init(&gate, reader->name->op);
	gate.targets = reader->targets;
	gate.controls = reader->controls;
	gate.control_state = reader->control_state;
	read_targets(reader, &gate);
	read_controls(reader, &gate);
	read_angles(reader, &gate);
	read_matrix(reader, &gate);
	read_measurement(reader, &gate);
	read_condition(reader, &gate);

	status = tvm_circuit_add(&reader->env->tvm, kernel, &gate);
	if (status != TVM_OK)
	{
		tvm_fail_path(&reader->env->tvm, "%s", tv_path_text(reader->path));
		tv_check(reader->env, status);
	}
	tv_gate_normalise(&kernel->gates[kernel->count - 1]);
}
