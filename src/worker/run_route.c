/*
 * run_route.c: kind route; see runners.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "bridge/server/error.h"
#include "worker/attempt.h"
#include "worker/events.h"
#include "worker/outcome.h"
#include "worker/runners.h"

typedef struct Route
{
	TvJob	   *job;
	const TvExperiment *experiment;
} Route;

static TvStatement save_route = {
	.text = "SELECT to_jsonb(r.id), (to_jsonb(r) - 'id' - 'created_at' - 'geom' - 'path_place_ids' - 'path_timeline_ids' - 'world_ids'"
	" || jsonb_build_object('route_id', r.id))"
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
	result.metrics = DatumGetJsonbPCopy(SPI_getbinval(SPI_tuptable->vals[0],
													  SPI_tuptable->tupdesc, 2, &isnull));
	/* What a table's owner deferred runs as the submitter too, not as the worker at commit. */
	SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0);
	tv_submitter_leave(&worker);

	result.artifacts = tv_attempt_artifacts(job, psprintf(", \"route_id\": %s", id));
	tv_events_tell(job, TV_TOPIC_ROUTE_COMPUTED, (const char *[]) {id});
	tv_outcome_finish(runner, job, &result);
}

ErrorData *
tv_run_route(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Route		route = {job, experiment};

	return tv_unit(runner, route_unit, &route);
}
