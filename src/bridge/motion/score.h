/*
 * score.h: what adds up of a vehicle's motion over time, whoever of the chain answers for which part of it.
 */
#ifndef TV_MOTION_SCORE_H
#define TV_MOTION_SCORE_H

#include "postgres.h"

#include "bridge/motion/track.h"
#include "kernel/motion/score.h"

/* Who sees the same pieces, of a range that has all intervals in it. */
typedef struct TvWatch
{
	TvReceivePiece receive;
	void	   *target;
	TimestampTz from;
	TimestampTz to;
} TvWatch;

/*
 * Box scores of `count` intervals, bounds[i] <= t < bounds[i + 1], which ascend.  The track is memory that is used again.  `watch`:
 * NULL, or who looks on.
 */
extern void tv_score_find(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
						  const TimestampTz *bounds, uint32 count, TvmScore *scores, const TvWatch *watch);

/* Each stop in [from, to) in order of time, cut there and at forks. */
typedef void (*TvReceiveStop) (void *target, const TvVehicle *vehicle, const TvmStop *stop);

extern void tv_stops_find(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
						  TimestampTz from, TimestampTz to, TvReceiveStop receive, void *target);

/* The clocks of the world's physics over an interval: at rest, far away, and in the vehicle. */
extern void tv_score_clocks(TvEnv *env, const TvmWorldRules *world, double seconds, const TvmScore *score, TvmClocks *out);

#endif							/* TV_MOTION_SCORE_H */
