/*
 * support.h: the basis states of a stabilizer state: an affine space, all equally
 * probable.
 *
 * They are base ^ (any sum of the rows).  Row i has its highest bit at lead[i], where
 * no other row and not the base has one; leads descend.  So counting through the sums,
 * the last row as the lowest bit, gives the basis states in ascending order.
 */
#ifndef TVM_STABILIZER_SUPPORT_H
#define TVM_STABILIZER_SUPPORT_H

#include "kernel/quantum/stabilizer/tableau.h"

typedef struct TvmSupport
{
	uint32_t	qubits;
	uint32_t	words;			/* of one basis state */
	uint32_t	rank;			/* 2^rank basis states */
	uint64_t   *base;
	uint64_t   *rows;			/* rank * words */
	uint32_t   *lead;
	uint64_t   *work;			/* the strings that it is made of */
} TvmSupport;

extern uint64_t tvm_support_bytes(uint32_t qubits);
extern TvmStatus tvm_support_init(TvmEnv *env, TvmSupport *support, uint32_t qubits);
extern void tvm_support_free(TvmEnv *env, TvmSupport *support);

/* Find the support of a state; it may be another's afterwards. */
extern TvmStatus tvm_support_find(TvmEnv *env, TvmSupport *support, const TvmTableau *tableau);

/* Basis state `index` below 2^rank (below 2^64), in ascending order. */
extern void tvm_support_state(const TvmSupport *support, uint64_t index, uint64_t *out);

#endif							/* TVM_STABILIZER_SUPPORT_H */
