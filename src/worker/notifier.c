/*
 * notifier.c: who tells of events; see notifier.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "bridge/event/board.h"
#include "bridge/event/outbox.h"
#include "bridge/server/array.h"
#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/counters.h"
#include "worker/crossings.h"
#include "worker/leave.h"
#include "worker/notifier.h"
#include "worker/shmem.h"
#include "worker/updates.h"

#define TICK_MS 15				/* 67 notifications a second to a channel at most */
#define PAYLOAD_BYTES 7800		/* NOTIFY takes less than 8000 */
#define LOOK_EVERY_MS 500
#define RUNNING_MS 1000			/* what runs for so long is looked after */
#define STAY_MS 30000
#define ROOM_MS 15000			/* after a worker found no process free, it goes */

/* ------------------------------------------------------------------ messages */

/* To one channel, in one tick. */
typedef struct Message
{
	StringInfoData list;
	int			count;
	int64		more;			/* events that are in the log alone */
} Message;

static void
message_begin(Message *message)
{
	initStringInfo(&message->list);
	message->count = 0;
	message->more = 0;
}

static void
message_add(Message *message, const TvEvent *event, bool live)
{
	int			before = message->list.len;

	if (event->more > 0 || message->more > 0)
	{
		message->more += Max(event->more, 1);
		return;
	}
	if (message->count > 0)
		appendStringInfoString(&message->list, ", ");
	tv_event_write_payload(&message->list, event, live);
	message->count++;
	if (message->list.len <= PAYLOAD_BYTES)
		return;
	message->list.len = before;
	message->list.data[before] = '\0';
	message->count--;
	message->more = 1;
}

/* One event as it is; several, or not all of them, in a list; returns how many notifications that takes. */
static int
message_send(Message *message, const char *channel)
{
	if (message->count == 1 && message->more == 0)
		Async_Notify(channel, message->list.data);
	else if (message->count > 0 || message->more > 0)
		Async_Notify(channel, psprintf("{\"events\": [%s], \"more\": %lld}", message->list.data, (long long) message->more));
	pfree(message->list.data);
	return message->count > 0 || message->more > 0 ? 1 : 0;
}

static int
send_to_topics(const TvEvent *events, int count)
{
	int			sent = 0;

	for (int topic = TV_TOPIC_NONE + 1; topic < TV_TOPIC_COUNT; topic++)
	{
		Message		message;

		message_begin(&message);
		for (int i = 0; i < count; i++)
			if (events[i].topic == topic)
				message_add(&message, &events[i], false);
		sent += message_send(&message, tv_topics[topic].name);
	}
	return sent;
}

/* Of qsort: events of a timeline side by side, in their order. */
static int
by_timeline(const void *a, const void *b)
{
	const TvEvent *left = *(const TvEvent *const *) a;
	const TvEvent *right = *(const TvEvent *const *) b;

	if (left->timeline_id != right->timeline_id)
		return left->timeline_id < right->timeline_id ? -1 : 1;
	return left < right ? -1 : left > right;
}

static int
send_to_timelines(const TvEvent *events, int count)
{
	const TvEvent **sorted = palloc(sizeof(TvEvent *) * Max(count, 1));
	int			sent = 0;

	for (int i = 0; i < count; i++)
		sorted[i] = &events[i];
	qsort(sorted, count, sizeof(TvEvent *), by_timeline);
	for (int i = 0; i < count;)
	{
		const TvEvent *first = sorted[i];
		char		channel[NAMEDATALEN];
		Message		message;

		message_begin(&message);
		for (; i < count && sorted[i]->timeline_id == first->timeline_id; i++)
			message_add(&message, sorted[i], true);
		snprintf(channel, sizeof(channel), "tv_live_%lld_%lld", (long long) first->world_id, (long long) first->timeline_id);
		sent += message_send(&message, channel);
	}
	return sent;
}

/*
 * An idle transaction that listens keeps all that was sent since, and anybody may send as much as he likes.
 * What is sent comes into the queue at the commit, by when others have not filled the rest.
 */
static bool
is_crowded(void)
{
	return DatumGetFloat8(DirectFunctionCall1(pg_notification_queue_usage, (Datum) 0)) > tv_notify_share;
}

/* How many were taken, and how many notifications were sent of them: none where the queue is crowded. */
typedef struct Told
{
	int64		events;
	int64		notifications;
	TvUpdatesTold updates;
} Told;

