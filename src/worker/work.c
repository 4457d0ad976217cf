/*
 * work.c: CALL tv_work(n): experiments in the caller's session, for servers that
 * allow no background worker, and for tests.
 *
 * It commits between experiments, so it cannot run inside a transaction block.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#include "bridge/access/owner.h"
#include "bridge/access/roles.h"
#include "bridge/server/error.h"
#include "worker/audit.h"
#include "worker/hand_back.h"
#include "worker/notifier.h"
#include "worker/owed.h"
#include "worker/partitions.h"
#include "worker/queue.h"
#include "worker/run.h"
#include "worker/suspect.h"
#include "worker/turns.h"

PG_FUNCTION_INFO_V1(tv_work);

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

/* Something runs alone, or will. */
static void
wait_a_moment(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, TV_SUSPECT_LOOK_MS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
}

Datum
tv_work(PG_FUNCTION_ARGS)
{
	TvRunner	runner = {.procedure = true};
	ErrorData  *own = NULL;
	TimestampTz look_again;
	int			ended = 0;
	int			n;

	/* The submitter's reads would be those of whoever the session's token names. */
	tv_require_own_session("experiments are not run");
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("tv_work() commits, so it cannot run inside a transaction block"),
				 errhint("Call it as a statement of its own.")));
	tv_require_admin();
	tv_require_tables();
	(void) tv_owner_require();
	if (PG_ARGISNULL(0) || (n = PG_GETARG_INT32(0)) < 0)
		tv_report_invalid("n", "not a number of experiments", NULL, NULL);

	runner.job = AllocSetContextCreate(CurrentMemoryContext, "timevmaps job", ALLOCSET_DEFAULT_SIZES);
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	runner.slot = tv_slot_take(true);
	if (runner.slot == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("too many sessions in tv_work()"),
				 errdetail("At most %d run at once.", TV_SESSION_SLOTS)));
	PG_TRY();
	{
		/* Each unit then has a transaction that has not read anything yet. */
		if (XactIsoLevel != XACT_READ_COMMITTED)
			SPI_commit();
		(void) tv_queue_reclaim(&runner);
		for (int i = 0; i < n && own == NULL;)
		{
			TvJob	   *job;

			CHECK_FOR_INTERRUPTS();
			MemoryContextReset(runner.job);
			job = tv_queue_claim(&runner, n - i, &look_again, &ended);
			if (job == NULL && ended == 0 && !tv_suspect_waits(runner.slot))
			{
				/* What nobody was told of, too. */
				tv_turns_forget();
				job = tv_queue_claim(&runner, n - i, &look_again, &ended);
			}
			if (job == NULL && ended == 0 && tv_suspect_waits(runner.slot))
			{
				wait_a_moment();
				continue;
			}
			if (job != NULL)
				own = tv_run_job(&runner, job);
			else if (ended == 0)
				break;
			tv_notifier_finish(&runner);
			i += Max(ended, 1);
		}
		tv_owed_settle(&runner, true);
		if (own == NULL)
			own = tv_unit(&runner, events_unit, NULL);
		if (own == NULL)
			own = tv_unit(&runner, positions_unit, NULL);
		if (own == NULL)
			own = tv_unit(&runner, tv_audit_unit, NULL);
	}
	PG_FINALLY();
	{
		tv_hand_back(NULL);
		tv_slot_release(runner.slot);
	}
	PG_END_TRY();
	if (own != NULL)
		tv_rethrow(own);
	SPI_finish();
	PG_RETURN_VOID();
}
