/*
 * dense.h: the oracle of the quantum tests: full 2^n x 2^n matrices built by
 * Kronecker products from textbook definitions, state vectors and density
 * matrices multiplied out.  Slow, obvious, up to 6 qubits, and none of the
 * kernel's code but its data types and its random numbers.
 */
#ifndef DENSE_H
#define DENSE_H

#include <complex.h>
#include <stdint.h>

#include "kernel/rng.h"
#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/noise/noise.h"
#include "kernel/quantum/state/state.h"

#define DENSE_MAX 6
#define DENSE_DIM 64

typedef double complex Cx;

typedef struct Dense
{
	int			n;
	Cx			m[DENSE_DIM][DENSE_DIM];
} Dense;

/* The matrix of an operation on its targets, 2^k x 2^k row-major. */
extern void dense_operation(const TvmGate *gate, Cx *out);

/* The full matrix of a unitary gate with its controls. */
extern void dense_gate(int n, const TvmGate *gate, Dense *out);

/* A 2^k x 2^k matrix on k qubits of n (Kraus operators too), no controls. */
extern void dense_embed(int n, const Cx *matrix, const uint32_t *targets, uint32_t k, Dense *out);

/* psi becomes U psi; rho becomes U rho U*. */
extern void dense_apply(const Dense *u, Cx *psi);
extern void dense_conjugate(const Dense *u, Dense *rho);

/* rho becomes the sum of K rho K* over `count` Kraus operators on k qubits. */
extern void dense_kraus(Dense *rho, const Cx *kraus, int count, const uint32_t *targets,
						uint32_t k);

/* Does a gate's condition hold, bit i of `bits` being the classical bit i? */
extern bool dense_holds(const TvmGate *gate, uint32_t bits);

/* Kraus operators of a channel, from their definitions: at most 16 of 4 x 4; how many. */
extern int	dense_channel(TvmChannel channel, double p, Cx *out);

/* The largest p with which it is a channel. */
extern double dense_channel_most(TvmChannel channel);

/* The largest difference between a kernel state and a vector. */
extern double dense_distance(const TvmState *state, const Cx *psi);

/* Random material. */
extern double dense_uniform(TvmRng *rng, double low, double high);
extern uint32_t dense_below(TvmRng *rng, uint32_t bound);
extern void dense_random_state(TvmRng *rng, TvmState *state, Cx *psi);	/* psi may be NULL */
extern void dense_random_unitary(TvmRng *rng, uint32_t k, double *matrix);

/* `count` different qubits below n, in random order. */
extern void dense_random_qubits(TvmRng *rng, uint32_t n, uint32_t *out);

/*
 * A random unitary gate with the given operation, up to 4 targets for UNITARY;
 * its arrays are static and hold until the next call.
 */
extern TvmGate dense_random_gate(TvmRng *rng, TvmOp op, uint32_t n);

#endif							/* DENSE_H */
