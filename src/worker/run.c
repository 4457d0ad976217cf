/*
 * run.c: a claimed experiment from its arguments to its result; see run.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timeout.h"

#include "bridge/circuit/run.h"
#include "bridge/experiment/check.h"
#include "bridge/experiment/clocks.h"
#include "bridge/server/error.h"
#include "bridge/server/guc.h"
#include "worker/hand_back.h"
#include "worker/leave.h"
#include "worker/run.h"

/* ---------------------------------------------------------------- deadline */

static bool timed_out = false;

/* In a signal handler: as a statement's timeout does. */
static void
at_timeout(void)
{
	timed_out = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static TimeoutId
job_timeout(void)
{
	static TimeoutId id = MAX_TIMEOUTS;

	if (id == MAX_TIMEOUTS)
		id = RegisterTimeout(USER_TIMEOUT, at_timeout);
	return id;
}

TimestampTz
tv_run_deadline(const TvJob *job, const TvExperiment *experiment)
{
	double		seconds = experiment->timeout_s > 0 ? experiment->timeout_s : tv_job_timeout_ms / 1000.0;

	return seconds > 0 ? job->began + (TimestampTz) (seconds * USECS_PER_SEC) : 0;
}

/* ------------------------------------------------------------------ finish */

typedef struct Finish
{
	TvJob	   *job;
	const TvResult *result;
} Finish;

static void
finish_unit(TvRunner *runner, void *arg)
{
	Finish	   *finish = arg;

	tv_queue_finish(runner, finish->job, finish->result);
}

ErrorData *
tv_run_finish(TvRunner *runner, TvJob *job, const TvResult *result)
{
	Finish		finish = {job, result};

	return tv_unit(runner, finish_unit, &finish);
}

/* ---------------------------------------------------------------- circuits */

typedef struct Load
{
	TvJob	   *job;
	TvExperiment *experiment;
} Load;

static void
load_unit(TvRunner *runner, void *arg)
{
	Load	   *load = arg;
	TvIdentity	worker;

	tv_submitter_enter(&worker, load->job->submitted_role, load->job->submitted_by);
	tv_experiment_load_circuit(load->experiment, runner->job);
	tv_submitter_leave(&worker);
}

ErrorData *
tv_run_load_circuit(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Load		load = {job, experiment};

	return experiment->circuit_name != NULL ? tv_unit(runner, load_unit, &load) : NULL;
}

/* The artifacts that every result has: attempt, engine version, and `more`. */
static char *
make_artifacts(const TvJob *job, const char *more)
{
	return psprintf("{\"attempt\": %lld, \"engine\": \"timevmaps %s\"%s}",
					(long long) job->claim, TIMEVMAPS_VERSION, more);
}

/* A stored circuit's document is kept, for it may change, up to this size. */
#define KEPT_CIRCUIT_BYTES (16 * 1024 * 1024)

/* The document's values of parameters, and those of the options, which win. */
static char *
parameters(const TvExperiment *experiment)
{
	Jsonb	   *both = NULL;
	Jsonb *const objects[] = {experiment->circuit, experiment->options};

	for (int i = 0; i < lengthof(objects); i++)
	{
		JsonbValue *value = objects[i] == NULL ? NULL :
			getKeyJsonValueFromContainer(&objects[i]->root, "params", strlen("params"), NULL);
		Jsonb	   *params = value == NULL || value->type == jbvNull ? NULL : JsonbValueToJsonb(value);

		if (params != NULL)
			both = both == NULL ? params :
				DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(both), JsonbPGetDatum(params)));
	}
	return both == NULL ? "{}" : JsonbToCString(NULL, &both->root, VARSIZE(both));
}

char *
tv_run_circuit_artifacts(const TvJob *job, const TvExperiment *experiment, const char *hash,
						 int64 seed, const char *method, const char *precision)
{
	StringInfoData more;

	initStringInfo(&more);
	appendStringInfo(&more, ", \"hash\": \"%s\", \"seed\": " INT64_FORMAT ", \"circuit_engine\": %d"
					 ", \"method\": \"%s\", \"precision\": \"%s\", \"parameters\": %s",
					 hash, seed, TV_CIRCUIT_ENGINE, method, precision, parameters(experiment));
	if (experiment->circuit_name != NULL)
	{
		appendStringInfoString(&more, ", \"circuit_name\": ");
		escape_json(&more, experiment->circuit_name);
		if (VARSIZE(experiment->circuit) <= KEPT_CIRCUIT_BYTES)
		{
			appendStringInfoString(&more, ", \"circuit\": ");
			(void) JsonbToCString(&more, &experiment->circuit->root, VARSIZE(experiment->circuit));
		}
	}
	return make_artifacts(job, more.data);
}

/* ------------------------------------------------------- sr, gr, relativity */

typedef struct Clocks
{
	const TvExperiment *experiment;
	char	   *metrics;
} Clocks;

static void
clocks_slice(TvRunner *runner, void *arg)
{
	Clocks	   *clocks = arg;

	clocks->metrics = tv_experiment_clocks(clocks->experiment);
}

static ErrorData *
run_clocks(TvRunner *runner, TvJob *job, const TvExperiment *experiment)
{
	Clocks		clocks = {experiment};
	TvResult	result = {0};
	ErrorData  *error = tv_slice(runner, clocks_slice, &clocks);

	if (error != NULL)
		return error;
	result.metrics = clocks.metrics;
	result.artifacts = make_artifacts(job, "");
	return tv_run_finish(runner, job, &result);
}

/* ------------------------------------------------------------------- route */

typedef struct Route
{
	TvJob	   *job;
	const TvExperiment *experiment;
} Route;

