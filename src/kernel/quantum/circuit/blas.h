/*
 * blas.h: CBLAS held to one thread, and to sizes that its int arguments can take.
 */
#ifndef TVM_CIRCUIT_BLAS_H
#define TVM_CIRCUIT_BLAS_H

#include "kernel/tvm.h"
#include "kernel/quantum/circuit/complex.h"

/*
 * Hold the library to the calling thread, where it is one that has threads.
 * Cheap, may be called any number of times; tvm_state_init() does.
 */
extern void tvm_blas_init(void);

/* <a|b>: sum of conj(a[i]) * b[i], cancellable. */
extern TvmStatus tvm_blas_dot(TvmEnv *env, const TvmComplex *a, const TvmComplex *b,
							  uint64_t count, TvmComplex *out);

#endif							/* TVM_CIRCUIT_BLAS_H */
