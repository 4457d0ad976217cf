/*
 * timed.h: the earliest arrival where speeds follow the hour of the week.
 *
 * Dijkstra's algorithm with arrival times for labels is exact where travel
 * times are FIFO (Dreyfus, "An appraisal of some shortest-path algorithms",
 * Operations Research 17, 1969; Kaufman and Smith, "Fastest paths in
 * time-dependent networks", 1993), and profile.h makes them so.  With a
 * destination it is A*: the graph's weights are what each segment takes at its
 * fastest hour, or no more than `speedup` times that, and the bound of bound.h over
 * them, divided by it, never exceeds what is left.
 * How the search goes on from there is bound.h's, which also says why no point is settled
 * more than twice, also where the rounding of the hours' walk lets somebody who
 * enters later leave earlier.
 *
 * Costs in the query are seconds since the departure; the query, its path and
 * what belongs to whom are query.h's.  A search does not allocate.
 */
#ifndef TVM_TIMED_H
#define TVM_TIMED_H

#include "kernel/graph/search/profile.h"
#include "kernel/graph/search/ties.h"

typedef struct TvmTimedSegment
{
	TvmPace		pace;
	uint32_t	profile;
} TvmTimedSegment;

/* What of a layer follows profiles; borrowed. */
typedef struct TvmTimedLayer
{
	const uint32_t *slots;		/* of each segment in `segments`, or TVM_NO_PROFILE; NULL: none does */
	const TvmTimedSegment *segments;
} TvmTimedLayer;

typedef struct TvmTimed
{
	const TvmProfile *profiles; /* checked by tvm_profile_check() */
	const TvmTimedLayer *layers;	/* one for each of the graph's */
	double		speedup;		/* >= 1: no segment ever takes less than its weight divided by it */
} TvmTimed;

/*
 * Search from `from` at moment `start` (>= 0, seconds since a week began) for the
 * earliest arrival at `to`, or, where that is NULL, at all points.  The weight
 * of a segment that follows a profile is at most its time in the fastest hour times the
 * speedup, INFINITY where it is closed.  Statuses as of tvm_dijkstra_run().
 */
extern TvmStatus tvm_timed_run(TvmEnv *env, TvmQuery *query, const TvmTimed *timed, double start,
							   TvmPoint from, const TvmPoint *to);

/*
 * The path of that run to one point, as of tvm_ties_path(): of those that arrive first the
 * one by the rule.
 */
extern TvmStatus tvm_timed_path(TvmEnv *env, TvmQuery *query, const TvmTimed *timed, double start,
								const TvmTies *ties, TvmPoint to, TvmPath *path);

#endif							/* TVM_TIMED_H */
