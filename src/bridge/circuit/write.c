/*
 * write.c: the canonical form of a circuit, and its hash.
 *
 * The form is written as jsonb, and for the hash as the text that jsonb would print
 * (its members in jsonb's order: shorter names first, then by bytes), so that
 *     sha256(convert_to(canonical::text, 'UTF8'))
 * is the hash, and anyone can recompute it.  The text is handed on piece by piece
 * and never held whole: what jsonb_in() makes of a million gates on the way takes
 * gigabytes and cannot be cancelled.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "bridge/circuit/circuit.h"
#include "bridge/server/json_write.h"

/* Text is handed on when a piece is longer than this. */
#define PIECE_BYTES 8192

typedef struct Writer
{
	const TvCircuit *circuit;
	StringInfoData text;
	pg_cryptohash_ctx *hash;
	size_t		next_free;		/* the first free angle not yet written */
} Writer;

static void
hand_on(Writer *writer)
{
	/* A piece ends between two members and so between characters. */
	char	   *utf8 = pg_server_to_any(writer->text.data, writer->text.len, PG_UTF8);
	size_t		length = utf8 == writer->text.data ? (size_t) writer->text.len : strlen(utf8);

	if (pg_cryptohash_update(writer->hash, (const uint8 *) utf8, length) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a hash")));
	if (utf8 != writer->text.data)
		pfree(utf8);
	resetStringInfo(&writer->text);
}

/* What a free angle is, or NULL for one that has a value; `from` is the gate's first in the list. */
static const char *
free_text(const TvCircuit *circuit, size_t from, size_t gate, const char *name)
{
	for (size_t i = from; i < circuit->free_count && circuit->free_angles[i].gate == gate; i++)
		if (strcmp(circuit->free_angles[i].angle, name) == 0)
			return circuit->free_angles[i].text;
	return NULL;
}

static void
write_angle(Writer *writer, size_t gate, const char *name, double value)
{
	const char *text = free_text(writer->circuit, writer->next_free, gate, name);

	appendStringInfo(&writer->text, ", \"%s\": ", name);
	if (text != NULL)
		escape_json(&writer->text, text);
	else
		tv_json_write_number(&writer->text, value);
}

static void
write_qubits(StringInfo text, const char *name, const uint32 *qubits, uint32 count)
{
	appendStringInfo(text, ", \"%s\": [", name);
	for (uint32 i = 0; i < count; i++)
		appendStringInfo(text, "%s%u", i > 0 ? ", " : "", qubits[i]);
	appendStringInfoChar(text, ']');
}

static void
write_matrix(Writer *writer, const TvmGate *gate)
{
	StringInfo	text = &writer->text;
	size_t		size = (size_t) 1 << gate->target_count;

	appendStringInfoString(text, ", \"matrix\": [");
	for (size_t row = 0; row < size; row++)
	{
		appendStringInfoString(text, row > 0 ? ", [" : "[");
		for (size_t column = 0; column < size; column++)
		{
			const double *entry = gate->matrix + 2 * (row * size + column);

			appendStringInfoString(text, column > 0 ? ", [" : "[");
			tv_json_write_number(text, entry[0]);
			appendStringInfoString(text, ", ");
			tv_json_write_number(text, entry[1]);
			appendStringInfoChar(text, ']');
		}
		appendStringInfoChar(text, ']');
		CHECK_FOR_INTERRUPTS();
		if (text->len > PIECE_BYTES)
			hand_on(writer);
	}
	appendStringInfoChar(text, ']');
}

static bool
all_ones(const TvmGate *gate)
{
	for (uint32 i = 0; i < gate->control_count; i++)
		if (!gate->control_state[i])
			return false;
	return true;
}

/* As a string, the highest first, for any number of them. */
static char *
states_text(const uint8 *states, uint32 count)
{
	char	   *text = palloc(count + 1);

	for (uint32 i = 0; i < count; i++)
		text[i] = states[count - 1 - i] ? '1' : '0';
	text[count] = '\0';
	return text;
}

/* Members in jsonb's order: if, op, bit, phi, gamma, theta, lambda, matrix, target(s), controls, control_state. */
static void
write_gate(Writer *writer, size_t index)
{
	const TvmGate *gate = &writer->circuit->kernel.gates[index];
	StringInfo	text = &writer->text;
	int			angles = tvm_op_angles(gate->op);
	bool		is_free = writer->next_free < writer->circuit->free_count &&
		writer->circuit->free_angles[writer->next_free].gate == index;

	appendStringInfoChar(text, '{');
	if (gate->if_count == 1)
		appendStringInfo(text, "\"if\": {\"bit\": %u, \"value\": %u}, ", gate->if_bits[0], gate->if_values[0]);
	else if (gate->if_count > 1)
	{
		appendStringInfoString(text, "\"if\": {\"bits\": [");
		for (uint32 i = 0; i < gate->if_count; i++)
			appendStringInfo(text, "%s%u", i > 0 ? ", " : "", gate->if_bits[i]);
		appendStringInfo(text, "], \"value\": \"%s\"}, ", states_text(gate->if_values, gate->if_count));
	}
	appendStringInfo(text, "\"op\": \"%s\"", tvm_op_name(gate->op));
	if (gate->op == TVM_OP_MEASURE)
		appendStringInfo(text, ", \"bit\": %d", gate->bit);
	if (gate->op == TVM_OP_U)
	{
		write_angle(writer, index, "phi", gate->phi);
		if (gate->gamma != 0 || is_free)
			write_angle(writer, index, "gamma", gate->gamma);
	}
	if (angles > 0)
		write_angle(writer, index, "theta", gate->theta);
	if (gate->op == TVM_OP_U)
		write_angle(writer, index, "lambda", gate->lambda);
	if (gate->matrix != NULL)
		write_matrix(writer, gate);
	if (gate->target_count == 1)
		appendStringInfo(text, ", \"target\": %u", gate->targets[0]);
	else if (gate->target_count > 1)
		write_qubits(text, "targets", gate->targets, gate->target_count);
	if (gate->control_count > 0)
		write_qubits(text, "controls", gate->controls, gate->control_count);
	if (!all_ones(gate))
		appendStringInfo(text, ", \"control_state\": \"%s\"", states_text(gate->control_state, gate->control_count));
	appendStringInfoChar(text, '}');
	while (writer->next_free < writer->circuit->free_count &&
		   writer->circuit->free_angles[writer->next_free].gate == index)
		writer->next_free++;
}

static void
write_circuit(Writer *writer)
{
	const TvmCircuit *kernel = &writer->circuit->kernel;
	MemoryContext gate_context = AllocSetContextCreate(CurrentMemoryContext, "timevmaps gate",
													   ALLOCSET_DEFAULT_SIZES);

	initStringInfo(&writer->text);
	appendStringInfo(&writer->text, "{\"bits\": %u, \"gates\": [", kernel->bits);
	for (size_t i = 0; i < kernel->count; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(gate_context);

		if (i > 0)
			appendStringInfoString(&writer->text, ", ");
		write_gate(writer, i);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(gate_context);
		CHECK_FOR_INTERRUPTS();
		if (writer->text.len > PIECE_BYTES)
			hand_on(writer);
	}
	appendStringInfo(&writer->text, "], \"qubits\": %u}", kernel->qubits);
	hand_on(writer);
	MemoryContextDelete(gate_context);
}

/* ------------------------------------------------------------------- jsonb */

/* About what a gate takes; the document grows as it must. */
#define JSONB_GATE_BYTES 64

/* All that a gate may have, in jsonb's order. */
enum
{
	GATE_IF, GATE_OP, GATE_BIT, GATE_PHI, GATE_GAMMA, GATE_THETA, GATE_LAMBDA, GATE_MATRIX, GATE_TARGET,
	GATE_TARGETS, GATE_CONTROLS, GATE_CONTROL_STATE, GATE_MEMBERS
};
static const char *const gate_members[GATE_MEMBERS] = {
	"if", "op", "bit", "phi", "gamma", "theta", "lambda", "matrix", "target", "targets", "controls", "control_state"
};

static void
what_gate_has(const TvmGate *gate, bool is_free, bool *has)
{
	has[GATE_IF] = gate->if_count > 0;
	has[GATE_OP] = true;
	has[GATE_BIT] = gate->op == TVM_OP_MEASURE;
	has[GATE_PHI] = has[GATE_LAMBDA] = gate->op == TVM_OP_U;
	has[GATE_GAMMA] = gate->op == TVM_OP_U && (gate->gamma != 0 || is_free);
	has[GATE_THETA] = tvm_op_angles(gate->op) > 0;
	has[GATE_MATRIX] = gate->matrix != NULL;
	has[GATE_TARGET] = gate->target_count == 1;
	has[GATE_TARGETS] = gate->target_count > 1;
	has[GATE_CONTROLS] = gate->control_count > 0;
	has[GATE_CONTROL_STATE] = !all_ones(gate);
}

static void
put_integers(TvJsonWriter *json, const char *name, const uint32 *integers, uint32 count)
{
	tv_json_put_list(json, name, count);
	for (uint32 i = 0; i < count; i++)
		tv_json_put_integer(json, NULL, integers[i]);
}

static void
put_condition(TvJsonWriter *json, const TvmGate *gate)
{
	static const char *const one[] = {"bit", "value"};
	static const char *const several[] = {"bits", "value"};

	tv_json_put_object(json, "if", gate->if_count == 1 ? one : several, 2);
	if (gate->if_count == 1)
	{
		tv_json_put_integer(json, "bit", gate->if_bits[0]);
		tv_json_put_integer(json, "value", gate->if_values[0]);
		return;
	}
	put_integers(json, "bits", gate->if_bits, gate->if_count);
	tv_json_put_string(json, "value", states_text(gate->if_values, gate->if_count));
}

static void
put_matrix(TvJsonWriter *json, const TvmGate *gate)
{
	size_t		size = (size_t) 1 << gate->target_count;

	tv_json_put_list(json, "matrix", size);
	for (size_t row = 0; row < size; row++)
	{
		CHECK_FOR_INTERRUPTS();
		tv_json_put_list(json, NULL, size);
		for (size_t column = 0; column < size; column++)
		{
			tv_json_put_list(json, NULL, 2);
			for (int part = 0; part < 2; part++)
				tv_json_put_number(json, NULL, gate->matrix[2 * (row * size + column) + part]);
		}
	}
}

static void
put_angle(TvJsonWriter *json, const char *name, const char *text, double value)
{
	if (text != NULL)
		tv_json_put_string(json, name, text);
	else
		tv_json_put_number(json, name, value);
}

static void
put_gate(TvJsonWriter *json, const TvCircuit *circuit, size_t index, size_t first_free)
{
	const TvmGate *gate = &circuit->kernel.gates[index];
	const double angles[] = {gate->phi, gate->gamma, gate->theta, gate->lambda};
	const char *names[GATE_MEMBERS];
	bool		has[GATE_MEMBERS];
	uint32		count = 0;

	what_gate_has(gate, first_free < circuit->free_count && circuit->free_angles[first_free].gate == index, has);
	for (int i = 0; i < GATE_MEMBERS; i++)
		if (has[i])
			names[count++] = gate_members[i];
	tv_json_put_object(json, NULL, names, count);
	if (has[GATE_IF])
		put_condition(json, gate);
	tv_json_put_string(json, "op", tvm_op_name(gate->op));
	if (has[GATE_BIT])
		tv_json_put_integer(json, "bit", gate->bit);
	for (int i = GATE_PHI; i <= GATE_LAMBDA; i++)
		if (has[i])
			put_angle(json, gate_members[i], free_text(circuit, first_free, index, gate_members[i]), angles[i - GATE_PHI]);
	if (has[GATE_MATRIX])
		put_matrix(json, gate);
	if (has[GATE_TARGET])
		tv_json_put_integer(json, "target", gate->targets[0]);
	if (has[GATE_TARGETS])
		put_integers(json, "targets", gate->targets, gate->target_count);
	if (has[GATE_CONTROLS])
		put_integers(json, "controls", gate->controls, gate->control_count);
	if (has[GATE_CONTROL_STATE])
		tv_json_put_string(json, "control_state", states_text(gate->control_state, gate->control_count));
}

Jsonb *
tv_circuit_write(const TvCircuit *circuit)
{
	static const char *const names[] = {"bits", "gates", "qubits"};
	const TvmCircuit *kernel = &circuit->kernel;
	MemoryContext gate_context = AllocSetContextCreate(CurrentMemoryContext, "timevmaps gate",
													   ALLOCSET_DEFAULT_SIZES);
	TvJsonWriter json;
	size_t		next_free = 0;

	tv_json_begin(&json, Min(kernel->count * (Size) JSONB_GATE_BYTES, JENTRY_OFFLENMASK / 2));
	tv_json_put_object(&json, NULL, names, lengthof(names));
	tv_json_put_integer(&json, "bits", kernel->bits);
	tv_json_put_list(&json, "gates", kernel->count);
	for (size_t i = 0; i < kernel->count; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(gate_context);

		CHECK_FOR_INTERRUPTS();
		put_gate(&json, circuit, i, next_free);
		while (next_free < circuit->free_count && circuit->free_angles[next_free].gate == i)
			next_free++;
		MemoryContextSwitchTo(caller);
		MemoryContextReset(gate_context);
	}
	tv_json_put_integer(&json, "qubits", kernel->qubits);
	MemoryContextDelete(gate_context);
	return tv_json_end(&json);
}

/* -------------------------------------------------------------------- hash */

char *
tv_circuit_digest(const TvCircuit *circuit)
{
	Writer		writer = {circuit};
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *hex = palloc(2 * PG_SHA256_DIGEST_LENGTH + 1);

	writer.hash = pg_cryptohash_create(PG_SHA256);
	if (writer.hash == NULL || pg_cryptohash_init(writer.hash) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a hash")));

	/* The hash context is malloc'd where it has no resource owner: free it on the way out. */
	PG_TRY();
	{
		write_circuit(&writer);
		if (pg_cryptohash_final(writer.hash, digest, sizeof(digest)) < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not compute a hash")));
	}
	PG_FINALLY();
	{
		pg_cryptohash_free(writer.hash);
	}
	PG_END_TRY();
	hex_encode((const char *) digest, sizeof(digest), hex);
	hex[2 * PG_SHA256_DIGEST_LENGTH] = '\0';
	pfree(writer.text.data);
	return hex;
}
