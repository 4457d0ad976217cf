/*
 * circuit_write.c: the canonical form of a circuit, and its hash.
 *
 * One writer makes the text that jsonb would print (its members in jsonb's
 * order: shorter names first, then by bytes), so that
 *     sha256(convert_to(canonical::text, 'UTF8'))
 * is the hash, and anyone can recompute it.  For the hash the text is handed on
 * piece by piece and never held whole.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "bridge/circuit.h"

/* Text is handed on when a piece is longer than this. */
#define PIECE_BYTES 8192

typedef struct Writer
{
	const TvCircuit *circuit;
	StringInfoData text;
	pg_cryptohash_ctx *hash;	/* NULL: keep the text */
	size_t		next_free;		/* the first free angle not yet written */
} Writer;

static void
hand_on(Writer *writer)
{
	if (writer->hash == NULL)
		return;
	if (pg_cryptohash_update(writer->hash, (const uint8 *) writer->text.data, writer->text.len) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a hash")));
	resetStringInfo(&writer->text);
}

/* An angle; a free one is in the list of those that wait, in the order of writing or not. */
static void
write_angle(Writer *writer, size_t gate, const char *name, double value)
{
	const TvCircuit *circuit = writer->circuit;

	appendStringInfo(&writer->text, ", \"%s\": ", name);
	for (size_t i = writer->next_free; i < circuit->free_count && circuit->free_angles[i].gate == gate; i++)
		if (strcmp(circuit->free_angles[i].angle, name) == 0)
		{
			escape_json(&writer->text, circuit->free_angles[i].text);
			return;
		}
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
static void
write_states(StringInfo text, const uint8 *states, uint32 count)
{
	appendStringInfoChar(text, '"');
	for (uint32 i = count; i-- > 0;)
		appendStringInfoChar(text, states[i] ? '1' : '0');
	appendStringInfoChar(text, '"');
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
		appendStringInfoString(text, "], \"value\": ");
		write_states(text, gate->if_values, gate->if_count);
		appendStringInfoString(text, "}, ");
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
	{
		appendStringInfoString(text, ", \"control_state\": ");
		write_states(text, gate->control_state, gate->control_count);
	}
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

Jsonb *
tv_circuit_write(const TvCircuit *circuit)
{
	Writer		writer = {circuit};
	Jsonb	   *document;

	write_circuit(&writer);
	document = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(writer.text.data)));
	pfree(writer.text.data);
	return document;
}

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
