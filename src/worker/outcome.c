/*
 * outcome.c: how an attempt ends; see outcome.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "bridge/server/error.h"
#include "bridge/server/internal.h"
#include "worker/clock.h"
#include "worker/counters.h"
#include "worker/events.h"
#include "worker/outcome.h"
#include "worker/spans.h"

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

/* By index: the foreign key's own statement is planned in it, and kept. */
static TvStatement insert_result = {
	.text = "INSERT INTO timevmaps.results (experiment_id, world_id, metrics, artifacts, setup_hash, summary, world_ids)"
	" VALUES ($1, $2, $3 || CASE WHEN $5 IS NULL THEN '{}' ELSE jsonb_build_object('anomaly', $7) END,"
	" $4::jsonb, $5, coalesce($6, '{}'), nullif($8, ARRAY[$2]))",
	.count = 8,.types = {INT8OID, INT8OID, JSONBOID, TEXTOID, TEXTOID, JSONBOID, JSONBOID, INT8ARRAYOID},.by_index = true
};

/* Run as the submitter, whose rights on the gateway decide. */
static TvStatement may_measure = {
	.text = "SELECT 1 FROM timevmaps.gateways g WHERE g.id = $1 AND "
	TV_MAY_WRITE("gateways", "UPDATE",
				 "g.from_world_id IN (SELECT timevmaps.tv_editable_worlds())"
				 " AND g.to_world_id IN (SELECT timevmaps.tv_editable_worlds())"),
	.count = 1,.types = {INT8OID}
};

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
	.text = "UPDATE timevmaps.experiments e SET status = 'finished', progress = 1, finished_at = clock_timestamp() WHERE e.id = $1",
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
tv_outcome_lock_if_free(const TvJob *job)
{
	Datum		values[2] = {Int64GetDatum(job->id), Int64GetDatum(job->claim)};

	return tv_statement(&lock_ours_if_free, values, NULL) > 0;
}

static void
measure_gateway(TvJob *job, double fidelity)
{
	Datum		values[2];
	bool		deleted;
	bool		may;
	TvIdentity	worker;

	values[0] = Int64GetDatum(job->id);
	(void) tv_statement(&select_gateway, values, NULL);
	(void) tv_statement_column(1, &deleted);
	if (deleted)
		return;
	values[0] = Int64GetDatum(job->gateway_id);
	tv_submitter_enter(&worker, job->submitted_role, job->submitted_by);
	may = tv_statement(&may_measure, values, NULL) > 0;
	tv_submitter_leave(&worker);
	if (!may)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the submitter may not measure this gateway"),
				 errdetail("Gateway %lld joins worlds that %s does not edit.",
						   (long long) job->gateway_id, job->submitted_by)));
	values[1] = Float8GetDatum(fidelity);
	(void) tv_statement(&update_gateway, values, NULL);
}

/*
 * What a circuit's run is compared with others by, and how it compares, into an insertion's
 * values.  Its submitter is told about the runs that he may see.
 */
static void
compare(const TvJob *job, const TvResult *result, Datum *values, bool *nulls)
{
	TvIdentity	worker;
	Datum		metrics = JsonbPGetDatum(result->metrics);
	Datum		setup[] = {CStringGetTextDatum(job->kind), JsonbPGetDatum(job->params), CStringGetTextDatum(result->hash)};
	Datum		of_setup[2];
	const Oid	run_types[] = {JSONBOID, JSONBARRAYOID};
	Datum		run[2];

	values[4] = tv_internal_call("tv_setup_hash", 3, (const Oid[]) {TEXTOID, JSONBOID, TEXTOID}, setup, &nulls[4]);
	values[5] = tv_internal_call("tv_run_summary", 1, (const Oid[]) {JSONBOID}, &metrics, &nulls[5]);
	of_setup[0] = Int64GetDatum(job->world_id);
	of_setup[1] = values[4];
	tv_submitter_enter(&worker, job->submitted_role, job->submitted_by);
	run[1] = tv_internal_call("tv_earlier_runs", 2, (const Oid[]) {INT8OID, TEXTOID}, of_setup, &nulls[6]);
	tv_submitter_leave(&worker);
	run[0] = values[5];
	if (!nulls[6])
		values[6] = tv_internal_call("tv_anomaly", 2, run_types, run, &nulls[6]);
}

