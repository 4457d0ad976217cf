/*
 * launcher.c: starts workers: the launcher, which a preloaded library runs, and
 * tv_start_worker(), which needs no preloading.
 *
 * The launcher is connected to no database.  It keeps timevmaps.workers workers
 * in each database that it serves.  Whether a database has the extension only a
 * worker can see from inside: one that finds nothing to do ends, and is tried
 * again ever more rarely, or at once when an experiment is queued there.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "fmgr.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "bridge/admin.h"
#include "bridge/error.h"
#include "bridge/guc.h"
#include "worker/loop.h"
#include "worker/shmem.h"

#define LOOK_EVERY_MS 10000
#define RESTART_FIRST_MS 1000
#define RESTART_MOST_MS (5 * 60 * 1000)
#define SETTLED_MS 10000		/* who lived so long is started again without delay */
#define DYNAMIC_RESTART_S 1

PG_FUNCTION_INFO_V1(tv_start_worker);

/* One worker that should run. */
typedef struct Entry
{
	Oid			database;
	int			number;			/* 0 .. timevmaps.workers - 1 */
	bool		wanted;			/* still, in this round */
	BackgroundWorkerHandle *handle; /* NULL: not started */
	TimestampTz started_at;
	TimestampTz start_at;		/* not before */
	int			delay_ms;
} Entry;

void
tv_launcher_register(void)
{
	BackgroundWorker launcher;

	if (!process_shared_preload_libraries_in_progress)
		return;
	tv_shmem_request();
	memset(&launcher, 0, sizeof(launcher));
	launcher.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	launcher.bgw_start_time = BgWorkerStart_RecoveryFinished;
	launcher.bgw_restart_time = 1;
	snprintf(launcher.bgw_library_name, BGW_MAXLEN, "timevmaps");
	snprintf(launcher.bgw_function_name, BGW_MAXLEN, "tv_launcher_main");
	snprintf(launcher.bgw_name, BGW_MAXLEN, "timevmaps launcher");
	snprintf(launcher.bgw_type, BGW_MAXLEN, "timevmaps launcher");
	RegisterBackgroundWorker(&launcher);
}

/* ---------------------------------------------------------------- databases */

static bool
is_named(const char *name)
{
	char	   *copy = pstrdup(tv_databases);
	List	   *names = NIL;
	ListCell   *cell;

	if (!SplitIdentifierString(copy, ',', &names))
	{
		ereport(LOG,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("timevmaps.databases is not a list of names")));
		return false;
	}
	if (names == NIL)
		return true;
	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/* The databases to serve, allocated in the current context. */
static List *
list_databases(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	Relation	catalog;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	catalog = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(catalog, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (!database->datallowconn || database->datistemplate || !is_named(NameStr(database->datname)))
			continue;
		MemoryContextSwitchTo(caller);
		result = lappend_oid(result, database->oid);
	}
	table_endscan(scan);
	table_close(catalog, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return result;
}

/* ------------------------------------------------------------------ entries */

static List *entries = NIL;		/* of Entry, in TopMemoryContext */

static Entry *
find_entry(Oid database, int number)
{
	MemoryContext caller;
	ListCell   *cell;
	Entry	   *entry;

	foreach(cell, entries)
	{
		entry = lfirst(cell);
		if (entry->database == database && entry->number == number)
			return entry;
	}
	caller = MemoryContextSwitchTo(TopMemoryContext);
	entry = palloc0(sizeof(Entry));
	entry->database = database;
	entry->number = number;
	entry->delay_ms = RESTART_FIRST_MS;
	entries = lappend(entries, entry);
	MemoryContextSwitchTo(caller);
	return entry;
}

/* Is it running?  Notices that it has ended, and says when it may start again. */
static bool
is_running(Entry *entry)
{
	pid_t		pid;
	TimestampTz now = GetCurrentTimestamp();

	if (entry->handle == NULL)
		return false;
	if (GetBackgroundWorkerPid(entry->handle, &pid) != BGWH_STOPPED)
		return true;
	pfree(entry->handle);
	entry->handle = NULL;
	if (TimestampDifferenceExceeds(entry->started_at, now, SETTLED_MS))
		entry->delay_ms = RESTART_FIRST_MS;
	entry->start_at = TimestampTzPlusMilliseconds(now, entry->delay_ms);
	entry->delay_ms = Min(entry->delay_ms * 2, RESTART_MOST_MS);
	return false;
}

static void
start(Entry *entry)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	BackgroundWorker worker;

	tv_worker_describe(&worker, entry->database, BGW_NEVER_RESTART);
	worker.bgw_notify_pid = MyProcPid;
	entry->started_at = GetCurrentTimestamp();
	if (!RegisterDynamicBackgroundWorker(&worker, &entry->handle))
	{
		entry->handle = NULL;
		entry->start_at = TimestampTzPlusMilliseconds(entry->started_at, LOOK_EVERY_MS);
		ereport(LOG,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("timevmaps could not start a worker"),
				 errhint("Raise max_worker_processes.")));
	}
	MemoryContextSwitchTo(caller);
}

