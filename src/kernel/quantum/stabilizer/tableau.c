/*
 * tableau.c: stabilizer states; see tableau.h.
 *
 * Words are worked on four at a time by the compiler's vectors, which are two
 * registers each where the processor has only 128 bits.
 */
#include "kernel/quantum/stabilizer/tableau.h"

#include <string.h>

#include "kernel/quantum/circuit/analysis.h"

#define LANES 4

/* Unaligned: memory comes from the caller, who promises less than a vector's alignment. */
typedef uint64_t Vector __attribute__((vector_size(32), aligned(8), may_alias));

static uint32_t
words_of(uint32_t qubits)
{
	uint32_t	half = (qubits + 63) / 64;

	/* Two halves that together are whole vectors. */
	return 2 * (half + half % 2);
}

uint64_t
tvm_tableau_bytes(uint32_t qubits)
{
	return ((uint64_t) 2 * qubits + 4) * words_of(qubits) * sizeof(uint64_t);
}

TvmStatus
tvm_tableau_init(TvmEnv *env, TvmTableau *tableau, uint32_t qubits)
{
	size_t		words = words_of(qubits);

	tableau->qubits = qubits;
	tableau->words = (uint32_t) words;
	tableau->x = tvm_alloc(env, ((size_t) 2 * qubits + 4) * words, sizeof(uint64_t));
	if (tableau->x == NULL)
		return TVM_NOMEM;
	tableau->z = tableau->x + qubits * words;
	tableau->sign = tableau->z + qubits * words;
	tableau->scratch = tableau->sign + words;
	tvm_tableau_reset(tableau);
	return TVM_OK;
}

/* Destabilizer q is X of qubit q, stabilizer q is Z of it. */
void
tvm_tableau_reset(TvmTableau *tableau)
{
	size_t		words = tableau->words;

	memset(tableau->x, 0, (2 * tableau->qubits + 1) * words * sizeof(uint64_t));
	for (uint32_t q = 0; q < tableau->qubits; q++)
	{
		tvm_bits_put(tableau->x + q * words, q, true);
		tvm_bits_put(tableau->z + q * words + words / 2, q, true);
	}
}

void
tvm_tableau_copy(TvmTableau *to, const TvmTableau *from)
{
	memcpy(to->x, from->x, ((size_t) 2 * from->qubits + 1) * from->words * sizeof(uint64_t));
}

void
tvm_tableau_free(TvmEnv *env, TvmTableau *tableau)
{
	tvm_free(env, tableau->x);
	memset(tableau, 0, sizeof(*tableau));
}

static Vector *
x_of(const TvmTableau *tableau, uint32_t qubit)
{
	return (Vector *) (tableau->x + (size_t) qubit * tableau->words);
}

static Vector *
z_of(const TvmTableau *tableau, uint32_t qubit)
{
	return (Vector *) (tableau->z + (size_t) qubit * tableau->words);
}