void
tv_outcome_write_result(const TvJob *job, const TvResult *result)
{
	Datum		values[8];
	bool		nulls[8] = {false, false, false, false, true, true, true, result->world_ids == 0};

	values[0] = Int64GetDatum(job->id);
	values[1] = Int64GetDatum(job->world_id);
	values[2] = JsonbPGetDatum(result->metrics);
	values[3] = CStringGetTextDatum(tv_spans_add(job, result->artifacts));
	values[7] = result->world_ids;
	if (result->hash != NULL)
		compare(job, result, values, nulls);
	(void) tv_statement(&insert_result, values, nulls);
}

void
tv_outcome_finish(TvRunner *runner, TvJob *job, const TvResult *result)
{
	Datum		value = Int64GetDatum(job->id);

	if (!lock_row(job))
		ereport(ERROR,
				(errcode(TV_ERRCODE_GONE),
				 errmsg("the experiment was cancelled or claimed by another")));
	tv_outcome_write_result(job, result);
	if (job->gateway_id != 0 && result->has_fidelity)
		measure_gateway(job, result->fidelity);
	(void) tv_statement(&update_finished, &value, NULL);
	tv_events_tell(job, TV_TOPIC_SIM_FINISHED, (const int64[]) {TV_ENDED_FINISHED});
}

/* ----------------------------------------------------------------- failure */

static TvStatement update_failed = {
	.text = "UPDATE timevmaps.experiments e SET status = 'failed', error = $2::jsonb, finished_at = clock_timestamp(),"
	" lost = e.lost + $3 WHERE e.id = $1",
	.count = 3,.types = {INT8OID, TEXTOID, INT4OID}
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

/* For good; `lost` is 1 where that is because its worker was. */
static void
write_failed(const TvJob *job, const char *sqlstate, const char *message, const char *detail, const char *hint, int lost)
{
	Datum		values[3] = {Int64GetDatum(job->id), 0, Int32GetDatum(lost)};

	values[1] = CStringGetTextDatum(error_as_json(sqlstate, message, detail, hint));
	(void) tv_statement(&update_failed, values, NULL);

	tv_events_tell(job, TV_TOPIC_ERROR, (const int64[]) {TV_SQLSTATE(sqlstate)});
	tv_events_tell(job, TV_TOPIC_SIM_FINISHED, (const int64[]) {TV_ENDED_FAILED});
}

/* What takes servers down is not begun for ever: after so many losses it has failed, whatever max_attempts says. */
#define LOST_MOST 3
static const int64 lost_wait_ms[LOST_MOST - 1] = {1000, 30 * 1000};

static TvStatement requeue_lost = {
	.text = "UPDATE timevmaps.experiments e SET status = 'queued', run_at = $2, lost = e.lost + 1, error = $3::jsonb,"
	" progress = 0 WHERE e.id = $1",
	.count = 3,.types = {INT8OID, TIMESTAMPTZOID, TEXTOID},.by_index = true
};

void
tv_outcome_lost(const TvJob *job)
{
	Datum		values[3] = {Int64GetDatum(job->id)};

	if (job->lost + 1 >= LOST_MOST)
	{
		write_failed(job, "57P01", "the worker was lost again and again",
					 psprintf("%d attempts at it lost their worker.", job->lost + 1),
					 "Queue it again with tv_retry_experiment().", 1);
		return;
	}
	values[1] = TimestampTzGetDatum(tv_clock_now() + lost_wait_ms[job->lost] * 1000);
	values[2] = CStringGetTextDatum(error_as_json("57P01", "the worker was lost", NULL, NULL));
	(void) tv_statement(&requeue_lost, values, NULL);
}

typedef struct Failure
{
	TvJob	   *job;
	const ErrorData *error;
	bool		uncounted;
	bool		waits;			/* for who has locked the experiment */
	bool		held;			/* it is locked, and was not waited for */
	TvOutcome	outcome;
} Failure;

static TvStatement is_ours = {
	.text = "SELECT 1 FROM timevmaps.experiments e WHERE e.id = $1 AND e.claim = $2 AND e.status = 'running'",
	.count = 2,.types = {INT8OID, INT8OID}
};

/* False: it is not ours any more, or somebody holds it. */
static bool
lock_for_failure(Failure *failure)
{
	TvJob	   *job = failure->job;
	Datum		values[2] = {Int64GetDatum(job->id), Int64GetDatum(job->claim)};

	if (failure->waits)
		return lock_row(job);
	if (tv_outcome_lock_if_free(job))
		return true;
	failure->held = tv_statement(&is_ours, values, NULL) > 0;
	job->gone = !failure->held;
	return false;
}

static TvStatement requeue_retry = {
	.text = "UPDATE timevmaps.experiments e SET status = 'queued', run_at = $2, error = $3::jsonb,"
	" attempts = e.attempts - $4, progress = 0 WHERE e.id = $1",
	.count = 4,.types = {INT8OID, TIMESTAMPTZOID, TEXTOID, INT4OID}
};

/*
 * What another attempt may not meet again: conflicts with others, the server's end, and what the machine is out of or
 * fails in.  Of these a limit that is set (a quota) stays as it is.
 */
bool
tv_outcome_is_retryable(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_SYSTEM_ERROR:
			return true;
		case ERRCODE_INSUFFICIENT_RESOURCES:
			return sqlstate != ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
		case ERRCODE_OPERATOR_INTERVENTION:
			return sqlstate != ERRCODE_OPERATOR_INTERVENTION && sqlstate != ERRCODE_QUERY_CANCELED;
		default:
			return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || sqlstate == ERRCODE_READ_ONLY_SQL_TRANSACTION;
	}
}

