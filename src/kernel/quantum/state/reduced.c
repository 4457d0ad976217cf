/*
 * reduced.c: what a part of the qubits looks like by itself; see reduced.h.
 */
#include "kernel/quantum/state/reduced.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/blas.h"
#include "kernel/quantum/state/groups.h"
#include "kernel/quantum/simd/simd.h"

#define GATHER ((uint64_t) 1 << 15)

TvmStatus
tvm_reduced_bloch(TvmEnv *env, const TvmState *state, uint32_t qubit, double xyz[3])
{
	uint64_t	bit = (uint64_t) 1 << qubit;
	TvmGroups	groups;

	xyz[0] = xyz[1] = xyz[2] = 0;
	tvm_groups_start(&groups, state, bit, 0, TVM_STATE_CHUNK);
	while (tvm_groups_piece(&groups))
	{
		double		x = 0;
		double		y = 0;
		double		z = 0;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		TVM_FOR_GROUPS(&groups, i)
		{
			TvmComplex	a = tvm_get(state, i);
			TvmComplex	b = tvm_get(state, i | bit);

			x += a.re * b.re + a.im * b.im;
			y += a.re * b.im - a.im * b.re;
			z += tvm_complex_norm2(a) - tvm_complex_norm2(b);
		}
		xyz[0] += 2 * x;
		xyz[1] += 2 * y;
		xyz[2] += z;
	}
	return TVM_OK;
}

/* Bits of a block of neighbours, in the first cache, and of one of rows far apart, in the second. */
#define NEAR_BITS 11
#define FAR_BITS 13

/* Below so many qubits there is no block for vectors. */
#define SMALL_QUBITS 3

/* Rows asked for ahead of the one that is copied. */
#define ROWS_AHEAD 8

/* So many qubits can be rows' at once: a row is 16 amplitudes then, four lines of the cache. */
#define FAR_QUBITS 9

/* A sum, and what was rounded off it (Neumaier): of many blocks no digit is lost. */
typedef struct Sum
{
	double		value;
	double		rest;
} Sum;

static void
sum_add(Sum *sum, double x)
{
	double		before = sum->value;

	sum->value += x;
	sum->rest += fabs(before) >= fabs(x) ? (before - sum->value) + x : (x - sum->value) + before;
}

/* What a pass over the state needs; the sums are x, y and z of each qubit. */
typedef struct BlochPass
{
	const TvmState *state;
	const TvmLanes *lanes;
	double	   *block;			/* 2^FAR_BITS amplitudes; NULL: neighbours in double precision, in place */
	double	   *scratch;		/* 2^NEAR_BITS numbers */
	Sum		   *sums;
} BlochPass;

/* `count` amplitudes from `first` on, in double precision. */
static void
copy(const BlochPass *pass, uint64_t first, uint64_t count, double *out)
{
	if (pass->state->amp != NULL)
		memcpy(out, pass->state->amp + first, count * sizeof(TvmComplex));
	else
		pass->lanes->widen((const float *) (pass->state->narrow + first), count, out);
}

/* The lowest qubits' vectors, and everybody's z: blocks of neighbours, one after the other. */
static TvmStatus
near_pass(TvmEnv *env, const BlochPass *pass, uint32_t bits)
{
	const TvmState *state = pass->state;
	double		xy[2 * NEAR_BITS];
	double		z[NEAR_BITS];

	for (uint64_t first = 0; first < state->count; first += (uint64_t) 1 << bits)
	{
		const double *pairs = pass->block;
		double		all;

		if (first % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (state->amp != NULL)
			pairs = (const double *) (state->amp + first);
		else
			copy(pass, first, (uint64_t) 1 << bits, pass->block);
		pass->lanes->pair_sums(pairs, bits, 0, xy);
		all = pass->lanes->half_sums(pairs, bits, pass->scratch, z);
		for (uint32_t q = 0; q < state->qubits; q++)
		{
			if (q < bits)
			{
				sum_add(&pass->sums[3 * q], xy[2 * q]);
				sum_add(&pass->sums[3 * q + 1], xy[2 * q + 1]);
			}
			sum_add(&pass->sums[3 * q + 2], q < bits ? z[q] : (first >> q & 1) != 0 ? -all : all);
		}
	}
	return TVM_OK;
}

/* x and y of the qubits [from, to): blocks whose rows are far apart. */
static TvmStatus
far_pass(TvmEnv *env, const BlochPass *pass, uint32_t from, uint32_t to)
{
	const TvmState *state = pass->state;
	uint32_t	rows = to - from;
	uint32_t	low = FAR_BITS - rows < from ? FAR_BITS - rows : from;
	uint64_t	row = (uint64_t) 1 << low;
	uint64_t	chosen = (((uint64_t) 1 << rows) - 1) << from;
	uint64_t	fixed = chosen | (row - 1);	/* the others say which block it is */
	double		xy[2 * FAR_QUBITS];
	uint64_t	base = 0;

	do
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint64_t i = 0; i < (uint64_t) 1 << rows; i++)
		{
			uint64_t	coming = base + ((i + ROWS_AHEAD) << from & chosen);

			for (uint64_t at = 0; at < row; at += 4)
				__builtin_prefetch(state->amp != NULL ? (const void *) (state->amp + coming + at)
								   : (const void *) (state->narrow + coming + at));
			copy(pass, base + (i << from), row, pass->block + 2 * i * row);
		}
		pass->lanes->pair_sums(pass->block, low + rows, low, xy);
		for (uint32_t q = from; q < to; q++)
		{
			sum_add(&pass->sums[3 * q], xy[2 * (q - from)]);
			sum_add(&pass->sums[3 * q + 1], xy[2 * (q - from) + 1]);
		}
		base = ((base | fixed) + 1) & ~fixed & (state->count - 1);
	} while (base != 0);
	return TVM_OK;
}

