/*
 * clocks.h: the physics rules of a world and the three clocks of a travel.
 *
 *   local        someone beside the road:           dt = length / v * (1 + drag)
 *   coordinate   a far observer at rest:            dt / sqrt(1 - r_s/r)
 *   traveler     the one who travels (proper time): dt / gamma(v)
 *
 * v = min(segment speed, max_speed_mps) is what the local observer measures, so each
 * conversion starts from the local clock and two observers are never mixed.
 * The differences to the local clock are computed directly, not by subtraction.
 * Nothing here allocates.
 */
#ifndef TVM_RELATIVITY_CLOCKS_H
#define TVM_RELATIVITY_CLOCKS_H

#include "kernel/tvm.h"

#define TVM_G 6.67430e-11		/* m^3 kg^-1 s^-2, CODATA 2018; known to five digits */
#define TVM_EARTH_RADIUS_M 6371008.8	/* mean radius, (2a + b)/3 of WGS 84 */

typedef enum TvmClock
{
	TVM_CLOCK_TRAVELER,
	TVM_CLOCK_LOCAL,
	TVM_CLOCK_COORDINATE
} TvmClock;

typedef struct TvmWorldRules
{
	double		max_speed_mps;	/* INFINITY: none */
	double		base_drag;		/* >= 0, added to every segment's */
	bool		sr;				/* false: gamma = 1, and speeds of c and more are allowed */
	bool		gr;				/* false: the coordinate clock is the local clock */
	double		gm;				/* m^3/s^2, times gravity_multiplier; where gr */
	double		r;				/* m, of everything in the world; where gr */
	double		radius_m;		/* of the sphere that places are on */
	double		u_turn_s;		/* >= 0, on every clock; INFINITY: forbidden but at dead ends */
	TvmClock	clock;			/* whose time is eta_seconds */
} TvmWorldRules;

/*
 * Seconds.  Start a sum from TvmClocks sum = {0}.  low[] is what each total lacks to
 * its double-double value: tvm_clocks_add keeps it, readers use the named fields,
 * and who sets a step by hand leaves it 0.
 */
typedef struct TvmClocks
{
	double		local_s;
	double		coordinate_s;
	double		traveler_s;
	double		coordinate_minus_local_s;	/* >= 0 */
	double		traveler_minus_local_s; /* <= 0 */
	double		low[5];
} TvmClocks;

extern void tvm_world_rules_default(TvmWorldRules *rules);

/* TVM_INVALID or TVM_DOMAIN with the rule's name as the path ("gr.r"). */
extern TvmStatus tvm_world_rules_check(TvmEnv *env, const TvmWorldRules *rules);

/*
 * The clocks of one segment under checked rules.  TVM_INVALID with the path length_m,
 * speed_kph or base_drag for what is not a length >= 0, a speed > 0, a drag >= 0;
 * TVM_DOMAIN where v >= c (with sr) or a time is beyond the largest double.
 */
extern TvmStatus tvm_clocks_segment(TvmEnv *env, const TvmWorldRules *rules, double length_m,
									double speed_kph, double segment_drag, TvmClocks *out);

/* Add a step to a sum, with compensation; an overflow gives infinity, never NaN. */
extern void tvm_clocks_add(TvmClocks *sum, const TvmClocks *step);

/* TVM_DOMAIN where a sum has overflowed. */
extern TvmStatus tvm_clocks_check(TvmEnv *env, const TvmClocks *sum);

/* The time that `clock` shows. */
static inline double
tvm_clocks_read(const TvmClocks *clocks, TvmClock clock)
{
	return clock == TVM_CLOCK_LOCAL ? clocks->local_s
		: clock == TVM_CLOCK_COORDINATE ? clocks->coordinate_s : clocks->traveler_s;
}

#endif							/* TVM_RELATIVITY_CLOCKS_H */
