/*
 * entropy.h: von Neumann entropy of a part of the qubits, in bits.
 */
#ifndef TVM_STATE_ENTROPY_H
#define TVM_STATE_ENTROPY_H

#include "kernel/quantum/state/reduced.h"

#define TVM_ENTROPY_MAX_QUBITS TVM_REDUCED_MAX_QUBITS

/*
 * -tr rho log2 rho of a 2^k x 2^k density matrix, from its eigenvalues: Householder's
 * reduction to a tridiagonal matrix, then bisection by Sturm's counts.  Time grows with
 * 8^k: a second or two at 10 qubits.  TVM_INVALID, path "qubits", above the maximum.
 */
extern TvmStatus tvm_reduced_entropy(TvmEnv *env, const TvmComplex *rho, uint32_t k, double *bits);

/*
 * What entropy a cut of the state takes beside it, in bytes; UINT64_MAX where the
 * smaller side has more than TVM_ENTROPY_MAX_QUBITS.
 */
extern uint64_t tvm_cut_entropy_bytes(uint32_t qubits, uint32_t k);

/*
 * The entanglement entropy between k distinct qubits and all the others, which is the
 * entropy of either side: the smaller one is reduced.  0 where one side is empty.
 * TVM_INVALID, path "qubits", where it has more than the maximum.
 */
extern TvmStatus tvm_cut_entropy(TvmEnv *env, const TvmState *state, const uint32_t *qubits,
								 uint32_t k, double *bits);

#endif							/* TVM_STATE_ENTROPY_H */
