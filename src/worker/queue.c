/*
 * queue.c: the experiments table as a queue; see queue.h.
 *
 * The status machine itself is a trigger of the table (sql/tables/060-queue.sql):
 * a wrong move fails there, also one of ours.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "bridge/access/quota.h"
#include "bridge/experiment/kinds.h"
#include "bridge/server/error.h"
#include "worker/clock.h"
#include "worker/counters.h"
#include "worker/events.h"
#include "worker/outcome.h"
#include "worker/queue.h"
#include "worker/runners.h"

/* ------------------------------------------------------------ alive or not */

static void
lock_tag(LOCKTAG *tag, int64 experiment)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (experiment >> 32), (uint32) experiment, 3);
}

static bool
lock_experiment(int64 experiment)
{
	LOCKTAG		tag;

	lock_tag(&tag, experiment);
	switch (LockAcquire(&tag, ExclusiveLock, true, true))
	{
		case LOCKACQUIRE_OK:
			return true;
		case LOCKACQUIRE_ALREADY_HELD:
			/* By this session, which now holds it twice. */
			(void) LockRelease(&tag, ExclusiveLock, true);
			return false;
		default:
			return false;
	}
}

static void
unlock_experiment(int64 experiment)
{
	LOCKTAG		tag;

	lock_tag(&tag, experiment);
	(void) LockRelease(&tag, ExclusiveLock, true);
}

void
tv_queue_release(const TvJob *job)
{
	unlock_experiment(job->id);
}

/* ------------------------------------------------------------------- claim */

typedef struct Claim
{
	TvJob	   *job;
	TimestampTz look_again;
	bool		held;
	int64		held_id;
} Claim;

static TvStatement select_due = {
	.text = "SELECT e.id, e.claim FROM timevmaps.experiments e"
	" WHERE e.status = 'queued' AND e.run_at <= $1 AND e.id <> ALL ($2)" TV_OURS_TO_RUN
	" ORDER BY e.priority DESC, e.run_at, e.id LIMIT 1 FOR UPDATE SKIP LOCKED",
	.count = 2,.types = {TIMESTAMPTZOID, INT8ARRAYOID}
};

static TvStatement update_claim = {
	.text = "UPDATE timevmaps.experiments e"
	" SET status = 'running', attempts = e.attempts + 1, claim = e.claim + 1, worker_pid = $2"
	" WHERE e.id = $1"
	" RETURNING e.world_id, e.timeline_id, e.gateway_id, e.claim, e.attempts, e.max_attempts,"
	" e.kind, e.params, e.submitted_by, e.submitted_role, e.run_at",
	.count = 2,.types = {INT8OID, INT4OID}
};

static TvStatement delete_frames = {
	.text = "DELETE FROM timevmaps.frames f WHERE f.experiment_id = $1",
	.count = 1,.types = {INT8OID}
};

static TvStatement select_next = {
	.text = "SELECT min(e.run_at) FROM timevmaps.experiments e WHERE e.status = 'queued'" TV_OURS_TO_RUN,
	.count = 0
};

static TvJob *
read_claimed(MemoryContext context, int64 id)
{
	MemoryContext caller;
	TvJob	   *job;
	bool		no_gateway;
	Oid			role;

	caller = MemoryContextSwitchTo(context);
	job = palloc0(sizeof(TvJob));
	job->id = id;
	job->world_id = DatumGetInt64(tv_statement_column(1, NULL));
	job->timeline_id = DatumGetInt64(tv_statement_column(2, NULL));
	job->gateway_id = DatumGetInt64(tv_statement_column(3, &no_gateway));
	if (no_gateway)
		job->gateway_id = 0;
	job->claim = DatumGetInt64(tv_statement_column(4, NULL));
	job->attempts = DatumGetInt32(tv_statement_column(5, NULL));
	job->max_attempts = DatumGetInt32(tv_statement_column(6, NULL));
	job->kind = TextDatumGetCString(tv_statement_column(7, NULL));
	job->params = DatumGetJsonbPCopy(tv_statement_column(8, NULL));
	job->submitted_by = TextDatumGetCString(tv_statement_column(9, NULL));
	job->submitted_role = pstrdup(NameStr(*DatumGetName(tv_statement_column(10, NULL))));
	job->due_at = DatumGetTimestampTz(tv_statement_column(11, NULL));
	job->began = GetCurrentTimestamp();
	role = get_role_oid(job->submitted_role, true);
	job->most_seconds = tv_quota_of(role, job->submitted_by, TV_QUOTA_EXPERIMENT_SECONDS);
	job->circuit_memory = tv_quota_of(role, job->submitted_by, TV_QUOTA_CIRCUIT_MEMORY);
	MemoryContextSwitchTo(caller);
	return job;
}

