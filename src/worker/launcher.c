/*
 * launcher.c: the launcher, which a preloaded library runs.
 *
 * It is connected to no database.  It keeps timevmaps.workers workers in each
 * database that it serves.  Whether a database has the extension only a worker can
 * see from inside: one that does not find it says so and ends, and another looks an
 * hour later, or as soon as CREATE EXTENSION, tv_start_worker() or an insert commits there.
 *
 * Where max_worker_processes does not go round, databases take turns: those where work
 * was queued first, then whoever has been without a worker for longest.  Who makes room is
 * asked by slot->yield, so nothing that runs is disturbed.
 */
#include "postgres.h"

#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/databases.h"
#include "worker/loop.h"
#include "worker/notifier.h"
#include "worker/shmem.h"

#define LOOK_EVERY_MS 10000
#define RESTART_FIRST_MS 1000
#define RESTART_MOST_MS (5 * 60 * 1000)
#define LACKING_MS (60 * 60 * 1000)
#define SETTLED_MS 10000		/* who lived so long is started again without delay */
#define TURN_MS 10000			/* so long a worker stays before it makes room for another database */
#define URGENT_TURN_MS 500		/* an idle one, for a database where work waits */
#define URGENT_LOOK_MS 100
#define ROOM_LOOK_MS 1000
#define HELD_LOOK_MS 250
#define TELL_MS 3000			/* who waits for longer is worth a line in the log */

/* One worker that should run. */
typedef struct Entry
{
	Oid			database;
	char		name[NAMEDATALEN];
	int			number;			/* 0 .. timevmaps.workers - 1 */
	bool		wanted;			/* still, in this round */
	bool		urgent;			/* work was queued there since the last one began */
	bool		lacking;		/* there is no extension, said the last one */
	bool		yields;			/* it was asked to make room */
	BackgroundWorkerHandle *handle; /* NULL: not started */
	TimestampTz started_at;
	TimestampTz ended_at;		/* 0: it has never run */
	TimestampTz start_at;		/* not before */
	TimestampTz waits_since;	/* for a process to be free; 0: it does not */
	int			delay_ms;
} Entry;

void
tv_launcher_register(void)
{
	BackgroundWorker launcher;

	/* pg_upgrade wants nothing to happen in its servers but what it does itself. */
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
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

/* It has ended: when may it start again? */
static void
end(Entry *entry)
{
	TimestampTz now = GetCurrentTimestamp();

	pfree(entry->handle);
	entry->handle = NULL;
	entry->ended_at = now;
	if (entry->yields || TimestampDifferenceExceeds(entry->started_at, now, SETTLED_MS))
		entry->delay_ms = RESTART_FIRST_MS;
	entry->start_at = TimestampTzPlusMilliseconds(now, entry->lacking ? LACKING_MS : entry->delay_ms);
	entry->delay_ms = Min(entry->delay_ms * 2, RESTART_MOST_MS);
	/* Who made room waits for its next turn from now on. */
	if (entry->yields || entry->urgent)
		entry->start_at = now;
	entry->lacking = false;
	entry->yields = false;
}

static bool
is_running(Entry *entry)
{
	pid_t		pid;

	if (entry->handle == NULL)
		return false;
	if (GetBackgroundWorkerPid(entry->handle, &pid) != BGWH_STOPPED)
		return true;
	end(entry);
	return false;
}

/* False: no process is free. */
static bool
start(Entry *entry)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	BackgroundWorker worker;
	bool		started;

	tv_worker_describe(&worker, entry->database, BGW_NEVER_RESTART);
	worker.bgw_notify_pid = MyProcPid;
	started = RegisterDynamicBackgroundWorker(&worker, &entry->handle);
	MemoryContextSwitchTo(caller);
	if (!started)
	{
		entry->handle = NULL;
		return false;
	}
	entry->started_at = GetCurrentTimestamp();
	entry->urgent = false;
	entry->lacking = false;
	entry->waits_since = 0;
	return true;
}

static void
stop(Entry *entry)
{
	pid_t		pid;

	if (GetBackgroundWorkerPid(entry->handle, &pid) == BGWH_STARTED)
		tv_slot_stop(InvalidOid, pid);
}

