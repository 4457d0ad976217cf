/*
 * compile.c: steps of qubits and angles into what blocks run; see compile.h.
 *
 * Where a step's scalar goes: butterflies leave cosines and phases out, so amplitudes
 * grow by up to sqrt(2) at each.  The product is carried to the next diagonal that
 * touches all amplitudes anyhow, or to the end of the pass, and before it passes
 * 2^-40 it is multiplied in on its own: complex64 reaches 2^127.
 */
#include "kernel/quantum/engine/compile.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/engine/plan_memory.h"

#define SMALLEST_NORM2 0x1p-80

/* Sums of angles are kept below this, modulo TURN. */
#define MOST_ANGLE 64
#define TURN 6.28318530717958647693

/*
 * Measured on a Zen 4 at 2.7 GHz, for estimates alone: multiplications and additions a
 * second in doubles for each doubling of a vector beyond 8 bytes, a permutation's
 * seconds a double, bytes a second to and from memory.
 */
#define FMA_PER_S 4.7e9
#define PERMUTE_S 0.2e-9
#define BYTES_PER_S 40e9

typedef struct Compile
{
	TvmEnv	   *env;
	TvmPlan    *plan;
	TvmPass    *pass;
	uint8_t		position[64];	/* of a qubit of the block */
	double	   *angles;			/* 64 x 64, all 0 between steps */
} Compile;

static uint64_t
bit_of(uint32_t qubit)
{
	return (uint64_t) 1 << qubit;
}

/* The positions of the block's qubits among `qubits`. */
static uint32_t
positions(const Compile *compile, uint64_t qubits)
{
	uint32_t	out = 0;

	for (qubits &= compile->pass->block; qubits != 0; qubits &= qubits - 1)
		out |= (uint32_t) 1 << compile->position[__builtin_ctzll(qubits)];
	return out;
}

static const TvmAtom *
first_atom(const Compile *compile, const TvmPlanStep *step)
{
	return &compile->plan->atoms.atom[step->first];
}

static const TvmAtom *
next_atom(const Compile *compile, const TvmAtom *atom)
{
	return atom->next == TVM_NO_ATOM ? NULL : &compile->plan->atoms.atom[atom->next];
}

#define FOR_ATOMS(atom, compile, step) \
	for (const TvmAtom *atom = first_atom(compile, step); atom != NULL; \
		 atom = next_atom(compile, atom))

static TvmStatus
compile_butterflies(Compile *compile, TvmPlanStep *step)
{
	TvmButterflyWork *work = tvm_plan_alloc(compile->env, compile->plan, sizeof(*work));

	if (work == NULL)
		return TVM_NOMEM;
	work->scale = tvm_complex(1, 0);
	work->count = 0;
	FOR_ATOMS(atom, compile, step)
	{
		TvmButterfly new = {compile->position[atom->a], atom->flip, atom->x};
		uint32_t	at = work->count++;

		for (; at > 0 && work->list[at - 1].position > new.position; at--)
			work->list[at] = work->list[at - 1];
		work->list[at] = new;
	}
	step->work = work;
	step->fma = 2 * work->count;
	return TVM_OK;
}

/* The sum of angles at (a, b), taken out; 0 for all but the first atom of a pair. */
static double
take_angle(Compile *compile, const TvmAtom *atom)
{
	uint32_t	a = atom->a < atom->b ? atom->a : atom->b;
	uint32_t	b = atom->a < atom->b ? atom->b : atom->a;
	double		angle = compile->angles[64 * a + b];

	compile->angles[64 * a + b] = 0;
	return angle;
}

static void
add_angles(Compile *compile, const TvmPlanStep *step)
{
	FOR_ATOMS(atom, compile, step)
	{
		uint32_t	a = atom->a < atom->b ? atom->a : atom->b;
		uint32_t	b = atom->a < atom->b ? atom->b : atom->a;

		double	   *angle = &compile->angles[64 * a + b];

		/* Every addition rounds by as much as the sum is large. */
		*angle += atom->x;
		if (fabs(*angle) > MOST_ANGLE)
			*angle -= TURN * rint(*angle / TURN);
	}
}

