/*
 * execute.c: a plan's passes, run block by block; see plan.h for what they are.
 *
 * Four planes (two of amplitudes, two to permute into) and a table are one piece of
 * memory.  Planes start at different offsets within a page, lest equal indices of
 * all of them share one set of the first-level cache.
 */
#include "kernel/quantum/engine/execute.h"

#include <string.h>
#include <time.h>

#include "kernel/quantum/engine/compile.h"
#include "kernel/quantum/state/gate_matrices.h"

#define STAGGER 1088

#define TABLES (1 << TVM_VARIANT_BITS)

/*
 * How far a diagonal has come.  A row's factor, and the factors of the positions
 * below it, come from those of the row without its lowest set bit, which are kept at the
 * level of that row's own lowest bit; level `bits` is row 0.
 */
typedef struct Cursor
{
	TvmComplex	factor[TVM_BLOCK_MAX + 1];
	TvmComplex	below[TVM_BLOCK_MAX + 1][TVM_BLOCK_MAX];
	TvmPlanes	table[1 << TVM_VARIANT_BITS];
	bool		still[1 << TVM_VARIANT_BITS];	/* a table is 1 throughout */
} Cursor;

typedef struct Block
{
	void	   *memory;
	TvmPlanes	here;			/* the amplitudes */
	TvmPlanes	other;			/* where a permutation puts them */
	Cursor	   *cursor;			/* of the diagonals of a sweep */
} Block;

static uint64_t
plane_bytes(uint32_t bits, uint32_t size)
{
	uint64_t	bytes = (uint64_t) size << bits;

	return (bytes < TVM_LANES_ALIGN ? TVM_LANES_ALIGN : bytes) + STAGGER;
}

uint64_t
tvm_block_bytes(uint32_t bits, uint32_t size)
{
	return 4 * plane_bytes(bits, size) + TVM_LANES_ALIGN +
		TVM_SWEEP_DIAGONALS * (TABLES * 2 * plane_bytes(TVM_TABLE_BITS, size) + sizeof(Cursor));
}

static TvmStatus
open_block(TvmEnv *env, Block *block, uint32_t bits, uint32_t size)
{
	uint64_t	bytes = tvm_block_bytes(bits, size);
	uint64_t	plane = plane_bytes(bits, size);
	uint64_t	table = plane_bytes(TVM_TABLE_BITS, size);
	char	   *at;

	block->memory = tvm_alloc(env, bytes, 1);
	if (block->memory == NULL)
		return TVM_NOMEM;
	at = (char *) block->memory + (-(uintptr_t) block->memory % TVM_LANES_ALIGN);
	memset(at, 0, bytes - TVM_LANES_ALIGN);
	block->here = (TvmPlanes) {at, at + plane};
	block->other = (TvmPlanes) {at + 2 * plane, at + 3 * plane};
	at += 4 * plane;
	block->cursor = (Cursor *) (at + TVM_SWEEP_DIAGONALS * TABLES * 2 * table);
	for (int i = 0; i < TVM_SWEEP_DIAGONALS * TABLES; i++, at += 2 * table)
		block->cursor[i / TABLES].table[i % TABLES] = (TvmPlanes) {at, at + table};
	return TVM_OK;
}

static bool
is_one(TvmComplex z)
{
	return z.re == 1 && z.im == 0;
}

static TvmPlanes
planes_at(const TvmLanes *lanes, TvmPlanes planes, size_t at)
{
	return (TvmPlanes) {(char *) planes.re + at * lanes->size,
						(char *) planes.im + at * lanes->size};
}

static bool
all_ones(const TvmComplex *z, uint32_t count)
{
	for (uint32_t j = 0; j < count; j++)
		if (!is_one(z[j]))
			return false;
	return true;
}

/* The tables, one for each value of the positions that cross into them. */
static void
make_tables(const TvmLanes *lanes, Cursor *cursor, const TvmComplex *linear,
			const TvmDiagonalWork *work)
{
	bool		quadratic = work->quadratic.re != NULL;

	for (uint32_t variant = 0; variant < 1u << work->variant_bits; variant++)
	{
		TvmComplex	z[TVM_TABLE_BITS];

		memcpy(z, linear, work->low * sizeof(TvmComplex));
		for (uint32_t v = 0; v < work->variant_bits; v++)
			for (uint32_t i = 0; i < work->variant_count[v] && (variant >> v & 1) != 0; i++)
			{
				TvmComplex *at = &z[work->variant[v][i].position];

				*at = tvm_complex_mul(*at, work->variant[v][i].factor);
			}
		cursor->still[variant] = !quadratic && all_ones(z, work->low);
		lanes->table(cursor->table[variant], work->low, tvm_complex(1, 0), z);
		if (quadratic)
			lanes->multiply(cursor->table[variant], 0, (size_t) 1 << work->low, work->quadratic);
	}
}

