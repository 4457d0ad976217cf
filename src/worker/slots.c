/*
 * slots.c: who works where on what; see shmem.h.
 */
#include "postgres.h"

#include <signal.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"

#include "worker/shmem.h"

static TvSlot *my_slot = NULL;

static void
release_at_exit(int code, Datum arg)
{
	if (my_slot != NULL)
		tv_slot_release(my_slot);
}

/* A free slot, in shared memory that the caller has locked; NULL: there is none for this process. */
static TvSlot *
find_free(bool session)
{
	TvSlot	   *free_slot = NULL;
	int			alike = 0;

	for (int i = 0; i < tv_shmem()->slot_count; i++)
	{
		TvSlot	   *slot = &tv_shmem()->slots[i];

		if (slot->pid == 0)
			free_slot = free_slot != NULL ? free_slot : slot;
		else if (slot->session == session)
			alike++;
	}
	return session && alike >= TV_SESSION_SLOTS ? NULL : free_slot;
}

TvSlot *
tv_slot_take(bool session)
{
	static bool registered = false;
	TvShared   *all = tv_shmem();
	TvSlot	   *slot;

	if (!registered)
	{
		before_shmem_exit(release_at_exit, (Datum) 0);
		registered = true;
	}
	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	slot = find_free(session);
	if (slot != NULL)
	{
		memset(slot, 0, sizeof(TvSlot));
		slot->pid = MyProcPid;
		slot->database = MyDatabaseId;
		slot->latch = &MyProc->procLatch;
		slot->started_at = slot->idle_at = GetCurrentTimestamp();
		slot->session = session;
		my_slot = slot;
	}
	LWLockRelease(&all->lock);
	return slot;
}

void
tv_slot_release(TvSlot *slot)
{
	Oid			database;

	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	for (int i = 0; i < tv_shmem()->slot_count && slot->experiment != 0; i++)
	{
		TvSlot	   *other = &tv_shmem()->slots[i];

		if (other == slot || other->pid == 0 || other->database != slot->database || other->session)
			continue;
		other->lost = true;
		SetLatch(other->latch);
	}
	database = slot->database;
	memset(slot, 0, sizeof(TvSlot));
	/* What it was woken for another does. */
	(void) tv_slot_wake_sleeper(tv_shmem(), database);
	LWLockRelease(&tv_shmem()->lock);
	my_slot = NULL;
}

void
tv_slot_end(TvSlot *slot)
{
	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	if (slot->experiment != 0)
		slot->done++;
	slot->experiment = 0;
	slot->claim = 0;
	memset(&slot->progress, 0, sizeof(slot->progress));
	slot->idle_at = GetCurrentTimestamp();
	slot->world = 0;
	slot->interrupt = false;
	slot->suspect = false;
	LWLockRelease(&tv_shmem()->lock);

	/*
	 * Who interrupts sends the signal under the lock.  A signal is delivered at
	 * the latest on the way back from a system call, so after this one none for
	 * the experiment before is on its way.
	 */
	(void) getppid();
}

void
tv_slot_done(TvSlot *slot, int experiments)
{
	LWLockAcquire(&tv_shmem()->lock, LW_EXCLUSIVE);
	slot->done += experiments;
	slot->idle_at = GetCurrentTimestamp();
	LWLockRelease(&tv_shmem()->lock);
}

bool
tv_slot_interrupted(TvSlot *slot)
{
	bool		result;

	LWLockAcquire(&tv_shmem()->lock, LW_SHARED);
	result = slot->interrupt;
	LWLockRelease(&tv_shmem()->lock);
	return result;
}

int
tv_slot_stop(Oid database, pid_t pid)
{
	TvShared   *all = tv_shmem();
	int			told = 0;

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < all->slot_count; i++)
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

void
tv_slot_yield(pid_t pid)
{
	TvShared   *all = tv_shmem();

	LWLockAcquire(&all->lock, LW_EXCLUSIVE);
	for (int i = 0; i < all->slot_count; i++)
	{
		TvSlot	   *slot = &all->slots[i];

		if (slot->pid != pid || slot->session)
			continue;
		slot->yield = true;
		SetLatch(slot->latch);
	}
	LWLockRelease(&all->lock);
}

bool
tv_slot_look(pid_t pid, TvSlot *copy)
{
	TvShared   *all = tv_shmem();
	bool		found = false;

	LWLockAcquire(&all->lock, LW_SHARED);
	for (int i = 0; i < all->slot_count && !found; i++)
	{
		found = all->slots[i].pid == pid && !all->slots[i].session;
		if (found)
			*copy = all->slots[i];
	}
	LWLockRelease(&all->lock);
	return found;
}

bool
tv_slot_serves(Oid database)
{
	TvShared   *all = tv_shmem();
	bool		served = false;

	LWLockAcquire(&all->lock, LW_SHARED);
	for (int i = 0; i < all->slot_count && !served; i++)
		served = all->slots[i].pid != 0 && !all->slots[i].session && all->slots[i].database == database;
	LWLockRelease(&all->lock);
	return served;
}

int
tv_slots_running(int64 *experiments)
{
	TvShared   *all = tv_shmem();
	int			count = 0;

	LWLockAcquire(&all->lock, LW_SHARED);
	for (int i = 0; i < all->slot_count; i++)
		if (all->slots[i].pid != 0 && all->slots[i].database == MyDatabaseId && all->slots[i].experiment != 0)
			experiments[count++] = all->slots[i].experiment;
	LWLockRelease(&all->lock);
	return count;
}
