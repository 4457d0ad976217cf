/*
 * hand_back.c: an experiment whose process is ended while it runs it; see hand_back.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "worker/hand_back.h"
#include "worker/outcome.h"

static const TvJob *in_hand = NULL;

/* What tv_outcome_fail() reads of it, in memory that outlives the transaction. */
static TvJob *
copy_job(const TvJob *job)
{
	TvJob	   *copy = MemoryContextAlloc(TopMemoryContext, sizeof(TvJob));

	*copy = *job;
	copy->kind = MemoryContextStrdup(TopMemoryContext, job->kind);
	return copy;
}

/* Whether row and table are free; then they are locked until the transaction ends. */
static bool
is_free(const TvJob *job)
{
	Oid			schema = get_namespace_oid("timevmaps", true);
	Oid			table = OidIsValid(schema) ? get_relname_relid("experiments", schema) : InvalidOid;

	return OidIsValid(table) && ConditionalLockRelationOid(table, RowExclusiveLock) &&
		tv_outcome_lock_if_free(job);
}

static void
hand_back_unit(TvRunner *runner, void *arg)
{
	TvJob	   *job = arg;

	if (is_free(job))
		tv_outcome_hand_back(job);
}

/* An error here ends the process in turn, and what is left of its end is gone through. */
static void
at_exit(int code, Datum arg)
{
	TvRunner	runner = {0};
	TvJob	   *job;

	if (in_hand == NULL)
		return;
	job = copy_job(in_hand);
	in_hand = NULL;
	AbortOutOfAnyTransaction();
	/* Nor does it wait for a standby. */
	SetConfigOption("synchronous_commit", "local", PGC_USERSET, PGC_S_SESSION);
	runner.job = TopMemoryContext;
	(void) tv_unit(&runner, hand_back_unit, job);
}

void
tv_hand_back(const TvJob *job)
{
	static bool registered = false;

	if (!registered)
		before_shmem_exit(at_exit, (Datum) 0);
	registered = true;
	in_hand = job;
}
