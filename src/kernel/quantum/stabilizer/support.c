/*
 * support.c: from stabilizers to basis states by Gaussian elimination; see support.h.
 *
 * The stabilizers are laid out string by string.  Elimination on their X bits leaves
 * the rows of the space; the strings without any X, signs included, are linear
 * equations for the base.
 */
#include "kernel/quantum/stabilizer/support.h"

#include <string.h>

#include "kernel/quantum/circuit/analysis.h"

/* One string: `words` of X bits, as many of Z bits, and its sign. */
typedef struct Strings
{
	uint64_t   *bits;
	uint32_t	words;
	uint32_t	stride;
	uint32_t	count;
} Strings;

static uint64_t *
string_at(const Strings *strings, uint32_t i)
{
	return strings->bits + (size_t) i * strings->stride;
}

uint64_t
tvm_support_bytes(uint32_t qubits)
{
	uint64_t	words = (uint64_t) qubits / 64 + 1;

	return ((uint64_t) qubits * (3 * words + 1) + words) * sizeof(uint64_t) +
		(uint64_t) qubits * sizeof(uint32_t);
}

TvmStatus
tvm_support_init(TvmEnv *env, TvmSupport *support, uint32_t qubits)
{
	size_t		words = qubits / 64 + 1;

	support->qubits = qubits;
	support->words = (uint32_t) words;
	support->base = tvm_alloc(env, words, sizeof(uint64_t));
	support->rows = tvm_alloc(env, qubits * words, sizeof(uint64_t));
	support->lead = tvm_alloc(env, qubits, sizeof(uint32_t));
	support->work = tvm_alloc(env, qubits * (2 * words + 1), sizeof(uint64_t));
	if (support->base == NULL || support->rows == NULL || support->lead == NULL ||
		support->work == NULL)
		return TVM_NOMEM;
	return TVM_OK;
}

void
tvm_support_free(TvmEnv *env, TvmSupport *support)
{
	tvm_free(env, support->base);
	tvm_free(env, support->rows);
	tvm_free(env, support->lead);
	tvm_free(env, support->work);
	memset(support, 0, sizeof(*support));
}

static void
exchange(const Strings *strings, uint32_t a, uint32_t b)
{
	uint64_t   *one = string_at(strings, a);
	uint64_t   *other = string_at(strings, b);

	for (uint32_t w = 0; a != b && w < strings->stride; w++)
	{
		uint64_t	kept = one[w];

		one[w] = other[w];
		other[w] = kept;
	}
}

/* a becomes a times b, which commute; see multiply_rows() in tableau.c. */
static void
multiply(const Strings *strings, uint32_t a, uint32_t b)
{
	uint32_t	words = strings->words;
	uint64_t   *x = string_at(strings, a);
	uint64_t   *z = x + words;
	const uint64_t *by_x = string_at(strings, b);
	const uint64_t *by_z = by_x + words;
	uint32_t	power = 0;

	for (uint32_t w = 0; w < words; w++)
	{
		uint64_t	xz = x[w] & by_z[w];
		uint64_t	anti = xz ^ (z[w] & by_x[w]);
		uint64_t	minus;

		x[w] ^= by_x[w];
		z[w] ^= by_z[w];
		minus = anti & (xz ^ x[w] ^ z[w]);
		power += (uint32_t) __builtin_popcountll(anti) + 2 * (uint32_t) __builtin_popcountll(minus);
	}
	z[words] ^= by_z[words] ^ (power >> 1 & 1);
}

/*
 * Reduced echelon form of strings `from` and on, by the bits that begin at word
 * `offset` of a string, from the highest qubit down.  Returns how many have a lead.
 */
static TvmStatus
eliminate(TvmEnv *env, const Strings *strings, uint32_t from, uint32_t offset, uint32_t qubits,
		  uint32_t *lead, uint32_t *rank)
{
	*rank = 0;
	for (uint32_t q = qubits; q-- > 0 && from + *rank < strings->count;)
	{
		uint32_t	row = from + *rank;
		uint32_t	pivot = row;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		while (pivot < strings->count && !tvm_bits_get(string_at(strings, pivot) + offset, q))
			pivot++;
		if (pivot == strings->count)
			continue;
		exchange(strings, row, pivot);
		for (uint32_t i = from; i < strings->count; i++)
			if (i != row && tvm_bits_get(string_at(strings, i) + offset, q))
				multiply(strings, i, row);
		lead[(*rank)++] = q;
	}
	return TVM_OK;
}

/* Of all that a basis state shares its coset with, the one without bits at the leads. */
static void
reduce(const TvmSupport *support, uint64_t *state)
{
	for (uint32_t i = 0; i < support->rank; i++)
		if (tvm_bits_get(state, support->lead[i]))
			for (uint32_t w = 0; w < support->words; w++)
				state[w] ^= support->rows[(size_t) i * support->words + w];
}

TvmStatus
tvm_support_find(TvmEnv *env, TvmSupport *support, const TvmTableau *tableau)
{
	uint32_t	words = support->words;
	uint32_t	n = support->qubits;
	Strings		strings = {support->work, words, 2 * words + 1, n};
	uint32_t	leads[TVM_MAX_QUBITS];
	uint32_t	equations;
	TvmStatus	status;

	for (uint32_t i = 0; i < n; i++)
	{
		uint64_t   *string = string_at(&strings, i);

		if (i % 16 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		string[2 * words] = tvm_tableau_stabilizer(tableau, i, string, string + words);
	}
	status = eliminate(env, &strings, 0, 0, n, support->lead, &support->rank);
	if (status == TVM_OK)
		status = eliminate(env, &strings, support->rank, words, n, leads, &equations);
	if (status != TVM_OK)
		return status;
	for (uint32_t i = 0; i < support->rank; i++)
		memcpy(support->rows + (size_t) i * words, string_at(&strings, i), words * sizeof(uint64_t));

	/* Free variables are 0, so each equation gives its lead. */
	memset(support->base, 0, words * sizeof(uint64_t));
	for (uint32_t i = 0; i < equations; i++)
		if (string_at(&strings, support->rank + i)[2 * words] != 0)
			tvm_bits_put(support->base, leads[i], true);
	reduce(support, support->base);
	return TVM_OK;
}

void
tvm_support_state(const TvmSupport *support, uint64_t index, uint64_t *out)
{
	memcpy(out, support->base, support->words * sizeof(uint64_t));
	for (uint32_t bit = 0; bit < 64 && bit < support->rank && index >> bit != 0; bit++)
	{
		const uint64_t *row = support->rows + (size_t) (support->rank - 1 - bit) * support->words;

		if ((index >> bit & 1) != 0)
			for (uint32_t w = 0; w < support->words; w++)
				out[w] ^= row[w];
	}
}
