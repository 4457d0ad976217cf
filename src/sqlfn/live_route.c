/*
 * live_route.c: tv_route_from: the route from where a vehicle is or was.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "bridge/journey/whereabouts.h"
#include "bridge/network/profile.h"
#include "bridge/route/point_route.h"
#include "bridge/route/route_line.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_row.h"

PG_FUNCTION_INFO_V1(tv_route_from);

/* Of the result, from 0. */
#define SNAPPED_COLUMN 10

static TvWhereAsked
get_asked(FunctionCallInfo fcinfo)
{
	return (TvWhereAsked) {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.vehicle_id = tv_get_bigint(fcinfo, 2, "vehicle_id"),
		.t = tv_get_time(fcinfo, 3, "t"),
		.max_gap_s = tv_get_amount(fcinfo, 7, "max_gap_s", 0),
		.known_at = tv_get_known_at(fcinfo, 8),
		.taken_by = PG_ARGISNULL(9) ? DT_NOEND : tv_get_time(fcinfo, 9, "taken_by")
	};
}

/* Where it is, and where on the network. */
static void
put_whereabouts(TvRow *row, TvEnv *env, const TvWhereAsked *asked, const TvWhereabouts *where,
				const TvPointRoute *found, Oid geometry)
{
	const TvRouteStep *first = &found->route->steps[0];

	tv_put_text(row, tv_motion_state_name(where->state));
	tv_put(row, TimestampTzGetDatum(where->fix_at), false);
	tv_put_number(row, (asked->t - where->fix_at) / 1e6);
	tv_put_number(row, where->position.lon);
	tv_put_number(row, where->position.lat);
	tv_put(row, tv_point_make(tv_point_maker(env, geometry), first->lon, first->lat), false);
}

static void
put_end(TvRow *row, const TvRouteEnd *end)
{
	tv_put_id(row, end->segment_id);
	tv_put(row, Float8GetDatum(end->fraction), end->segment_id == 0);
}

static void
put_route(TvRow *row, TvEnv *env, const TvPointRoute *found, Oid geometry)
{
	const TvRoute *route = found->route;
	uint32		last = Max(route->step_count, 2) - 1;
	Datum		line = (Datum) 0;
	bool		has_line = tv_course(env, route, geometry, &line);

	put_end(row, &found->from);
	tv_put_number(row, found->from.distance_m);
	put_end(row, &found->to);
	tv_put_step_ids(row, route, 1, last, offsetof(TvRouteStep, place_id));
	tv_put_step_ids(row, route, 1, last, offsetof(TvRouteStep, timeline_id));
	tv_put_step_ids(row, route, 1, Max(route->step_count, 1), offsetof(TvRouteStep, segment_id));
	tv_put_number(row, route->total->distance_m);
	tv_put_number(row, route->eta_seconds);
	tv_put_clocks(row, &route->total->clocks);
	tv_put_differences(row, &route->total->clocks);
	tv_put_text(row, tv_metric_name(route->metric));
	tv_put_text(row, tv_physics_note(route, ""));
	tv_put(row, line, !has_line);
	tv_put(row, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), false);
}

Datum
tv_route_from(PG_FUNCTION_ARGS)
{
	TvWhereAsked asked = get_asked(fcinfo);
	TvPointRequest request = {
		.world_id = asked.world_id,
		.timeline_id = asked.timeline_id,
		.to.place_id = tv_get_bigint(fcinfo, 4, "dest_place_id"),
		.dest_timeline_id = PG_GETARG_INT64(PG_ARGISNULL(5) ? 1 : 5),
		.metric = tv_get_name(fcinfo, 6),
		.snap_to = tv_snap_to_parse(tv_get_name(fcinfo, 10))
	};
	TvWhereabouts where;
	TvPointRoute *found;
	Oid			geometry;
	TvEnv	   *env;

	tv_get_supposed(fcinfo, 11, &request.profile, &request.what_if);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	if (request.metric != NULL)
		tv_metric_parse(request.metric);
	geometry = TupleDescAttr(((ReturnSetInfo *) fcinfo->resultinfo)->setDesc, SNAPPED_COLUMN)->atttypid;
	env = tv_env_create("tv_route_from");
	where = tv_whereabouts(env, &asked);
	if (request.profile == NULL)
		request.profile = tv_profile_of_vehicle(env, asked.world_id, asked.timeline_id, asked.vehicle_id);
	request.from = (TvEndPoint) {
		.nowhere = !where.known, .segment_id = where.segment_id, .fraction = where.fraction, .at = where.position
	};
	found = tv_point_route_find(env, &request, geometry);
	if (found != NULL)
	{
		TvRow		row = {0};

		tv_put_bigint(&row, request.world_id);
		tv_put_bigint(&row, request.timeline_id);
		tv_put_bigint(&row, asked.vehicle_id);
		tv_put_bigint(&row, request.to.place_id);
		tv_put_bigint(&row, request.dest_timeline_id);
		put_whereabouts(&row, env, &asked, &where, found, geometry);
		put_route(&row, env, found, geometry);
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}
