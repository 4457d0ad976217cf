/*
 * measure.c: probabilities, collapse and samples; see measure.h.
 */
#include "kernel/quantum/state/measure.h"

#include <math.h>

#include "kernel/quantum/state/binomial.h"
#include "kernel/quantum/state/groups.h"

/* Amplitudes summed up before asking which draws fall among them. */
#define SAMPLE_BLOCK ((uint64_t) 1 << 10)

/* With so many shots a binomial number for each index takes less time than a search for each shot. */
#define SHOTS_PER_INDEX 8

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

static double
block_sum(const TvmState *state, uint64_t first, uint64_t end)
{
	double		sum = 0;

	for (uint64_t i = first; i < end; i++)
		sum += tvm_complex_norm2(tvm_get(state, i));
	return sum;
}

/* Where a sample goes that rounding has left past the end. */
static TvmStatus
last_index(TvmEnv *env, const TvmState *state, uint64_t *last)
{
	*last = 0;
	for (uint64_t i = 0; i < state->count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (tvm_complex_norm2(tvm_get(state, i)) > 0)
			*last = i;
	}
	return TVM_OK;
}

static uint64_t
block_end(const TvmState *state, uint64_t first)
{
	return first + SAMPLE_BLOCK < state->count ? first + SAMPLE_BLOCK : state->count;
}

static TvmStatus
sum_blocks(TvmEnv *env, const TvmState *state, double *total)
{
	*total = 0;
	for (uint64_t first = 0; first < state->count; first += SAMPLE_BLOCK)
	{
		if (first % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		*total += block_sum(state, first, block_end(state, first));
	}
	return TVM_OK;
}

/*
 * Walk over the cumulative distribution, a block at a time.  Block sums and the
 * sums inside a block are the same additions in the same order, so a number that
 * falls into a block is found there.
 */
TvmStatus
tvm_measure_samples(TvmEnv *env, const TvmState *state, const double *u, uint64_t count,
					uint64_t *index)
{
	double		before = 0;
	double		total;
	uint64_t	last;
	uint64_t	done = 0;
	TvmStatus	status = count == 0 ? TVM_OK : sum_blocks(env, state, &total);

	for (uint64_t first = 0; first < state->count && done < count && status == TVM_OK; first += SAMPLE_BLOCK)
	{
		uint64_t	end = block_end(state, first);
		double		block = block_sum(state, first, end);
		double		inside = 0;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		if (u[done] * total >= before + block)
		{
			before += block;
			continue;
		}
		for (uint64_t i = first; i < end; i++)
		{
			inside += tvm_complex_norm2(tvm_get(state, i));
			while (done < count && u[done] * total < before + inside)
				index[done++] = i;
		}
		before += inside;
	}
	if (status == TVM_OK && done < count)
	{
		status = last_index(env, state, &last);
		while (done < count)
			index[done++] = last;
	}
	return status;
}

/* The shots of a block of few indices for their number: how many of them hit each one. */
static uint64_t
hits_by_index(const TvmState *state, uint64_t first, uint64_t end, uint64_t shots, double rest,
			  TvmRng *places, uint64_t *times)
{
	for (uint64_t i = first; i < end; i++)
	{
		double		p = tvm_complex_norm2(tvm_get(state, i));

		times[i - first] = p >= rest && p > 0 ? shots : tvm_binomial_at(places, i, shots, p / rest);
		shots -= times[i - first];
		rest -= p;
	}
	return shots;
}

/* Those of a block of many: which index each of them hits. */
static void
hits_by_shot(const TvmState *state, uint64_t first, uint64_t end, uint64_t shots, TvmRng *places,
			 uint64_t *times)
{
	double		below[SAMPLE_BLOCK];	/* and this one */
	double		sum = 0;

	for (uint64_t i = first; i < end; i++)
	{
		sum += tvm_complex_norm2(tvm_get(state, i));
		below[i - first] = sum;
		times[i - first] = 0;
	}
	tvm_places_go(places, first);
	while (shots-- > 0)
	{
		double		place = tvm_rng_double(places) * sum;
		uint64_t	at = 0;

		/* The number of indices is a power of two; no branch, as none could be foretold. */
		for (uint64_t half = (end - first) / 2; half > 0; half /= 2)
			at += half & -(uint64_t) (place >= below[at + half - 1]);
		times[at]++;
	}
}

static TvmStatus
visit_block(TvmEnv *env, uint64_t first, uint64_t end, const uint64_t *times, TvmSampleVisit visit,
			void *context)
{
	TvmStatus	status = TVM_OK;

	for (uint64_t i = first; i < end && status == TVM_OK; i++)
		if (times[i - first] > 0)
			status = visit(env, context, i, times[i - first]);
	return status;
}

TvmStatus
tvm_measure_shots(TvmEnv *env, const TvmState *state, uint64_t shots, TvmRng *rng,
				  TvmSampleVisit visit, void *context)
{
	uint64_t	times[SAMPLE_BLOCK];
	TvmRng		places;
	double		rest;			/* of this block and those after it */
	uint64_t	last;
	TvmStatus	status = shots == 0 ? TVM_OK : sum_blocks(env, state, &rest);

	tvm_places_init(&places, rng);
	for (uint64_t first = 0; first < state->count && shots > 0 && status == TVM_OK; first += SAMPLE_BLOCK)
	{
		uint64_t	end = block_end(state, first);
		double		block = block_sum(state, first, end);
		uint64_t	hits = block >= rest && block > 0 ? shots : tvm_binomial_at(&places, state->count + first, shots, block / rest);

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		shots -= hits;
		rest -= block;
		if (hits >= SHOTS_PER_INDEX * (end - first))
			shots += hits_by_index(state, first, end, hits, block, &places, times);
		else if (hits > 0)
			hits_by_shot(state, first, end, hits, &places, times);
		if (hits > 0)
			status = visit_block(env, first, end, times, visit, context);
	}
	if (status == TVM_OK && shots > 0)
		status = last_index(env, state, &last);
	return status == TVM_OK && shots > 0 ? visit(env, context, last, shots) : status;
}
