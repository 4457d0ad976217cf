/*
 * track.h: a stretch of a vehicle's fixes, read and classified by the kernel.
 */
#ifndef TV_MOTION_TRACK_H
#define TV_MOTION_TRACK_H

#include "postgres.h"

#include "bridge/position/fixes.h"
#include "kernel/motion/track.h"

/* All zero it is new; the next one that is read takes its place. */
typedef struct TvTrack
{
	TvTrail		trail;			/* its fixes */
	TvmTrack	track;			/* and what they are; points into them */
	size_t		cursor;			/* for tvm_track_at(), from the first moment on */
} TvTrack;

/*
 * All that is asked of from <= t < to can be read from it then, as one owner answers.  Where there are more fixes than `most` (at
 * least 2), from <= t < what is returned; else that is `to`.
 */
extern TimestampTz tv_track_read(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules, uint32 owner,
								 TimestampTz from, TimestampTz to, size_t most);

/* What is done with each piece of a range, from <= t < to, in order of time. */
typedef void (*TvReceivePiece) (TvEnv *env, void *target, const TvmTrack *track, TimestampTz from, TimestampTz to);

/* All of from <= t < to, whoever answers for it: cut at forks, and where there are many fixes. */
extern void tv_track_walk(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
						  TimestampTz from, TimestampTz to, TvReceivePiece receive, void *target);

#endif							/* TV_MOTION_TRACK_H */
