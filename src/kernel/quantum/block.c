/*
 * block.c: a plan's passes, run block by block; see plan.h for what they are.
 *
 * Four planes (two of amplitudes, two to permute into) and a table are one piece of
 * memory.  Planes start at different offsets within a page, lest equal indices of
 * all of them share one set of the first-level cache.
 */
#include "kernel/quantum/block.h"

#include <string.h>
#include <time.h>

#include "kernel/quantum/compile.h"
#include "kernel/quantum/gates.h"

#define STAGGER 1088

static uint64_t
plane_bytes(uint32_t bits, uint32_t size)
{
	uint64_t	bytes = (uint64_t) size << bits;

	return (bytes < TVM_LANES_ALIGN ? TVM_LANES_ALIGN : bytes) + STAGGER;
}

uint64_t
tvm_block_bytes(uint32_t bits, uint32_t size)
{
	return 4 * plane_bytes(bits, size) + 2 * plane_bytes(TVM_TABLE_BITS, size) +
		TVM_LANES_ALIGN;
}

static TvmStatus
open_block(TvmEnv *env, TvmBlock *block, uint32_t bits, uint32_t size)
{
	uint64_t	bytes = tvm_block_bytes(bits, size);
	char	   *at;

	block->memory = tvm_alloc(env, bytes, 1);
	if (block->memory == NULL)
		return TVM_NOMEM;
	at = (char *) block->memory + (-(uintptr_t) block->memory % TVM_LANES_ALIGN);
	memset(at, 0, bytes - TVM_LANES_ALIGN);
	block->here.re = at;
	block->here.im = at + plane_bytes(bits, size);
	block->other.re = at + 2 * plane_bytes(bits, size);
	block->other.im = at + 3 * plane_bytes(bits, size);
	block->table.re = at + 4 * plane_bytes(bits, size);
	block->table.im = (char *) block->table.re + plane_bytes(TVM_TABLE_BITS, size);
	return TVM_OK;
}

static bool
is_one(TvmComplex z)
{
	return z.re == 1 && z.im == 0;
}

/* Go through the block's runs of neighbours in the state, in ascending order. */
static void
gather(const TvmLanes *lanes, TvmPlanes to, const char *state, uint64_t mask, uint64_t run,
	   uint64_t count)
{
	uint64_t	upper = mask & ~(run - 1);

	for (uint64_t at = 0, i = 0; at < count; at += run)
	{
		lanes->load(to, at, state + i * 2 * lanes->size, run);
		i = ((i | ~upper) + 1) & upper;
	}
}

static void
scatter(const TvmLanes *lanes, char *state, TvmPlanes from, uint64_t mask, uint64_t run,
		uint64_t count, TvmComplex factor)
{
	uint64_t	upper = mask & ~(run - 1);

	for (uint64_t at = 0, i = 0; at < count; at += run)
	{
		lanes->store(state + i * 2 * lanes->size, from, at, run, factor);
		i = ((i | ~upper) + 1) & upper;
	}
}

/*
 * One row after the other.  A row's factor, and the factors of the positions below,
 * come from those of the row without its lowest set bit, which are kept at the level of
 * that row's own lowest bit.
 */
static void
run_rows(const TvmLanes *lanes, const TvmBlock *block, uint32_t bits,
		 const TvmDiagonalWork *work, TvmComplex start, const TvmComplex *linear)
{
	TvmComplex	factor[TVM_BLOCK_MAX + 1];	/* by level; level `bits` is row 0 */
	TvmComplex	below[TVM_BLOCK_MAX + 1][TVM_BLOCK_MAX];
	uint32_t	low = work->low;
	size_t		length = (size_t) 1 << low;
	bool		fixed = work->low_moves && !work->low_crossed;

	factor[bits] = start;
	memcpy(below[bits], linear, bits * sizeof(TvmComplex));
	if (work->low_moves)
		lanes->table(block->table, low, fixed ? tvm_complex(1, 0) : start, linear);
	if (work->quadratic.re != NULL)
		lanes->multiply(block->table, 0, length, work->quadratic);
	for (size_t row = 0; row < (size_t) 1 << (bits - low); row++)
	{
		uint32_t	level = bits;
		size_t		at = row << low;

		if (row > 0)
		{
			size_t		rest = row & (row - 1);
			uint32_t	parent = rest == 0 ? bits : low + (uint32_t) __builtin_ctzll(rest);
			uint32_t	first;

			level = low + (uint32_t) __builtin_ctzll(row);
			first = level == low ? 0 : work->pair_end[level - 1];
			factor[level] = tvm_complex_mul(factor[parent], below[parent][level]);
			memcpy(below[level], below[parent], level * sizeof(TvmComplex));
			for (uint32_t i = first; i < work->pair_end[level]; i++)
			{
				TvmComplex *z = &below[level][work->pairs[i].position];

				*z = tvm_complex_mul(*z, work->pairs[i].factor);
			}
		}
		if (fixed)
			lanes->multiply_scaled(block->here, at, length, block->table, factor[level]);
		else if (!work->low_moves)
		{
			if (!is_one(factor[level]))
				lanes->scale(block->here, at, length, factor[level]);
		}
		else
		{
			bool		moves = work->quadratic.re != NULL || !is_one(factor[level]);

			for (uint32_t j = 0; j < low && !moves; j++)
				moves = !is_one(below[level][j]);
			if (!moves)
				continue;
			lanes->table(block->table, low, factor[level], below[level]);
			if (work->quadratic.re != NULL)
				lanes->multiply(block->table, 0, length, work->quadratic);
			lanes->multiply(block->here, at, length, block->table);
		}
	}
}

