/*
 * profile.h: speeds that follow the hour of the week, and how long it takes to
 * pass a segment from a given moment on.
 *
 * A profile multiplies the speed by a factor that is constant through each of
 * the 168 hours of a week, the same every week.  Whoever is on a segment when
 * the hour changes goes on at the new speed (the model of Ichoua, Gendreau and
 * Potvin, "Vehicle dispatching with time-dependent travel times", EJOR 144,
 * 2003), so nobody who enters later leaves earlier: travel times are FIFO,
 * and waiting never helps.  The time is computed by walking the hours, whole
 * weeks at once, and is exact but for rounding; nothing is interpolated.
 *
 * Moments are seconds since some week began, of any week.
 */
#ifndef TVM_PROFILE_H
#define TVM_PROFILE_H

#include "kernel/tvm.h"

#define TVM_WEEK_HOURS 168
#define TVM_HOUR_S 3600
#define TVM_WEEK_S (TVM_WEEK_HOURS * TVM_HOUR_S)
#define TVM_NO_PROFILE UINT32_MAX

typedef struct TvmProfile
{
	double		factor[TVM_WEEK_HOURS]; /* > 0 and finite; of the first hour of the week first */
} TvmProfile;

/* What passing one segment takes: max(seconds / factor, least) at the factor of the hour. */
typedef struct TvmPace
{
	double		seconds;		/* at factor 1; >= 0 */
	double		least;			/* at any factor, where something caps the speed; >= 0 */
} TvmPace;

/* TVM_INVALID with the path "factor[7]". */
extern TvmStatus tvm_profile_check(TvmEnv *env, const TvmProfile *profile);

/* The first of the hours of the greatest factor: a lower bound for searches is its tvm_profile_whole(). */
extern int	tvm_profile_fastest(const TvmProfile *profile);

/* The whole segment at the speed of one hour; INFINITY where that is beyond a double. */
extern double tvm_profile_whole(const TvmProfile *profile, TvmPace pace, int hour);

/*
 * Seconds from entering at `at` (>= 0) to leaving; INFINITY where that is beyond
 * a double or `at` is.  shares[h], unless NULL, becomes the part of the segment
 * that is passed in hour h of the week; they add up to 1.
 */
extern double tvm_profile_pass(const TvmProfile *profile, TvmPace pace, double at, double *shares);

/* On one timeline a segment follows a profile, or (TVM_NO_PROFILE) none again. */
typedef struct TvmProfileChoice
{
	uint32_t	timeline;		/* and its descendants; TVM_NO_TIMELINE: every one */
	uint32_t	segment;
	uint32_t	profile;
} TvmProfileChoice;

/*
 * Write to profiles[0 .. segment_count) which profile each segment follows on
 * `timeline`: what the nearest of it and its ancestors says, else what is said
 * for every timeline, else TVM_NO_PROFILE.  As in timeline.h, parents are
 * indices or TVM_NO_TIMELINE, and of two equal choices the later wins.
 * TVM_INVALID with the path ("choices[3].segment", "timeline"), TVM_NOMEM,
 * TVM_CANCELLED; `profiles` is then unspecified.
 */
extern TvmStatus tvm_profile_resolve(TvmEnv *env, const uint32_t *parents, size_t timeline_count,
									 const TvmProfileChoice *choices, size_t choice_count,
									 size_t segment_count, uint32_t timeline, uint32_t *profiles);

#endif							/* TVM_PROFILE_H */