/* Without an error the attempt does not count, and the next one is due at once. */
static void
requeue(const TvJob *job, const char *error)
{
	TimestampTz delay = error != NULL ? tv_clock_backoff_ms(job->attempts - job->lost, job->id) * 1000 : 0;
	Datum		values[4];
	bool		nulls[4] = {false, false, error == NULL, false};

	values[0] = Int64GetDatum(job->id);
	values[1] = TimestampTzGetDatum(tv_clock_now() + delay);
	values[2] = error != NULL ? CStringGetTextDatum(error) : (Datum) 0;
	values[3] = Int32GetDatum(error == NULL ? 1 : 0);
	(void) tv_statement(&requeue_retry, values, nulls);
}

void
tv_outcome_hand_back(const TvJob *job)
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

	if (!lock_for_failure(failure))
	{
		failure->outcome = TV_OUTCOME_CANCELLED;
		return;
	}

	/* Without the extension's functions no attempt can end well: it waits for them to come back. */
	if (!OidIsValid(get_extension_oid("timevmaps", true)))
		failure->uncounted = true;
	if (!failure->uncounted &&
		(!tv_outcome_is_retryable(error->sqlerrcode) || job->attempts - job->lost >= job->max_attempts))
	{
		write_failed(job, sqlstate, error->message, error->detail, error->hint, 0);
		failure->outcome = TV_OUTCOME_FAILED;
		return;
	}
	requeue(job, failure->uncounted ? NULL : error_as_json(sqlstate, error->message, error->detail, error->hint));
	failure->outcome = failure->uncounted ? TV_OUTCOME_HANDED_BACK : TV_OUTCOME_RETRIED;
}

static TimestampTz told_at = 0;
static bool stuck = false;

bool
tv_outcome_stuck(void)
{
	return stuck;
}

bool
tv_outcome_fail(TvRunner *runner, TvJob *job, const ErrorData *error, bool uncounted, bool waits)
{
	Failure		failure = {job, error, uncounted, waits, false, TV_OUTCOME_FAILED};
	ErrorData  *trouble;

	job->gone = false;
	trouble = tv_unit(runner, fail_unit, &failure);

	/* Told to end just then: this is what there is to be done before. */
	if (trouble != NULL && trouble->sqlerrcode == ERRCODE_QUERY_CANCELED)
		trouble = tv_unit(runner, fail_unit, &failure);
	if (trouble != NULL && tv_clock_tell(&told_at))
		ereport(LOG,
				(errcode(trouble->sqlerrcode),
				 errmsg("timevmaps could not record how experiment %lld failed", (long long) job->id),
				 errdetail("%s", trouble->message)));
	stuck = trouble != NULL && trouble->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
		ERRCODE_TO_CATEGORY(trouble->sqlerrcode) != ERRCODE_TRANSACTION_ROLLBACK &&
		tv_outcome_is_retryable(trouble->sqlerrcode);
	/* Other trouble would not pass: its lock is given up next, so that it is found and queued again. */
	if (trouble != NULL)
		return !tv_outcome_is_retryable(trouble->sqlerrcode);
	if (failure.held)
		return false;
	tv_count_end(job->kind, failure.outcome,
				 failure.outcome == TV_OUTCOME_FAILED || failure.outcome == TV_OUTCOME_RETRIED ? error->sqlerrcode : 0,
				 GetCurrentTimestamp() - job->began);
	return true;
}