/* A pair of positions, the lower one first, until they are sorted. */
typedef struct Pair
{
	uint32_t	lower;
	uint32_t	upper;
	TvmComplex	factor;
} Pair;

/* The pairs inside the table, as a table. */
static TvmStatus
compile_table(Compile *compile, TvmDiagonalWork *work, const Pair *pairs, uint32_t count)
{
	const TvmLanes *lanes = compile->plan->lanes;
	size_t		plane = (size_t) lanes->size << TVM_TABLE_BITS;
	TvmComplex	entry[1 << TVM_TABLE_BITS];
	char	   *memory;

	memory = tvm_plan_alloc(compile->env, compile->plan, 2 * plane);
	if (memory == NULL)
		return TVM_NOMEM;
	memset(memory, 0, 2 * plane);
	work->quadratic.re = memory;
	work->quadratic.im = memory + plane;
	for (uint32_t i = 0; i < 1u << work->low; i++)
	{
		entry[i] = tvm_complex(1, 0);
		for (uint32_t p = 0; p < count; p++)
			if (pairs[p].upper < work->low && (i >> pairs[p].lower & i >> pairs[p].upper & 1) != 0)
				entry[i] = tvm_complex_mul(entry[i], pairs[p].factor);
	}
	if (lanes->size == sizeof(double))
		for (uint32_t i = 0; i < 1u << work->low; i++)
		{
			((double *) work->quadratic.re)[i] = entry[i].re;
			((double *) work->quadratic.im)[i] = entry[i].im;
		}
	else
		for (uint32_t i = 0; i < 1u << work->low; i++)
		{
			((float *) work->quadratic.re)[i] = (float) entry[i].re;
			((float *) work->quadratic.im)[i] = (float) entry[i].im;
		}
	return TVM_OK;
}

/* The positions above the table that have pairs in it, when they are few. */
static void
find_variants(TvmDiagonalWork *work, const Pair *pairs, uint32_t count)
{
	uint32_t	crossing = 0;

	for (uint32_t i = 0; i < count; i++)
		if (pairs[i].lower < work->low && pairs[i].upper >= work->low)
			crossing |= (uint32_t) 1 << pairs[i].upper;
	work->low_moves |= crossing != 0;
	work->low_crossed = __builtin_popcount(crossing) > TVM_VARIANT_BITS;
	for (; crossing != 0 && !work->low_crossed; crossing &= crossing - 1)
		work->variant_position[work->variant_bits++] = (uint32_t) __builtin_ctz(crossing);
}

/* Append the pairs of `upper` with positions [from, to); returns how many. */
static uint32_t
append_pairs(TvmPairPhase *out, const Pair *pairs, uint32_t count, uint32_t upper, uint32_t from,
			 uint32_t to)
{
	uint32_t	length = 0;

	for (uint32_t i = 0; i < count; i++)
		if (pairs[i].upper == upper && pairs[i].lower >= from && pairs[i].lower < to)
			out[length++] = (TvmPairPhase) {pairs[i].lower, pairs[i].factor};
	return length;
}

/* Pairs into the work: inside the table, across its edge, and above it. */
static TvmStatus
compile_pairs(Compile *compile, TvmDiagonalWork *work, const Pair *pairs, uint32_t count)
{
	uint32_t	from;
	uint32_t	at = 0;
	bool		inside = false;

	find_variants(work, pairs, count);
	from = work->low_crossed ? 0 : work->low;
	for (uint32_t k = 0; k < TVM_BLOCK_MAX; k++)
	{
		if (k >= work->low)
			at += append_pairs(work->pairs + at, pairs, count, k, from, TVM_BLOCK_MAX);
		work->pair_end[k] = at;
	}
	for (uint32_t v = 0; v < work->variant_bits; v++)
	{
		work->variant[v] = work->pairs + at;
		work->variant_count[v] = append_pairs(work->pairs + at, pairs, count,
											  work->variant_position[v], 0, work->low);
		at += work->variant_count[v];
	}
	for (uint32_t i = 0; i < count; i++)
		inside |= pairs[i].upper < work->low;
	work->low_moves |= inside;
	return inside ? compile_table(compile, work, pairs, count) : TVM_OK;
}

