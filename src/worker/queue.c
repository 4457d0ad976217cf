/*
 * queue.c: the experiments table as a queue; see queue.h.
 *
 * The status machine itself is a trigger of the table (sql/tables/060-queue.sql):
 * a wrong move fails there, also one of ours.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "bridge/server/error.h"
#include "worker/clock.h"
#include "worker/queue.h"

/* Messages of other people's code may be long, and JSON may escape every byte. */
#define NOTIFY_MESSAGE_MAX 1000

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

/* ------------------------------------------------------------------ events */

void
tv_queue_notify(const TvJob *job, const char *topic, const char *more)
{
	char		channel[NAMEDATALEN];
	StringInfoData ids;

	initStringInfo(&ids);
	appendStringInfo(&ids, "{\"experiment_id\": %lld, \"world_id\": %lld, \"timeline_id\": %lld, \"kind\": ",
					 (long long) job->id, (long long) job->world_id, (long long) job->timeline_id);
	escape_json(&ids, job->kind);
	Async_Notify(topic, psprintf("%s%s}", ids.data, more));
	snprintf(channel, sizeof(channel), "tv_live_%lld_%lld",
			 (long long) job->world_id, (long long) job->timeline_id);
	Async_Notify(channel, psprintf("%s, \"topic\": \"%s\"%s}", ids.data, topic, more));
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
	.text = "SELECT e.id FROM timevmaps.experiments e"
	" WHERE e.status = 'queued' AND e.run_at <= $1 AND e.id <> ALL ($2)" TV_OURS_TO_RUN
	" ORDER BY e.priority DESC, e.run_at, e.id LIMIT 1 FOR UPDATE SKIP LOCKED",
	.count = 2,.types = {TIMESTAMPTZOID, INT8ARRAYOID}
};

static TvStatement update_claim = {
	.text = "UPDATE timevmaps.experiments e"
	" SET status = 'running', attempts = e.attempts + 1, claim = e.claim + 1, worker_pid = $2"
	" WHERE e.id = $1"
	" RETURNING e.world_id, e.timeline_id, e.gateway_id, e.claim, e.attempts, e.max_attempts,"
	" e.kind, e.params, e.submitted_by, e.submitted_role",
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

static Datum
column(int number, bool *isnull)
{
	bool		ignored;

	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, number,
						 isnull != NULL ? isnull : &ignored);
}