static void
apply_one(TvmTableau *tableau, const TvmCliffordStep *step)
{
	uint32_t	count = tableau->words / LANES;
	Vector	   *sign = (Vector *) tableau->sign;
	Vector	   *x = x_of(tableau, step->a);
	Vector	   *z = z_of(tableau, step->a);
	Vector	   *xb = x_of(tableau, step->b);
	Vector	   *zb = z_of(tableau, step->b);
	Vector		old;

	switch ((TvmCliffordKind) step->kind)
	{
		case TVM_CLIFFORD_X:
			for (uint32_t i = 0; i < count; i++)
				sign[i] ^= z[i];
			break;
		case TVM_CLIFFORD_Y:
			for (uint32_t i = 0; i < count; i++)
				sign[i] ^= x[i] ^ z[i];
			break;
		case TVM_CLIFFORD_Z:
			for (uint32_t i = 0; i < count; i++)
				sign[i] ^= x[i];
			break;
		case TVM_CLIFFORD_H:
			for (uint32_t i = 0; i < count; i++)
			{
				old = x[i];
				sign[i] ^= old & z[i];
				x[i] = z[i];
				z[i] = old;
			}
			break;
		case TVM_CLIFFORD_S:
			for (uint32_t i = 0; i < count; i++)
			{
				sign[i] ^= x[i] & z[i];
				z[i] ^= x[i];
			}
			break;
		case TVM_CLIFFORD_SDG:
			for (uint32_t i = 0; i < count; i++)
			{
				sign[i] ^= x[i] & ~z[i];
				z[i] ^= x[i];
			}
			break;
		case TVM_CLIFFORD_SX:
			for (uint32_t i = 0; i < count; i++)
			{
				sign[i] ^= z[i] & ~x[i];
				x[i] ^= z[i];
			}
			break;
		case TVM_CLIFFORD_SXDG:
			for (uint32_t i = 0; i < count; i++)
			{
				sign[i] ^= z[i] & x[i];
				x[i] ^= z[i];
			}
			break;
		case TVM_CLIFFORD_CX:
			for (uint32_t i = 0; i < count; i++)
			{
				sign[i] ^= x[i] & zb[i] & ~(xb[i] ^ z[i]);
				xb[i] ^= x[i];
				z[i] ^= zb[i];
			}
			break;
		case TVM_CLIFFORD_CZ:
			for (uint32_t i = 0; i < count; i++)
			{
				sign[i] ^= x[i] & xb[i] & (z[i] ^ zb[i]);
				z[i] ^= xb[i];
				zb[i] ^= x[i];
			}
			break;
		case TVM_CLIFFORD_SWAP:
			for (uint32_t i = 0; i < count; i++)
			{
				old = x[i];
				x[i] = xb[i];
				xb[i] = old;
				old = z[i];
				z[i] = zb[i];
				zb[i] = old;
			}
			break;
	}
}

void
tvm_tableau_apply(TvmTableau *tableau, const TvmCliffordStep *steps, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		apply_one(tableau, &steps[i]);
}

static bool
has_x(char pauli)
{
	return pauli != 'Z';
}

static bool
has_z(char pauli)
{
	return pauli != 'X';
}

/* Which strings anticommute with the term, into the first part of the scratch. */
static uint64_t *
anticommuting(const TvmTableau *tableau, const TvmPauliTerm *term)
{
	uint64_t   *mask = tableau->scratch;

	memset(mask, 0, tableau->words * sizeof(uint64_t));
	for (uint32_t j = 0; j < term->count; j++)
	{
		const uint64_t *x = tableau->x + (size_t) term->qubits[j] * tableau->words;
		const uint64_t *z = tableau->z + (size_t) term->qubits[j] * tableau->words;

		for (uint32_t w = 0; w < tableau->words; w++)
			mask[w] ^= (has_z(term->paulis[j]) ? x[w] : 0) ^ (has_x(term->paulis[j]) ? z[w] : 0);
	}
	return mask;
}

/* The first stabilizer of the mask, UINT32_MAX when there is none. */
static uint32_t
first_stabilizer(const TvmTableau *tableau, const uint64_t *mask)
{
	uint32_t	half = tableau->words / 2;

	for (uint32_t w = 0; w < half; w++)
		if (mask[half + w] != 0)
			return 64 * w + (uint32_t) __builtin_ctzll(mask[half + w]);
	return UINT32_MAX;
}

/*
 * At one qubit, what multiplying the chosen strings in their order gives besides
 * i^0: the power of i, modulo 4.  A string is i^(xz) X^x Z^z there, and each Z that
 * goes past a later X turns the sign.
 */
static uint32_t
power_at(const uint64_t *x, const uint64_t *z, const uint64_t *chosen, uint32_t words)
{
	uint32_t	ys = 0;
	uint32_t	passes = 0;
	uint64_t	before = 0;		/* all ones where an odd number of Zs came before the word */

	for (uint32_t w = 0; w < words; w++)
	{
		uint64_t	xs = x[w] & chosen[w];
		uint64_t	zs = z[w] & chosen[w];
		uint64_t	odd = zs;	/* bit i: the parity of bits 0 to i */

		ys += (uint32_t) __builtin_popcountll(xs & zs);
		for (int shift = 1; shift < 64; shift *= 2)
			odd ^= odd << shift;
		passes += (uint32_t) __builtin_popcountll((odd << 1 ^ before) & xs);
		before ^= 0 - (odd >> 63);
	}
	return ys + 2 * passes;
}

