/*
 * measure.h: probabilities, collapse, and samples from a state.
 *
 * Randomness is always an argument: a uniform number in [0, 1) or a generator.
 * An outcome whose probability is exactly zero is never drawn.
 */
#ifndef TVM_STATE_MEASURE_H
#define TVM_STATE_MEASURE_H

#include "kernel/rng.h"
#include "kernel/quantum/state/state.h"

/* The probabilities of |0> and |1>, as they are: their sum is the norm's square. */
extern TvmStatus tvm_measure_both(TvmEnv *env, const TvmState *state, uint32_t qubit,
								  double p[2]);

/* What a measurement with the uniform number u finds where |0> and |1> have p[0] and p[1]. */
extern bool tvm_measure_finds(const double p[2], double u);

/* Collapse to an outcome that has p[outcome] > 0, and flip to |0> if asked. */
extern TvmStatus tvm_measure_keep(TvmEnv *env, TvmState *state, uint32_t qubit, int outcome,
								  const double p[2], bool to_zero);

/* Basis indices drawn with `count` uniform numbers in ascending order, in one walk; the state is not changed. */
extern TvmStatus tvm_measure_samples(TvmEnv *env, const TvmState *state, const double *u,
									 uint64_t count, uint64_t *index);

/*
 * `shots` independent draws in one walk over the state, whatever their number: how many
 * fall into each block of amplitudes is a binomial number, and so is what falls on each
 * index of it where they are many.  `visit` is called at least once for each
 * basis index that was drawn, in ascending order, with how often; a status other than
 * TVM_OK ends the walk.
 */
typedef TvmStatus (*TvmSampleVisit) (TvmEnv *env, void *context, uint64_t index, uint64_t times);

extern TvmStatus tvm_measure_shots(TvmEnv *env, const TvmState *state, uint64_t shots,
								   TvmRng *rng, TvmSampleVisit visit, void *context);

#endif							/* TVM_STATE_MEASURE_H */
