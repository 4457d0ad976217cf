/*
 * how_far.c: how far runs are, in shared memory; see shmem.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "worker/shmem.h"

/* A rate is of the last 5 to 10 s. */
#define RATE_OVER_MS 5000

void
tv_slot_set_progress(TvSlot *slot, const TvProgress *progress)
{
	TvShared   *all = tv_shmem();
	TvProgress *kept = &slot->progress;

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	kept->fraction = Max(kept->fraction, Min(progress->fraction, 1.0));
	kept->step = progress->step;
	kept->of = progress->of;
	kept->unit = progress->unit;
	kept->at = progress->at;
	if (kept->since == 0)
	{
		/* It began with nothing done. */
		kept->since = kept->next = slot->experiment_at;
		kept->since_fraction = kept->next_fraction = 0;
	}
	if (TimestampDifferenceExceeds(kept->next, kept->at, RATE_OVER_MS))
	{
		kept->since = kept->next;
		kept->since_fraction = kept->next_fraction;
		kept->next = kept->at;
		kept->next_fraction = kept->fraction;
	}
	LWLockRelease(&all->lock);
}

bool
tv_progress_read(int64 experiment, TvProgress *copy, int64 *claim)
{
	TvShared   *all = tv_shmem();
	bool		found = false;

	LWLockAcquire(&all->lock, LW_SHARED);
	for (int i = 0; i < all->slot_count; i++)
	{
		const TvSlot *slot = &all->slots[i];

		/* An attempt that was cancelled may not have ended yet: the last one counts. */
		if (slot->pid == 0 || slot->database != MyDatabaseId || slot->experiment != experiment ||
			(found && slot->claim < *claim))
			continue;
		found = true;
		*copy = slot->progress;
		*claim = slot->claim;
	}
	LWLockRelease(&all->lock);
	return found;
}
