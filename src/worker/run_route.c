/*
 * run_route.c: kind route; see runners.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
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

#define PLANNED "world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids," \
	" distance_m, eta_seconds, local_seconds, coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds," \
	" traveler_minus_local_seconds, metric, physics_note, geom, created_at"
#define PLANNED_COUNT 18
#define STORED_COUNT (PLANNED_COUNT + 2)

/* Run as the submitter, whose rights decide what he sees and whether he may store it. */
static TvStatement plan_route = {
	.text = "SELECT " PLANNED ", " TV_MAY_WRITE("route_plans", "INSERT", "r.world_id IN (SELECT timevmaps.tv_editable_worlds())")
	" FROM timevmaps.tv_plan_route(world_id => $1, timeline_id => $2, origin_place_id => $3,"
	" dest_place_id => $4, dest_timeline_id => $5, metric => $6, profile => $7, overrides => $8) r",
	.count = 8,.types = {INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, JSONBOID}
};

/* Its types are those of what is planned, one of which is PostGIS's, and of what it was asked with. */
static TvStatement insert_route = {
	.text = "INSERT INTO timevmaps.route_plans AS s (" PLANNED ", profile, overrides)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
	" RETURNING s.id, to_jsonb(s) - '{id,created_at,geom,path_place_ids,path_timeline_ids,world_ids,profile,overrides}'::text[]"
	" || jsonb_build_object('route_id', s.id), s.world_ids",
	.count = STORED_COUNT,.types[PLANNED_COUNT] = TEXTOID,.types[PLANNED_COUNT + 1] = JSONBOID
};

/* The profile and the overrides of its params. */
static void
put_supposed(const TvExperiment *experiment, Datum *values, bool *nulls)
{
	nulls[0] = experiment->profile == NULL;
	if (!nulls[0])
		values[0] = CStringGetTextDatum(experiment->profile);
	nulls[1] = experiment->overrides == NULL;
	if (!nulls[1])
		values[1] = JsonbPGetDatum(experiment->overrides);
}

/* As the submitter; its columns are in SPI_tuptable. */
static void
plan(const TvJob *job, const TvExperiment *experiment)
{
	TvIdentity	worker;
	Datum		values[8];
	bool		nulls[8] = {false};
	bool		may;

	values[0] = Int64GetDatum(job->world_id);
	values[1] = Int64GetDatum(job->timeline_id);
	values[2] = Int64GetDatum(experiment->origin);
	values[3] = Int64GetDatum(experiment->dest);
	values[4] = Int64GetDatum(experiment->dest_timeline);
	nulls[4] = experiment->dest_timeline == 0;
	nulls[5] = experiment->metric == NULL;
	if (!nulls[5])
		values[5] = CStringGetTextDatum(experiment->metric);
	put_supposed(experiment, &values[6], &nulls[6]);

	tv_submitter_enter(&worker, job->submitted_role, job->submitted_by);
	if (tv_statement(&plan_route, values, nulls) == 0)
		ereport(ERROR,
				(errcode(TV_ERRCODE_NOT_FOUND),
				 errmsg("no such route"),
				 errdetail("No way leads from place %lld to place %lld.",
						   (long long) experiment->origin, (long long) experiment->dest)));
	may = DatumGetBool(tv_statement_column(PLANNED_COUNT + 1, NULL));
	tv_submitter_leave(&worker);
	if (!may)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the submitter may not store this route"),
				 errdetail("World %lld is none that %s edits.", (long long) job->world_id, job->submitted_by)));
}

/* As tv_owner. */
static void
insert_planned(const TvExperiment *experiment)
{
	Datum		values[STORED_COUNT];
	bool		nulls[STORED_COUNT];

	for (int i = 0; i < PLANNED_COUNT; i++)
	{
		Oid			type = SPI_gettypeid(SPI_tuptable->tupdesc, i + 1);

		if (insert_route.types[i] != type)
			tv_statement_forget(&insert_route);
		insert_route.types[i] = type;
		values[i] = tv_statement_column(i + 1, &nulls[i]);
	}
	put_supposed(experiment, &values[PLANNED_COUNT], &nulls[PLANNED_COUNT]);
	(void) tv_statement(&insert_route, values, nulls);
}

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
	TvJob	   *job = route->job;
	TvResult	result = {0};
	int64		id;

	plan(job, route->experiment);
	insert_planned(route->experiment);
	id = DatumGetInt64(tv_statement_column(1, NULL));
	result.metrics = DatumGetJsonbPCopy(tv_statement_column(2, NULL));
	result.world_ids = PointerGetDatum(DatumGetArrayTypePCopy(tv_statement_column(3, NULL)));

	result.artifacts = tv_attempt_artifacts(job, psprintf(", \"route_id\": %lld", (long long) id));
	tv_events_tell(job, TV_TOPIC_ROUTE_COMPUTED, &id);
	tv_outcome_finish(runner, job, &result);
}

ErrorData *
tv_run_route(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Route		route = {job, experiment};

	return tv_unit(runner, route_unit, &route);
}
