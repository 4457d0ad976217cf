/*
 * orbit.h: clocks in the Schwarzschild field of a mass gm = G M: at rest, moving,
 * and on circular orbits.
 *
 * SI units; r is the Schwarzschild radial coordinate (the circumference over 2 pi),
 * r_s = 2 gm/c^2; a far clock at rest is the reference unless another is named.
 * A rate is proper time over the reference's time; its offset is the rate - 1 without
 * cancellation.  Precision as in lorentz.h, up to the horizon itself.
 *
 * Functions return TVM_OK and set *out, or TVM_DOMAIN with the domain as the hint:
 * gm finite and >= 0, r finite and > r_s (circular orbits: r > 3 gm/c^2), |v| < c.
 */
#ifndef TVM_RELATIVITY_ORBIT_H
#define TVM_RELATIVITY_ORBIT_H

#include "kernel/relativity/dd.h"
#include "kernel/tvm.h"

/*
 * The Earth's geoid: W_0/c^2 with W_0 = 62 636 856.0 m^2/s^2, a defining constant of
 * terrestrial time (IAU 2000, resolution B1.9).  A clock on it runs slow by this.
 */
#define TVM_GEOID_LG 6.969290134e-10

extern TvmStatus tvm_schwarzschild_radius(TvmEnv *env, double gm, double *out);

/* sqrt(1 - r_s/r): the rate of a clock at rest at r, and that minus 1. */
extern TvmStatus tvm_gr_factor(TvmEnv *env, double gm, double r, double *out);
extern TvmStatus tvm_gr_factor_minus_one(TvmEnv *env, double gm, double r, double *out);

/* What passes far away while a clock at rest at r shows `proper_seconds`, and coordinate - proper. */
extern TvmStatus tvm_gr_coordinate_seconds(TvmEnv *env, double proper_seconds, double gm, double r, double *out);
extern TvmStatus tvm_gr_coordinate_offset_seconds(TvmEnv *env, double proper_seconds, double gm, double r, double *out);

/* What a clock at rest at r shows while `coordinate_seconds` pass far away, and proper - coordinate. */
extern TvmStatus tvm_gr_proper_seconds(TvmEnv *env, double coordinate_seconds, double gm, double r, double *out);
extern TvmStatus tvm_gr_proper_offset_seconds(TvmEnv *env, double coordinate_seconds, double gm, double r, double *out);

/* sqrt(1 - r_s/r) / gamma(v), v measured by static observers at r, and that minus 1. */
extern TvmStatus tvm_clock_rate(TvmEnv *env, double gm, double r, double v_mps, double *out);
extern TvmStatus tvm_clock_rate_offset(TvmEnv *env, double gm, double r, double v_mps, double *out);

/* The rate of the clock (r, v) over that of the clock (reference_r, reference_v), minus 1. */
extern TvmStatus tvm_clock_rate_offset_against(TvmEnv *env, double gm, double r, double v_mps,
											   double reference_r, double reference_v_mps, double *out);

/* A circular geodesic: its speed as static observers see it, sqrt(1 - 3 gm/(r c^2)), and that minus 1. */
extern TvmStatus tvm_orbit_speed(TvmEnv *env, double gm, double r, double *out);
extern TvmStatus tvm_orbit_rate(TvmEnv *env, double gm, double r, double *out);
extern TvmStatus tvm_orbit_rate_offset(TvmEnv *env, double gm, double r, double *out);

/*
 * The rate of a circular orbit's clock over the rate of one whose own offset is
 * `reference_offset` (> -1), minus 1: for the Earth's geoid, -TVM_GEOID_LG.
 */
extern TvmStatus tvm_orbit_rate_offset_against(TvmEnv *env, double gm, double r, double reference_offset, double *out);

/* For the modules of this folder: x = r_s/r and 1 - x, both in double-double. */
extern TvmStatus tvm_gr_potential(TvmEnv *env, double gm, double r, TvmDd *x, TvmDd *one_minus_x);

#endif							/* TVM_RELATIVITY_ORBIT_H */