static void
send_unit(TvRunner *runner, void *arg)
{
	Told	   *told = arg;
	TvEvent    *events;
	int64		lost;
	int			count = tv_outbox_take(&events, &lost);

	if (lost > 0)
		tv_count_events_held(lost);
	told->events = count;
	tv_updates_take(&told->updates);
	if (!runner->procedure)
		tv_crossings_note(told->updates.updates, told->updates.count);
	if ((count == 0 && told->updates.count == 0) || is_crowded())
		return;
	/* They tell of what is on disk; they are not to wait for that themselves. */
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	told->notifications = send_to_topics(events, count) + send_to_timelines(events, count);
	tv_updates_send(&told->updates);
}

static void
tell_now(TvRunner *runner)
{
	Told		told = {0};
	ErrorData  *error;

	error = runner->procedure ? tv_unit(runner, send_unit, &told) : tv_catalog_unit(runner, send_unit, &told);
	if (error != NULL || (told.events > 0 && told.notifications == 0))
		tv_count_events_held(Max(told.events, 1));
	else if (told.events > 0)
		tv_count_events_told(told.notifications, told.events);
	tv_updates_count(&told.updates, error == NULL);
}

/* ---------------------------------------------------------------------- duty */

/* Wake one idle worker of this database, if there is one. */
static void
wake_idle(void)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < all->slot_count; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid == 0 || slot->database != MyDatabaseId || slot->session || slot->experiment != 0)
			continue;
		SetLatch(slot->latch);
		break;
	}
	LWLockRelease(&all->lock);
}

void
tv_notifier_make_room(void)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	all->crowded_at = GetCurrentTimestamp();
	LWLockRelease(&all->lock);
}

static bool
room_is_short(void)
{
	TvShared   *all = tv_shmem();
	TimestampTz crowded_at;

	LWLockAcquire(&all->lock, LW_SHARED);
	crowded_at = all->crowded_at;
	LWLockRelease(&all->lock);
	return crowded_at != 0 && !TimestampDifferenceExceeds(crowded_at, GetCurrentTimestamp(), ROOM_MS);
}

/* Of two times to wait, of which -1 is none. */
static long
sooner(long a, long b)
{
	return a < 0 ? b : b < 0 ? a : Min(a, b);
}

long
tv_notifier_turn(TvRunner *runner)
{
	static TimestampTz told_at = 0;
	TimestampTz now;
	long		due;
	long		wait;

	if (!tv_duty_take(false))
		return -1;
	due = sooner(tv_board_due_ms(), tv_crossings_turn(runner));
	if (tv_board_due_ms() != 0 && !tv_outbox_waits())
		return due;
	now = GetCurrentTimestamp();
	wait = told_at > now ? 0 : TICK_MS - TimestampDifferenceMilliseconds(told_at, now);
	if (wait > 0)
		return wait;
	told_at = now;
	tell_now(runner);
	return sooner(tv_board_due_ms(), tv_crossings_waits() ? 0 : -1);
}

void
tv_notifier_finish(TvRunner *runner)
{
	if (tv_duty_take(false))
		tell_now(runner);
	tv_duty_release();
}

static void
start(void)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(BackgroundWorker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	snprintf(worker.bgw_library_name, BGW_MAXLEN, "timevmaps");
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "tv_notifier_main");
	snprintf(worker.bgw_name, BGW_MAXLEN, "timevmaps notifier for database %u", MyDatabaseId);
	snprintf(worker.bgw_type, BGW_MAXLEN, "timevmaps notifier");
	worker.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId);
	/* Where no process is free, workers tell of what happened as they come to it. */
	(void) RegisterDynamicBackgroundWorker(&worker, NULL);
}

void
tv_notifier_ensure(void)
{
	if (tv_duty_is_dedicated())
		return;
	tv_duty_release();
	if (!room_is_short() && tv_duty_may_start())
		start();
	else if (tv_outbox_waits() || tv_board_due_ms() >= 0)
		wake_idle();
}

void
tv_notifier_begin(void)
{
	tv_outbox_unattended = wake_idle;
}

/* ---------------------------------------------------------------------- look */

static TvStatement select_stale = {
	.text = "SELECT s.id, s.claim FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) s (id, claim) LEFT JOIN timevmaps.experiments e ON e.id = s.id"
	" WHERE e.id IS NULL OR e.claim > s.claim OR (e.claim = s.claim AND e.status <> 'running')",
	.count = 2,.types = {INT8ARRAYOID, INT8ARRAYOID}
};