static TvJob *
read_claimed(MemoryContext context, int64 id)
{
	MemoryContext caller;
	TvJob	   *job;
	bool		no_gateway;

	caller = MemoryContextSwitchTo(context);
	job = palloc0(sizeof(TvJob));
	job->id = id;
	job->world_id = DatumGetInt64(column(1, NULL));
	job->timeline_id = DatumGetInt64(column(2, NULL));
	job->gateway_id = DatumGetInt64(column(3, &no_gateway));
	if (no_gateway)
		job->gateway_id = 0;
	job->claim = DatumGetInt64(column(4, NULL));
	job->attempts = DatumGetInt32(column(5, NULL));
	job->max_attempts = DatumGetInt32(column(6, NULL));
	job->kind = TextDatumGetCString(column(7, NULL));
	job->params = DatumGetJsonbPCopy(column(8, NULL));
	job->submitted_by = TextDatumGetCString(column(9, NULL));
	job->submitted_role = pstrdup(NameStr(*DatumGetName(column(10, NULL))));
	job->began = GetCurrentTimestamp();
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

	for (;;)
	{
		values[0] = TimestampTzGetDatum(now);
		values[1] = PointerGetDatum(construct_array(busy, busy_count, INT8OID, 8,
													FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
		if (tv_statement(&select_due, values, NULL) == 0)
			break;
		id = DatumGetInt64(column(1, NULL));
		if (lock_experiment(id))
		{
			claim->held = true;
			claim->held_id = id;

			/* Before anyone can see it run, so that no cancel misses its worker. */
			tv_slot_set_experiment(runner->slot, id);
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
		claim->look_again = DatumGetTimestampTz(column(1, &none));
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
	if (claim->job->claim == 1)
		tv_queue_notify(claim->job, "tv_experiment_submitted", "");
	if (strcmp(claim->job->kind, "route") == 0)
		tv_queue_notify(claim->job, "tv_route_requested", "");
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
			tv_slot_set_experiment(runner->slot, 0);
			unlock_experiment(claim.held_id);
		}
		MemoryContextSwitchTo(runner->job);
		tv_rethrow(error);
	}
	*look_again = claim.look_again;
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
	" e.kind, e.params, e.submitted_by, e.submitted_role"
	" FROM timevmaps.experiments e WHERE e.id = $1 AND e.status = 'running' FOR UPDATE SKIP LOCKED",
	.count = 1,.types = {INT8OID}
};

static TvStatement requeue_lost = {
	.text = "UPDATE timevmaps.experiments e SET status = 'queued' WHERE e.id = $1",
	.count = 1,.types = {INT8OID}
};

static TvStatement update_failed = {
	.text = "UPDATE timevmaps.experiments e SET status = 'failed', error = $2::jsonb WHERE e.id = $1",
	.count = 2,.types = {INT8OID, TEXTOID}
};

static char *
error_as_json(const char *sqlstate, const char *message, const char *detail, const char *hint)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"sqlstate\": ");
	escape_json(&json, sqlstate);
	appendStringInfoString(&json, ", \"message\": ");
	escape_json(&json, message != NULL ? message : "");
	if (detail != NULL)
	{
		appendStringInfoString(&json, ", \"detail\": ");
		escape_json(&json, detail);
	}
	if (hint != NULL)
	{
		appendStringInfoString(&json, ", \"hint\": ");
		escape_json(&json, hint);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

static void
write_failed(const TvJob *job, const char *sqlstate, const char *message, const char *detail,
			 const char *hint)
{
	Datum		values[2];
	StringInfoData more;

	values[0] = Int64GetDatum(job->id);
	values[1] = CStringGetTextDatum(error_as_json(sqlstate, message, detail, hint));
	(void) tv_statement(&update_failed, values, NULL);

	initStringInfo(&more);
	appendStringInfo(&more, ", \"sqlstate\": \"%s\", \"message\": ", sqlstate);
	message = message != NULL ? message : "";
	escape_json(&more, pnstrdup(message, pg_mbcliplen(message, strlen(message), NOTIFY_MESSAGE_MAX)));
	tv_queue_notify(job, "tv_error", more.data);
	tv_queue_notify(job, "tv_sim_finished", ", \"status\": \"failed\"");
}

static bool
is_alive(int64 id)
{
	if (!lock_experiment(id))
		return true;
	unlock_experiment(id);
	return false;
}

static void
reclaim_unit(TvRunner *runner, void *arg)
{
	int		   *reclaimed = arg;
	uint64		count = tv_statement(&select_running, NULL, NULL);
	SPITupleTable *running = SPI_tuptable;
	Datum		id;
	bool		isnull;
	TvJob	   *job;

	*reclaimed = 0;
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
			write_failed(job, "57P01", "the worker was lost in every attempt", NULL,
						 "Queue it again with tv_retry_experiment().");
		(*reclaimed)++;
	}
}

int
tv_queue_reclaim(TvRunner *runner)
{
	int			reclaimed = 0;
	ErrorData  *error = tv_unit(runner, reclaim_unit, &reclaimed);

	if (error != NULL)
	{
		MemoryContextSwitchTo(runner->job);
		tv_rethrow(error);
	}
	for (int i = 0; i < reclaimed; i++)
		tv_count_outcome(TV_OUTCOME_LOST, 0);
	return reclaimed;
}

/* ----------------------------------------------------------------- the end */

static TvStatement lock_ours = {
	.text = "SELECT 1 FROM timevmaps.experiments e"
	" WHERE e.id = $1 AND e.claim = $2 AND e.status = 'running' FOR UPDATE",
	.count = 2,.types = {INT8OID, INT8OID}
};

static TvStatement lock_ours_if_free = {
	.text = "SELECT 1 FROM timevmaps.experiments e"
	" WHERE e.id = $1 AND e.claim = $2 AND e.status = 'running' FOR UPDATE SKIP LOCKED",
	.count = 2,.types = {INT8OID, INT8OID}
};

static TvStatement insert_result = {
	.text = "INSERT INTO timevmaps.results (experiment_id, world_id, metrics, artifacts, setup_hash, summary)"
	" VALUES ($1, $2, $3::jsonb || coalesce($7, '{}'), $4::jsonb, $5, coalesce($6, '{}'))",
	.count = 7,.types = {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, JSONBOID}
};

/* Run as the submitter, who is told about the runs that he may see. */
static TvStatement compare_runs = {
	.text = "SELECT s.setup_hash, s.summary,"
	" jsonb_build_object('anomaly', timevmaps.tv_anomaly($1, s.setup_hash, s.summary))"
	" FROM (SELECT timevmaps.tv_setup_hash($2, $3, $4) AS setup_hash,"
	" timevmaps.tv_run_summary($5::jsonb) AS summary) s",
	.count = 5,.types = {INT8OID, TEXTOID, JSONBOID, TEXTOID, TEXTOID}
};

/* Run as the submitter, whose rights on the gateway decide. */
static TvStatement update_gateway = {
	.text = "UPDATE timevmaps.gateways g SET fidelity = $2, measured_at = clock_timestamp() WHERE g.id = $1",
	.count = 2,.types = {INT8OID, FLOAT8OID}
};

/* The row locked above says whether the gateway is still there. */
static TvStatement select_gateway = {
	.text = "SELECT e.gateway_id FROM timevmaps.experiments e WHERE e.id = $1",
	.count = 1,.types = {INT8OID}
};

static TvStatement update_finished = {
	.text = "UPDATE timevmaps.experiments e SET status = 'finished' WHERE e.id = $1",
	.count = 1,.types = {INT8OID}
};

static bool
lock_row(TvJob *job)
{
	Datum		values[2];

	values[0] = Int64GetDatum(job->id);
	values[1] = Int64GetDatum(job->claim);
	if (tv_statement(&lock_ours, values, NULL) == 0)
		job->gone = true;
	return !job->gone;
}

bool
tv_queue_lock_if_free(const TvJob *job)
{
	Datum		values[2] = {Int64GetDatum(job->id), Int64GetDatum(job->claim)};

	return tv_statement(&lock_ours_if_free, values, NULL) > 0;
}

static void
measure_gateway(TvJob *job, double fidelity)
{
	Datum		values[2];
	bool		deleted;
	TvIdentity	worker;

	values[0] = Int64GetDatum(job->id);
	(void) tv_statement(&select_gateway, values, NULL);
	(void) column(1, &deleted);
	if (deleted)
		return;
	values[0] = Int64GetDatum(job->gateway_id);
	values[1] = Float8GetDatum(fidelity);
	tv_submitter_enter(&worker, job->submitted_role, job->submitted_by);
	if (tv_statement(&update_gateway, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the submitter may not measure this gateway"),
				 errdetail("Gateway %lld joins worlds that %s does not edit.",
						   (long long) job->gateway_id, job->submitted_by)));
	tv_submitter_leave(&worker);
}

/* What a circuit's run is compared with others by, and how it compares, into an insertion's values. */
static void
compare(const TvJob *job, const TvResult *result, Datum *values, bool *nulls)
{
	TvIdentity	worker;
	Datum		arguments[5];

	arguments[0] = Int64GetDatum(job->world_id);
	arguments[1] = CStringGetTextDatum(job->kind);
	arguments[2] = JsonbPGetDatum(job->params);
	arguments[3] = CStringGetTextDatum(result->hash);
	arguments[4] = CStringGetTextDatum(result->metrics);
	tv_submitter_enter(&worker, job->submitted_role, job->submitted_by);
	(void) tv_statement(&compare_runs, arguments, NULL);
	for (int i = 0; i < 3; i++)
		values[4 + i] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &nulls[4 + i]);
	tv_submitter_leave(&worker);
}

