/*
 * pending.c: frames that a run has made and not stored yet; see pending.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "worker/pending.h"
#include "worker/progress.h"

#define STORE_MS 200
#define STORE_NONE_MS 1000		/* without frames, for the column progress alone: tv_experiment_progress() knows better */
#define PENDING_BYTES (256 * 1024)

void
tv_pending_begin(TvPending *pending, MemoryContext job)
{
	pending->context = AllocSetContextCreate(job, "timevmaps frames", ALLOCSET_DEFAULT_SIZES);
	pending->count = 0;
	pending->bytes = 0;
	pending->stored_at = GetCurrentTimestamp();
}

void
tv_pending_add(TvPending *pending, int64 step, bytea *payload, Jsonb *summary)
{
	pending->frames[pending->count++] = (TvFrameRow) {.step = step, .payload = payload, .summary = summary};
	pending->bytes += VARSIZE(summary) + (payload == NULL ? 0 : VARSIZE(payload));
}

bool
tv_pending_full(const TvPending *pending)
{
	return pending->count == TV_PENDING_FRAMES || pending->bytes >= PENDING_BYTES;
}

bool
tv_pending_due(const TvPending *pending)
{
	return tv_pending_full(pending) ||
		TimestampDifferenceExceeds(pending->stored_at, GetCurrentTimestamp(), pending->count > 0 ? STORE_MS : STORE_NONE_MS);
}

bool
tv_pending_store(TvRunner *runner, TvJob *job, TvPending *pending, double progress, int64 of,
				 ErrorData **error)
{
	bool		ours = tv_progress_store(runner, job, Min(progress, 0.999), of,
										 pending->frames, pending->count, error);

	pending->count = 0;
	pending->bytes = 0;
	MemoryContextReset(pending->context);
	pending->stored_at = GetCurrentTimestamp();
	return ours;
}
