/*
 * matching.h: which states a noisy track most likely went through: a hidden Markov model
 * (Newson and Krumm, "Hidden Markov map matching through noise and sparseness", 2009).
 *
 * A fix has states, places on a network where the vehicle may have been, each with a cost: minus the
 * logarithm of how likely the fix is there.  From one fix to the next a vehicle goes a distance that the caller
 * measures, and what it differs from how far the fixes are apart costs |apart - distance| / beta.  The states
 * that together cost least are found by Viterbi's algorithm over these sums, so nothing underflows; how sure
 * each is, by the forward and backward sums of the same model.
 *
 * Where no state of a fix can be reached from any of the one before, a piece ends and the next begins: exactly
 * there, and no fix is lost.  All arrays are the caller's.
 */
#ifndef TVM_MATCHING_H
#define TVM_MATCHING_H

#include "kernel/tvm.h"

#define TVM_MATCH_MAX_STATES 65535	/* of one fix */

typedef struct TvmMatchTrack
{
	size_t		count;			/* of fixes */
	const uint32_t *first;		/* of each fix its first state, and the end; each fix has one at least */
	const double *cost;			/* of each state, >= 0 */
	const double *apart_m;		/* from each fix but the last to the next */
	const double *beta_m;		/* likewise; > 0 */
	const uint8_t *cut;			/* likewise: nothing leads on, a piece ends there */
	double		prune;			/* states that cost so much more than the best are not gone on from; INFINITY: all are */
} TvmMatchTrack;

/*
 * Metres from each of the states live[0 .. live_count) of a fix (counted within it) to each state of the next,
 * row by row into distance[]; INFINITY: no way.  Far ones may be left out at first, and are asked for again (`far`)
 * where no state of the next fix was reached.
 */
typedef TvmStatus (*TvmMatchDistances) (TvmEnv *env, void *context, size_t fix, const uint32_t *live,
										size_t live_count, bool far, double *distance);

/* Of each fix. */
typedef struct TvmMatchAnswer
{
	uint32_t   *state;			/* counted within the fix */
	uint8_t    *begins;			/* a piece begins there */
	double	   *posterior;		/* how likely it is that state, given the whole piece */
} TvmMatchAnswer;

/* TVM_NOMEM, TVM_CANCELLED, TVM_INVALID for too many states of a fix, and what `distances` says. */
extern TvmStatus tvm_match(TvmEnv *env, const TvmMatchTrack *track, TvmMatchDistances distances, void *context,
						   TvmMatchAnswer *answer);

#endif							/* TVM_MATCHING_H */
