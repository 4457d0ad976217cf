/*
 * attempt.c: what the attempts of all kinds have in common; see attempt.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "bridge/access/quota.h"
#include "bridge/circuit/run.h"
#include "bridge/experiment/check.h"
#include "bridge/server/guc.h"
#include "worker/attempt.h"
#include "worker/outcome.h"

TvTimeLimit
tv_attempt_time_limit(const TvJob *job, const TvExperiment *experiment)
{
	const TvTimeLimit limits[] = {
		{tv_job_timeout_ms / 1000.0, "timevmaps.job_timeout"},
		{job->most_seconds == TV_UNLIMITED ? 0 : job->most_seconds, "the quota experiment_seconds"},
		{experiment->timeout_s, "params.timeout_s"}
	};
	TvTimeLimit least = {0, NULL};

	for (int i = 0; i < lengthof(limits); i++)
		if (limits[i].seconds > 0 && (least.seconds == 0 || limits[i].seconds < least.seconds))
			least = limits[i];
	return least;
}

TimestampTz
tv_attempt_deadline(const TvJob *job, const TvExperiment *experiment)
{
	double		seconds = tv_attempt_time_limit(job, experiment).seconds;

	return seconds > 0 ? job->began + (TimestampTz) (seconds * USECS_PER_SEC) : 0;
}

typedef struct Finish
{
	TvJob	   *job;
	const TvResult *result;
} Finish;

static void
finish_unit(TvRunner *runner, void *arg)
{
	Finish	   *finish = arg;

	tv_outcome_finish(runner, finish->job, finish->result);
}

ErrorData *
tv_attempt_finish(TvRunner *runner, TvJob *job, const TvResult *result)
{
	Finish		finish = {job, result};

	return tv_unit(runner, finish_unit, &finish);
}

static TvStatement may_submit = {
	.text = "SELECT 1 FROM timevmaps.worlds w WHERE w.id = $1 AND "
	TV_MAY_WRITE("experiments", "INSERT", "w.id IN (SELECT timevmaps.tv_editable_worlds())"),
	.count = 1,.types = {INT8OID}
};

bool
tv_attempt_may(const TvJob *job)
{
	Datum		values[] = {Int64GetDatum(job->world_id)};
	TvIdentity	worker;
	bool		may;

	tv_submitter_enter(&worker, job->submitted_role, job->submitted_by);
	may = tv_statement(&may_submit, values, NULL) > 0;
	tv_submitter_leave(&worker);
	return may;
}

static void
rights_unit(TvRunner *runner, void *arg)
{
	const TvJob *job = arg;

	if (!tv_attempt_may(job))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the submitter may not run experiments in this world"),
				 errdetail("World %lld is not edited by %s.", (long long) job->world_id, job->submitted_by)));
}

ErrorData *
tv_attempt_check_rights(TvRunner *runner, TvJob *job)
{
	return tv_unit(runner, rights_unit, job);
}

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
tv_attempt_load_circuit(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Load		load = {job, experiment};

	return experiment->circuit_name != NULL ? tv_unit(runner, load_unit, &load) : NULL;
}

char *
tv_attempt_artifacts(const TvJob *job, const char *more)
{
	char	   *refused = job->frames_refused > 0 ? psprintf(", \"frames_refused\": " INT64_FORMAT, job->frames_refused) : "";

	return psprintf("{\"attempt\": %lld, \"engine\": \"timevmaps %s\"%s%s}",
					(long long) job->claim, TIMEVMAPS_VERSION, more, refused);
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
tv_attempt_circuit_artifacts(const TvJob *job, const TvExperiment *experiment, const char *hash,
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
	return tv_attempt_artifacts(job, more.data);
}