/* -------------------------------------------------------------------- turns */

/* Of list_sort: who starts first. */
static int
by_turn(const ListCell *a, const ListCell *b)
{
	const Entry *left = lfirst(a);
	const Entry *right = lfirst(b);

	if ((left->number > 0) != (right->number > 0))
		return left->number > 0 ? 1 : -1;
	if (left->urgent != right->urgent)
		return left->urgent ? -1 : 1;
	if (left->ended_at != right->ended_at)
		return left->ended_at < right->ended_at ? -1 : 1;
	return 0;
}

/* May it be asked to make room, and how gladly?  0: not. */
static int
readiness(const Entry *entry, bool urgent)
{
	TvSlot		slot;
	pid_t		pid;
	bool		idle;

	if (entry->handle == NULL || entry->yields ||
		GetBackgroundWorkerPid(entry->handle, &pid) != BGWH_STARTED || !tv_slot_look(pid, &slot))
		return 0;
	idle = slot.experiment == 0;
	if (!TimestampDifferenceExceeds(slot.started_at, GetCurrentTimestamp(),
									idle && (urgent || entry->number > 0) ? URGENT_TURN_MS : TURN_MS))
		return 0;
	return 1 + (entry->number > 0) + 2 * idle;
}

/* Where none has run yet work may wait, too. */
static bool
hurries(const Entry *entry)
{
	return entry->urgent || entry->started_at == 0;
}

/* Ask the readiest, and of those who has been there for longest.  False: nobody. */
static bool
ask_for_room(bool urgent)
{
	Entry	   *best = NULL;
	int			best_ready = 0;
	ListCell   *cell;
	pid_t		pid;

	foreach(cell, entries)
	{
		Entry	   *entry = lfirst(cell);
		int			ready = readiness(entry, urgent);

		if (ready > best_ready ||
			(ready > 0 && ready == best_ready && entry->started_at < best->started_at))
		{
			best = entry;
			best_ready = ready;
		}
	}
	if (best == NULL || GetBackgroundWorkerPid(best->handle, &pid) != BGWH_STARTED)
		return false;
	best->yields = true;
	tv_slot_yield(pid);
	return true;
}

/* Those who were asked and have nothing to finish first. */
static int
count_leaving(void)
{
	int			leaving = 0;
	ListCell   *cell;

	foreach(cell, entries)
	{
		Entry	   *entry = lfirst(cell);
		TvSlot		slot;
		pid_t		pid;

		if (entry->yields && entry->handle != NULL &&
			GetBackgroundWorkerPid(entry->handle, &pid) == BGWH_STARTED &&
			(!tv_slot_look(pid, &slot) || slot.experiment == 0))
			leaving++;
	}
	return leaving;
}

/* So many are left of `due`, from the first that no process was free for. */
static void
wait_for_room(List *due, int first)
{
	static TimestampTz told_at = 0;
	Entry	   *longest = list_nth(due, first);
	int			leaving = count_leaving();
	TimestampTz now = GetCurrentTimestamp();
	bool		asks = true;

	tv_notifier_make_room();
	for (int i = first; i < list_length(due); i++)
	{
		Entry	   *entry = list_nth(due, i);

		if (entry->waits_since == 0)
			entry->waits_since = now;
		if (entry->number == 0 && entry->waits_since < longest->waits_since)
			longest = entry;
		/* For a second worker of a database nobody makes room. */
		asks = asks && entry->number == 0 && (leaving-- > 0 || ask_for_room(hurries(entry)));
	}
	if (longest->number == 0 && TimestampDifferenceExceeds(longest->waits_since, now, TELL_MS) &&
		tv_clock_tell(&told_at))
		ereport(LOG,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("timevmaps: databases take turns, for no worker process is free"),
				 errdetail("Database \"%s\" waits, as %d in all.", longest->name, list_length(due) - first),
				 errhint("Raise max_worker_processes.")));
}

