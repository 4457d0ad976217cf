/*
 * reduced.h: what a part of the qubits looks like by itself: Bloch vectors,
 * reduced density matrices and purity.
 */
#ifndef TVM_STATE_REDUCED_H
#define TVM_STATE_REDUCED_H

#include "kernel/quantum/state/state.h"

/* A reduced density matrix is 4^k numbers: at 10 qubits 16 MiB. */
#define TVM_REDUCED_MAX_QUBITS 10

/* (<X>, <Y>, <Z>) of one qubit, into xyz[3]; shorter than 1: entangled. */
extern TvmStatus tvm_reduced_bloch(TvmEnv *env, const TvmState *state, uint32_t qubit,
								   double xyz[3]);

/* Of every qubit, into xyz[3 * qubits]. */
extern TvmStatus tvm_reduced_bloch_all(TvmEnv *env, const TvmState *state, double *xyz);

/*
 * The density matrix of k distinct qubits, the others traced out: 2^k x 2^k
 * row-major, qubits[0] the lowest bit of an index, into `rho`, with room for 4^k.
 * TVM_INVALID, path "qubits" or "qubits[i]", when k is above the maximum or above
 * the state's qubits, or a qubit is out of range or named twice.
 */
extern TvmStatus tvm_reduced_density(TvmEnv *env, const TvmState *state, const uint32_t *qubits,
									 uint32_t k, TvmComplex *rho);

#endif							/* TVM_STATE_REDUCED_H */
