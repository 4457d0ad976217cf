/*
 * measure.c: probabilities, collapse and samples; see measure.h.
 */
#include "kernel/quantum/measure.h"

#include <math.h>

#include "kernel/quantum/groups.h"

/* Amplitudes summed up before asking whether a draw falls among them. */
#define SAMPLE_BLOCK ((uint64_t) 1 << 10)

TvmStatus
tvm_measure_both(TvmEnv *env, const TvmState *state, uint32_t qubit, double p[2])
{
	uint64_t	bit = (uint64_t) 1 << qubit;
	TvmGroups	groups;

	p[0] = p[1] = 0;
	tvm_groups_start(&groups, state, bit, 0, TVM_STATE_CHUNK);
	while (tvm_groups_piece(&groups))
	{
		double		zero = 0;
		double		one = 0;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		TVM_FOR_GROUPS(&groups, i)
		{
			zero += tvm_complex_norm2(tvm_get(state, i));
			one += tvm_complex_norm2(tvm_get(state, i | bit));
		}
		p[0] += zero;
		p[1] += one;
	}
	return TVM_OK;
}

/* Keep the amplitudes where the qubit is `outcome`, times scale; move them to |0> if asked. */
static TvmStatus
keep(TvmEnv *env, TvmState *state, uint32_t qubit, int outcome, double scale, bool to_zero)
{
	uint64_t	bit = (uint64_t) 1 << qubit;
	uint64_t	from = outcome ? bit : 0;
	uint64_t	to = to_zero ? 0 : from;
	uint64_t	cleared = bit ^ to;
	TvmGroups	groups;

	tvm_groups_start(&groups, state, bit, 0, TVM_STATE_CHUNK);
	while (tvm_groups_piece(&groups))
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		TVM_FOR_GROUPS(&groups, i)
		{
			tvm_put(state, i | to, tvm_complex_scale(tvm_get(state, i | from), scale));
			tvm_put(state, i | cleared, tvm_complex(0, 0));
		}
	}
	return TVM_OK;
}

TvmStatus
tvm_measure_probability(TvmEnv *env, const TvmState *state, uint32_t qubit, double *p1)
{
	double		p[2];
	TvmStatus	status = tvm_measure_both(env, state, qubit, p);

	if (status == TVM_OK)
		*p1 = p[1] / (p[0] + p[1]);
	return status;
}

bool
tvm_measure_finds(const double p[2], double u)
{
	return p[1] > 0 && (p[0] <= 0 || u * (p[0] + p[1]) < p[1]);
}

TvmStatus
tvm_measure_keep(TvmEnv *env, TvmState *state, uint32_t qubit, int outcome, const double p[2],
				 bool to_zero)
{
	return keep(env, state, qubit, outcome, 1 / sqrt(p[outcome]), to_zero);
}

static TvmStatus
measure(TvmEnv *env, TvmState *state, uint32_t qubit, double u, bool to_zero, int *outcome)
{
	double		p[2];
	TvmStatus	status = tvm_measure_both(env, state, qubit, p);

	if (status != TVM_OK)
		return status;
	*outcome = tvm_measure_finds(p, u);
	return tvm_measure_keep(env, state, qubit, *outcome, p, to_zero);
}

TvmStatus
tvm_measure_qubit(TvmEnv *env, TvmState *state, uint32_t qubit, double u, int *outcome)
{
	return measure(env, state, qubit, u, false, outcome);
}

TvmStatus
tvm_measure_reset(TvmEnv *env, TvmState *state, uint32_t qubit, double u, int *outcome)
{
	int			found;
	TvmStatus	status = measure(env, state, qubit, u, true, &found);

	if (status == TVM_OK && outcome != NULL)
		*outcome = found;
	return status;
}

TvmStatus
tvm_measure_force(TvmEnv *env, TvmState *state, uint32_t qubit, int outcome, double *probability)
{
	double		p[2];
	TvmStatus	status = tvm_measure_both(env, state, qubit, p);

	if (status != TVM_OK)
		return status;
	*probability = p[outcome] / (p[0] + p[1]);
	if (p[outcome] <= 0)
		return TVM_OK;
	return keep(env, state, qubit, outcome, 1 / sqrt(p[outcome]), false);
}

