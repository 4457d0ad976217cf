/*
 * lorentz.h: special relativity: the Lorentz factor, proper and coordinate time
 * of a moving clock, addition of velocities, the Doppler factor.
 *
 * SI units.  Every result is within one rounding (1.2e-16 relative, plus a few
 * 1e-31) of the exact value for the given doubles, down to results that underflow.  `_offset`
 * and `_minus_one` give the difference that its sibling would lose: at road speed
 * gamma - 1 is about 1e-15.
 *
 * Functions return TVM_OK and set *out, or TVM_DOMAIN with the domain as the
 * error's hint; env is touched only for that.  |v| < c; times finite and >= 0.
 */
#ifndef TVM_RELATIVITY_LORENTZ_H
#define TVM_RELATIVITY_LORENTZ_H

#include "kernel/relativity/dd.h"
#include "kernel/tvm.h"

#define TVM_C 299792458.0		/* m/s, exact */

/* c^2 = 89875517873681764 needs 57 bits: the nearest double and what it lacks. */
#define TVM_C2_HI 89875517873681760.0
#define TVM_C2_LO 4.0

/* 1 / sqrt(1 - v^2/c^2), and that minus 1. */
extern TvmStatus tvm_gamma(TvmEnv *env, double v_mps, double *out);
extern TvmStatus tvm_gamma_minus_one(TvmEnv *env, double v_mps, double *out);

/* What a clock moving at v shows while `coordinate_seconds` pass at rest, and proper - coordinate. */
extern TvmStatus tvm_sr_proper_seconds(TvmEnv *env, double coordinate_seconds, double v_mps, double *out);
extern TvmStatus tvm_sr_proper_offset_seconds(TvmEnv *env, double coordinate_seconds, double v_mps, double *out);

/* What passes at rest while a clock moving at v shows `proper_seconds`, and coordinate - proper. */
extern TvmStatus tvm_sr_coordinate_seconds(TvmEnv *env, double proper_seconds, double v_mps, double *out);
extern TvmStatus tvm_sr_coordinate_offset_seconds(TvmEnv *env, double proper_seconds, double v_mps, double *out);

/*
 * Velocity u in a reference frame that itself moves at v, along one line: (u + v)/(1 + uv/c^2);
 * always below c: where the nearest double is c, the one before it.  And that - (u + v).
 */
extern TvmStatus tvm_velocity_add(TvmEnv *env, double u_mps, double v_mps, double *out);
extern TvmStatus tvm_velocity_add_offset(TvmEnv *env, double u_mps, double v_mps, double *out);

/* Received over emitted frequency for a source that recedes at v (approaches: v < 0), and that minus 1. */
extern TvmStatus tvm_doppler(TvmEnv *env, double v_mps, double *out);
extern TvmStatus tvm_doppler_minus_one(TvmEnv *env, double v_mps, double *out);

/* For the modules of this folder. */

/* c^2 - v^2 as (c - v)(c + v), which keeps every bit near c. */
static inline TvmDd
tvm_c2_minus_v2(double v_mps)
{
	double		speed = fabs(v_mps);

	return tvm_dd_multiply(tvm_fast_two_sum(TVM_C, -speed), tvm_fast_two_sum(TVM_C, speed));
}

static inline TvmDd
tvm_c2(void)
{
	TvmDd		result = {TVM_C2_HI, TVM_C2_LO};

	return result;
}

extern TvmStatus tvm_check_speed(TvmEnv *env, double v_mps);
extern TvmStatus tvm_check_seconds(TvmEnv *env, double seconds);

/* Set *out to the value rounded; TVM_DOMAIN where it is not finite. */
extern TvmStatus tvm_round(TvmEnv *env, TvmDd value, double *out);

#endif							/* TVM_RELATIVITY_LORENTZ_H */