/* One angle, by where its qubits are. */
static void
compile_angle(Compile *compile, TvmDiagonalWork *work, const TvmAtom *atom, double angle,
			  Pair *pairs, uint32_t *pair_count)
{
	uint64_t	inside = atom->qubits & compile->pass->block;
	uint64_t	outside = atom->qubits & ~compile->pass->block;
	TvmComplex	factor = tvm_unit_complex(angle);
	uint32_t	here = positions(compile, inside);
	uint32_t	low = here == 0 ? 0 : (uint32_t) __builtin_ctz(here);

	if (inside == 0)
		work->outer[work->outer_count++] = (TvmOuterPhase) {outside, factor};
	else if (outside != 0)
		work->mixed[work->mixed_count++] = (TvmMixedPhase) {outside, low, factor};
	else if (atom->a == atom->b)
		work->linear[low] = tvm_complex_mul(work->linear[low], factor);
	else
		pairs[(*pair_count)++] = (Pair) {low, 31 - (uint32_t) __builtin_clz(here), factor};
	if (inside != 0 && low < work->low && (outside != 0 || atom->a == atom->b))
		work->low_moves = true;
}

/* Sets *whole when the step touches all amplitudes, and may take a scalar for nothing. */
static TvmStatus
compile_diagonal(Compile *compile, TvmPlanStep *step, bool *whole)
{
	TvmEnv	   *env = compile->env;
	TvmPlan    *plan = compile->plan;
	TvmDiagonalWork *work = tvm_plan_alloc(env, plan, sizeof(*work));
	uint32_t	count = 0;
	uint32_t	pair_count = 0;
	uint32_t	common = UINT32_MAX;
	Pair	   *pairs;
	TvmStatus	status;

	if (work == NULL)
		return TVM_NOMEM;
	memset(work, 0, sizeof(*work));
	add_angles(compile, step);
	FOR_ATOMS(atom, compile, step)
		count++;
	work->outer = tvm_plan_alloc(env, plan, count * sizeof(TvmOuterPhase));
	work->mixed = tvm_plan_alloc(env, plan, count * sizeof(TvmMixedPhase));
	work->pairs = tvm_plan_alloc(env, plan, count * sizeof(TvmPairPhase));
	pairs = tvm_plan_alloc(env, plan, count * sizeof(Pair));
	if (work->outer == NULL || work->mixed == NULL || work->pairs == NULL || pairs == NULL)
		return TVM_NOMEM;
	work->scale = tvm_complex(1, 0);
	work->low = compile->pass->bits < plan->options.table_bits ? compile->pass->bits :
		plan->options.table_bits;
	for (uint32_t j = 0; j < TVM_BLOCK_MAX; j++)
		work->linear[j] = tvm_complex(1, 0);
	FOR_ATOMS(atom, compile, step)
	{
		double		angle = take_angle(compile, atom);

		if (angle == 0)
			continue;
		common &= positions(compile, atom->qubits);
		compile_angle(compile, work, atom, angle, pairs, &pair_count);
	}
	status = compile_pairs(compile, work, pairs, pair_count);
	step->work = work;
	*whole = common >> work->low == 0;
	step->fma = (work->low_moves ? 8 : 4) * (*whole ? 1 : 0.5);
	return status;
}

