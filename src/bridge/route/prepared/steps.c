/*
 * steps.c: a route as its steps; see steps.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/route/prepared/steps.h"

/* The step to a place; a turn is none, and adds to *turn_s, which the next segment pays. */
static bool
fill_step(TvNetwork *network, const TvmStep *from, double *turn_s, TvRouteStep *to)
{
	const TvRows *rows = network->rows;
	uint32		layer = from->point.layer;
	const TvWorldRows *world = &rows->worlds[rows->layers[layer].world];
	const TvPlaceRow *place = &world->places[tv_network_place(network, layer, from->point.node)];
	uint32		segment = 0;
	bool		reverse = false;

	if (from->kind == TVM_STEP_SEGMENT && tv_network_arc(network, from, &segment, &reverse) == TVM_SPLIT_TURN)
	{
		*turn_s += network->turn_s[layer][segment];
		return false;
	}
	memset(to, 0, sizeof(*to));
	to->layer = layer;
	to->place_id = place->id;
	to->timeline_id = rows->layers[layer].timeline_id;
	to->lat = place->lat;
	to->lon = place->lon;
	if (from->kind == TVM_STEP_SEGMENT)
	{
		to->segment_id = world->segments[segment].id;
		to->reverse = reverse;
		to->turn_s = *turn_s;
		*turn_s = 0;
		to->step.distance_m = network->segments[layer][segment].length_m;
		tv_network_clocks(network, layer, segment, &to->step.clocks);
		tv_cost_penalty(&to->step, to->turn_s);
	}
	else if (from->kind == TVM_STEP_GATEWAY)
	{
		const TvGatewayRow *gateway = &rows->gateways[network->gateway_rows[from->index]];

		to->gateway_id = gateway->id;
		tv_cost_penalty(&to->step, gateway->penalty_s);
	}
	return true;
}

TvRoute *
tv_route_describe(TvNetwork *network, const TvmPath *path)
{
	TvRows	   *rows = network->rows;
	TvRoute    *route = MemoryContextAllocZero(rows->env->context, sizeof(TvRoute));

	route->steps = MemoryContextAllocHuge(rows->env->context, sizeof(TvRouteStep) * path->count);
	for (size_t i = 0; i < path->count; i++)
		route->step_count += fill_step(network, &path->steps[i], &route->ahead_s, &route->steps[route->step_count]);
	return route;
}

void
tv_route_total(TvRoute *route, const TvRows *rows, TvMetric metric)
{
	TvCost		so_far = {0};
	uint32		world = TV_NONE;

	for (uint32 i = 0; i < route->step_count; i++)
	{
		TvRouteStep *step = &route->steps[i];
		uint32		here = rows->layers[step->layer].world;

		tv_cost_add(&so_far, &step->step);
		step->so_far = so_far;
		route->segment_count += step->segment_id != 0;
		route->gateway_count += step->gateway_id != 0;
		route->world_count += here != world;
		world = here;
	}
	if (route->step_count > 0)
		route->total = &route->steps[route->step_count - 1].so_far;
	route->metric = metric;
	route->rules = rows->worlds[0].rules;
	route->eta_seconds = tvm_clocks_read(&route->total->clocks, route->rules.clock);
}

uint32
tv_route_require_place(const TvWorldRows *world, int64 id)
{
	uint32		place = tv_load_find(world->places, sizeof(TvPlaceRow), world->place_count, id);

	if (place == TV_NONE)
		tv_report_not_found("place", id);
	return place;
}
