/*
 * common.c: trajectories, shots and means; see common.h.
 */
#include "kernel/quantum/run/common.h"

#include <math.h>
#include <string.h>

bool
tvm_run_is_deterministic(const TvmAnalysis *found, const TvmNoise *noise)
{
	return !found->random && (noise == NULL || !tvm_noise_acts(noise));
}

uint64_t
tvm_run_count(const TvmAnalysis *found, const TvmNoise *noise, const TvmRunOptions *options)
{
	uint64_t	count = options->shots > options->trajectories ? options->shots :
		options->trajectories;

	return count == 0 || tvm_run_is_deterministic(found, noise) ? 1 : count;
}

bool
tvm_run_needs_ideal(const TvmAnalysis *found, const TvmNoise *noise,
					const TvmRunOptions *options)
{
	return options->fidelity && noise != NULL && noise->count > 0 &&
		!tvm_run_is_deterministic(found, noise);
}

void
tvm_mean_add_times(TvmMean *mean, double value, uint64_t times)
{
	double		off = value - mean->mean;

	if (times == 0)
		return;
	mean->count += times;
	mean->mean += off * ((double) times / (double) mean->count);
	mean->squares += (double) times * off * (value - mean->mean);
}

void
tvm_mean_add(TvmMean *mean, double value)
{
	tvm_mean_add_times(mean, value, 1);
}

double
tvm_mean_error(const TvmMean *mean)
{
	double		count = (double) mean->count;

	return mean->count < 2 ? 0 : sqrt(mean->squares / (count - 1) / count);
}

void
tvm_run_read_out(TvmRun *run, const uint64_t *qubits)
{
	uint32_t	words = run->counts.words;

	if (!run->measures)
	{
		memcpy(run->key, qubits, words * sizeof(uint64_t));
		for (uint32_t q = 0; run->noise != NULL && q < run->circuit->qubits; q++)
			tvm_bits_put(run->key, q, tvm_noise_read(run->noise, q, tvm_bits_get(qubits, q),
													 &run->rng) != 0);
		return;
	}
	memcpy(run->key, run->bits, run->words * sizeof(uint64_t));
	for (size_t i = 0; i < run->final_count; i++)
	{
		const TvmGate *gate = &run->circuit->gates[run->finals[i]];
		int			value = tvm_bits_get(qubits, gate->targets[0]);

		tvm_bits_put(run->key, (uint32_t) gate->bit,
					 tvm_noise_read(run->noise, gate->targets[0], value, &run->rng) != 0);
	}
}
