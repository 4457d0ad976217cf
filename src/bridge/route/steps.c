/*
 * steps.c: a route as its steps; see steps.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/route/steps.h"

static void
fill_step(TvNetwork *network, const TvmStep *from, TvRouteStep *to)
{
	const TvRows *rows = network->rows;
	const TvLayerRow *layer = &rows->layers[from->point.layer];
	const TvWorldRows *world = &rows->worlds[layer->world];
	const TvPlaceRow *place = &world->places[from->point.node];

	memset(to, 0, sizeof(*to));
	to->layer = from->point.layer;
	to->place_id = place->id;
	to->timeline_id = layer->timeline_id;
	to->lat = place->lat;
	to->lon = place->lon;
	if (from->kind == TVM_STEP_SEGMENT)
	{
		to->segment_id = world->segments[from->index].id;
		to->reverse = from->reverse;
		to->step.distance_m = network->segments[from->point.layer][from->index].length_m;
		tv_network_clocks(network, from->point.layer, from->index, &to->step.clocks);
	}
	else if (from->kind == TVM_STEP_GATEWAY)
	{
		const TvGatewayRow *gateway = &rows->gateways[network->gateway_rows[from->index]];

		to->gateway_id = gateway->id;
		tv_cost_penalty(&to->step, gateway->penalty_s);
	}
}

TvRoute *
tv_route_describe(TvNetwork *network, const TvmPath *path)
{
	TvRows	   *rows = network->rows;
	TvRoute    *route = MemoryContextAllocZero(rows->env->context, sizeof(TvRoute));

	route->step_count = path->count;
	route->steps = MemoryContextAllocHuge(rows->env->context, sizeof(TvRouteStep) * path->count);
	for (uint32 i = 0; i < route->step_count; i++)
		fill_step(network, &path->steps[i], &route->steps[i]);
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