static TvStatement save_route = {
	.text = "SELECT to_jsonb(r.id), (to_jsonb(r) - 'id' - 'created_at' - 'geom' - 'path_place_ids' - 'path_timeline_ids'"
	" || jsonb_build_object('route_id', r.id))::text"
	" FROM timevmaps.tv_save_route(world_id => $1, timeline_id => $2, origin_place_id => $3,"
	" dest_place_id => $4, dest_timeline_id => $5, metric => $6) r",
	.count = 6,.types = {INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID}
};

/*
 * The route and the result are one transaction, so that an attempt that is lost
 * leaves no route behind.  Planning happens in it: it reads the tables under one
 * snapshot anyway.  The experiment's row is locked only afterwards, so that it
 * can be cancelled meanwhile.
 */
static void
route_unit(TvRunner *runner, void *arg)
{
	Route	   *route = arg;
	const TvExperiment *experiment = route->experiment;
	TvJob	   *job = route->job;
	TvIdentity	worker;
	TvResult	result = {0};
	Datum		values[6];
	bool		nulls[6] = {false};
	bool		isnull;
	char	   *id;

	values[0] = Int64GetDatum(job->world_id);
	values[1] = Int64GetDatum(job->timeline_id);
	values[2] = Int64GetDatum(experiment->origin);
	values[3] = Int64GetDatum(experiment->dest);
	values[4] = Int64GetDatum(experiment->dest_timeline);
	nulls[4] = experiment->dest_timeline == 0;
	nulls[5] = experiment->metric == NULL;
	if (!nulls[5])
		values[5] = CStringGetTextDatum(experiment->metric);

	tv_submitter_enter(&worker, job->submitted_role, job->submitted_by);
	if (tv_statement(&save_route, values, nulls) == 0)
		ereport(ERROR,
				(errcode(TV_ERRCODE_NOT_FOUND),
				 errmsg("no route")));
	id = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	result.metrics = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0],
													   SPI_tuptable->tupdesc, 2, &isnull));
	/* What a table's owner deferred runs as the submitter too, not as the worker at commit. */
	SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0);
	tv_submitter_leave(&worker);

	result.artifacts = make_artifacts(job, psprintf(", \"route_id\": %s", id));
	tv_queue_notify(job, "tv_route_computed", psprintf(", \"route_id\": %s", id));
	tv_queue_finish(runner, job, &result);
}

static ErrorData *
run_route(TvRunner *runner, TvJob *job, const TvExperiment *experiment)
{
	Route		route = {job, experiment};

	return tv_unit(runner, route_unit, &route);
}

/* ---------------------------------------------------------------- attempts */

typedef struct Arguments
{
	const TvJob *job;
	TvExperiment *experiment;
} Arguments;

static void
arguments_slice(TvRunner *runner, void *arg)
{
	Arguments  *arguments = arg;

	arguments->experiment = tv_experiment_read(arguments->job->kind, arguments->job->params);
}

static ErrorData *
run_kind(TvRunner *runner, TvJob *job)
{
	Arguments	arguments = {job};
	ErrorData  *error = tv_slice(runner, arguments_slice, &arguments);
	TimestampTz deadline;

	if (error != NULL)
		return error;
	deadline = tv_run_deadline(job, arguments.experiment);
	if (deadline != 0)
		enable_timeout_at(job_timeout(), deadline);
	switch (arguments.experiment->kind)
	{
		case TV_KIND_SR:
		case TV_KIND_GR:
		case TV_KIND_RELATIVITY:
			return run_clocks(runner, job, arguments.experiment);
		case TV_KIND_ROUTE:
			return run_route(runner, job, arguments.experiment);
		case TV_KIND_QUANTUM:
			return tv_run_quantum(runner, job, arguments.experiment);
		case TV_KIND_SWEEP:
			return tv_run_sweep(runner, job, arguments.experiment);
	}
	pg_unreachable();
}

static ErrorData *
time_limit_error(const ErrorData *error)
{
	ErrorData  *copy = palloc(sizeof(ErrorData));

	*copy = *error;
	copy->sqlerrcode = ERRCODE_QUERY_CANCELED;
	copy->message = "time limit reached";
	copy->detail = NULL;
	copy->hint = "Set timeout_s in params, or timevmaps.job_timeout.";
	return copy;
}

ErrorData *
tv_run_job(TvRunner *runner, TvJob *job)
{
	ErrorData  *error;
	ErrorData  *own = NULL;
	bool		interrupted;

	timed_out = false;
	tv_hand_back(job);

	/* Told to stop before the claim was known: nobody else will interrupt this. */
	if (runner->slot->stop)
		InterruptPending = QueryCancelPending = true;
	if (!runner->procedure)
		tv_leave_watch(true);
	error = run_kind(runner, job);
	disable_timeout(job_timeout(), false);
	if (!runner->procedure)
		tv_leave_watch(false);
	interrupted = tv_slot_interrupted(runner->slot);
	tv_slot_set_experiment(runner->slot, 0);

	/* What was meant for this experiment must not hit the next. */
	if (interrupted || timed_out || !runner->procedure)
		QueryCancelPending = false;

	if (error == NULL && !job->gone)
		tv_count_outcome(TV_OUTCOME_FINISHED, GetCurrentTimestamp() - job->began);
	else if (error == NULL)
		tv_count_outcome(TV_OUTCOME_CANCELLED, GetCurrentTimestamp() - job->began);
	else
	{
		bool		uncounted = interrupted || runner->slot->stop;

		if (timed_out && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			error = time_limit_error(error);
		else if (runner->procedure && !interrupted && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		{
			/* The caller's statement was cancelled, which is none of the experiment's fault. */
			own = error;
			uncounted = true;
		}
		tv_queue_fail(runner, job, error, uncounted);
	}
	tv_hand_back(NULL);
	tv_queue_release(job);
	return own;
}