static void
run_diagonal(const TvmLanes *lanes, const TvmBlock *block, uint32_t bits, uint64_t base,
			 const TvmDiagonalWork *work)
{
	TvmComplex	linear[TVM_BLOCK_MAX];
	TvmComplex	start = work->scale;

	memcpy(linear, work->linear, bits * sizeof(TvmComplex));
	for (uint32_t i = 0; i < work->outer_count; i++)
		if ((base & work->outer[i].mask) == work->outer[i].mask)
			start = tvm_complex_mul(start, work->outer[i].factor);
	for (uint32_t i = 0; i < work->mixed_count; i++)
		if ((base & work->mixed[i].mask) != 0)
		{
			TvmComplex *z = &linear[work->mixed[i].position];

			*z = tvm_complex_mul(*z, work->mixed[i].factor);
		}
	run_rows(lanes, block, bits, work, start, linear);
}

static void
permute(const TvmLanes *lanes, TvmBlock *block, uint32_t bits, const TvmSource *source)
{
	TvmPlanes	from = block->here;

	lanes->permute(block->other, from, bits, source);
	block->here = block->other;
	block->other = from;
}

static void
run_permute(const TvmLanes *lanes, TvmBlock *block, uint32_t bits, uint64_t base,
			const TvmPermuteWork *work)
{
	TvmSource	source = work->source;

	for (uint32_t i = 0; i < work->outer_count; i++)
		if ((base & work->outer[i].mask) != 0)
			source.base ^= work->outer[i].change;
	permute(lanes, block, bits, &source);
}

static void
run_dense(const TvmLanes *lanes, TvmBlock *block, uint32_t bits, uint64_t base,
		  const TvmDenseWork *work)
{
	if ((base & work->mask) != work->value)
		return;
	permute(lanes, block, bits, &work->up);
	lanes->dense(block->here, work->at, work->count, work->stride, work->rows, work->m);
	permute(lanes, block, bits, &work->down);
}

static void
run_step(const TvmLanes *lanes, TvmBlock *block, uint32_t bits, uint64_t base,
		 const TvmStep *step)
{
	size_t		count = (size_t) 1 << bits;
	const TvmButterflyWork *butterflies = step->work;
	const TvmControlledWork *controlled = step->work;

	if (count < lanes->width)
		count = lanes->width;
	switch (step->kind)
	{
		case TVM_ATOM_BUTTERFLY:
			if (!is_one(butterflies->scale))
				lanes->scale(block->here, 0, count, butterflies->scale);
			lanes->butterflies(block->here, count, butterflies->list, butterflies->count);
			break;
		case TVM_ATOM_DIAGONAL:
			run_diagonal(lanes, block, bits, base, step->work);
			break;
		case TVM_ATOM_PERMUTE:
			run_permute(lanes, block, bits, base, step->work);
			break;
		case TVM_ATOM_MATRIX:
			if ((base & controlled->mask) == controlled->value)
				lanes->matrix(block->here, count, controlled->position, controlled->where,
							  controlled->m);
			break;
		case TVM_ATOM_PHASE:
			if ((base & controlled->mask) == controlled->value)
				lanes->phase(block->here, count, controlled->where, controlled->m[0]);
			break;
		case TVM_ATOM_DENSE:
			run_dense(lanes, block, bits, base, step->work);
			break;
		default:
			break;
	}
}

static TvmStatus
run_pass(TvmEnv *env, const TvmPlan *plan, const TvmPass *pass, TvmBlock *block, TvmState *state)
{
	const TvmLanes *lanes = plan->lanes;
	uint64_t	outer = (state->count - 1) & ~pass->block;
	uint64_t	count = (uint64_t) 1 << pass->bits;
	uint64_t	run = ~pass->block & (pass->block + 1);
	uint64_t	base = 0;

	if (run > count)
		run = count;
	do
	{
		char	   *amp = (char *) state->amp + base * 2 * lanes->size;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		gather(lanes, block->here, amp, pass->block, run, count);
		for (size_t i = 0; i < pass->count; i++)
			run_step(lanes, block, pass->bits, base, &plan->steps[pass->first + i]);
		scatter(lanes, amp, block->here, pass->block, run, count, pass->factor);
		base = ((base | ~outer) + 1) & outer;
	} while (base != 0);
	return TVM_OK;
}

static double
now_s(void)
{
	struct timespec now;

	timespec_get(&now, TIME_UTC);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

TvmStatus
tvm_plan_run(TvmEnv *env, TvmPlan *plan, TvmState *state)
{
	TvmBlock	block;
	TvmStatus	status = open_block(env, &block, plan->block_bits, plan->lanes->size);

	if (status != TVM_OK)
		return status;
	for (size_t i = 0; i < plan->pass_count && status == TVM_OK; i++)
	{
		TvmPass    *pass = &plan->passes[i];
		double		start = plan->timed ? now_s() : 0;

		if (pass->block != 0)
			status = run_pass(env, plan, pass, &block, state);
		else if (pass->count > 0)
			status = tvm_gate_apply(env, state,
									plan->atoms.atom[plan->steps[pass->first].first].gate);
		if (plan->timed)
			pass->real_s = now_s() - start;
	}
	tvm_free(env, block.memory);
	return status;
}
