/*
 * explain.c: why a route is the way it is: tv_route_explain.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/jsonb.h"

#include "bridge/route/route_explain.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_route_explain);

static void
put_next_best(TvRow *row, double next_best, double cost)
{
	bool		none = !(next_best < INFINITY);

	tv_put(row, Float8GetDatum(next_best), none);
	tv_put(row, Float8GetDatum(Max(next_best - cost, 0)), none);
}

Datum
tv_route_explain(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = tv_get_request(fcinfo);
	TvExplanation *explanation;
	TvEnv	   *env;

	tv_get_supposed(fcinfo, 6, &request.profile, &request.what_if);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_route_explain");
	explanation = tv_route_explain_find(env, &request, request.what_if == NULL ? NULL : tv_get_document(fcinfo, 7));
	for (uint32 i = 0; explanation != NULL && i < explanation->route->step_count; i++)
	{
		const TvRoute *route = explanation->route;
		const TvRouteStep *step = &route->steps[i];
		const TvExplainedStep *explained = &explanation->steps[i];
		TvRow		row = {0};

		CHECK_FOR_INTERRUPTS();
		tv_put(&row, Int32GetDatum(i + 1), false);
		tv_put_bigint(&row, step->place_id);
		tv_put_bigint(&row, step->timeline_id);
		tv_put_id(&row, step->segment_id);
		tv_put_id(&row, step->gateway_id);
		tv_put_text(&row, tv_metric_name(route->metric));
		tv_put_number(&row, tv_cost_read(&step->step, route->metric));
		for (int part = 0; part < TV_PART_COUNT; part++)
			tv_put_number(&row, explained->parts[part]);
		tv_put(&row, explained->decided, false);
		put_next_best(&row, explained->next_best, tv_cost_read(route->total, route->metric));
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}