static TvmStatus
compile_permutation(Compile *compile, TvmPlanStep *step)
{
	uint64_t	column[64];		/* where a bit of the result comes from, composed from the left */
	uint64_t	base = 0;
	uint64_t	outer = 0;
	bool		moves = false;
	TvmPermuteWork *work = tvm_plan_alloc(compile->env, compile->plan, sizeof(*work));

	if (work == NULL)
		return TVM_NOMEM;
	for (uint32_t q = 0; q < 64; q++)
		column[q] = bit_of(q);
	FOR_ATOMS(atom, compile, step)
	{
		if (atom->a == atom->b)
			base ^= column[atom->a];
		else
			column[atom->a] ^= column[atom->b];
		outer |= atom->qubits & ~compile->pass->block;
	}
	memset(work, 0, sizeof(*work));
	work->outer = tvm_plan_alloc(compile->env, compile->plan,
								 ((size_t) __builtin_popcountll(outer) + 1) *
								 sizeof(TvmOuterChange));
	if (work->outer == NULL)
		return TVM_NOMEM;
	work->source.base = positions(compile, base);
	for (uint64_t left = compile->pass->block; left != 0; left &= left - 1)
	{
		uint32_t	qubit = (uint32_t) __builtin_ctzll(left);

		work->source.columns[compile->position[qubit]] = positions(compile, column[qubit]);
	}
	for (; outer != 0; outer &= outer - 1)
	{
		uint32_t	qubit = (uint32_t) __builtin_ctzll(outer);
		TvmOuterChange change = {bit_of(qubit), positions(compile, column[qubit])};

		work->outer[work->outer_count++] = change;
		moves |= change.change != 0;
	}
	moves |= work->source.base != 0;
	for (uint32_t p = 0; p < compile->pass->bits; p++)
		moves |= work->source.columns[p] != (uint32_t) 1 << p;
	step->work = moves ? work : NULL;
	return TVM_OK;
}

/* MATRIX and PHASE. */
static TvmStatus
compile_controlled(Compile *compile, TvmPlanStep *step)
{
	const TvmAtom *atom = first_atom(compile, step);
	TvmControlledWork *work = tvm_plan_alloc(compile->env, compile->plan, sizeof(*work));
	uint64_t	controls = atom->qubits & ~atom->mixed;

	if (work == NULL)
		return TVM_NOMEM;
	memset(work, 0, sizeof(*work));
	work->mask = controls & ~compile->pass->block;
	work->value = atom->value & work->mask;
	work->where.mask = positions(compile, controls);
	work->where.value = positions(compile, controls & atom->value);
	step->fma = 4;
	if (atom->kind == TVM_ATOM_PHASE)
		work->m[0] = tvm_unit_complex(atom->x);
	else
	{
		work->position = compile->position[atom->a];
		memcpy(work->m, compile->plan->atoms.matrix + 4 * atom->matrix, sizeof(work->m));
		step->fma = 8;
	}
	step->fma /= (double) bit_of((uint32_t) __builtin_popcountll(controls));
	step->work = work;
	return TVM_OK;
}

static TvmStatus
compile_dense(Compile *compile, TvmPlanStep *step)
{
	const TvmAtom *atom = first_atom(compile, step);
	const TvmGate *gate = atom->gate;
	TvmDenseWork *work = tvm_plan_alloc(compile->env, compile->plan, sizeof(*work));
	uint32_t	bits = compile->pass->bits;
	uint64_t	controls = atom->qubits & ~atom->mixed;
	uint32_t	inside = positions(compile, controls);
	uint32_t	targets = positions(compile, atom->mixed);
	uint32_t	at = 0;

	if (work == NULL)
		return TVM_NOMEM;
	memset(work, 0, sizeof(*work));
	work->mask = controls & ~compile->pass->block;
	work->value = atom->value & work->mask;
	for (uint32_t p = 0; p < bits; p++)
		if (((inside | targets) >> p & 1) == 0)
			work->up.columns[at++] = (uint32_t) 1 << p;
	work->count = (size_t) 1 << at;
	for (uint64_t left = controls & compile->pass->block; left != 0; left &= left - 1)
	{
		uint32_t	qubit = (uint32_t) __builtin_ctzll(left);

		work->at |= (size_t) (atom->value >> qubit & 1) << at;
		work->up.columns[at++] = (uint32_t) 1 << compile->position[qubit];
	}
	work->stride = (size_t) 1 << at;
	for (uint32_t i = 0; i < gate->target_count; i++)
		work->up.columns[at++] = (uint32_t) 1 << compile->position[gate->targets[i]];
	for (uint32_t p = 0; p < bits; p++)
		work->down.columns[__builtin_ctz(work->up.columns[p])] = (uint32_t) 1 << p;
	work->rows = 1u << gate->target_count;
	work->m = (const TvmComplex *) gate->matrix;
	step->work = work;
	step->fma = 4 * work->rows / (double) bit_of((uint32_t) __builtin_popcountll(controls));
	return TVM_OK;
}

