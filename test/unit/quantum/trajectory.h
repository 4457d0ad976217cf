/*
 * trajectory.h: one trajectory of a state vector, a step at a time, each with the number that it
 * draws: what runs do for many at once.
 */
#ifndef QUANTUM_TRAJECTORY_H
#define QUANTUM_TRAJECTORY_H

#include "kernel/rng.h"
#include "kernel/quantum/noise/noise.h"
#include "kernel/quantum/state/state.h"

/* Measure a qubit with the uniform number u: the outcome, and the collapsed, normalised state. */
extern TvmStatus trajectory_measure(TvmEnv *env, TvmState *state, uint32_t qubit, double u, int *outcome);

/* Measure, then flip to |0>; *outcome is what was found (it may be NULL). */
extern TvmStatus trajectory_reset(TvmEnv *env, TvmState *state, uint32_t qubit, double u, int *outcome);

/* One random branch of a channel on its one or two qubits; of all that follow a gate. */
extern TvmStatus trajectory_channel(TvmEnv *env, TvmChannel channel, double p, TvmState *state,
									const uint32_t *qubits, TvmRng *rng);
extern TvmStatus trajectory_noise(TvmEnv *env, const TvmNoise *noise, const TvmGate *gate, TvmState *state,
								  TvmRng *rng);

#endif							/* QUANTUM_TRAJECTORY_H */
