/*
 * route_questions.c: what else can be asked of the network than for the best route:
 * tv_isochrone, tv_route_alternatives, tv_snap, tv_plan_point_route.
 *
 * All of them read and write nothing.  What they load and compute lies in an
 * environment that is deleted before they return.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/route/alternatives.h"
#include "bridge/server/compat.h"
#include "bridge/geo/point_maker.h"
#include "bridge/route/route_line.h"
#include "bridge/server/error.h"
#include "bridge/route/isochrone.h"
#include "bridge/route/point_route.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_isochrone);
PG_FUNCTION_INFO_V1(tv_route_alternatives);
PG_FUNCTION_INFO_V1(tv_snap);
PG_FUNCTION_INFO_V1(tv_plan_point_route);

/* Rows between two looks at interrupts. */
#define INTERRUPT_INTERVAL 1024

#define MAX_ALTERNATIVES 100
#define MAX_STRETCH 100

/* 22023 unless low <= value <= high; NaN is never. */
static double
get_number(FunctionCallInfo fcinfo, int argument, const char *name, double low, double high)
{
	double		value;

	tv_require_argument(fcinfo, argument, name);
	value = PG_GETARG_FLOAT8(argument);
	if (!(value >= low && value <= high))
		tv_report_invalid(name, "out of range",
						  isinf(high) ? psprintf("%s is not a number >= %g.", tvm_number_text(value).text, low)
						  : psprintf("%s is outside %g..%g.", tvm_number_text(value).text, low, high), NULL);
	return value;
}

/* The type of a column of the result. */
static Oid
column_type(FunctionCallInfo fcinfo, int column)
{
	return TupleDescAttr(((ReturnSetInfo *) fcinfo->resultinfo)->setDesc, column)->atttypid;
}

