/*
 * rocket.h: constant proper acceleration along a line, from rest.
 *
 * With k = a d/c^2 for a leg of length d, which is gamma - 1 at its end:
 *     coordinate time  t   = sqrt((d/c)^2 + 2 d/a)  = (c/a) sinh(phi)
 *     proper time      tau = (c/a) acosh(1 + k)     = (c/a) phi
 * Without a turnaround the whole distance is one leg and the rocket passes its end at
 * the peak speed.  With one it brakes as hard through the second half: two equal
 * legs, at rest at the end, the peak in the middle.
 */
#ifndef TVM_RELATIVITY_ROCKET_H
#define TVM_RELATIVITY_ROCKET_H

#include "kernel/tvm.h"

typedef struct TvmRocket
{
	double		coordinate_s;	/* for those at rest at either end */
	double		proper_s;		/* on board */
	double		proper_minus_coordinate_s;	/* <= 0, without cancellation */
	double		peak_speed_mps; /* below c: where the nearest double is c, the one before it */
	double		peak_below_c_mps;	/* c - peak speed, without cancellation */
	double		peak_gamma;
	double		peak_gamma_minus_one;
	double		peak_rapidity;	/* phi: artanh(v/c) */
} TvmRocket;

/*
 * TVM_DOMAIN unless the distance is finite and >= 0, the acceleration finite and
 * > 0 (m/s^2, felt on board), and all results below the largest double.
 */
extern TvmStatus tvm_rocket(TvmEnv *env, double distance_m, double acceleration,
							bool turnaround, TvmRocket *out);

#endif							/* TVM_RELATIVITY_ROCKET_H */