/* In passes over the state that serve many qubits each: one for the lowest 11, one for 9 more. */
static TvmStatus
bloch_passes(TvmEnv *env, const BlochPass *pass)
{
	uint32_t	qubits = pass->state->qubits;
	uint32_t	near = qubits < NEAR_BITS ? qubits : NEAR_BITS;
	uint32_t	passes = (qubits - near + FAR_QUBITS - 1) / FAR_QUBITS;
	TvmStatus	status = near_pass(env, pass, near);

	for (uint32_t i = 0; i < passes && status == TVM_OK; i++)
		status = far_pass(env, pass, near + (qubits - near) * i / passes, near + (qubits - near) * (i + 1) / passes);
	return status;
}

TvmStatus
tvm_reduced_bloch_all(TvmEnv *env, const TvmState *state, double *xyz)
{
	double		scratch[1 << NEAR_BITS];
	Sum			sums[3 * TVM_STATE_MAX_QUBITS] = {0};
	BlochPass	pass = {state, tvm_lanes(TVM_DOUBLE), NULL, scratch, sums};
	TvmStatus	status = TVM_OK;

	if (state->qubits < SMALL_QUBITS)
	{
		for (uint32_t qubit = 0; qubit < state->qubits && status == TVM_OK; qubit++)
			status = tvm_reduced_bloch(env, state, qubit, xyz + 3 * (size_t) qubit);
		return status;
	}
	if (state->amp == NULL || state->qubits > NEAR_BITS)
	{
		pass.block = tvm_alloc(env, (size_t) 1 << FAR_BITS, sizeof(TvmComplex));
		if (pass.block == NULL)
			return TVM_NOMEM;
	}
	status = bloch_passes(env, &pass);
	for (uint32_t i = 0; i < 3 * state->qubits; i++)
		xyz[i] = (i % 3 == 2 ? 1 : 2) * (sums[i].value + sums[i].rest);
	tvm_free(env, pass.block);
	return status;
}

static TvmStatus
check_qubits(TvmEnv *env, const TvmState *state, const uint32_t *qubits, uint32_t k,
			 uint64_t *mask)
{
	*mask = 0;
	if (k < 1 || k > TVM_REDUCED_MAX_QUBITS || k > state->qubits)
	{
		tvm_fail(env, TVM_INVALID, "not a possible number of qubits", NULL,
				 "%u is outside 1..%u", k, state->qubits < TVM_REDUCED_MAX_QUBITS ?
				 state->qubits : TVM_REDUCED_MAX_QUBITS);
		tvm_fail_path(env, "qubits");
		return TVM_INVALID;
	}
	for (uint32_t i = 0; i < k; i++)
	{
		TvmStatus	status = TVM_OK;

		if (qubits[i] >= state->qubits)
			status = tvm_fail(env, TVM_INVALID, "not a qubit", NULL, "%u is outside 0..%u",
							  qubits[i], state->qubits - 1);
		else if ((*mask >> qubits[i] & 1) != 0)
			status = tvm_fail(env, TVM_INVALID, "a qubit is named twice", NULL, "qubit %u",
							  qubits[i]);
		if (status != TVM_OK)
		{
			tvm_fail_path(env, "qubits[%u]", i);
			return status;
		}
		*mask |= (uint64_t) 1 << qubits[i];
	}
	return TVM_OK;
}

/*
 * rho = sum over the other qubits of |column><column|: gather columns, and let
 * zherk add the products up in the upper triangle.
 */
TvmStatus
tvm_reduced_density(TvmEnv *env, const TvmState *state, const uint32_t *qubits, uint32_t k,
					TvmComplex *rho)
{
	size_t		rows = (size_t) 1 << k;
	TvmComplex *in = NULL;
	size_t	   *offset = NULL;
	uint64_t	mask;
	TvmGroups	groups;
	TvmStatus	status = check_qubits(env, state, qubits, k, &mask);

	if (status != TVM_OK)
		return status;
	tvm_groups_start(&groups, state, mask, 0, GATHER / rows);
	in = tvm_alloc(env, rows * groups.count, sizeof(TvmComplex));
	offset = tvm_alloc_zero(env, rows, sizeof(size_t));
	if (in == NULL || offset == NULL)
		status = TVM_NOMEM;
	for (size_t row = 0; row < rows && status == TVM_OK; row++)
		for (uint32_t i = 0; i < k; i++)
			offset[row] |= (row >> i & 1) << qubits[i];
	memset(rho, 0, rows * rows * sizeof(TvmComplex));
	while (status == TVM_OK && tvm_groups_piece(&groups))
	{
		size_t		column = 0;

		if (tvm_cancelled(env))
		{
			status = TVM_CANCELLED;
			break;
		}
		TVM_FOR_GROUPS(&groups, i)
		{
			for (size_t row = 0; row < rows; row++)
				in[row * groups.count + column] = tvm_get(state, i | offset[row]);
			column++;
		}
		cblas_zherk(CblasRowMajor, CblasUpper, CblasNoTrans, (int) rows, (int) groups.count, 1,
					in, (int) groups.count, 1, rho, (int) rows);
	}
	for (size_t row = 0; row < rows && status == TVM_OK; row++)
		for (size_t column = 0; column < row; column++)
		{
			TvmComplex	z = rho[column * rows + row];

			rho[row * rows + column] = tvm_complex(z.re, -z.im);
		}
	tvm_free(env, in);
	tvm_free(env, offset);
	return status;
}
