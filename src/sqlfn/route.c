/*
 * route.c: routes as SQL functions: tv_plan_route, tv_route_steps,
 * tv_route_cost, tv_cost_matrix, tv_metric_names.
 *
 * All of them read and write nothing.  What they load and compute lies in an
 * environment that is deleted before they return.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "bridge/server/array.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/route/matrix.h"
#include "bridge/route/route.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_plan_route);
PG_FUNCTION_INFO_V1(tv_route_steps);
PG_FUNCTION_INFO_V1(tv_route_cost);
PG_FUNCTION_INFO_V1(tv_cost_matrix);
PG_FUNCTION_INFO_V1(tv_metric_names);

/* Arguments --------------------------------------------------------------- */

/* The eight arguments that plan_route, route_steps and route_cost share. */
static TvRouteRequest
get_request(FunctionCallInfo fcinfo)
{
	TvRouteRequest request = tv_get_request(fcinfo);

	tv_get_supposed(fcinfo, 6, &request.profile, &request.what_if);
	return request;
}

/* Functions --------------------------------------------------------------- */

Datum
tv_plan_route(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = get_request(fcinfo);
	TvEnv	   *env;
	TvRoute    *route;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_plan_route");
	route = tv_route_find(env, &request);
	if (route != NULL)
	{
		TvRow		row = {0};

		tv_put_plan(&row, fcinfo, env, &request, route, "");
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_route_steps(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = get_request(fcinfo);
	TvEnv	   *env;
	TvRoute    *route;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_route_steps");
	route = tv_route_find(env, &request);
	for (uint32 i = 0; route != NULL && i < route->step_count; i++)
	{
		const TvRouteStep *step = &route->steps[i];
		TvRow		row = {0};

		tv_put(&row, Int32GetDatum(i + 1), false);
		tv_put_bigint(&row, step->place_id);
		tv_put_bigint(&row, step->timeline_id);
		tv_put_id(&row, step->segment_id);
		tv_put_id(&row, step->gateway_id);
		tv_put_number(&row, step->step.distance_m);
		tv_put_clocks(&row, &step->step.clocks);
		tv_put_number(&row, step->so_far.distance_m);
		tv_put_clocks(&row, &step->so_far.clocks);
		tv_put_number(&row, step->turn_s);
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_route_cost(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = get_request(fcinfo);
	TvEnv	   *env;
	TvRoute    *route;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	request.total_only = true;
	env = tv_env_create("tv_route_cost");
	route = tv_route_find(env, &request);
	if (route != NULL)
	{
		TvRow		row = {0};

		tv_put_number(&row, tv_cost_read(route->total, route->metric));
		tv_put_text(&row, tv_metric_name(route->metric));
		tv_put_number(&row, route->total->distance_m);
		tv_put_number(&row, route->eta_seconds);
		tv_put_clocks(&row, &route->total->clocks);
		tv_put_differences(&row, &route->total->clocks);
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_cost_matrix(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.metric = tv_get_name(fcinfo, 4)
	};
	uint32		origin_count;
	uint32		dest_count;
	int64	   *origins = tv_get_bigints(fcinfo, 2, "origins", &origin_count);
	int64	   *dests = tv_get_bigints(fcinfo, 3, "dests", &dest_count);
	TvEnv	   *env;
	double	   *costs;

	request.dest_timeline_id = request.timeline_id;
	tv_get_supposed(fcinfo, 5, &request.profile, &request.what_if);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_cost_matrix");
	costs = tv_route_matrix(env, &request, origins, origin_count, dests, dest_count);
	for (uint32 o = 0; o < origin_count; o++)
	{
		CHECK_FOR_INTERRUPTS();
		for (uint32 d = 0; d < dest_count; d++)
		{
			double		cost = costs[(Size) o * dest_count + d];
			TvRow		row = {0};

			tv_interrupts_at(d);
			if (isinf(cost))
				continue;		/* no way leads there */
			tv_put_bigint(&row, origins[o]);
			tv_put_bigint(&row, dests[d]);
			tv_put_number(&row, cost);
			tv_emit(fcinfo, &row);
		}
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_metric_names(PG_FUNCTION_ARGS)
{
	Datum		names[TV_METRIC_COUNT];

	for (int i = 0; i < TV_METRIC_COUNT; i++)
		names[i] = CStringGetTextDatum(tv_metric_name(tv_metrics[i]));
	PG_RETURN_DATUM(tv_array_of(names, TV_METRIC_COUNT, TEXTOID));
}
