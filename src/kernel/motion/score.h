/*
 * score.h: what adds up over time: box scores of many intervals in one pass over a track, and its stops.
 *
 * Everything is additive over cuts.  Times are whole microseconds, and what is moving, stopped and gap is
 * the interval.  A cut inside a pair takes its share of the way; sums of metres and of seconds keep
 * what rounding takes off (Neumaier 1974).  So tracks of one range in pieces, each with the part
 * of the bounds that is its own, add up in the same scores.
 */
#ifndef TVM_MOTION_SCORE_H
#define TVM_MOTION_SCORE_H

#include "kernel/motion/track.h"

typedef struct TvmSum
{
	double		high;
	double		low;
} TvmSum;

extern void tvm_sum_add(TvmSum *sum, double x);

static inline double
tvm_sum_read(const TvmSum *sum)
{
	return sum->high + sum->low;
}

typedef struct TvmScore
{
	int64_t		fixes;			/* from <= t < to, as all counts */
	int64_t		used;
	int64_t		outliers;
	int64_t		duplicates;		/* used, and like the used one before in all but time */
	int64_t		stops;			/* that begin */
	int64_t		moving_us;
	int64_t		stopped_us;
	int64_t		gap_us;			/* before the first and after the last, too */
	TvmSum		distance_m;		/* while moving */
	TvmSum		gap_m;			/* between the ends of gaps, breaks apart */
	/*
	 * Proper minus local seconds of a clock in the vehicle, by special relativity, if it went uniformly
	 * from fix to fix while moving and over gaps, and was at rest else.  Any other way makes it less.
	 */
	TvmSum		traveler_minus_local_s;
	double		max_speed_mps;	/* over at least a second of moving; NAN: it did not move */
	double		max_reported_speed_mps; /* NAN: none was said */
} TvmScore;

extern void tvm_score_init(TvmScore *score);

/*
 * Adds to each of `count` scores what was from bounds[i] <= t < bounds[i + 1]; bounds ascend.  The track needs
 * nothing from the first to the last of them (tvm_track_needs()).  TVM_CANCELLED leaves half of it.
 */
extern TvmStatus tvm_track_score(TvmEnv *env, const TvmTrack *track, const int64_t *bounds, size_t count, TvmScore *scores);

/* A stop, or as much of it as lies in a range; pieces that meet are put together by tvm_stop_join(). */
typedef struct TvmStop
{
	int64_t		from;
	int64_t		to;
	bool		begins;			/* it is not cut off by the range */
	bool		ends;
	int64_t		fixes;			/* used ones, from <= t < to, and the last where it ends */
	double		place[3];		/* sum over time: read by tvm_stop_place() */
} TvmStop;

/* The next stop that has more than an instant of [from, to), from pair *cursor (0 at first) on; false where there is none. */
extern bool tvm_track_stop(const TvmTrack *track, size_t *cursor, int64_t from, int64_t to, TvmStop *out);

/* Whether `next` goes on where the other one was cut off; then it is part of it. */
extern bool tvm_stop_join(TvmStop *stop, const TvmStop *next);

/* Its mean place over time. */
extern void tvm_stop_place(const TvmStop *stop, double *lon, double *lat);

#endif							/* TVM_MOTION_SCORE_H */
