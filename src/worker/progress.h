/*
 * progress.h: what an attempt stores while it runs: frames and how far it is.
 */
#ifndef TV_WORKER_PROGRESS_H
#define TV_WORKER_PROGRESS_H

#include "worker/job.h"
#include "worker/session.h"

/*
 * Store frames and progress; both may be nothing new.  False: stop, the
 * experiment is not ours any more (job->gone) or *error says what failed.
 * Frames that the submitter's quota does not allow are left out, and counted in
 * job->frames_refused.  `of` is the last step that the experiment will have.
 */
extern bool tv_progress_store(TvRunner *runner, TvJob *job, double progress, int64 of,
							  TvFrameRow *frames, int count, ErrorData **error);

/* In a unit: how many of so many frames the submitter has left, who is charged for them.  A negative number gives back. */
extern int	tv_frames_charge(const TvJob *job, int count);

/* In a unit, with a lock on the experiment: store them, and tell. */
extern void tv_frames_store(const TvJob *job, const TvFrameRow *frames, int count, int64 of);

#endif							/* TV_WORKER_PROGRESS_H */
