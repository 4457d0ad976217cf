/*
 * exact.h: an oracle's arithmetic: MPFR numbers that formulas are written in as
 * they stand in a textbook, with so many bits that cancellation does not matter.
 *
 * Values live in a pool that exact_reset() empties; nothing is freed one by one.
 */
#ifndef EXACT_H
#define EXACT_H

#include <mpfr.h>

typedef mpfr_ptr Exact;

/* Empty the pool and set the precision of what is made from now on. */
extern void exact_reset(int bits);

extern Exact exact(double x);
extern Exact exact_text(const char *decimal);
extern Exact exact_add(Exact a, Exact b);
extern Exact exact_sub(Exact a, Exact b);
extern Exact exact_mul(Exact a, Exact b);
extern Exact exact_div(Exact a, Exact b);
extern Exact exact_sqrt(Exact a);
extern Exact exact_acosh(Exact a);
extern Exact exact_square(Exact a);

/* |got - wanted| / |wanted|; 0 where both are 0, and relative to the least normal double below it. */
extern double exact_error(double got, Exact wanted);

#endif							/* EXACT_H */
