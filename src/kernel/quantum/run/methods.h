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

struct TvmRunSteps
{
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

/* Can a tableau's run of a Clifford circuit take many trajectories at once? */
extern bool tvm_tableau_in_lanes(const TvmCircuit *circuit, const TvmNoise *noise,
								 const TvmRunOptions *options, const TvmAnalysis *found);

/* Measurements where a density matrix's run branches, at most. */
extern size_t tvm_density_points(const TvmCircuit *circuit, const TvmRunOptions *options,
								 const TvmAnalysis *found);

/* Can a density matrix run this; if not, *why: what it does not tell. */
extern bool tvm_density_can(const TvmCircuit *circuit, const TvmNoise *noise,
							const TvmRunOptions *options, const TvmAnalysis *found,
							const char **why);

#endif							/* TVM_RUN_METHODS_H */