/*
 * The sign of a term that commutes with all stabilizers: it is the product of the
 * stabilizers whose destabilizers anticommute with it.
 */
static int
fixed_sign(const TvmTableau *tableau, const TvmPauliTerm *term, const uint64_t *mask)
{
	uint32_t	half = tableau->words / 2;
	uint32_t	power = 0;

	for (uint32_t w = 0; w < half; w++)
		power += 2 * (uint32_t) __builtin_popcountll(tableau->sign[half + w] & mask[w]);
	for (uint32_t q = 0; q < tableau->qubits; q++)
	{
		size_t		at = (size_t) q * tableau->words + half;

		power += power_at(tableau->x + at, tableau->z + at, mask, half);
	}
	for (uint32_t j = 0; j < term->count; j++)
		power -= term->paulis[j] == 'Y';
	return (power & 2) != 0;
}

int
tvm_tableau_expectation(const TvmTableau *tableau, const TvmPauliTerm *term)
{
	uint64_t   *mask = anticommuting(tableau, term);

	if (first_stabilizer(tableau, mask) != UINT32_MAX)
		return 0;
	return fixed_sign(tableau, term, mask) != 0 ? -1 : 1;
}

/*
 * Multiply the strings of the mask by stabilizer `row`.  Powers of i are counted
 * for all of them at once, in two planes of bits.
 */
static void
multiply_rows(TvmTableau *tableau, const uint64_t *mask, uint32_t row)
{
	uint32_t	count = tableau->words / LANES;
	uint32_t	place = 32 * tableau->words + row;
	Vector	   *low = (Vector *) (tableau->scratch + tableau->words);
	Vector	   *high = (Vector *) (tableau->scratch + 2 * tableau->words);
	Vector	   *sign = (Vector *) tableau->sign;
	const Vector *rows = (const Vector *) mask;
	bool		minus = tvm_bits_get(tableau->sign, place);

	memset(low, 0, 2 * tableau->words * sizeof(uint64_t));
	for (uint32_t q = 0; q < tableau->qubits; q++)
	{
		Vector	   *x = x_of(tableau, q);
		Vector	   *z = z_of(tableau, q);
		bool		by_x = tvm_bits_get((const uint64_t *) x, place);
		bool		by_z = tvm_bits_get((const uint64_t *) z, place);

		if (!by_x && !by_z)
			continue;
		for (uint32_t i = 0; i < count; i++)
		{
			Vector		none = rows[i] ^ rows[i];
			Vector		mx = by_x ? rows[i] : none;
			Vector		mz = by_z ? rows[i] : none;
			Vector		xz = x[i] & mz;
			Vector		anti = xz ^ (z[i] & mx);

			x[i] ^= mx;
			z[i] ^= mz;

			/* XY, YZ and ZX give i, their reverses -i. */
			high[i] ^= anti & (low[i] ^ xz ^ x[i] ^ z[i]);
			low[i] ^= anti;
		}
	}
	for (uint32_t i = 0; i < count; i++)
	{
		sign[i] ^= high[i] & rows[i];
		if (minus)
			sign[i] ^= rows[i];
	}
}

/* Stabilizer `row` becomes a destabilizer, and the term, with a sign, takes its place. */
static void
replace_row(TvmTableau *tableau, uint32_t row, const TvmPauliTerm *term, int sign)
{
	uint32_t	place = 32 * tableau->words + row;

	for (uint32_t q = 0; q < tableau->qubits; q++)
	{
		uint64_t   *x = (uint64_t *) x_of(tableau, q);
		uint64_t   *z = (uint64_t *) z_of(tableau, q);

		tvm_bits_put(x, row, tvm_bits_get(x, place));
		tvm_bits_put(z, row, tvm_bits_get(z, place));
		tvm_bits_put(x, place, false);
		tvm_bits_put(z, place, false);
	}
	tvm_bits_put(tableau->sign, row, tvm_bits_get(tableau->sign, place));
	tvm_bits_put(tableau->sign, place, sign != 0);
	for (uint32_t j = 0; j < term->count; j++)
	{
		if (has_x(term->paulis[j]))
			tvm_bits_put((uint64_t *) x_of(tableau, term->qubits[j]), place, true);
		if (has_z(term->paulis[j]))
			tvm_bits_put((uint64_t *) z_of(tableau, term->qubits[j]), place, true);
	}
}

