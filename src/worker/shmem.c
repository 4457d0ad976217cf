/*
 * shmem.c: what workers, launcher and sessions share; see shmem.h.
 */
#include "postgres.h"

#include <signal.h>
#include <unistd.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

#include "bridge/access/quota.h"
#include "bridge/event/board.h"
#include "bridge/event/outbox.h"
#include "bridge/graph/counts.h"
#include "worker/counters.h"
#include "worker/crash.h"
#include "worker/notices.h"
#include "worker/shmem.h"

/* Before all that differs between versions: which of them made the rest. */
typedef struct TvLayout
{
	Size		size;
	char		version[32];
} TvLayout;

static void wake_told(bool all);

static TvShared *shared = NULL;
static shmem_request_hook_type next_request_hook = NULL;
static bool preloaded = false;	/* there is a launcher, or will be */

static int
slot_count(void)
{
	return Min(max_worker_processes, TV_WORKER_SLOTS) + TV_SESSION_SLOTS;
}

static Size
shared_size(void)
{
	return MAXALIGN(offsetof(TvShared, slots) + sizeof(TvSlot) * slot_count());
}

/* Of all that is asked for at once. */
static Size
all_sizes(void)
{
	return shared_size() + tv_counters_size() + tv_outbox_size() + tv_board_size() + tv_notices_size() + tv_graph_counts_size() +
		tv_quota_queue_size() + tv_quota_hour_size();
}

static void
request_shmem(void)
{
	if (next_request_hook != NULL)
		next_request_hook();
	tv_crash_look();
	RequestAddinShmemSpace(MAXALIGN(sizeof(TvLayout)) + all_sizes());
}

void
tv_shmem_request(void)
{
	next_request_hook = shmem_request_hook;
	shmem_request_hook = request_shmem;
	preloaded = true;
	tv_counters_preload();
	tv_outbox_preload();
	tv_board_preload();
	tv_notices_preload();
	tv_graph_counts_preload();
}

/*
 * Where the library is not preloaded, new sessions load one that has been installed meanwhile; what sessions share is
 * that of the library before until the server restarts.
 */
static void
require_layout(void)
{
	bool		found;
	TvLayout	own;
	TvLayout   *layout = ShmemInitStruct("timevmaps layout", sizeof(TvLayout), &found);

	memset(&own, 0, sizeof(own));
	own.size = all_sizes();
	strlcpy(own.version, TIMEVMAPS_VERSION, sizeof(own.version));
	if (!found)
		*layout = own;
	else if (memcmp(layout, &own, sizeof(own)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server has worked with another library of timevmaps since it was started"),
				 errdetail("That was version %s, this is %s.", layout->version, own.version),
				 errhint("Restart the server.")));
}

TvShared *
tv_shmem(void)
{
	bool		found;

	if (shared != NULL)
		return shared;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	require_layout();
	shared = ShmemInitStruct("timevmaps", shared_size(), &found);
	if (!found)
	{
		memset(shared, 0, shared_size());
		shared->slot_count = slot_count();
		shared->crashed_at = tv_crash_time();
		LWLockInitialize(&shared->lock, LWLockNewTrancheId());
	}
	LWLockRelease(AddinShmemInitLock);
	LWLockRegisterTranche(shared->lock.tranche, "timevmaps");
	tv_notices_told = wake_told;
	return shared;
}

/* ----------------------------------------------------------- the launcher */

static void
leave_launcher(int code, Datum arg)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->launcher = NULL;
	LWLockRelease(&shared->lock);
}

void
tv_launcher_enter(void)
{
	TvShared   *all = tv_shmem();

	before_shmem_exit(leave_launcher, (Datum) 0);
	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	all->launcher = &MyProc->procLatch;
	all->launcher_pid = MyProcPid;
	LWLockRelease(&all->lock);
}

bool
tv_launcher_is_other(pid_t pid)
{
	TvShared   *all = tv_shmem();
	bool		other;

	LWLockAcquire(&all->lock, LW_SHARED);
	other = all->launcher_pid != 0 && all->launcher_pid != pid;
	LWLockRelease(&all->lock);
	return other;
}

/* The lock is held. */
static void
note(TvShared *all, Oid database, TvNoteKind kind)
{
	if (all->launcher == NULL)
		return;
	SetLatch(all->launcher);
	for (int i = 0; i < all->note_count; i++)
		if (all->notes[i].database == database && all->notes[i].kind == kind)
			return;
	if (all->note_count < TV_NOTES)
		all->notes[all->note_count++] = (TvNote) {database, kind};
	else if (kind == TV_NOTE_WANTED)
		all->all_wanted = true;
}

void
tv_note(Oid database, TvNoteKind kind)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	note(all, database, kind);
	LWLockRelease(&all->lock);
}

/* Where it stands among those that are stopped, or -1; the lock is held. */
static int
find_stopped(const TvShared *all, Oid database)
{
	for (int i = 0; i < all->stopped_count; i++)
		if (all->stopped[i] == database)
			return i;
	return -1;
}

bool
tv_database_stop(Oid database)
{
	TvShared   *all = tv_shmem();
	bool		known;

	if (!preloaded)
		return true;
	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	known = find_stopped(all, database) >= 0;
	if (!known && all->stopped_count < TV_STOPPED)
	{
		all->stopped[all->stopped_count++] = database;
		known = true;
	}
	LWLockRelease(&all->lock);
	return known;
}