void
tv_queue_finish(TvRunner *runner, TvJob *job, const TvResult *result)
{
	Datum		values[7];
	bool		nulls[7] = {false, false, false, false, true, true, true};

	if (!lock_row(job))
		ereport(ERROR,
				(errcode(TV_ERRCODE_GONE),
				 errmsg("the experiment was cancelled or claimed by another")));
	values[0] = Int64GetDatum(job->id);
	values[1] = Int64GetDatum(job->world_id);
	values[2] = CStringGetTextDatum(result->metrics);
	values[3] = CStringGetTextDatum(result->artifacts);
	if (result->hash != NULL)
		compare(job, result, values, nulls);
	(void) tv_statement(&insert_result, values, nulls);
	if (job->gateway_id != 0 && result->has_fidelity)
		measure_gateway(job, result->fidelity);
	(void) tv_statement(&update_finished, values, NULL);
	tv_queue_notify(job, "tv_sim_finished", ", \"status\": \"finished\"");
}

typedef struct Failure
{
	TvJob	   *job;
	const ErrorData *error;
	bool		uncounted;
	TvOutcome	outcome;
} Failure;

static TvStatement requeue_retry = {
	.text = "UPDATE timevmaps.experiments e SET status = 'queued', run_at = $2, error = $3::jsonb,"
	" attempts = e.attempts - $4 WHERE e.id = $1",
	.count = 4,.types = {INT8OID, TIMESTAMPTZOID, TEXTOID, INT4OID}
};