static TvmStatus
compile_step(Compile *compile, TvmPlanStep *step, bool *whole)
{
	*whole = false;
	switch (step->kind)
	{
		case TVM_ATOM_BUTTERFLY:
			return compile_butterflies(compile, step);
		case TVM_ATOM_DIAGONAL:
			return compile_diagonal(compile, step, whole);
		case TVM_ATOM_PERMUTE:
			return compile_permutation(compile, step);
		case TVM_ATOM_DENSE:
			return compile_dense(compile, step);
		case TVM_ATOM_GATE:
			return TVM_OK;
		default:
			return compile_controlled(compile, step);
	}
}

/* The butterflies of a step on positions [from, to); NULL in *out when there are none. */
static TvmStatus
part_of(Compile *compile, const TvmButterflyWork *all, uint32_t from, uint32_t to,
		TvmButterflyWork **out)
{
	TvmButterflyWork *part = tvm_plan_alloc(compile->env, compile->plan, sizeof(*part));

	*out = NULL;
	if (part == NULL)
		return TVM_NOMEM;
	part->count = 0;
	part->scale = from == 0 ? all->scale : tvm_complex(1, 0);
	for (uint32_t i = 0; i < all->count; i++)
		if (all->list[i].position >= from && all->list[i].position < to)
			part->list[part->count++] = all->list[i];
	if (part->count > 0 || part->scale.re != 1 || part->scale.im != 0)
		*out = part;
	return TVM_OK;
}

/* Append a fragment to the last sweep, or to a new one. */
static void
add_fragment(TvmPass *pass, uint32_t *fragments, TvmAtomKind kind, const void *work, bool whole)
{
	TvmSweep   *sweep = &pass->sweeps[pass->sweep_count - 1];
	bool		diagonal = kind == TVM_ATOM_DIAGONAL;

	if (whole || sweep->whole || kind == TVM_ATOM_PERMUTE ||
		sweep->diagonals + diagonal > TVM_SWEEP_DIAGONALS)
	{
		sweep = &pass->sweeps[pass->sweep_count++];
		*sweep = (TvmSweep) {whole, *fragments, 0, 0};
	}
	sweep->count++;
	sweep->diagonals += diagonal;
	pass->fragments[(*fragments)++] = (TvmFragment) {kind, work};
}

