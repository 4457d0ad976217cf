/*
 * loop.c: a background worker of one database: claim, run, sleep.
 *
 * It sleeps on its latch, which a committing insert sets of one that sleeps, and looks by itself
 * every second: for what became due, for attempts that lost their worker, and
 * whether it should go: it was told to, the extension is gone, the database was
 * closed, or someone waits for it to be free (leave.h).
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_database.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "bridge/access/owner.h"
#include "bridge/server/guc.h"
#include "bridge/graph/leftovers.h"
#include "bridge/graph/prune.h"
#include "worker/audit.h"
#include "worker/clock.h"
#include "worker/hand_back.h"
#include "worker/leave.h"
#include "worker/loop.h"
#include "worker/notices.h"
#include "worker/notifier.h"
#include "worker/outcome.h"
#include "worker/owed.h"
#include "worker/partitions.h"
#include "worker/queue.h"
#include "worker/retention.h"
#include "worker/run.h"

#define LOOK_EVERY_MS 1000
#define EVENTS_EVERY_MS (60 * 1000)
#define PRUNE_EVERY_MS (60 * 1000)
#define LEFTOVERS_EVERY_MS (60 * 1000)
#define SEAL_EVERY_MS (60 * 1000)

typedef struct Look
{
	bool		go;				/* end this worker */
	bool		ready;			/* the tables are there, and tv_owner's */
} Look;

/* ALTER DATABASE ... ALLOW_CONNECTIONS false ends nobody; a worker follows it. */
static bool
is_closed(void)
{
	HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	bool		closed;

	if (!HeapTupleIsValid(tuple))
		return true;
	closed = !((Form_pg_database) GETSTRUCT(tuple))->datallowconn;
	ReleaseSysCache(tuple);
	return closed;
}

static void
look_unit(TvRunner *runner, void *arg)
{
	Look	   *look = arg;
	Oid			schema;

	if (is_closed())
	{
		look->go = true;
		return;
	}
	if (!OidIsValid(get_extension_oid("timevmaps", true)))
	{
		look->go = true;
		tv_note(MyDatabaseId, TV_NOTE_LACKING);
		return;
	}
	schema = get_namespace_oid("timevmaps", true);
	if (!OidIsValid(schema) || !OidIsValid(get_relname_relid("experiments", schema)))
		return;
	/* Before any of them is read: it may be a view of who owns the database. */
	(void) tv_owner_require();
	look->ready = true;
}

static void
events_unit(TvRunner *runner, void *arg)
{
	tv_events_upkeep();
}

static void
positions_unit(TvRunner *runner, void *arg)
{
	tv_positions_upkeep();
}

static void
prune_unit(TvRunner *runner, void *arg)
{
	tv_prune_worlds();
}

static void
leftovers_unit(TvRunner *runner, void *arg)
{
	tv_leftovers_remove();
	tv_leftovers_remove_databases();
}

/*
 * Trouble comes again each second while it lasts (a disk that is full, a lock that
 * somebody holds): of each kind the log gets a line a minute.
 */
static bool
is_news(int sqlstate)
{
	static struct
	{
		int			sqlstate;
		TimestampTz told_at;
	}			told[8];
	int			at = 0;

	for (int i = 0; i < lengthof(told); i++)
	{
		if (told[i].sqlstate == sqlstate)
			return tv_clock_tell(&told[i].told_at);
		if (told[i].told_at < told[at].told_at)
			at = i;
	}
	told[at].sqlstate = sqlstate;
	told[at].told_at = 0;
	return tv_clock_tell(&told[at].told_at);
}

static void
log_trouble(TvRunner *runner, const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED && runner->slot->stop)
		return;
	if (!is_news(error->sqlerrcode))
		return;
	ereport(LOG,
			(errcode(error->sqlerrcode),
			 errmsg("timevmaps worker: %s", error->message),
			 error->detail != NULL ? errdetail("%s", error->detail) : 0,
			 error->hint != NULL ? errhint("%s", error->hint) : 0));
}

/* Trouble with it is told, and does not stop the worker. */
static void
now_and_then(TvRunner *runner, TvUnit unit, TimestampTz *next, int every_ms)
{
	ErrorData  *error;

	if (GetCurrentTimestamp() < *next)
		return;
	*next = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), every_ms);
	error = tv_unit(runner, unit, NULL);
	if (error != NULL)
		log_trouble(runner, error);
}

/* What is due every second; false when it is time to go. */
static bool
look_around(TvRunner *runner, Look *look)
{
	static TimestampTz events_at = 0;
	static TimestampTz positions_at = 0;
	static TimestampTz prune_at = 0;
	static TimestampTz leftovers_at = 0;
	static TimestampTz seal_at = 0;
	ErrorData  *error;

	memset(look, 0, sizeof(Look));
	error = tv_catalog_unit(runner, look_unit, look);
	if (error != NULL)
	{
		log_trouble(runner, error);
		look->ready = false;
	}
	if (look->go)
		return false;
	if (!look->ready)
		return true;
	tv_owed_settle(runner, false);
	(void) tv_queue_reclaim(runner);
	tv_notifier_look(runner);
	now_and_then(runner, events_unit, &events_at, EVENTS_EVERY_MS);
	now_and_then(runner, positions_unit, &positions_at, EVENTS_EVERY_MS);
	now_and_then(runner, prune_unit, &prune_at, PRUNE_EVERY_MS);
	now_and_then(runner, leftovers_unit, &leftovers_at, LEFTOVERS_EVERY_MS);
	now_and_then(runner, tv_audit_unit, &seal_at, SEAL_EVERY_MS);
	return true;
}