Datum
tv_isochrone(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.origin_place_id = tv_get_bigint(fcinfo, 2, "place_id"),
		.metric = tv_get_name(fcinfo, 4)
	};
	double		limit = get_number(fcinfo, 3, "max_seconds", 0, INFINITY);
	TvPointMaker *maker;
	TvIsochrone *isochrone;
	TvEnv	   *env;

	tv_get_supposed(fcinfo, 5, &request.profile, &request.what_if);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_isochrone");
	maker = tv_point_maker(env, column_type(fcinfo, 4));
	isochrone = tv_isochrone_find(env, &request, limit);
	for (uint32 i = 0; i < isochrone->count; i++)
	{
		const TvReached *reached = &isochrone->reached[i];
		Datum		point = tv_point_make(maker, reached->lon, reached->lat);
		TvRow		row = {0};

		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		tv_put_bigint(&row, reached->place_id);
		tv_put_bigint(&row, reached->timeline_id);
		tv_put_number(&row, reached->cost);
		tv_put_text(&row, tv_metric_name(isochrone->metric));
		tv_put(&row, point, false);
		tv_emit(fcinfo, &row);
		pfree(DatumGetPointer(row.values[3]));
		pfree(DatumGetPointer(point));
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_route_alternatives(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = tv_get_request(fcinfo);
	TvmAlternativeLimits limits = {
		.stretch = get_number(fcinfo, 7, "max_stretch", 1, MAX_STRETCH),
		.sharing = get_number(fcinfo, 8, "max_sharing", 0, 1),
		.optimality = get_number(fcinfo, 9, "min_optimality", 0, 1)
	};
	TvAlternative found[MAX_ALTERNATIVES];
	int32		room;
	uint32		count;
	TvEnv	   *env;

	tv_require_argument(fcinfo, 6, "k");
	room = PG_GETARG_INT32(6);
	if (room < 1 || room > MAX_ALTERNATIVES)
		tv_report_invalid("k", "out of range", psprintf("%d is outside 1..%d.", room, MAX_ALTERNATIVES), NULL);

	tv_get_supposed(fcinfo, 10, &request.profile, &request.what_if);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_route_alternatives");
	count = tv_alternatives_find(env, &request, &limits, room, found);
	for (uint32 i = 0; i < count; i++)
	{
		TvRow		row = {0};

		tv_put(&row, Int32GetDatum(i + 1), false);
		tv_put_number(&row, tv_cost_read(found[i].route->total, found[i].route->metric));
		tv_put_number(&row, found[i].stretch);
		tv_put_number(&row, found[i].sharing);
		tv_put_plan(&row, fcinfo, env, &request, found[i].route,
					i == 0 ? "" : psprintf(", alternative %u", i));
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

/* A point on the Earth, two arguments. */
static TvPosition
get_position(FunctionCallInfo fcinfo, int argument, const char *lon, const char *lat)
{
	return (TvPosition) {
		.lon = get_number(fcinfo, argument, lon, -180, 180),
		.lat = get_number(fcinfo, argument + 1, lat, -90, 90)
	};
}

Datum
tv_snap(PG_FUNCTION_ARGS)
{
	int64		world_id = tv_get_bigint(fcinfo, 0, "world_id");
	int64		timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id");
	TvPosition	at = get_position(fcinfo, 2, "lon", "lat");
	TvSnapTo	to = tv_snap_to_parse(tv_get_name(fcinfo, 4));
	const char *profile;
	const TvWhatIf *what_if;
	TvSnaps		found;
	Oid			geometry;
	TvEnv	   *env;

	tv_get_supposed(fcinfo, 5, &profile, &what_if);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	geometry = column_type(fcinfo, 8);
	env = tv_env_create("tv_snap");
	SPI_connect();
	tv_snap_find_named(env, world_id, timeline_id, what_if, at, to, NULL, profile, geometry, &found);
	SPI_finish();
	if (found.count > 0)
	{
		const TvSnap *snap = &found.snaps[0];
		TvPosition	position = snap->position;
		TvRow		row = {0};

		tv_put_bigint(&row, snap->segment_id);
		tv_put_bigint(&row, snap->a_place_id);
		tv_put_bigint(&row, snap->b_place_id);
		tv_put(&row, BoolGetDatum(snap->oneway), false);
		tv_put_number(&row, snap->fraction);
		tv_put_number(&row, snap->distance_m);
		tv_put_number(&row, position.lon);
		tv_put_number(&row, position.lat);
		tv_put(&row, tv_point_make(tv_point_maker(env, geometry), position.lon, position.lat), false);
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

static void
put_end(TvRow *row, const TvRouteEnd *end)
{
	tv_put_bigint(row, end->segment_id);
	tv_put_number(row, end->fraction);
	tv_put_number(row, end->distance_m);
}

Datum
tv_plan_point_route(PG_FUNCTION_ARGS)
{
	TvPointRequest request = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.from.at = get_position(fcinfo, 2, "from_lon", "from_lat"),
		.to.at = get_position(fcinfo, 4, "to_lon", "to_lat"),
		.dest_timeline_id = PG_GETARG_INT64(PG_ARGISNULL(6) ? 1 : 6),
		.metric = tv_get_name(fcinfo, 7),
		.snap_to = tv_snap_to_parse(tv_get_name(fcinfo, 8))
	};
	TvPointRoute *found;
	Oid			geometry;
	TvEnv	   *env;

	tv_get_supposed(fcinfo, 9, &request.profile, &request.what_if);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	geometry = column_type(fcinfo, 21);
	env = tv_env_create("tv_plan_point_route");
	found = tv_point_route_find(env, &request, geometry);
	if (found != NULL)
	{
		const TvRoute *route = found->route;
		Datum		line = (Datum) 0;
		bool		has_line = tv_course(env, route, geometry, &line);
		TvRow		row = {0};

		tv_put_bigint(&row, request.world_id);
		tv_put_bigint(&row, request.timeline_id);
		tv_put_bigint(&row, request.dest_timeline_id);
		put_end(&row, &found->from);
		put_end(&row, &found->to);
		tv_put_step_ids(&row, route, 1, route->step_count - 1, offsetof(TvRouteStep, place_id));
		tv_put_step_ids(&row, route, 1, route->step_count - 1, offsetof(TvRouteStep, timeline_id));
		tv_put_step_ids(&row, route, 1, route->step_count, offsetof(TvRouteStep, segment_id));
		tv_put_number(&row, route->total->distance_m);
		tv_put_number(&row, route->eta_seconds);
		tv_put_clocks(&row, &route->total->clocks);
		tv_put_differences(&row, &route->total->clocks);
		tv_put_text(&row, tv_metric_name(route->metric));
		tv_put_text(&row, tv_physics_note(route, ""));
		tv_put(&row, line, !has_line);
		tv_put(&row, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), false);
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}