/* What the outer qubits make of a diagonal, and its first row. */
static void
start_diagonal(const TvmLanes *lanes, Cursor *cursor, uint32_t bits, uint64_t base,
			   const TvmDiagonalWork *work)
{
	TvmComplex *linear = cursor->below[bits];
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
	cursor->factor[bits] = start;
	if (work->low_moves && !work->low_crossed)
		make_tables(lanes, cursor, linear, work);
}

/* Bring the cursor to a row; rows come one after the other.  Returns its level. */
static uint32_t
go_to_row(Cursor *cursor, uint32_t bits, const TvmDiagonalWork *work, size_t row)
{
	size_t		rest = row & (row - 1);
	uint32_t	parent = rest == 0 ? bits : work->low + (uint32_t) __builtin_ctzll(rest);
	uint32_t	level = work->low + (uint32_t) __builtin_ctzll(row);
	TvmComplex *z = cursor->below[level];

	cursor->factor[level] = tvm_complex_mul(cursor->factor[parent], cursor->below[parent][level]);
	memcpy(z, cursor->below[parent], level * sizeof(TvmComplex));
	for (uint32_t i = work->pair_end[level - 1]; i < work->pair_end[level]; i++)
	{
		uint32_t	position = work->pairs[i].position;

		z[position] = tvm_complex_mul(z[position], work->pairs[i].factor);
	}
	return level;
}

/* A row whose table is its own. */
static void
run_crossed_row(const TvmLanes *lanes, TvmPlanes planes, size_t at, Cursor *cursor,
				uint32_t level, const TvmDiagonalWork *work)
{
	size_t		length = (size_t) 1 << work->low;
	bool		quadratic = work->quadratic.re != NULL;

	if (!quadratic && is_one(cursor->factor[level]) && all_ones(cursor->below[level], work->low))
		return;
	lanes->table(cursor->table[0], work->low, cursor->factor[level], cursor->below[level]);
	if (quadratic)
		lanes->multiply(cursor->table[0], 0, length, work->quadratic);
	lanes->multiply(planes, at, length, cursor->table[0]);
}

/* The rows of the amplitudes [at, at + count). */
static void
run_diagonal(const TvmLanes *lanes, TvmPlanes planes, size_t at, size_t count, uint32_t bits,
			 Cursor *cursor, const TvmDiagonalWork *work)
{
	size_t		length = (size_t) 1 << work->low;

	for (size_t end = at + count; at < end; at += length)
	{
		uint32_t	level = at == 0 ? bits : go_to_row(cursor, bits, work, at >> work->low);
		TvmComplex	factor = cursor->factor[level];
		uint32_t	variant = 0;

		if (work->low_crossed)
		{
			run_crossed_row(lanes, planes, at, cursor, level, work);
			continue;
		}
		for (uint32_t v = 0; v < work->variant_bits; v++)
			variant |= (uint32_t) (at >> work->variant_position[v] & 1) << v;
		if (work->low_moves && !cursor->still[variant])
			lanes->multiply_scaled(planes, at, length, cursor->table[variant], factor);
		else if (!is_one(factor))
			lanes->scale(planes, at, length, factor);
	}
}

static TvmSource
source_of(uint64_t base, const TvmPermuteWork *work)
{
	TvmSource	source = work->source;

	for (uint32_t i = 0; i < work->outer_count; i++)
		if ((base & work->outer[i].mask) != 0)
			source.base ^= work->outer[i].change;
	return source;
}

static void
swap_planes(Block *block)
{
	TvmPlanes	here = block->here;

	block->here = block->other;
	block->other = here;
}

static void
run_dense(const TvmLanes *lanes, Block *block, uint32_t bits, const TvmDenseWork *work)
{
	size_t		count = (size_t) 1 << bits;

	lanes->permute(block->other, block->here, 0, count, &work->up);
	lanes->dense(block->other, work->at, work->count, work->stride, work->rows, work->m);
	lanes->permute(block->here, block->other, 0, count, &work->down);
}

/* What needs no cursor: on the whole block or on the tile at `at`. */
static void
run_fragment(const TvmLanes *lanes, TvmPlanes planes, size_t at, size_t count, uint64_t base,
			 const TvmFragment *fragment)
{
	const TvmButterflyWork *butterflies = fragment->work;
	const TvmControlledWork *controlled = fragment->work;
	TvmPlanes	here = planes_at(lanes, planes, at);
	TvmWhere	where;
	uint32_t	above;

	if (count < lanes->width)
		count = lanes->width;
	if (fragment->kind == TVM_ATOM_BUTTERFLY)
	{
		if (!is_one(butterflies->scale))
			lanes->scale(here, 0, count, butterflies->scale);
		lanes->butterflies(here, count, butterflies->list, butterflies->count);
		return;
	}
	above = controlled->where.mask & ~(uint32_t) (count - 1);
	if ((base & controlled->mask) != controlled->value ||
		((uint32_t) at & above) != (controlled->where.value & above))
		return;
	where.mask = controlled->where.mask & ~above;
	where.value = controlled->where.value & ~above;
	if (fragment->kind == TVM_ATOM_MATRIX)
		lanes->matrix(here, count, controlled->position, where, controlled->m);
	else
		lanes->phase(here, count, where, controlled->m[0]);
}

