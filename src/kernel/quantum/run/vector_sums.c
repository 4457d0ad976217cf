/*
 * vector_sums.c: what a group of trajectories adds to a run's sums at the end; see branches.h.
 */
#include "kernel/quantum/run/branches.h"
#include "kernel/quantum/state/reduced.h"

static TvmStatus
add_probabilities(TvmEnv *env, TvmRun *run, double weight)
{
	for (uint64_t i = 0; i < run->state.count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		run->probability[i] += weight * tvm_complex_norm2(tvm_get(&run->state, i));
	}
	return TVM_OK;
}

TvmStatus
tvm_branches_sums(TvmEnv *env, TvmRun *run, uint64_t weight)
{
	double		value = 1;
	TvmStatus	status = TVM_OK;

	if (run->ideal.count != 0)
	{
		if (run->ideal_lost)
			value = 0;
		else
			status = tvm_state_fidelity(env, &run->ideal, &run->state, &value);
		tvm_mean_add_times(&run->fidelity, value, weight);
	}
	for (size_t i = 0; i < run->options.observable_count && status == TVM_OK; i++)
	{
		status = tvm_observable_expectation(env, &run->state, &run->options.observables[i],
											&value);
		tvm_mean_add_times(&run->expectation[i], value, weight);
	}
	if (status == TVM_OK && run->bloch != NULL)
	{
		status = tvm_reduced_bloch_all(env, &run->state, run->scratch);
		for (size_t i = 0; i < 3 * (size_t) run->circuit->qubits; i++)
			run->bloch[i] += (double) weight * run->scratch[i];
	}
	if (status == TVM_OK && run->probability != NULL)
		status = add_probabilities(env, run, (double) weight);
	return status;
}