/* The lock is held. */
static void
start_again(TvShared *all, Oid database)
{
	int			at = find_stopped(all, database);

	if (at >= 0)
		all->stopped[at] = all->stopped[--all->stopped_count];
}

void
tv_database_start(Oid database)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	start_again(all, database);
	note(all, database, TV_NOTE_WANTED);
	LWLockRelease(&all->lock);
}

bool
tv_database_is_stopped(Oid database)
{
	TvShared   *all = tv_shmem();
	bool		stopped;

	LWLockAcquire(&all->lock, LW_SHARED);
	stopped = find_stopped(all, database) >= 0;
	LWLockRelease(&all->lock);
	return stopped;
}

int
tv_databases_stopped(Oid *databases)
{
	TvShared   *all = tv_shmem();
	int			count;

	LWLockAcquire(&all->lock, LW_SHARED);
	count = all->stopped_count;
	memcpy(databases, all->stopped, sizeof(Oid) * count);
	LWLockRelease(&all->lock);
	return count;
}

void
tv_database_forget(Oid database)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	start_again(all, database);
	LWLockRelease(&all->lock);
}

/* -------------------------------------------------------- waking at commit */

typedef struct Pending
{
	int64		experiment;
	int64		claim;
	SubTransactionId subxact;
} Pending;

/* In TopTransactionContext, so it goes with the transaction. */
static List *pending_interrupts = NIL;
static bool pending_wake = false;

static void
wake_workers(void)
{
	TvShared   *all = tv_shmem();
	bool		served = false;

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < all->slot_count; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid == 0 || slot->database != MyDatabaseId || slot->session)
			continue;
		served = true;
		SetLatch(slot->latch);
	}
	if (!served)
		note(all, MyDatabaseId, TV_NOTE_WANTED);
	LWLockRelease(&all->lock);
}

/* The lock is held; false: no worker serves the database. */
bool
tv_slot_wake_sleeper(TvShared *all, Oid database)
{
	TvSlot	   *sleeper = NULL;
	bool		served = false;

	for (int i = 0; i < all->slot_count; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid == 0 || slot->database != database || slot->session)
			continue;
		served = true;
		if (slot->woken)
			return true;
		if (sleeper == NULL && slot->sleeps)
			sleeper = slot;
	}
	if (sleeper != NULL)
	{
		sleeper->sleeps = false;
		sleeper->woken = true;
		SetLatch(sleeper->latch);
	}
	return served;
}

void
tv_slot_sleep(TvSlot *slot)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	slot->sleeps = true;
	LWLockRelease(&shared->lock);
}

void
tv_slot_awake(TvSlot *slot)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	slot->sleeps = slot->woken = false;
	LWLockRelease(&shared->lock);
}

void
tv_wake_one(void)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	if (!tv_slot_wake_sleeper(all, MyDatabaseId))
		note(all, MyDatabaseId, TV_NOTE_WANTED);
	LWLockRelease(&all->lock);
}

static void
wake_told(bool all)
{
	if (all)
		wake_workers();
	else
		tv_wake_one();
}

void
tv_slot_interrupt(int64 experiment, int64 claim)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < all->slot_count; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid == 0 || slot->database != MyDatabaseId ||
			slot->experiment != experiment || slot->claim != claim)
			continue;
		slot->interrupt = true;
		if (slot->pid != MyProcPid)
			kill(slot->pid, SIGINT);
	}
	LWLockRelease(&all->lock);
}

static void
at_xact(XactEvent event, void *arg)
{
	List	   *interrupts = pending_interrupts;
	bool		wake = pending_wake;
	ListCell   *cell;

	switch (event)
	{
		case XACT_EVENT_COMMIT:
			/* The rows are visible to others from here on. */
			pending_interrupts = NIL;
			pending_wake = false;
			if (wake)
				wake_workers();
			foreach(cell, interrupts)
				tv_slot_interrupt(((Pending *) lfirst(cell))->experiment, ((Pending *) lfirst(cell))->claim);
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			/* After COMMIT PREPARED the workers find the rows when they next look. */
			pending_interrupts = NIL;
			pending_wake = false;
			break;
		default:
			break;
	}
}

/* What a rolled back savepoint cancelled is not cancelled. */
static void
at_subxact(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	ListCell   *cell;

	if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		foreach(cell, pending_interrupts)
			if (((Pending *) lfirst(cell))->subxact == mine)
				((Pending *) lfirst(cell))->subxact = parent;
	}
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		foreach(cell, pending_interrupts)
			if (((Pending *) lfirst(cell))->subxact == mine)
				pending_interrupts = foreach_delete_current(pending_interrupts, cell);
	}
}

static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	(void) tv_shmem();			/* not for the first time in a commit */
	RegisterXactCallback(at_xact, NULL);
	RegisterSubXactCallback(at_subxact, NULL);
	registered = true;
}

void
tv_wake_at_commit(void)
{
	register_callbacks();
	pending_wake = true;
}

void
tv_interrupt_at_commit(int64 experiment, int64 claim)
{
	MemoryContext caller;
	Pending    *pending;

	register_callbacks();
	caller = MemoryContextSwitchTo(TopTransactionContext);
	pending = palloc(sizeof(Pending));
	pending->experiment = experiment;
	pending->claim = claim;
	pending->subxact = GetCurrentSubTransactionId();
	pending_interrupts = lappend(pending_interrupts, pending);
	MemoryContextSwitchTo(caller);
}
