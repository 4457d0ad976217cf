/*
 * condition.c: conditions on measured bits as disjoint cubes; see reader_parts.h.
 *
 * Every operation keeps the cubes disjoint: not(a) takes a cube's literals one after
 * the other (not l1, l1 and not l2, ...), and a or b is a, and what of b is not in a.
 */
#include "kernel/quantum/qasm/reader_parts.h"

#include <string.h>

static TvmStatus
make(QasmReader *r, uint32_t room, QasmCondition **out)
{
	TvmStatus	status = qasm_take(r, 1, sizeof(QasmCondition), out);

	if (status != TVM_OK)
		return status;
	(*out)->count = 0;
	return qasm_take(r, room, sizeof(QasmCube), &(*out)->cubes);
}

static TvmStatus
too_complex(QasmReader *r)
{
	return qasm_fail(r, r->at, "condition too complex",
					 "A gate is repeated for each of the disjoint cases of its condition.",
					 "It has more than %d.", (int) QASM_MAX_CUBES);
}

/* Add a cube that agrees with both (b may be NULL), if there is one. */
static TvmStatus
add_both(QasmReader *r, QasmCondition *to, const QasmCube *a, const QasmCube *b)
{
	uint32_t	i = 0,
				j = 0,
				n = 0;
	uint32_t	others = b != NULL ? b->count : 0;
	uint32_t   *codes;
	TvmStatus	status;

	if (to->count == QASM_MAX_CUBES)
		return too_complex(r);
	status = qasm_take(r, (size_t) a->count + others, sizeof(uint32_t), &codes);
	if (status != TVM_OK)
		return status;
	while (i < a->count || j < others)
	{
		uint32_t	x = i < a->count ? a->codes[i] : UINT32_MAX;
		uint32_t	y = j < others ? b->codes[j] : UINT32_MAX;

		if (x >> 1 == y >> 1 && x != y)
			return TVM_OK;		/* a bit would have to be both */
		codes[n++] = x < y ? x : y;
		i += x <= y;
		j += y <= x;
	}
	to->cubes[to->count++] = (QasmCube) {n, codes};
	return TVM_OK;
}

static TvmStatus
always(QasmReader *r, bool value, QasmCondition **out)
{
	TvmStatus	status = make(r, 1, out);

	if (status == TVM_OK && value)
		(*out)->cubes[(*out)->count++] = (QasmCube) {0, NULL};
	return status;
}

TvmStatus
qasm_and(QasmReader *r, const QasmCondition *a, const QasmCondition *b, QasmCondition **out)
{
	uint64_t	room = (uint64_t) a->count * b->count;
	TvmStatus	status = make(r, room < QASM_MAX_CUBES ? (uint32_t) room : QASM_MAX_CUBES, out);

	for (uint32_t i = 0; i < a->count && status == TVM_OK; i++)
		for (uint32_t j = 0; j < b->count && status == TVM_OK; j++)
		{
			status = qasm_spend(r, 1 + (a->cubes[i].count + b->cubes[j].count) / 32);
			if (status == TVM_OK)
				status = add_both(r, *out, &a->cubes[i], &b->cubes[j]);
		}
	return status;
}

/* The complement of one cube. */
static TvmStatus
not_cube(QasmReader *r, const QasmCube *cube, QasmCondition **out)
{
	TvmStatus	status = make(r, cube->count, out);

	for (uint32_t i = 0; i < cube->count && status == TVM_OK; i++)
	{
		uint32_t   *codes;

		status = qasm_spend(r, 1 + i / 32);
		if (status == TVM_OK)
			status = qasm_take(r, i + 1, sizeof(uint32_t), &codes);
		if (status != TVM_OK)
			break;
		memcpy(codes, cube->codes, i * sizeof(uint32_t));
		codes[i] = cube->codes[i] ^ 1;
		(*out)->cubes[(*out)->count++] = (QasmCube) {i + 1, codes};
	}
	return status;
}

TvmStatus
qasm_not(QasmReader *r, const QasmCondition *a, QasmCondition **out)
{
	TvmStatus	status = always(r, true, out);

	for (uint32_t i = 0; i < a->count && status == TVM_OK; i++)
	{
		QasmCondition *rest;

		status = not_cube(r, &a->cubes[i], &rest);
		if (status == TVM_OK)
			status = qasm_and(r, *out, rest, out);
	}
	return status;
}

TvmStatus
qasm_or(QasmReader *r, const QasmCondition *a, const QasmCondition *b, QasmCondition **out)
{
	QasmCondition *not_a;
	QasmCondition *rest;
	TvmStatus	status = qasm_not(r, a, &not_a);

	if (status == TVM_OK)
		status = qasm_and(r, not_a, b, &rest);
	if (status == TVM_OK)
		status = make(r, a->count + rest->count < QASM_MAX_CUBES ? a->count + rest->count : QASM_MAX_CUBES, out);
	if (status != TVM_OK)
		return status;
	for (uint32_t i = 0; i < a->count && status == TVM_OK; i++)
		status = add_both(r, *out, &a->cubes[i], NULL);
	for (uint32_t i = 0; i < rest->count && status == TVM_OK; i++)
		status = add_both(r, *out, &rest->cubes[i], NULL);
	return status;
}