/* Where a block comes from and goes to, and what is known of it. */
typedef struct Job
{
	const TvmPlan *plan;
	const TvmPass *pass;
	uint64_t	base;
	TvmBlockPlace   *load;			/* NULL: not in this sweep */
	TvmBlockPlace   *store;
} Job;

static void
run_tiles(const Job *job, Block *block, const TvmSweep *sweep)
{
	const TvmLanes *lanes = job->plan->lanes;
	const TvmFragment *fragment = &job->pass->fragments[sweep->first];
	uint32_t	bits = job->pass->bits;
	size_t		count = (size_t) 1 << bits;
	size_t		tile = (size_t) 1 << job->plan->options.tile_bits;
	bool		permutes = sweep->count > 0 && fragment->kind == TVM_ATOM_PERMUTE;
	TvmPlanes	to = permutes ? block->other : block->here;
	Cursor	   *cursor = block->cursor;
	TvmSource	source = {0};

	if (permutes)
		source = source_of(job->base, fragment->work);
	for (uint32_t i = 0; i < sweep->count; i++)
		if (fragment[i].kind == TVM_ATOM_DIAGONAL)
			start_diagonal(lanes, cursor++, bits, job->base, fragment[i].work);
	if (tile > count)
		tile = count;
	for (size_t at = 0; at < count; at += tile)
	{
		if (job->load != NULL)
			lanes->load(to, at, tile, job->load);
		if (permutes)
			lanes->permute(to, block->here, at, tile, &source);
		cursor = block->cursor;
		for (uint32_t i = permutes; i < sweep->count; i++)
			if (fragment[i].kind == TVM_ATOM_DIAGONAL)
				run_diagonal(lanes, to, at, tile, bits, cursor++, fragment[i].work);
			else
				run_fragment(lanes, to, at, tile, job->base, &fragment[i]);
		if (job->store != NULL)
			lanes->store(job->store, to, at, tile, job->pass->factor);
	}
	if (permutes)
		swap_planes(block);
}

static void
run_whole(const Job *job, Block *block, const TvmFragment *fragment)
{
	const TvmLanes *lanes = job->plan->lanes;
	uint32_t	bits = job->pass->bits;
	const TvmDenseWork *dense = fragment->work;

	if (fragment->kind != TVM_ATOM_DENSE)
		run_fragment(lanes, block->here, 0, (size_t) 1 << bits, job->base, fragment);
	else if ((job->base & dense->mask) == dense->value)
		run_dense(lanes, block, bits, dense);
}

static TvmStatus
run_pass(TvmEnv *env, const TvmPlan *plan, const TvmPass *pass, Block *block, TvmState *state, double gates)
{
	double		done = env->done;
	uint64_t	outer = (state->count - 1) & ~pass->block & ~pass->known.mask;
	uint64_t	run = ~pass->block & (pass->block + 1);
	uint64_t	tile = (uint64_t) 1 << plan->options.tile_bits;
	void	   *amplitudes = state->amp != NULL ? (void *) state->amp : (void *) state->narrow;
	uint64_t	base = pass->known.value;

	if (run > tile)
		run = tile;
	do
	{
		TvmBlockPlace	load = {(char *) amplitudes + base * 2 * plan->lanes->size,
							pass->block & ~(run - 1), run, 0};
		TvmBlockPlace	store = load;

		env->done = done + gates * (double) base / (double) state->count;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t i = 0; i < pass->sweep_count; i++)
		{
			const TvmSweep *sweep = &pass->sweeps[i];
			Job			job = {plan, pass, base, i == 0 ? &load : NULL,
							   i == pass->sweep_count - 1 ? &store : NULL};

			if (sweep->whole)
				run_whole(&job, block, &pass->fragments[sweep->first]);
			else
				run_tiles(&job, block, sweep);
		}
		base = (((base | ~outer) + 1) & outer) | pass->known.value;
	} while (base != pass->known.value);
	env->done = done;
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
	Block		block;
	double		done = env->done;
	double		gates = (double) (plan->to - plan->from);
	TvmStatus	status = open_block(env, &block, plan->block_bits, plan->lanes->size);

	if (status != TVM_OK)
		return status;
	for (size_t i = 0; i < plan->pass_count && status == TVM_OK; i++)
	{
		TvmPass    *pass = &plan->passes[i];
		double		start = plan->timed ? now_s() : 0;

		/* As if all passes took the same time. */
		env->done = done + gates * (double) i / (double) plan->pass_count;
		if (pass->block != 0)
			status = run_pass(env, plan, pass, &block, state, gates / (double) plan->pass_count);
		else if (pass->count > 0)
			status = tvm_gate_apply(env, state,
									plan->atoms.atom[plan->steps[pass->first].first].gate);
		if (plan->timed)
			pass->real_s = now_s() - start;
	}
	env->done = done + gates;
	tvm_free(env, block.memory);
	return status;
}
