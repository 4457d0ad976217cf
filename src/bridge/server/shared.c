/*
 * shared.c: memory that all sessions share; see shared.h.
 */
#include "postgres.h"

#include "storage/lwlock.h"
#include "storage/shmem.h"

#include "bridge/server/shared.h"

void *
tv_shared_attach(const char *name, Size size, void (*begin) (void *memory))
{
	bool		found;
	LWLock	   *lock;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	lock = ShmemInitStruct(name, size, &found);
	if (!found)
	{
		memset(lock, 0, size);
		if (begin != NULL)
			begin(lock);
		LWLockInitialize(lock, LWLockNewTrancheId());
	}
	LWLockRelease(AddinShmemInitLock);
	LWLockRegisterTranche(lock->tranche, name);
	return lock;
}
