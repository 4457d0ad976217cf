/*
 * timed.c: routes at a time of the week as an SQL function: tv_plan_route_at.
 *
 * It reads and writes nothing; what it loads and computes lies in an environment
 * that is deleted before it returns.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/route/timed.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_plan_route_at);

static TimestampTz
get_departure(FunctionCallInfo fcinfo, int argument)
{
	TimestampTz depart_at;

	tv_require_argument(fcinfo, argument, "depart_at");
	depart_at = PG_GETARG_TIMESTAMPTZ(argument);
	if (TIMESTAMP_NOT_FINITE(depart_at))
		tv_report_invalid("depart_at", "must be finite", NULL, NULL);
	return depart_at;
}

/* To the nearest microsecond.  Counted in doubles, for from the first timestamp to the last is more than an int64. */
static TimestampTz
add_seconds(TimestampTz moment, double seconds)
{
	double		left = ((double) END_TIMESTAMP - (double) moment) / USECS_PER_SEC - 1;

	if (!(seconds < left && seconds < 9e12))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("arrival is later than a timestamp can be"),
				 errdetail("The route takes %g seconds.", seconds),
				 errhint("The last timestamp is in the year 294276.")));
	return moment + (int64) rint(seconds * USECS_PER_SEC);
}

Datum
tv_plan_route_at(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = {0};
	TimestampTz depart_at;
	TvEnv	   *env;
	TvRoute    *route;

	request.world_id = tv_get_bigint(fcinfo, 0, "world_id");
	request.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id");
	request.origin_place_id = tv_get_bigint(fcinfo, 2, "origin_place_id");
	request.dest_place_id = tv_get_bigint(fcinfo, 3, "dest_place_id");
	depart_at = get_departure(fcinfo, 4);
	request.dest_timeline_id = PG_ARGISNULL(5) ? request.timeline_id : PG_GETARG_INT64(5);
	tv_get_supposed(fcinfo, 6, &request.profile, &request.what_if);

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_plan_route_at");
	route = tv_timed_find(env, &request, depart_at);
	if (route != NULL)
	{
		TvRow		row = {0};
		TimestampTz arrive_at = add_seconds(depart_at, route->total->clocks.local_s);

		tv_put_plan(&row, fcinfo, env, &request, route, " by the hour of the week");
		tv_put(&row, TimestampTzGetDatum(depart_at), false);
		tv_put(&row, TimestampTzGetDatum(arrive_at), false);
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}
