/*
 * questions.c: what else can be asked of the network than for the best route:
 * tv_isochrone, tv_route_alternatives, tv_snap, tv_plan_point_route.
 *
 * All of them read and write nothing.  What they load and compute lies in an
 * environment that is deleted before they return.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "bridge/alternatives.h"
#include "bridge/compat.h"
#include "bridge/course.h"
#include "bridge/error.h"
#include "bridge/isochrone.h"
#include "sqlfn/route_row.h"

PG_FUNCTION_INFO_V1(tv_isochrone);
PG_FUNCTION_INFO_V1(tv_route_alternatives);

/* Rows between two looks at interrupts. */
#define INTERRUPT_INTERVAL 1024

#define MAX_ALTERNATIVES 100
#define MAX_STRETCH 100

static const char *
get_metric(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/* 22023 unless low <= value <= high; NaN is never. */
static double
get_number(FunctionCallInfo fcinfo, int argument, const char *name, double low, double high)
{
	double		value;

	tv_require_argument(fcinfo, argument, name);
	value = PG_GETARG_FLOAT8(argument);
	if (!(value >= low && value <= high))
		tv_report_invalid(name, "out of range",
						  isinf(high) ? psprintf("%.17g is not a number >= %g.", value, low)
						  : psprintf("%.17g is outside %g..%g.", value, low, high), NULL);
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
	int64		world_id = tv_get_bigint(fcinfo, 0, "world_id");
	int64		timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id");
	int64		place_id = tv_get_bigint(fcinfo, 2, "place_id");
	double		limit = get_number(fcinfo, 3, "max_seconds", 0, INFINITY);
	const char *metric = get_metric(fcinfo, 4);
	TvPointMaker *maker;
	TvIsochrone *isochrone;
	TvEnv	   *env;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_isochrone");
	maker = tv_point_maker(env, column_type(fcinfo, 4));
	isochrone = tv_isochrone_find(env, world_id, timeline_id, place_id, limit, metric);
	for (uint32 i = 0; i < isochrone->count; i++)
	{
		TvReached	reached = tv_isochrone_read(isochrone, i);
		Datum		point = tv_point_make(maker, reached.lon, reached.lat);
		TvRow		row = {0};

		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		tv_put_bigint(&row, reached.place_id);
		tv_put_bigint(&row, reached.timeline_id);
		tv_put_number(&row, reached.cost);
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
	TvRouteRequest request = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.origin_place_id = tv_get_bigint(fcinfo, 2, "origin_place_id"),
		.dest_place_id = tv_get_bigint(fcinfo, 3, "dest_place_id"),
		.dest_timeline_id = PG_GETARG_INT64(PG_ARGISNULL(4) ? 1 : 4),
		.metric = get_metric(fcinfo, 5)
	};
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