static int
measure_term(TvmTableau *tableau, const TvmPauliTerm *term, int wish, bool *open)
{
	uint64_t   *mask = anticommuting(tableau, term);
	uint32_t	row = first_stabilizer(tableau, mask);

	if (open != NULL)
		*open = row != UINT32_MAX;
	if (row == UINT32_MAX)
		return fixed_sign(tableau, term, mask);
	tvm_bits_put(mask, 32 * tableau->words + row, false);
	tvm_bits_put(mask, row, false);
	multiply_rows(tableau, mask, row);
	replace_row(tableau, row, term, wish);
	return wish;
}

int
tvm_tableau_measure(TvmTableau *tableau, uint32_t qubit, int wish, bool *open)
{
	char		letter = 'Z';
	TvmPauliTerm term = {1, 1, &qubit, &letter};

	return measure_term(tableau, &term, wish, open);
}

int
tvm_tableau_reset_qubit(TvmTableau *tableau, uint32_t qubit, int wish)
{
	TvmCliffordStep flip = {TVM_CLIFFORD_X, qubit, qubit};
	int			outcome = tvm_tableau_measure(tableau, qubit, wish, NULL);

	if (outcome != 0)
		apply_one(tableau, &flip);
	return outcome;
}

bool
tvm_tableau_stabilizer(const TvmTableau *tableau, uint32_t i, uint64_t *x, uint64_t *z)
{
	uint32_t	place = 32 * tableau->words + i;

	memset(x, 0, (tableau->qubits / 64 + 1) * sizeof(uint64_t));
	memset(z, 0, (tableau->qubits / 64 + 1) * sizeof(uint64_t));
	for (uint32_t q = 0; q < tableau->qubits; q++)
	{
		tvm_bits_put(x, q, tvm_bits_get((const uint64_t *) x_of(tableau, q), place));
		tvm_bits_put(z, q, tvm_bits_get((const uint64_t *) z_of(tableau, q), place));
	}
	return tvm_bits_get(tableau->sign, place);
}

bool
tvm_tableau_open(const TvmTableau *tableau, uint32_t qubit, uint64_t *x, uint64_t *z)
{
	uint32_t	row = first_stabilizer(tableau, tableau->x + (size_t) qubit * tableau->words);

	if (row == UINT32_MAX)
		return false;
	(void) tvm_tableau_stabilizer(tableau, row, x, z);
	return true;
}

TvmStatus
tvm_tableau_fidelity(TvmEnv *env, const TvmTableau *a, TvmTableau *b, double *fidelity)
{
	uint64_t	x[TVM_MAX_QUBITS / 64 + 1];
	uint64_t	z[TVM_MAX_QUBITS / 64 + 1];
	uint32_t	qubits[TVM_MAX_QUBITS];
	char		letters[TVM_MAX_QUBITS];

	*fidelity = 1;
	for (uint32_t i = 0; i<a->qubits && * fidelity> 0; i++)
	{
		TvmPauliTerm term = {1, 0, qubits, letters};
		bool		minus = tvm_tableau_stabilizer(a, i, x, z);
		bool		open;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t q = 0; q < a->qubits; q++)
		{
			bool		on_x = tvm_bits_get(x, q);
			bool		on_z = tvm_bits_get(z, q);

			if (!on_x && !on_z)
				continue;
			qubits[term.count] = q;
			letters[term.count++] = !on_z ? 'X' : on_x ? 'Y' : 'Z';
		}
		if (measure_term(b, &term, minus, &open) != (int) minus)
			*fidelity = 0;
		else if (open)
			*fidelity /= 2;
	}
	return TVM_OK;
}