static void
sleep_until(TvSlot *slot, uint64 position, TimestampTz look_again, long most_ms)
{
	long		ms = most_ms < 0 ? LOOK_EVERY_MS : Min(LOOK_EVERY_MS, most_ms);
	TimestampTz end;
	int			woken_by;

	if (look_again != DT_NOEND)
		ms = Min(ms, TimestampDifferenceMilliseconds(tv_clock_now(), look_again) + 1);
	end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
	tv_slot_sleep(slot);
	if (tv_notices_since(position))
		return;
	do
	{
		long		watch_ms = tv_leave_watch_ms();

		ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);
		woken_by = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
							 Max(Min(ms, watch_ms), 1), PG_WAIT_EXTENSION);
	} while ((woken_by & WL_LATCH_SET) == 0 && !tv_leave_if_waited_for() && GetCurrentTimestamp() < end);
	ResetLatch(MyLatch);
}

/* A launcher that was started anew has workers of its own started. */
static bool
is_orphan(void)
{
	return MyBgworkerEntry->bgw_restart_time == BGW_NEVER_RESTART &&
		tv_launcher_is_other(MyBgworkerEntry->bgw_notify_pid);
}

/* One piece of what is due between two claims; returns when to call it again, as sleep_until() takes it. */
static long
between_claims(TvRunner *runner, bool ready)
{
	ErrorData  *error = NULL;
	long		tell_again = tv_notifier_turn(runner);
	long		drop_again = ready ? tv_retention_turn(runner, &error) : -1;

	if (error != NULL)
		log_trouble(runner, error);
	return tell_again < 0 ? drop_again : drop_again < 0 ? tell_again : Min(tell_again, drop_again);
}

/* Look, claim, run once.  False when it is time to go. */
static bool
one_round(TvRunner *runner, TimestampTz *look_at, bool *ready)
{
	TimestampTz look_again = DT_NOEND;
	TvJob	   *job = NULL;
	int			ended = 0;
	Look		look;
	long		call_again;
	uint64		position;

	MemoryContextReset(runner->job);
	tv_slot_awake(runner->slot);
	position = tv_notices_position();
	if (runner->slot->stop || runner->slot->yield || is_orphan() || tv_leave_if_waited_for())
		return false;
	if (GetCurrentTimestamp() >= *look_at || runner->slot->lost)
	{
		*look_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_EVERY_MS);
		if (!look_around(runner, &look))
			return false;
		*ready = look.ready;
		runner->slot->waits = !look.ready;
	}
	call_again = between_claims(runner, *ready);
	if (*ready && !tv_outcome_stuck())
	{
		job = tv_queue_claim(runner, INT_MAX, &look_again, &ended);
		runner->slot->read_only = false;
	}
	if (ended > 0)
		return true;
	if (job == NULL)
	{
		sleep_until(runner->slot, position, look_again, call_again);
		return true;
	}
	pgstat_report_activity(STATE_RUNNING, job->kind);
	(void) tv_run_job(runner, job);
	return true;
}

/*
 * Errors outside of an experiment: the tables are being changed, the database is
 * out of something.  Say so, wait, and go on.
 */
static void
recover(TvRunner *runner)
{
	ErrorData  *error;

	tv_hand_back(NULL);
	MemoryContextSwitchTo(runner->job);
	error = CopyErrorData();
	FlushErrorState();
	if (IsTransactionState())
		AbortCurrentTransaction();
	MemoryContextSwitchTo(TopMemoryContext);
	QueryCancelPending = false;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		return;
	log_trouble(runner, error);
	tv_wake_one();
	runner->slot->read_only = error->sqlerrcode == ERRCODE_READ_ONLY_SQL_TRANSACTION;
	(void) WaitLatch(MyLatch, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOOK_EVERY_MS, PG_WAIT_EXTENSION);
}

void
tv_worker_main(Datum arg)
{
	Oid			database = DatumGetObjectId(arg);
	static TvRunner runner = {0};
	TimestampTz look_at = 0;
	volatile bool more = true;
	bool		ready = false;

	tv_leave_begin();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	tv_session_pin();

	runner.job = AllocSetContextCreate(TopMemoryContext, "timevmaps job", ALLOCSET_DEFAULT_SIZES);
	runner.slot = tv_slot_take(false);
	if (runner.slot == NULL)
	{
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("timevmaps worker: there are %d already", TV_WORKER_SLOTS)));
		proc_exit(0);
	}
	tv_leave_connected(runner.slot);

	while (more && !runner.slot->stop)
	{
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		PG_TRY();
		{
			CHECK_FOR_INTERRUPTS();
			more = one_round(&runner, &look_at, &ready);
		}
		PG_CATCH();
		{
			recover(&runner);
		}
		PG_END_TRY();
	}
	tv_owed_settle(&runner, true);
	tv_leave();
}

void
tv_worker_describe(BackgroundWorker *worker, Oid database, int restart_s)
{
	memset(worker, 0, sizeof(BackgroundWorker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = restart_s;
	snprintf(worker->bgw_library_name, BGW_MAXLEN, "timevmaps");
	snprintf(worker->bgw_function_name, BGW_MAXLEN, "tv_worker_main");
	snprintf(worker->bgw_name, BGW_MAXLEN, "timevmaps worker for database %u", database);
	snprintf(worker->bgw_type, BGW_MAXLEN, "timevmaps worker");
	worker->bgw_main_arg = ObjectIdGetDatum(database);
}