static void
stop(Entry *entry)
{
	pid_t		pid;

	if (GetBackgroundWorkerPid(entry->handle, &pid) == BGWH_STARTED)
		tv_slot_stop(InvalidOid, pid);
}

/* What sessions asked of this database: paused by tv_stop_worker(), wanted by an insert. */
static void
read_wishes(Oid database, bool *paused, bool *wanted)
{
	TvShared   *shared = tv_shmem();
	TvCounters *counters;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	counters = tv_counters(shared, database, false);
	*paused = counters != NULL && counters->paused;
	*wanted = counters != NULL && counters->wanted;
	if (counters != NULL)
		counters->wanted = false;
	LWLockRelease(&shared->lock);
}

/*
 * Start what should run and does not, stop what should not.  Returns how long
 * to sleep.
 */
static long
one_round(void)
{
	List	   *databases = list_databases();
	TimestampTz now = GetCurrentTimestamp();
	long		sleep_ms = LOOK_EVERY_MS;
	ListCell   *cell;

	foreach(cell, entries)
		((Entry *) lfirst(cell))->wanted = false;
	foreach(cell, databases)
	{
		Oid			database = lfirst_oid(cell);
		bool		paused;
		bool		wanted;

		read_wishes(database, &paused, &wanted);
		if (paused)
			continue;
		for (int i = 0; i < tv_workers; i++)
		{
			Entry	   *entry = find_entry(database, i);

			entry->wanted = true;
			if (is_running(entry))
				continue;
			if (wanted)
			{
				entry->delay_ms = RESTART_FIRST_MS;
				entry->start_at = now;
			}

			/* The first finds out whether there is anything to do at all. */
			if (i > 0 && !tv_slot_serves(database))
				break;
			if (now >= entry->start_at)
				start(entry);
			else
				sleep_ms = Min(sleep_ms, TimestampDifferenceMilliseconds(now, entry->start_at) + 1);
		}
		if (tv_workers > 1 && is_running(find_entry(database, 0)) && !tv_slot_serves(database))
			sleep_ms = Min(sleep_ms, RESTART_FIRST_MS);
	}
	foreach(cell, entries)
	{
		Entry	   *entry = lfirst(cell);

		if (entry->wanted)
			continue;
		if (is_running(entry))
			stop(entry);
		else
		{
			entries = foreach_delete_current(entries, cell);
			pfree(entry);
		}
	}
	return sleep_ms;
}

static void
publish_latch(Latch *latch)
{
	TvShared   *shared = tv_shmem();

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->launcher = latch;
	LWLockRelease(&shared->lock);
}

static void
unpublish_latch(int code, Datum arg)
{
	publish_latch(NULL);
}

void
tv_launcher_main(Datum arg)
{
	MemoryContext round;
	long		sleep_ms;

	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	before_shmem_exit(unpublish_latch, (Datum) 0);
	publish_latch(&MyProc->procLatch);

	round = AllocSetContextCreate(TopMemoryContext, "timevmaps launcher", ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		MemoryContextSwitchTo(round);
		sleep_ms = one_round();
		MemoryContextSwitchTo(TopMemoryContext);
		MemoryContextReset(round);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Max(sleep_ms, 1), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/* ---------------------------------------------------------- tv_start_worker */

Datum
tv_start_worker(PG_FUNCTION_ARGS)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	TvShared   *shared;
	TvCounters *counters;
	pid_t		pid;

	tv_require_admin();
	tv_require_tables();
	shared = tv_shmem();
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	counters = tv_counters(shared, MyDatabaseId, false);
	if (counters != NULL)
		counters->paused = false;
	if (shared->launcher != NULL)
		SetLatch(shared->launcher);
	LWLockRelease(&shared->lock);

	tv_worker_describe(&worker, MyDatabaseId, DYNAMIC_RESTART_S);
	worker.bgw_notify_pid = MyProcPid;
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("no worker process is free"),
				 errhint("Raise max_worker_processes.")));
	if (WaitForBackgroundWorkerStartup(handle, &pid) != BGWH_STARTED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("the worker did not start"),
				 errhint("The server's log says why.")));
	PG_RETURN_INT32(pid);
}
