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

#include "worker/shmem.h"

static TvShared *shared = NULL;
static TvSlot *my_slot = NULL;
static shmem_request_hook_type next_request_hook = NULL;

static void
request_shmem(void)
{
	if (next_request_hook != NULL)
		next_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(TvShared)));
}

void
tv_shmem_request(void)
{
	next_request_hook = shmem_request_hook;
	shmem_request_hook = request_shmem;
}

TvShared *
tv_shmem(void)
{
	bool		found;

	if (shared != NULL)
		return shared;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("timevmaps", sizeof(TvShared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(TvShared));
		LWLockInitialize(&shared->lock, LWLockNewTrancheId());
	}
	LWLockRelease(AddinShmemInitLock);
	LWLockRegisterTranche(shared->lock.tranche, "timevmaps");
	return shared;
}

/* ------------------------------------------------------------------ slots */

static void
release_at_exit(int code, Datum arg)
{
	if (my_slot != NULL)
		tv_slot_release(my_slot);
}

TvSlot *
tv_slot_take(bool session)
{
	static bool registered = false;
	TvShared   *all = tv_shmem();

	if (!registered)
	{
		before_shmem_exit(release_at_exit, (Datum) 0);
		registered = true;
	}
	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < TV_SLOTS && my_slot == NULL; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid != 0)
			continue;
		memset(slot, 0, sizeof(TvSlot));
		slot->pid = MyProcPid;
		slot->database = MyDatabaseId;
		slot->latch = &MyProc->procLatch;
		slot->started_at = GetCurrentTimestamp();
		slot->session = session;
		my_slot = slot;
	}
	LWLockRelease(&all->lock);
	return my_slot;
}

void
tv_slot_release(TvSlot *slot)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	memset(slot, 0, sizeof(TvSlot));
	LWLockRelease(&shared->lock);
	my_slot = NULL;
}

void
tv_slot_set_experiment(TvSlot *slot, int64 experiment)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (slot->experiment != 0 && experiment == 0)
		slot->done++;
	slot->experiment = experiment;
	slot->experiment_at = experiment != 0 ? GetCurrentTimestamp() : 0;
	slot->interrupt = 0;
	LWLockRelease(&shared->lock);

	/*
	 * Who interrupts sends the signal under the lock.  A signal is delivered at
	 * the latest on the way back from a system call, so after this one none for
	 * the experiment before is on its way.
	 */
	(void) getppid();
}

bool
tv_slot_interrupted(TvSlot *slot)
{
	bool		result;

	LWLockAcquire(&shared->lock, LW_SHARED);
	result = slot->interrupt != 0 && slot->interrupt == slot->experiment;
	LWLockRelease(&shared->lock);
	return result;
}

int
tv_slot_stop(Oid database, pid_t pid)
{
	TvShared   *all = tv_shmem();
	int			told = 0;

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < TV_SLOTS; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid == 0 || slot->session ||
			(OidIsValid(database) ? slot->database != database : slot->pid != pid))
			continue;
		slot->stop = true;
		SetLatch(slot->latch);
		if (slot->experiment != 0)
			kill(slot->pid, SIGINT);
		told++;
	}
	LWLockRelease(&all->lock);
	return told;
}

bool
tv_slot_serves(Oid database)
{
	TvShared   *all = tv_shmem();
	bool		served = false;

	LWLockAcquire(&all->lock, LW_SHARED);
	for (int i = 0; i < TV_SLOTS && !served; i++)
		served = all->slots[i].pid != 0 && !all->slots[i].session && all->slots[i].database == database;
	LWLockRelease(&all->lock);
	return served;
}

/* --------------------------------------------------------------- counters */

TvCounters *
tv_counters(TvShared *all, Oid database, bool create)
{
	TvCounters *free_entry = NULL;

	for (int i = 0; i < TV_DATABASES; i++)
	{
		if (all->counters[i].database == database)
			return &all->counters[i];
		if (free_entry == NULL && all->counters[i].database == InvalidOid)
			free_entry = &all->counters[i];
	}
	if (create && free_entry != NULL)
		free_entry->database = database;
	return create ? free_entry : NULL;
}

void
tv_count_outcome(TvOutcome outcome, int64 run_us)
{
	TvCounters *counters;

	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	counters = tv_counters(shared, MyDatabaseId, true);
	if (counters != NULL)
	{
		counters->run_us += run_us;
		counters->finished += outcome == TV_OUTCOME_FINISHED;
		counters->failed += outcome == TV_OUTCOME_FAILED;
		counters->retried += outcome == TV_OUTCOME_RETRIED;
		counters->cancelled += outcome == TV_OUTCOME_CANCELLED;
		counters->lost += outcome == TV_OUTCOME_LOST;
	}
	LWLockRelease(&shared->lock);
}

void
tv_count_frames(int64 frames)
{
	TvCounters *counters;

	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	counters = tv_counters(shared, MyDatabaseId, true);
	if (counters != NULL)
		counters->frames += frames;
	LWLockRelease(&shared->lock);
}

/* -------------------------------------------------------- waking at commit */

typedef struct Pending
{
	int64		experiment;
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
	for (int i = 0; i < TV_SLOTS; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid == 0 || slot->database != MyDatabaseId || slot->session)
			continue;
		served = true;
		SetLatch(slot->latch);
	}
	if (!served && all->launcher != NULL)
	{
		TvCounters *counters = tv_counters(all, MyDatabaseId, true);

		if (counters != NULL)
			counters->wanted = true;
		SetLatch(all->launcher);
	}
	LWLockRelease(&all->lock);
}

static void
interrupt_worker(int64 experiment)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < TV_SLOTS; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid == 0 || slot->database != MyDatabaseId || slot->experiment != experiment)
			continue;
		slot->interrupt = experiment;
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
				interrupt_worker(((Pending *) lfirst(cell))->experiment);
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
tv_interrupt_at_commit(int64 experiment)
{
	MemoryContext caller;
	Pending    *pending;

	register_callbacks();
	caller = MemoryContextSwitchTo(TopTransactionContext);
	pending = palloc(sizeof(Pending));
	pending->experiment = experiment;
	pending->subxact = GetCurrentSubTransactionId();
	pending_interrupts = lappend(pending_interrupts, pending);
	MemoryContextSwitchTo(caller);
}
