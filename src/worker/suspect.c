/*
 * suspect.c: who runs alone; see suspect.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "worker/suspect.h"

/* A wait that somebody has left behind, who went, holds nobody for longer. */
#define LEFT_BEHIND_MS (TV_SUSPECT_WAIT_MS + 2000)

static bool
within(TimestampTz since, TimestampTz now, int ms)
{
	/* Set back meanwhile, the clock would hold for the difference. */
	return since <= now && !TimestampDifferenceExceeds(since, now, ms);
}

/* Whether this slot keeps others from beginning. */
static bool
holds(const TvSlot *slot, TimestampTz now)
{
	if (slot->awaits != 0 && within(slot->awaits_at, now, LEFT_BEHIND_MS))
		return true;
	return slot->suspect && slot->experiment != 0 && within(slot->experiment_at, now, TV_SUSPECT_ALONE_MS);
}

/* What the others do, in all databases: what takes the server down takes all of them; the lock is held. */
static void
look_at_others(const TvShared *all, const TvSlot *mine, TimestampTz now, bool *held, bool *busy)
{
	*held = *busy = false;
	for (int i = 0; i < all->slot_count; i++)
	{
		const TvSlot *slot = &all->slots[i];

		if (slot == mine || slot->pid == 0)
			continue;
		*held = *held || holds(slot, now);
		*busy = *busy || slot->experiment != 0 || slot->batch;
	}
}

/* Whether it may begin; if not, a suspect that nobody holds has registered its wait.  The lock is held. */
static bool
may_begin(TvSlot *slot, int64 experiment, bool suspect, TimestampTz now)
{
	bool		held;
	bool		busy;

	look_at_others(tv_shmem(), slot, now, &held, &busy);
	if (held)
	{
		slot->awaits = 0;
		return false;
	}
	if (!suspect || !busy)
		return true;
	if (slot->awaits != experiment)
	{
		slot->awaits = experiment;
		slot->awaits_at = now;
	}
	return !within(slot->awaits_at, now, TV_SUSPECT_WAIT_MS);
}

bool
tv_slot_begin(TvSlot *slot, int64 experiment, int64 claim, bool suspect)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		begins;

	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	begins = may_begin(slot, experiment, suspect, now);
	if (begins)
	{
		slot->awaits = 0;
		slot->suspect = suspect;
		slot->experiment = experiment;
		slot->claim = claim;
		slot->experiment_at = now;
		slot->interrupt = false;
		memset(&slot->progress, 0, sizeof(slot->progress));
	}
	LWLockRelease(&tv_shmem()->lock);
	return begins;
}

bool
tv_slot_begin_batch(TvSlot *slot)
{
	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	slot->batch = may_begin(slot, 0, false, GetCurrentTimestamp());
	LWLockRelease(&tv_shmem()->lock);
	return slot->batch;
}

void
tv_slot_end_batch(TvSlot *slot)
{
	if (!slot->batch)
		return;
	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	slot->batch = false;
	LWLockRelease(&tv_shmem()->lock);
}

bool
tv_suspect_holds(const TvSlot *slot)
{
	bool		held;
	bool		busy;

	LWLockAcquire(&tv_shmem()->lock, LW_SHARED);
	look_at_others(tv_shmem(), slot, GetCurrentTimestamp(), &held, &busy);
	LWLockRelease(&tv_shmem()->lock);
	return held;
}

bool
tv_suspect_waits(const TvSlot *slot)
{
	return slot->awaits != 0 || tv_suspect_holds(slot);
}

void
tv_suspect_forget(TvSlot *slot)
{
	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	slot->awaits = 0;
	LWLockRelease(&tv_shmem()->lock);
}