static double
block_sum(const TvmState *state, uint64_t first, uint64_t end)
{
	double		sum = 0;

	for (uint64_t i = first; i < end; i++)
		sum += tvm_complex_norm2(tvm_get(state, i));
	return sum;
}

/*
 * Uniform numbers in ascending order without sorting or storing them: the least
 * of r uniform numbers leaves the share V^(1/r) above it, V being uniform, and
 * the others are uniform there.
 */
typedef struct Draws
{
	TvmRng	   *rng;			/* NULL: those in `given` */
	const double *given;
	uint64_t	left;			/* this one and those after it */
	double		rest;			/* the share above this one */
	double		place;			/* in [0, 1] */
} Draws;

static void
next_draw(Draws *draws)
{
	if (draws->rng != NULL && draws->left > 0)
	{
		double		v = 1 - tvm_rng_double(draws->rng);

		draws->rest *= pow(v, 1 / (double) draws->left);
		draws->place = 1 - draws->rest;
	}
	else if (draws->left > 0)
		draws->place = *draws->given++;
}

/*
 * Walk over the cumulative distribution, a block at a time.  Block sums and the
 * sums inside a block are the same additions in the same order, so a draw that
 * falls into a block is found there.  Rounding may leave draws past the end; they go to
 * the last index that has a probability.
 */
static TvmStatus
walk(TvmEnv *env, const TvmState *state, Draws *draws, TvmSampleVisit visit, void *context)
{
	double		total = 0;
	double		before = 0;
	uint64_t	last = 0;
	TvmStatus	status = TVM_OK;

	for (uint64_t first = 0; first < state->count; first += SAMPLE_BLOCK)
	{
		uint64_t	end = first + SAMPLE_BLOCK < state->count ? first + SAMPLE_BLOCK : state->count;

		if (first % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		total += block_sum(state, first, end);
	}
	next_draw(draws);
	for (uint64_t first = 0; first < state->count && draws->left > 0; first += SAMPLE_BLOCK)
	{
		uint64_t	end = first + SAMPLE_BLOCK < state->count ? first + SAMPLE_BLOCK : state->count;
		double		block = block_sum(state, first, end);
		double		inside = 0;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		if (draws->place * total >= before + block)
		{
			before += block;
			continue;
		}
		for (uint64_t i = first; i < end; i++)
		{
			double		p = tvm_complex_norm2(tvm_get(state, i));
			uint64_t	times = 0;

			inside += p;
			while (draws->left > 0 && draws->place * total < before + inside)
			{
				times++;
				draws->left--;
				next_draw(draws);
				if (times % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
					return TVM_CANCELLED;
			}
			if (times > 0)
				status = visit(env, context, i, times);
			if (status != TVM_OK)
				return status;
		}
		before += inside;
	}
	if (draws->left == 0)
		return TVM_OK;
	for (uint64_t i = 0; i < state->count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (tvm_complex_norm2(tvm_get(state, i)) > 0)
			last = i;
	}
	return visit(env, context, last, draws->left);
}

static TvmStatus
remember(TvmEnv *env, void *context, uint64_t index, uint64_t times)
{
	uint64_t  **next = context;

	(void) env;
	while (times-- > 0)
		*(*next)++ = index;
	return TVM_OK;
}

TvmStatus
tvm_measure_samples(TvmEnv *env, const TvmState *state, const double *u, uint64_t count,
					uint64_t *index)
{
	Draws		draws = {NULL, u, count, 0, 0};

	return count == 0 ? TVM_OK : walk(env, state, &draws, remember, &index);
}

TvmStatus
tvm_measure_sample(TvmEnv *env, const TvmState *state, double u, uint64_t *index)
{
	return tvm_measure_samples(env, state, &u, 1, index);
}

TvmStatus
tvm_measure_shots(TvmEnv *env, const TvmState *state, uint64_t shots, TvmRng *rng,
				  TvmSampleVisit visit, void *context)
{
	Draws		draws = {rng, NULL, shots, 1, 0};

	return shots == 0 ? TVM_OK : walk(env, state, &draws, visit, context);
}
