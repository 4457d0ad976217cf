/*
 * replay.h: where vehicles were at many moments, in order of time.
 *
 * The fixes of a stretch of frames are read vehicle by vehicle, as many frames at a time as memory is given for; where
 * there are many more fixes than frames, each frame is looked up by itself.
 */
#ifndef TV_MOTION_REPLAY_H
#define TV_MOTION_REPLAY_H

#include "postgres.h"

#include "bridge/motion/play.h"
#include "bridge/position/fixes.h"

typedef struct TvReplay TvReplay;

typedef struct TvReplayAsked
{
	TimestampTz from;
	TimestampTz to;
	double		step_s;
	double		idle_s;			/* INFINITY: time is played as it was */
	double		max_gap_s;
} TvReplayAsked;

/* PT413 where there are more frames, or rows in all, than one call may have. */
extern TvReplay *tv_replay_open(TvFixes *fixes, const TvVehicle *vehicles, uint32 count, const TvReplayAsked *asked);

/* The next frame; false: it was the last. */
extern bool tv_replay_next(TvReplay *replay);
extern const TvFrameTime *tv_replay_frame(const TvReplay *replay);

/* In this frame, the i-th vehicle: its moment, and the fixes that it names, until the next vehicle is asked about. */
extern const TvmFix *tv_replay_at(TvReplay *replay, uint32 i, TvmMoment *moment);

#endif							/* TV_MOTION_REPLAY_H */
