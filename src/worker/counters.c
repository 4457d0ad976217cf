/*
 * counters.c: how often what happened in a database since the server started; see counters.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lwlock.h"

#include "bridge/experiment/kinds.h"
#include "bridge/server/shared.h"
#include "worker/clock.h"
#include "worker/counters.h"

typedef struct Shared
{
	LWLock		lock;
	uint64		changes;
	int			count;
	TvCounters	counters[FLEXIBLE_ARRAY_MEMBER];
} Shared;

static Shared *shared = NULL;
static bool preloaded = false;

/* In microseconds: from the shortest clock, which takes a tenth of a millisecond, to a sweep of hours. */
static const int64 time_bounds[TV_TIME_BOUNDS] = {
	200, 1000, 5000, 20000, 100000, 500000, 2000000, 10000000, 60000000, 300000000, INT64CONST(1800000000), INT64CONST(7200000000)
};
const char *const tv_time_bound_names[TV_TIME_BOUNDS] = {
	"0.0002", "0.001", "0.005", "0.02", "0.1", "0.5", "2", "10", "60", "300", "1800", "7200"
};
const char *const tv_outcome_names[TV_OUTCOME_COUNT] = {
	[TV_OUTCOME_FINISHED] = "finished",
	[TV_OUTCOME_FAILED] = "failed",
	[TV_OUTCOME_RETRIED] = "retried",
	[TV_OUTCOME_CANCELLED] = "cancelled",
	[TV_OUTCOME_LOST] = "lost",
	[TV_OUTCOME_HANDED_BACK] = "handed_back",
};

void
tv_counters_preload(void)
{
	preloaded = true;
}

static int
database_count(void)
{
	return preloaded ? TV_COUNTED : TV_COUNTED_FEW;
}

Size
tv_counters_size(void)
{
	return MAXALIGN(offsetof(Shared, counters) + sizeof(TvCounters) * database_count());
}

static void
begin_sharing(void *memory)
{
	Shared	   *made = memory;

	made->count = database_count();
}

static Shared *
attach(void)
{
	if (shared == NULL)
		shared = tv_shared_attach("timevmaps counters", tv_counters_size(), begin_sharing);
	return shared;
}

/* This database's, made if there are none; who counted longest ago gives way.  The lock is held. */
static TvCounters *
counters_to_change(void)
{
	TvCounters *found = &shared->counters[0];

	for (int i = 0; i < shared->count; i++)
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
		found->since = GetCurrentTimestamp();
	}
	found->used = ++shared->changes;
	return found;
}

static void
add_time(TvTimes *times, int64 us)
{
	int			bucket = 0;

	us = Max(us, 0);
	while (bucket < TV_TIME_BOUNDS && us > time_bounds[bucket])
		bucket++;
	times->counts[bucket]++;
	times->sum_us += us;
}

static void
add_failure(TvCounters *counters, int sqlstate)
{
	for (int i = 0; i < TV_FAILURES; i++)
	{
		TvFailureCount *failure = &counters->failures[i];

		if (failure->sqlstate != 0 && failure->sqlstate != sqlstate)
			continue;
		failure->sqlstate = sqlstate;
		failure->count++;
		return;
	}
	counters->other_failures++;
}

void
tv_count_attempts(const TvAttemptCount *attempts, int count, bool batch)
{
	TvCounters *counters;

	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	counters = counters_to_change();
	for (int i = 0; i < count; i++)
	{
		const TvAttemptCount *attempt = &attempts[i];
		TvKind		kind;

		if (!tv_kind_find(attempt->kind, &kind))
			continue;
		if (attempt->wait_us >= 0)
			add_time(&counters->waits, attempt->wait_us);
		if (!attempt->ended)
			continue;
		if (attempt->run_us >= 0)
			add_time(&counters->runs[kind], attempt->run_us);
		counters->outcomes[kind][attempt->outcome]++;
		if (attempt->sqlstate != 0)
			add_failure(counters, attempt->sqlstate);
	}
	if (batch)
	{
		counters->batches++;
		counters->batched += count;
	}
	LWLockRelease(&shared->lock);
}

void
tv_count_frames(int64 stored, int64 refused)
{
	TvCounters *counters;

	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	counters = counters_to_change();
	counters->frames += stored;
	counters->frames_refused += refused;
	LWLockRelease(&shared->lock);
}

void
tv_count_events_told(int64 notifications, int64 events)
{
	TvCounters *counters;

	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	counters = counters_to_change();
	counters->notifications += notifications;
	counters->events_told += events;
	LWLockRelease(&shared->lock);
}

void
tv_count_events_held(int64 events)
{
	bool		tell;
	TvCounters *counters;

	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	counters = counters_to_change();
	counters->events_held += events;
	tell = tv_clock_tell(&counters->held_told_at);
	LWLockRelease(&shared->lock);
	if (tell)
		ereport(LOG,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("timevmaps: the queue of notifications is half full, so no events are sent"),
				 errhint("End the transaction that listens and is idle: pg_notification_queue_usage(), pg_stat_activity.")));
}

void
tv_count_updates(int64 notifications, int64 told, int64 lost)
{
	TvCounters *counters;

	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	counters = counters_to_change();
	counters->notifications += notifications;
	counters->updates_told += told;
	counters->updates_lost += lost;
	LWLockRelease(&shared->lock);
}

void
tv_count_crossings(int64 vehicles)
{
	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	counters_to_change()->crossings_looked += vehicles;
	LWLockRelease(&shared->lock);
}

void
tv_count_crossings_waiting(int64 vehicles)
{
	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	counters_to_change()->crossings_waiting = vehicles;
	LWLockRelease(&shared->lock);
}

void
tv_counters_read(TvCounters *copy)
{
	memset(copy, 0, sizeof(TvCounters));
	copy->since = GetCurrentTimestamp();
	LWLockAcquire(&attach()->lock, LW_SHARED);
	for (int i = 0; i < shared->count; i++)
		if (shared->counters[i].database == MyDatabaseId)
			*copy = shared->counters[i];
	LWLockRelease(&shared->lock);
}

int
tv_counters_databases(Oid *databases)
{
	int			count = 0;

	LWLockAcquire(&attach()->lock, LW_SHARED);
	for (int i = 0; i < shared->count; i++)
		if (OidIsValid(shared->counters[i].database))
			databases[count++] = shared->counters[i].database;
	LWLockRelease(&shared->lock);
	return count;
}

void
tv_counters_forget(Oid database)
{
	LWLockAcquire(&attach()->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->count; i++)
		if (shared->counters[i].database == database)
			memset(&shared->counters[i], 0, sizeof(TvCounters));
	LWLockRelease(&shared->lock);
}