/* Returns how long to sleep. */
static long
start_due(List *due)
{
	list_sort(due, by_turn);
	for (int i = 0; i < list_length(due); i++)
	{
		Entry	   *entry = list_nth(due, i);

		if (start(entry))
			continue;
		wait_for_room(due, i);
		return hurries(entry) ? URGENT_LOOK_MS : ROOM_LOOK_MS;
	}
	return LOOK_EVERY_MS;
}

/* ------------------------------------------------------------------- rounds */

static void
read_notes(void)
{
	TvShared   *shared = tv_shmem();
	TvNote		notes[TV_NOTES];
	bool		all_wanted;
	int			count;
	ListCell   *cell;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	count = shared->note_count;
	memcpy(notes, shared->notes, sizeof(TvNote) * count);
	all_wanted = shared->all_wanted;
	shared->note_count = 0;
	shared->all_wanted = false;
	LWLockRelease(&shared->lock);
	foreach(cell, entries)
	{
		Entry	   *entry = lfirst(cell);

		for (int i = 0; i < count; i++)
			if (notes[i].database == entry->database && entry->number == 0)
			{
				entry->urgent |= notes[i].kind == TV_NOTE_WANTED;
				entry->lacking |= notes[i].kind == TV_NOTE_LACKING;
			}
		entry->urgent |= all_wanted && entry->number == 0;
	}
}

/* Who of a database should run and does not yet goes into *due; returns how long to sleep. */
static long
one_database(const TvDatabase *database, List **due)
{
	TimestampTz now = GetCurrentTimestamp();
	long		sleep_ms = LOOK_EVERY_MS;

	for (int i = 0; i < tv_workers; i++)
	{
		Entry	   *entry = find_entry(database->oid, i);

		entry->wanted = true;
		strlcpy(entry->name, database->name, NAMEDATALEN);
		if (is_running(entry))
			continue;
		if (entry->urgent)
		{
			entry->delay_ms = RESTART_FIRST_MS;
			entry->start_at = now;
		}

		/* The first finds out whether there is anything to do at all. */
		if (i > 0 && !tv_slot_serves(database->oid))
			break;
		if (now < entry->start_at)
			sleep_ms = Min(sleep_ms, TimestampDifferenceMilliseconds(now, entry->start_at) + 1);
		else if (tv_database_is_held(database->oid))
			sleep_ms = Min(sleep_ms, HELD_LOOK_MS);
		else
			*due = lappend(*due, entry);
	}
	if (tv_workers > 1 && is_running(find_entry(database->oid, 0)) && !tv_slot_serves(database->oid))
		sleep_ms = Min(sleep_ms, RESTART_FIRST_MS);
	return sleep_ms;
}

static void
stop_unwanted(void)
{
	ListCell   *cell;

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
}

/*
 * Start what should run and does not, stop what should not.  Returns how long
 * to sleep.
 */
static long
one_round(void)
{
	List	   *databases = tv_databases_list();
	List	   *due = NIL;
	long		sleep_ms = LOOK_EVERY_MS;
	long		room_ms;
	ListCell   *cell;

	foreach(cell, entries)
		((Entry *) lfirst(cell))->wanted = false;
	foreach(cell, databases)
	{
		TvDatabase *database = lfirst(cell);

		/* An entry before the notes are read, so that none goes unheard. */
		if (database->serve && tv_workers > 0)
			(void) find_entry(database->oid, 0);
	}
	read_notes();
	foreach(cell, databases)
	{
		TvDatabase *database = lfirst(cell);
		long		look_ms = LOOK_EVERY_MS;

		if (database->serve && !tv_database_is_stopped(database->oid))
			look_ms = one_database(database, &due);
		sleep_ms = Min(sleep_ms, look_ms);
	}
	stop_unwanted();
	tv_databases_tell_of_strangers(databases);
	tv_databases_remove_leftovers(databases);
	room_ms = start_due(due);
	return Min(sleep_ms, room_ms);
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
	tv_launcher_enter();

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
		/* While it rests it ends without a word, as the server's own launchers do; in a round it may have to leave a lock. */
		pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Max(sleep_ms, 1), PG_WAIT_EXTENSION);
		pqsignal(SIGTERM, die);
		if (ShutdownRequestPending)
			proc_exit(1);
		ResetLatch(MyLatch);
	}
}
