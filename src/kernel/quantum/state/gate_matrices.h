/*
 * gate_matrices.h: the matrices of gates, and their application to a state.
 *
 * Matrices are those of OpenQASM 3's stdgates.inc, with its global phases:
 *   RZ(t) = diag(e^-it/2, e^it/2), P(t) = diag(1, e^it), SX = sqrt(X) with SX SX = X,
 *   U(t,p,l) = 1/2 [[1 + e^it, -i e^il (1 - e^it)], [i e^ip (1 - e^it), e^i(p+l) (1 + e^it)]]
 *            = e^it/2 [[cos t/2, -e^il sin t/2], [e^ip sin t/2, e^i(p+l) cos t/2]]
 *   (a gate's gamma multiplies U by e^i gamma; see tvm_cu_gamma() in circuit.h),
 * and ISWAP, RXX(t) = exp(-i t/2 X X), RYY, RZZ as in Qiskit.
 * Targets[0] is the lowest bit of a matrix index.  Controls are not part of a
 * matrix: they choose the amplitudes that it is applied to.
 */
#ifndef TVM_STATE_GATE_MATRICES_H
#define TVM_STATE_GATE_MATRICES_H

#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/state/state.h"

/* What a gate's matrix looks like, which is how it is applied. */
typedef enum TvmGateShape
{
	TVM_SHAPE_IDENTITY,			/* I, BARRIER */
	TVM_SHAPE_DIAGONAL,			/* Z S SDG T TDG RZ P RZZ: a factor for each amplitude */
	TVM_SHAPE_PERMUTATION,		/* X Y SWAP ISWAP: amplitudes change places, with a factor */
	TVM_SHAPE_DENSE,			/* all other unitary operations */
	TVM_SHAPE_NOT_UNITARY		/* MEASURE, RESET */
} TvmGateShape;

extern TvmGateShape tvm_gate_shape(const TvmGate *gate);

/*
 * The 2^k x 2^k matrix (k: target_count) of a unitary operation on its targets,
 * row-major, into `out`, which has room for 4^k numbers.
 */
extern void tvm_gate_matrix(const TvmGate *gate, TvmComplex *out);

/*
 * Apply a unitary gate (BARRIER: does nothing) of a validated circuit.  The
 * gate's condition is not looked at: that is the run's business.
 */
extern TvmStatus tvm_gate_apply(TvmEnv *env, TvmState *state, const TvmGate *gate);

/* Apply the Pauli string with an X on the qubits of x_mask, Z on z_mask, Y where both. */
extern TvmStatus tvm_pauli_apply(TvmEnv *env, TvmState *state, uint64_t x_mask, uint64_t z_mask);

/* Multiply the amplitudes whose bit `qubit` is 0 by d0, those where it is 1 by d1. */
extern TvmStatus tvm_diagonal_apply(TvmEnv *env, TvmState *state, uint32_t qubit, TvmComplex d0,
									TvmComplex d1);

#endif							/* TVM_STATE_GATE_MATRICES_H */
