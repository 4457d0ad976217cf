/*
 * apply.h: the loops that apply small matrices in place; inside the kernel only.
 *
 * Each takes the fixed control bits as a mask and the values they must have.
 * Targets are distinct and not among the controls.
 */
#ifndef TVM_STATE_APPLY_H
#define TVM_STATE_APPLY_H

#include "kernel/quantum/state/state.h"

typedef struct TvmControls
{
	uint64_t	mask;
	uint64_t	value;
} TvmControls;

/* [[m0, m1], [m2, m3]] on one qubit. */
extern TvmStatus tvm_apply_dense1(TvmEnv *env, TvmState *state, uint32_t qubit,
								  TvmControls controls, const TvmComplex m[4]);

/* diag(d0, d1); a half whose factor is 1 is not touched. */
extern TvmStatus tvm_apply_diagonal1(TvmEnv *env, TvmState *state, uint32_t qubit,
									 TvmControls controls, TvmComplex d0, TvmComplex d1);

/* [[0, upper], [lower, 0]] */
extern TvmStatus tvm_apply_flip(TvmEnv *env, TvmState *state, uint32_t qubit,
								TvmControls controls, TvmComplex upper, TvmComplex lower);

/* Exchange |01> and |10>, each with a factor. */
extern TvmStatus tvm_apply_swap(TvmEnv *env, TvmState *state, uint32_t a, uint32_t b,
								TvmControls controls, TvmComplex factor);

/* exp(-i theta/2 Z Z) */
extern TvmStatus tvm_apply_rzz(TvmEnv *env, TvmState *state, uint32_t a, uint32_t b,
							   TvmControls controls, double theta);

/* exp(-i theta/2 P P): P is X when sign is 1, Y when it is -1 (YY|00> = -|11>). */
extern TvmStatus tvm_apply_rpp(TvmEnv *env, TvmState *state, uint32_t a, uint32_t b,
							   TvmControls controls, double theta, int sign);

/* A matrix on two qubits, and on k of them by CBLAS. */
extern TvmStatus tvm_apply_dense2(TvmEnv *env, TvmState *state, const uint32_t targets[2],
								  TvmControls controls, const TvmComplex m[16]);
extern TvmStatus tvm_apply_dense(TvmEnv *env, TvmState *state, const uint32_t *targets,
								 uint32_t k, TvmControls controls, const TvmComplex *matrix);

#endif							/* TVM_STATE_APPLY_H */