/* Sort a cube's codes; false if one bit has to be both 0 and 1.  Doubles are dropped. */
static bool
tidy(QasmReader *r, uint32_t *codes, uint32_t *count)
{
	uint8_t    *wanted = r->value_scratch;	/* 0: nothing, 1: a 0, 2: a 1 */
	uint32_t	n = 0;

	memset(wanted, 0, TVM_MAX_BITS);
	for (uint32_t i = 0; i < *count; i++)
	{
		uint8_t    *slot = &wanted[codes[i] >> 1];
		uint8_t		value = 1 + (codes[i] & 1);

		if (*slot != 0 && *slot != value)
			return false;
		*slot = value;
	}
	for (uint32_t bit = 0; bit < TVM_MAX_BITS; bit++)
		if (wanted[bit] != 0)
			codes[n++] = bit << 1 | (wanted[bit] - 1u);
	*count = n;
	return true;
}

/* A value that is not negative, by its bits. */
static bool
bit_of(const QasmValue *value, uint32_t i)
{
	if (value->limbs == NULL)
		return i < 63 && (value->integer >> i & 1) != 0;
	return i / 32 < qasm_limb_count(value) && (value->limbs[i / 32] >> i % 32 & 1) != 0;
}

/* Whether it has a 1 beyond so many bits. */
static bool
goes_beyond(const QasmValue *value, uint32_t count)
{
	uint32_t	width = value->limbs == NULL ? 63 : 32 * qasm_limb_count(value);

	for (uint32_t i = count; i < width; i++)
		if (bit_of(value, i))
			return true;
	return false;
}

/*
 * The cube in which bits [from, count) are those of `value`, and bit from - 1, if
 * `differs`, is the other one.
 */
static TvmStatus
add_prefix(QasmReader *r, const uint32_t *bits, uint32_t count, uint32_t from, bool differs, const QasmValue *value,
		   QasmCondition *to)
{
	uint32_t   *codes;
	uint32_t	n = 0;
	uint32_t	first = differs ? from - 1 : from;
	TvmStatus	status;

	if (to->count == QASM_MAX_CUBES)
		return too_complex(r);
	status = qasm_spend(r, 1 + TVM_MAX_BITS / 128 + count / 32);
	if (status == TVM_OK)
		status = qasm_take(r, (size_t) count - first, sizeof(uint32_t), &codes);
	if (status != TVM_OK)
		return status;
	for (uint32_t i = first; i < count; i++)
	{
		uint32_t	bit = bit_of(value, i);

		codes[n++] = bits[i] << 1 | (bit ^ (differs && i == first));
	}
	if (tidy(r, codes, &n))
		to->cubes[to->count++] = (QasmCube) {n, codes};
	return TVM_OK;
}

/* Bits, the lowest first, against a value: ==, !=, <, <=, >, >=. */
TvmStatus
qasm_compare(QasmReader *r, const uint32_t *bits, uint32_t count, int op, const QasmValue *value, QasmCondition **out)
{
	bool		too_small = value->limbs == NULL && value->integer < 0;
	bool		too_large = !too_small && goes_beyond(value, count);
	bool		equal = op == QASM_EQUAL || op == QASM_LESS_EQUAL || op == QASM_GREATER_EQUAL;
	bool		less = op == QASM_UNEQUAL || op == '<' || op == QASM_LESS_EQUAL;
	bool		greater = op == QASM_UNEQUAL || op == '>' || op == QASM_GREATER_EQUAL;
	uint32_t	room = (less ? count : 0) + (greater ? count : 0) + equal;
	TvmStatus	status;

	if (too_small || too_large)
		return always(r, too_small ? greater : less, out);
	status = make(r, room < QASM_MAX_CUBES ? room : QASM_MAX_CUBES, out);
	if (status == TVM_OK && equal)
		status = add_prefix(r, bits, count, 0, false, value, *out);

	/* The highest bit that differs is 0 where the value's is 1 (less), or the reverse. */
	for (uint32_t from = count; from > 0 && status == TVM_OK; from--)
	{
		if (bit_of(value, from - 1) ? less : greater)
			status = add_prefix(r, bits, count, from, true, value, *out);
	}
	return status;
}

TvmStatus
qasm_condition_of(QasmReader *r, uint32_t token, const QasmValue *value, QasmCondition **out)
{
	const QasmValue zero = {.type = QASM_TYPE_INT};

	if (value->type == QASM_TYPE_CONDITION)
	{
		*out = value->condition;
		return TVM_OK;
	}
	if (value->type == QASM_TYPE_BITS)
		return qasm_compare(r, value->bits, value->count, QASM_UNEQUAL, &zero, out);
	if (value->linear > 0)
		return qasm_fail(r, token, "an input cannot decide what is done", NULL, NULL);
	return always(r, value->real != 0, out);
}
