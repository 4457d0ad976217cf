/*
 * trajectory.c: see trajectory.h.
 */
#include "quantum/trajectory.h"

#include "kernel/quantum/state/measure.h"

static TvmStatus
collapse(TvmEnv *env, TvmState *state, uint32_t qubit, double u, bool to_zero, int *outcome)
{
	double		p[2];
	TvmStatus	status = tvm_measure_both(env, state, qubit, p);

	if (status != TVM_OK)
		return status;
	*outcome = tvm_measure_finds(p, u);
	return tvm_measure_keep(env, state, qubit, *outcome, p, to_zero);
}

TvmStatus
trajectory_measure(TvmEnv *env, TvmState *state, uint32_t qubit, double u, int *outcome)
{
	return collapse(env, state, qubit, u, false, outcome);
}

TvmStatus
trajectory_reset(TvmEnv *env, TvmState *state, uint32_t qubit, double u, int *outcome)
{
	int			found;
	TvmStatus	status = collapse(env, state, qubit, u, true, &found);

	if (status == TVM_OK && outcome != NULL)
		*outcome = found;
	return status;
}

TvmStatus
trajectory_channel(TvmEnv *env, TvmChannel channel, double p, TvmState *state, const uint32_t *qubits,
				   TvmRng *rng)
{
	double		u = tvm_rng_double(rng);
	double		both[2];
	TvmStatus	status;

	if (tvm_channel_is_pauli(channel))
		return tvm_channel_flip(env, channel, tvm_channel_draw(channel, p, u), state, qubits);
	status = tvm_measure_both(env, state, qubits[0], both);
	if (status != TVM_OK)
		return status;
	return tvm_damping_apply(env, p, both, tvm_damping_jumps(p, both, u), state, qubits[0]);
}

TvmStatus
trajectory_noise(TvmEnv *env, const TvmNoise *noise, const TvmGate *gate, TvmState *state, TvmRng *rng)
{
	TvmNoiseSite site = {0};
	TvmStatus	status = TVM_OK;

	while (status == TVM_OK && tvm_noise_next(noise, gate, &site))
		status = trajectory_channel(env, site.channel, site.p, state, site.qubits, rng);
	return status;
}
