/*
 * binomial.h: how many of n draws hit something of probability p, in a time that does
 * not grow with n.
 */
#ifndef TVM_STATE_BINOMIAL_H
#define TVM_STATE_BINOMIAL_H

#include "kernel/rng.h"

/* A binomial number; a p below 0 is 0, one above 1 is 1. */
extern uint64_t tvm_binomial(TvmRng *rng, uint64_t n, double p);

/*
 * A walk over a distribution has numbers of their own at each of its places: whether and
 * how often any are drawn at one does not move the others.  So rounding that makes 1e-34
 * of a probability of 0 changes no shot elsewhere.  `places` belongs to one walk, made by
 * the first function; a place has TVM_PLACE_DRAWS numbers, or those of the next ones too
 * where nothing is drawn there.
 */
#define TVM_PLACE_DRAWS 64

extern void tvm_places_init(TvmRng *places, TvmRng *rng);
extern void tvm_places_go(TvmRng *places, uint64_t place);
extern uint64_t tvm_binomial_at(TvmRng *places, uint64_t place, uint64_t n, double p);

#endif							/* TVM_STATE_BINOMIAL_H */
