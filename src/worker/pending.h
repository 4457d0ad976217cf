/*
 * pending.h: frames that a run has made and not stored yet.
 *
 * They lie in a context of their own below the job's.  A run computes in slices and
 * stores between them, when tv_pending_due() says so.
 */
#ifndef TV_WORKER_PENDING_H
#define TV_WORKER_PENDING_H

#include "worker/job.h"
#include "worker/session.h"

#define TV_SLICE_MS 200
#define TV_PENDING_FRAMES 64

typedef struct TvPending
{
	MemoryContext context;
	TvFrameRow	frames[TV_PENDING_FRAMES];
	int			count;
	size_t		bytes;
	TimestampTz stored_at;
} TvPending;

extern void tv_pending_begin(TvPending *pending, MemoryContext job);

/* While it is not full.  What is handed over is in pending->context; payload may be NULL. */
extern void tv_pending_add(TvPending *pending, int64 step, bytea *payload, Jsonb *summary);
extern bool tv_pending_full(const TvPending *pending);

/* Full, or progress has not been stored for a while. */
extern bool tv_pending_due(const TvPending *pending);

/* Store frames and progress, as tv_progress_store(): less than 1, which is for what is finished. */
extern bool tv_pending_store(TvRunner *runner, TvJob *job, TvPending *pending, double progress,
							 int64 of, ErrorData **error);

#endif							/* TV_WORKER_PENDING_H */