static void
claim_unit(TvRunner *runner, void *arg)
{
	Claim	   *claim = arg;
	TimestampTz now = tv_clock_now();
	Datum	   *busy = NULL;
	int			busy_count = 0;
	Datum		values[2];
	int64		id = 0;
	TvKind		kind;

	for (;;)
	{
		values[0] = TimestampTzGetDatum(now);
		values[1] = PointerGetDatum(construct_array(busy, busy_count, INT8OID, 8,
													FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
		if (tv_statement(&select_due, values, NULL) == 0)
			break;
		id = DatumGetInt64(tv_statement_column(1, NULL));
		if (lock_experiment(id))
		{
			claim->held = true;
			claim->held_id = id;

			/* Before anyone can see it run, so that no cancel misses its worker. */
			tv_slot_set_experiment(runner->slot, id, DatumGetInt64(tv_statement_column(2, NULL)) + 1);
			break;
		}

		/*
		 * It was cancelled and queued again before its worker noticed, or someone
		 * is just now asking whether it is alive: the next one, and again soon.
		 */
		busy = busy == NULL ? palloc(sizeof(Datum)) : repalloc(busy, sizeof(Datum) * (busy_count + 1));
		busy[busy_count++] = Int64GetDatum(id);
	}
	if (!claim->held)
	{
		bool		none;

		(void) tv_statement(&select_next, NULL, NULL);
		claim->look_again = DatumGetTimestampTz(tv_statement_column(1, &none));
		if (none)
			claim->look_again = DT_NOEND;
		else if (busy_count > 0 || claim->look_again <= now)
			/* Locked by another claimer, or busy. */
			claim->look_again = now + 100 * 1000;
		return;
	}

	values[0] = Int64GetDatum(id);
	values[1] = Int32GetDatum(MyProcPid);
	(void) tv_statement(&update_claim, values, NULL);
	claim->job = read_claimed(runner->job, id);
	if (claim->job->claim > 1)
		(void) tv_statement(&delete_frames, values, NULL);
	if (tv_kind_find(claim->job->kind, &kind) && tv_runners[kind].claimed != TV_TOPIC_NONE)
		tv_events_tell(claim->job, tv_runners[kind].claimed, NULL);
}

TvJob *
tv_queue_claim(TvRunner *runner, TimestampTz *look_again)
{
	Claim		claim = {.look_again = DT_NOEND};
	ErrorData  *error = tv_unit(runner, claim_unit, &claim);

	if (error != NULL)
	{
		if (claim.held)
		{
			tv_slot_set_experiment(runner->slot, 0, 0);
			unlock_experiment(claim.held_id);
		}
		MemoryContextSwitchTo(runner->job);
		tv_rethrow(error);
	}
	*look_again = claim.look_again;
	if (claim.job != NULL)
		tv_count_claim(claim.job->kind, tv_clock_now() - claim.job->due_at);
	return claim.job;
}

/* ----------------------------------------------------------- lost attempts */

static TvStatement select_running = {
	.text = "SELECT e.id FROM timevmaps.experiments e WHERE e.status = 'running'" TV_OURS_TO_RUN
	" ORDER BY e.id",
	.count = 0
};

static TvStatement lock_running = {
	.text = "SELECT e.world_id, e.timeline_id, e.gateway_id, e.claim, e.attempts, e.max_attempts,"
	" e.kind, e.params, e.submitted_by, e.submitted_role, e.run_at"
	" FROM timevmaps.experiments e WHERE e.id = $1 AND e.status = 'running' FOR UPDATE SKIP LOCKED",
	.count = 1,.types = {INT8OID}
};

static TvStatement requeue_lost = {
	.text = "UPDATE timevmaps.experiments e SET status = 'queued' WHERE e.id = $1",
	.count = 1,.types = {INT8OID}
};

static bool
is_alive(int64 id)
{
	if (!lock_experiment(id))
		return true;
	unlock_experiment(id);
	return false;
}

/* How many; of these the last are counted by kind. */
typedef struct Reclaimed
{
	int			count;
	const char *kinds[1024];
} Reclaimed;

static void
reclaim_unit(TvRunner *runner, void *arg)
{
	Reclaimed  *reclaimed = arg;
	uint64		count = tv_statement(&select_running, NULL, NULL);
	SPITupleTable *running = SPI_tuptable;
	Datum		id;
	bool		isnull;
	TvJob	   *job;

	reclaimed->count = 0;
	for (uint64 i = 0; i < count; i++)
	{
		id = SPI_getbinval(running->vals[i], running->tupdesc, 1, &isnull);

		/*
		 * Ask first without locking the row, which would write to it.  Once the
		 * row is locked and still running nobody else can claim it, so the second
		 * answer holds: its lock is free for good.
		 */
		if (is_alive(DatumGetInt64(id)) ||
			tv_statement(&lock_running, &id, NULL) == 0)
			continue;
		job = read_claimed(CurrentMemoryContext, DatumGetInt64(id));
		if (is_alive(job->id))
			continue;
		if (job->attempts < job->max_attempts)
			(void) tv_statement(&requeue_lost, &id, NULL);
		else
			tv_outcome_write_failed(job, "57P01", "the worker was lost in every attempt", NULL,
						 "Queue it again with tv_retry_experiment().");
		reclaimed->kinds[reclaimed->count++ % lengthof(reclaimed->kinds)] = MemoryContextStrdup(runner->job, job->kind);
	}
}

int
tv_queue_reclaim(TvRunner *runner)
{
	Reclaimed	reclaimed;
	ErrorData  *error = tv_unit(runner, reclaim_unit, &reclaimed);

	if (error != NULL)
	{
		MemoryContextSwitchTo(runner->job);
		tv_rethrow(error);
	}
	for (int i = 0; i < Min(reclaimed.count, lengthof(reclaimed.kinds)); i++)
		tv_count_end(reclaimed.kinds[i], TV_OUTCOME_LOST, 0, -1);
	return reclaimed.count;
}
