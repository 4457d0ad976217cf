/*
 * start.c: tv_start_worker(): a worker without preloading.
 *
 * The server itself starts it again when it ends by a crash, or to make way for a
 * statement that needs the database free; see leave.h for when it does not.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#include "bridge/access/owner.h"
#include "bridge/access/roles.h"
#include "bridge/server/error.h"
#include "worker/loop.h"
#include "worker/shmem.h"

#define RESTART_S 1
#define LOOK_EVERY_MS 10
#define LOOK_MS 10000

PG_FUNCTION_INFO_V1(tv_start_worker);

/*
 * Until tv_stop_worker() would find it.  Not for ever: it waits itself where this
 * transaction has locked the database.
 */
static void
wait_until_it_serves(BackgroundWorkerHandle *handle, pid_t pid)
{
	TimestampTz began = GetCurrentTimestamp();
	TvSlot		slot;

	while (!tv_slot_look(pid, &slot) && !TimestampDifferenceExceeds(began, GetCurrentTimestamp(), LOOK_MS))
	{
		CHECK_FOR_INTERRUPTS();
		if (GetBackgroundWorkerPid(handle, &pid) != BGWH_STARTED)
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 LOOK_EVERY_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

Datum
tv_start_worker(PG_FUNCTION_ARGS)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	pid_t		pid;

	tv_require_admin();
	tv_require_tables();
	(void) tv_owner_require();
	if (IsBinaryUpgrade)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no worker starts while the server is being upgraded")));
	/* It would be waited for until the server is promoted. */
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no worker starts on a standby")));
	tv_database_start(MyDatabaseId);

	tv_worker_describe(&worker, MyDatabaseId, RESTART_S);
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
	wait_until_it_serves(handle, pid);
	PG_RETURN_INT32(pid);
}