/* What another attempt may not meet again: conflicts with others, and the server's end. */
static bool
is_retryable(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_TRANSACTION_ROLLBACK ||
		sqlstate == ERRCODE_LOCK_NOT_AVAILABLE ||
		sqlstate == ERRCODE_ADMIN_SHUTDOWN ||
		sqlstate == ERRCODE_CRASH_SHUTDOWN ||
		sqlstate == ERRCODE_TOO_MANY_CONNECTIONS;
}

/* Without an error the attempt does not count, and the next one is due at once. */
static void
requeue(const TvJob *job, const char *error)
{
	TimestampTz delay = error != NULL ? tv_clock_backoff_ms(job->attempts, job->id) * 1000 : 0;
	Datum		values[4];
	bool		nulls[4] = {false, false, error == NULL, false};

	values[0] = Int64GetDatum(job->id);
	values[1] = TimestampTzGetDatum(tv_clock_now() + delay);
	values[2] = error != NULL ? CStringGetTextDatum(error) : (Datum) 0;
	values[3] = Int32GetDatum(error == NULL ? 1 : 0);
	(void) tv_statement(&requeue_retry, values, nulls);
}

void
tv_queue_hand_back(const TvJob *job)
{
	requeue(job, NULL);
}

static void
fail_unit(TvRunner *runner, void *arg)
{
	Failure    *failure = arg;
	TvJob	   *job = failure->job;
	const ErrorData *error = failure->error;
	char	   *sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));

	if (!lock_row(job))
	{
		failure->outcome = TV_OUTCOME_CANCELLED;
		return;
	}

	/* Without the extension's functions no attempt can end well: it waits for them to come back. */
	if (!OidIsValid(get_extension_oid("timevmaps", true)))
		failure->uncounted = true;
	if (!failure->uncounted &&
		(!is_retryable(error->sqlerrcode) || job->attempts >= job->max_attempts))
	{
		write_failed(job, sqlstate, error->message, error->detail, error->hint);
		failure->outcome = TV_OUTCOME_FAILED;
		return;
	}
	requeue(job, failure->uncounted ? NULL : error_as_json(sqlstate, error->message, error->detail, error->hint));
	failure->outcome = TV_OUTCOME_RETRIED;
}

void
tv_queue_fail(TvRunner *runner, TvJob *job, const ErrorData *error, bool uncounted)
{
	Failure		failure = {job, error, uncounted, TV_OUTCOME_FAILED};
	ErrorData  *trouble;

	job->gone = false;
	trouble = tv_unit(runner, fail_unit, &failure);

	/* Told to end just then: this is what there is to be done before. */
	if (trouble != NULL && trouble->sqlerrcode == ERRCODE_QUERY_CANCELED)
		trouble = tv_unit(runner, fail_unit, &failure);
	if (trouble != NULL)
	{
		/* Its lock is given up next, so that it is found and queued again. */
		ereport(LOG,
				(errcode(trouble->sqlerrcode),
				 errmsg("timevmaps could not record how experiment %lld failed", (long long) job->id),
				 errdetail("%s", trouble->message)));
		return;
	}
	tv_count_outcome(failure.outcome, GetCurrentTimestamp() - job->began);
}
