/*
 * clifford_build.h: random Clifford circuits, and runs by a method, for tests.
 */
#ifndef CLIFFORD_BUILD_H
#define CLIFFORD_BUILD_H

#include "quantum/dense.h"
#include "quantum/build.h"

#define PI 3.14159265358979323846

/* What a random circuit may hold besides plain gates. */
#define WITH_MEASURES 1
#define WITH_PAULI_CONDITIONS 2
#define WITH_CONDITIONS 4

extern void clifford_random_gate(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, bool pauli,
								 int if_bit);
extern void clifford_random_circuit(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t n,
									uint32_t count, int with);

extern void clifford_run(TvmEnv *env, TvmRun *run, TvmRunMethod method, const TvmCircuit *circuit,
						 const TvmNoise *noise, const TvmRunOptions *options, TvmRunResult *result);

#endif							/* CLIFFORD_BUILD_H */
