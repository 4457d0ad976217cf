/*
 * binomial.h: how many of n draws hit something of probability p, in a time that does
 * not grow with n.
 */
#ifndef TVM_BINOMIAL_H
#define TVM_BINOMIAL_H

#include "kernel/rng.h"

/* A binomial number; a p below 0 is 0, one above 1 is 1. */
extern uint64_t tvm_binomial(TvmRng *rng, uint64_t n, double p);

#endif							/* TVM_BINOMIAL_H */