/* The steps as sweeps over tiles and over the whole block. */
static TvmStatus
make_sweeps(Compile *compile)
{
	TvmPass    *pass = compile->pass;
	uint32_t	tile = compile->plan->options.tile_bits;
	uint32_t	fragments = 0;

	pass->sweeps = tvm_plan_alloc(compile->env, compile->plan,
								  (2 * pass->count + 2) * sizeof(TvmSweep));
	pass->fragments = tvm_plan_alloc(compile->env, compile->plan,
									 (2 * pass->count + 1) * sizeof(TvmFragment));
	if (pass->sweeps == NULL || pass->fragments == NULL)
		return TVM_NOMEM;
	pass->sweeps[0] = (TvmSweep) {false, 0, 0, 0};
	pass->sweep_count = 1;
	for (size_t i = 0; i < pass->count; i++)
	{
		const TvmPlanStep *step = &compile->plan->steps[pass->first + i];
		bool		whole = step->kind == TVM_ATOM_DENSE;
		TvmButterflyWork *part;
		TvmStatus	status;

		if (step->work == NULL) /* a permutation that came back to where it began */
			continue;
		if (step->kind == TVM_ATOM_MATRIX)
			whole = ((const TvmControlledWork *) step->work)->position >= tile;
		if (step->kind != TVM_ATOM_BUTTERFLY)
		{
			add_fragment(pass, &fragments, step->kind, step->work, whole);
			continue;
		}
		status = part_of(compile, step->work, 0, tile, &part);
		if (part != NULL)
			add_fragment(pass, &fragments, step->kind, part, false);
		if (status == TVM_OK)
			status = part_of(compile, step->work, tile, TVM_BLOCK_MAX, &part);
		if (status != TVM_OK)
			return status;
		if (part != NULL)
			add_fragment(pass, &fragments, step->kind, part, true);
	}
	if (pass->sweeps[pass->sweep_count - 1].whole)
		pass->sweeps[pass->sweep_count++] = (TvmSweep) {false, fragments, 0, 0};
	return TVM_OK;
}

static void
estimate(const TvmPlan *plan, TvmPass *pass)
{
	double		count = (double) bit_of(plan->circuit->qubits - (uint32_t) __builtin_popcountll(pass->known.mask));
	double		size = plan->lanes->size;
	double		vectors = plan->lanes->log_width + (size < 8 ? -1 : 0);
	double		seconds = 4 * size / BYTES_PER_S;

	for (size_t i = pass->first; i < pass->first + pass->count; i++)
	{
		pass->fma += plan->steps[i].fma;
		if (plan->steps[i].kind == TVM_ATOM_PERMUTE)
			seconds += 2 * PERMUTE_S * size / 8;
	}
	pass->estimate_s = count * (seconds + pass->fma * size / 8 / (FMA_PER_S * vectors));
}

TvmStatus
tvm_compile_pass(TvmEnv *env, TvmPlan *plan, TvmPass *pass)
{
	Compile		compile = {env, plan, pass, {0}, NULL};
	TvmComplex	carried = pass->factor;
	TvmDiagonalWork *last = NULL;
	TvmStatus	status = TVM_OK;
	uint8_t		position = 0;

	compile.angles = tvm_alloc_zero(env, 64 * 64, sizeof(double));
	if (compile.angles == NULL)
		return TVM_NOMEM;
	for (uint64_t left = pass->block; left != 0; left &= left - 1)
		compile.position[__builtin_ctzll(left)] = position++;
	for (size_t i = pass->first; i < pass->first + pass->count && status == TVM_OK; i++)
	{
		TvmPlanStep *step = &plan->steps[i];
		bool		whole;

		status = compile_step(&compile, step, &whole);
		carried = tvm_complex_mul(carried, step->scale);
		if (status != TVM_OK)
			break;
		if (whole)
		{
			last = (TvmDiagonalWork *) step->work;
			last->scale = carried;
			carried = tvm_complex(1, 0);
		}
		else if (step->kind == TVM_ATOM_BUTTERFLY && tvm_complex_norm2(carried) < SMALLEST_NORM2)
		{
			((TvmButterflyWork *) step->work)->scale = carried;
			carried = tvm_complex(1, 0);
		}
	}
	if (last != NULL)
	{
		last->scale = tvm_complex_mul(last->scale, carried);
		carried = tvm_complex(1, 0);
	}
	pass->factor = carried;
	if (status == TVM_OK)
		status = make_sweeps(&compile);
	estimate(plan, pass);
	tvm_free(env, compile.angles);
	return status;
}
