/*
 * short.c: which experiments are known to take little time; see short.h.
 *
 * A circuit is one where it is there itself, of few qubits and gates, and nothing is asked for that takes trajectories or
 * more than the state, and none has params that many of could not be held at once: 6 qubits, 48 gates, a state after each of them, and 200 shots take 0.3 ms, 10,000 gates in trajectories 2 ms.
 */
#include "postgres.h"

#include "utils/numeric.h"
#include "utils/fmgrprotos.h"

#include "bridge/experiment/short.h"

#define QUBITS 6
#define GATES 48				/* their frames are kept until the end */
#define GATES_OF_SHOTS 10000	/* as if each shot were a trajectory */
#define BYTES 16384				/* of a circuit */
#define BYTES_OF_ALL 32768

static JsonbValue *
member(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), value);
}

static bool
is_at_most(const JsonbValue *value, int64 most)
{
	return value->type == jbvNumeric &&
		DatumGetBool(DirectFunctionCall2(numeric_le, NumericGetDatum(value->val.numeric),
										 NumericGetDatum(int64_to_numeric(most))));
}

/* Options that cost nothing; others may ask for anything. */
static bool
are_cheap(const JsonbValue *options)
{
	static const char *const cheap[] = {"params", "bloch", "top", "precision"};
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	key;

	if (options->type != jbvBinary || !JsonContainerIsObject(options->val.binary.data))
		return false;
	iterator = JsonbIteratorInit(options->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		bool		known = token != WJB_KEY;

		for (int i = 0; i < lengthof(cheap) && !known; i++)
			known = key.val.string.len == (int) strlen(cheap[i]) && memcmp(key.val.string.val, cheap[i], key.val.string.len) == 0;
		if (!known)
			return false;
	}
	return true;
}

static bool
is_small_circuit(JsonbContainer *params)
{
	JsonbValue	circuit;
	JsonbValue	value;
	int64		gates;

	if (member(params, "circuit", &circuit) == NULL || circuit.type != jbvBinary || circuit.val.binary.len > BYTES ||
		!JsonContainerIsObject(circuit.val.binary.data))
		return false;
	if (member(circuit.val.binary.data, "qubits", &value) == NULL || !is_at_most(&value, QUBITS))
		return false;
	if (member(circuit.val.binary.data, "gates", &value) == NULL || value.type != jbvBinary ||
		!JsonContainerIsArray(value.val.binary.data) || JsonContainerSize(value.val.binary.data) > GATES)
		return false;
	gates = Max(JsonContainerSize(value.val.binary.data), 1);
	if (member(params, "shots", &value) != NULL && !is_at_most(&value, GATES_OF_SHOTS / gates))
		return false;
	return member(params, "options", &value) == NULL || are_cheap(&value);
}

bool
tv_experiment_is_brief(TvKind kind, Jsonb *params)
{
	if (!JB_ROOT_IS_OBJECT(params) || VARSIZE(params) > BYTES_OF_ALL)
		return false;
	switch (kind)
	{
		case TV_KIND_SR:
		case TV_KIND_GR:
		case TV_KIND_RELATIVITY:
			return true;
		case TV_KIND_QUANTUM:
			return is_small_circuit(&params->root);
		default:
			return false;
	}
}
