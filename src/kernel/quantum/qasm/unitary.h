/*
 * unitary.h: small unitary matrices taken apart: powers for the reader, gates for
 * the writer.  Matrices are row-major, and of 2^k rows with k up to 10.
 */
#ifndef TVM_QASM_UNITARY_H
#define TVM_QASM_UNITARY_H

#include "kernel/quantum/circuit/complex.h"
#include "kernel/tvm.h"

/* The angles with which U(theta, phi, lambda) and gamma are a 2 x 2 unitary matrix. */
extern void tvm_unitary_angles(const TvmComplex *m, double *theta, double *phi, double *lambda, double *gamma);

/*
 * The principal power: each eigenvalue e^(i a), -pi < a <= pi, becomes e^(i a exponent).
 * `scratch` has room for 3 n^2 numbers.  False if the eigenvectors were not found,
 * which no unitary matrix is known to bring about.
 */
extern bool tvm_unitary_power(TvmComplex *m, uint32_t n, double exponent, TvmComplex *scratch);

#endif							/* TVM_QASM_UNITARY_H */
