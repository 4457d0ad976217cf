/*
 * counters.c: how often what happened in a database since the server started; see shmem.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "worker/clock.h"
#include "worker/shmem.h"

/* This database's, made if there are none; the lock is held. */
static TvCounters *
counters_to_change(void)
{
	TvShared   *shared = tv_shmem();
	TvCounters *found = &shared->counters[0];

	for (int i = 0; i < TV_COUNTED; i++)
	{
		TvCounters *counters = &shared->counters[i];

		if (counters->database == MyDatabaseId)
		{
			found = counters;
			break;
		}
		if (counters->used < found->used)
			found = counters;
	}
	if (found->database != MyDatabaseId)
	{
		memset(found, 0, sizeof(TvCounters));
		found->database = MyDatabaseId;
	}
	found->used = ++shared->counted;
	return found;
}

void
tv_count_outcome(TvOutcome outcome, int64 run_us)
{
	TvCounters *counters;

	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	counters = counters_to_change();
	counters->run_us += run_us;
	counters->finished += outcome == TV_OUTCOME_FINISHED;
	counters->failed += outcome == TV_OUTCOME_FAILED;
	counters->retried += outcome == TV_OUTCOME_RETRIED;
	counters->cancelled += outcome == TV_OUTCOME_CANCELLED;
	counters->lost += outcome == TV_OUTCOME_LOST;
	LWLockRelease(&tv_shmem()->lock);
}

void
tv_count_frames(int64 frames)
{
	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	counters_to_change()->frames += frames;
	LWLockRelease(&tv_shmem()->lock);
}

void
tv_count_event_held(void)
{
	bool		tell;
	TvCounters *counters;

	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	counters = counters_to_change();
	counters->events_held++;
	tell = tv_clock_tell(&counters->held_told_at);
	LWLockRelease(&tv_shmem()->lock);
	if (tell)
		ereport(LOG,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("timevmaps: the queue of notifications is half full, so no events are sent"),
				 errhint("End the transaction that listens and is idle: pg_notification_queue_usage(), pg_stat_activity.")));
}

void
tv_counters_read(TvCounters *copy)
{
	TvShared   *shared = tv_shmem();

	memset(copy, 0, sizeof(TvCounters));
	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < TV_COUNTED; i++)
		if (shared->counters[i].database == MyDatabaseId)
			*copy = shared->counters[i];
	LWLockRelease(&shared->lock);
}