/* What others run in this database, into both; only what runs for `since_ms`. */
static int
find_running(Datum *ids, Datum *claims, int since_ms)
{
	TvShared   *shared = tv_shmem();
	TimestampTz now = GetCurrentTimestamp();
	int			count = 0;

	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < shared->slot_count; i++)
	{
		TvSlot	   *slot = &shared->slots[i];

		if (slot->pid == 0 || slot->pid == MyProcPid || slot->database != MyDatabaseId || slot->experiment == 0 ||
			(since_ms > 0 && !TimestampDifferenceExceeds(slot->experiment_at, now, since_ms)))
			continue;
		ids[count] = Int64GetDatum(slot->experiment);
		claims[count++] = Int64GetDatum(slot->claim);
	}
	LWLockRelease(&shared->lock);
	return count;
}

typedef struct Running
{
	Datum	   *ids;
	Datum	   *claims;
	int			count;
} Running;

static void
look_unit(TvRunner *runner, void *arg)
{
	Running    *running = arg;
	Datum		values[] = {tv_array_of(running->ids, running->count, INT8OID), tv_array_of(running->claims, running->count, INT8OID)};
	uint64		stale = tv_statement(&select_stale, values, NULL);

	for (uint64 i = 0; i < stale; i++)
	{
		bool		isnull;
		HeapTuple	row = SPI_tuptable->vals[i];

		tv_slot_interrupt(DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull)),
						  DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull)));
	}
}

void
tv_notifier_look(TvRunner *runner)
{
	Running		running;
	int			slots = tv_shmem()->slot_count;

	running.ids = MemoryContextAlloc(runner->job, sizeof(Datum) * slots);
	running.claims = MemoryContextAlloc(runner->job, sizeof(Datum) * slots);
	running.count = find_running(running.ids, running.claims, RUNNING_MS);
	/* Trouble with it is a worker's to tell, who has the same. */
	if (running.count > 0)
		(void) tv_unit(runner, look_unit, &running);
}

/* ------------------------------------------------------------------- process */

static bool
something_runs(void)
{
	Datum	   *ids = palloc(sizeof(Datum) * tv_shmem()->slot_count);

	return find_running(ids, ids, 0) > 0;
}

/* Twice a second; false when it is time to go. */
static bool
look_around(TvRunner *runner, TimestampTz *needed_at)
{
	TimestampTz now = GetCurrentTimestamp();

	if (room_is_short())
		return false;
	/* Its workers were stopped, or the extension is gone. */
	if (!tv_slot_serves(MyDatabaseId))
		return false;
	if (something_runs() || *needed_at > now)
		*needed_at = now;
	if (TimestampDifferenceExceeds(*needed_at, now, STAY_MS))
	{
		/* A worker that begins just now says so first, and then looks whether this process is there. */
		tv_duty_release();
		return something_runs() && tv_duty_take(true);
	}
	tv_notifier_look(runner);
	return true;
}

static bool
one_round(TvRunner *runner, TimestampTz *look_at, TimestampTz *needed_at)
{
	TimestampTz now = GetCurrentTimestamp();
	long		wait;

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(runner->job);
	MemoryContextSwitchTo(runner->job);
	if (tv_leave_if_waited_for())
		return false;
	if (now >= *look_at || TimestampDifferenceExceeds(now, *look_at, LOOK_EVERY_MS))
	{
		*look_at = TimestampTzPlusMilliseconds(now, LOOK_EVERY_MS);
		if (!look_around(runner, needed_at))
			return false;
	}
	wait = tv_notifier_turn(runner);
	pgstat_report_activity(STATE_IDLE, NULL);
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 Max(Min(wait >= 0 ? wait : LOOK_EVERY_MS, tv_leave_watch_ms()), 1), PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	return true;
}

void
tv_notifier_main(Datum arg)
{
	static TvSlot slot = {0};	/* its own: it is none of the workers */
	static TvRunner runner = {0};
	TimestampTz look_at = 0;
	TimestampTz needed_at;
	volatile bool more = true;

	tv_leave_begin();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(arg), InvalidOid, 0);
	tv_session_pin();
	runner.job = AllocSetContextCreate(TopMemoryContext, "timevmaps notifier", ALLOCSET_DEFAULT_SIZES);
	runner.slot = &slot;
	tv_leave_connected(&slot);
	needed_at = GetCurrentTimestamp();
	if (!tv_duty_take(true))
		proc_exit(0);
	while (more && !slot.stop)
	{
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		PG_TRY();
		{
			more = one_round(&runner, &look_at, &needed_at);
		}
		PG_CATCH();
		{
			MemoryContextSwitchTo(TopMemoryContext);
			FlushErrorState();
			if (IsTransactionState())
				AbortCurrentTransaction();
			QueryCancelPending = false;
			(void) WaitLatch(MyLatch, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOOK_EVERY_MS, PG_WAIT_EXTENSION);
		}
		PG_END_TRY();
	}
	tv_duty_release();
	tv_leave();
}
