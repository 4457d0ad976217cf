/*
 * methods.h: how a method carries out the steps of run.h; inside the kernel only.
 *
 * run.c does what all methods share (options, memory, classical bits, counts; means are in
 * common.c) and calls the rest through the table of the method taken.  What a method
 * keeps is in the TvmRun, allocated by its open() and freed by its close(), which
 * may find it half made.
 */
#ifndef TVM_RUN_METHODS_H
#define TVM_RUN_METHODS_H

#include "kernel/quantum/run/common.h"

/* Why a method cannot run a circuit: an error's message and its detail. */
typedef struct TvmWhyNot
{
	const char *message;
	char		detail[160];
} TvmWhyNot;

struct TvmRunSteps
{
	/* Can it run this; if not, *why. */
	bool		(*can) (const TvmCircuit *circuit, const TvmNoise *noise,
						const TvmRunOptions *options, const TvmAnalysis *found, TvmWhyNot *why);

	/* Noise acts and nobody looks at states: is it faster than amplitudes?  NULL: never. */
	bool		(*pays) (const TvmCircuit *circuit, const TvmNoise *noise,
						 const TvmRunOptions *options, const TvmAnalysis *found);

	/* What it takes at most, beside what every run takes; UINT64_MAX: more than 64 bits tell. */
	uint64_t	(*bytes) (const TvmCircuit *circuit, const TvmNoise *noise,
						  const TvmRunOptions *options, const TvmAnalysis *found);
	TvmStatus	(*open) (TvmEnv *env, TvmRun *run, const TvmAnalysis *found);

	/* run->trajectory, run->rng, run->bits and run->next are set. */
	TvmStatus	(*begin) (TvmEnv *env, TvmRun *run);
	TvmStatus	(*gates) (TvmEnv *env, TvmRun *run, size_t to);

	/* All gates are applied: draw the shots, add to the sums, raise run->finished; with
	 * that of other trajectories before run->until that went along. */
	TvmStatus	(*end) (TvmEnv *env, TvmRun *run);

	/* Of the trajectory in hand. */
	TvmStatus	(*bloch) (TvmEnv *env, TvmRun *run, double *xyz);

	/* Turn sums into means where run.c does not; set run->norm. */
	TvmStatus	(*result) (TvmEnv *env, TvmRun *run, double scale);
	TvmStatus	(*top) (TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, uint64_t *keys,
						size_t *found);
	void		(*close) (TvmEnv *env, TvmRun *run);
};

extern const TvmRunSteps tvm_run_vector;
extern const TvmRunSteps tvm_run_tableau;
extern const TvmRunSteps tvm_run_density;

#endif							/* TVM_RUN_METHODS_H */
