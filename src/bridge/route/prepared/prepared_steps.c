/*
 * prepared_steps.c: a route as it is put together from prepared graphs; see prepared_steps.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/graph/layer_segment.h"
#include "bridge/server/compat.h"
#include "bridge/access/owner.h"
#include "bridge/server/ids.h"
#include "bridge/route/prepared/prepared_steps.h"
#include "bridge/server/scan.h"

/* Steps --------------------------------------------------------------------- */

TvRouteStep *
tv_steps_add(TvSteps *steps, uint32 layer, uint32 node)
{
	TvPrepared *prepared = steps->prepared;
	const TvWorldGraph *graph = prepared->layers[layer]->graph;
	TvRoute    *route = steps->route;
	TvRouteStep *step;

	if (route->step_count == steps->capacity)
		route->steps = tv_grow(prepared->env->context, route->steps, sizeof(TvRouteStep), &steps->capacity);
	step = &route->steps[route->step_count++];
	memset(step, 0, sizeof(*step));
	step->place_id = tv_graph_place_id(graph, node);
	step->timeline_id = prepared->layers[layer]->timeline_id;
	step->layer = layer;
	step->node = node;
	step->lat = graph->topology.lat[node];
	step->lon = graph->topology.lon[node];
	return step;
}

void
tv_steps_begin(TvSteps *steps, TvPrepared *prepared, TvmPoint origin)
{
	steps->prepared = prepared;
	steps->route = MemoryContextAllocZero(prepared->env->context, sizeof(TvRoute));
	steps->capacity = 0;
	steps->sum = NULL;
	steps->at = origin;
	steps->moved = false;
	steps->turn_s = 0;
	if (prepared->total_only)
		steps->route->total = steps->sum = MemoryContextAllocZero(prepared->env->context, sizeof(TvCost));
	else
		tv_steps_add(steps, origin.layer, origin.node);
}

/* The step to a point, or NULL where it is only added up. */
static TvRouteStep *
go_on(TvSteps *steps, TvmPoint to, const TvCost *cost)
{
	TvRouteStep *step = NULL;

	if (steps->sum != NULL)
		tv_cost_add(steps->sum, cost);
	else
	{
		step = tv_steps_add(steps, to.layer, to.node);
		step->step = *cost;
	}
	steps->at = to;
	steps->moved = true;
	return step;
}

void
tv_steps_arc(TvSteps *steps, uint32 layer_index, uint32 arc, bool reverse)
{
	TvEnv	   *env = steps->prepared->env;
	const TvLayer *layer = steps->prepared->layers[layer_index];
	const TvWorldGraph *graph = layer->graph;
	TvmPoint	to = {.layer = layer_index, .node = reverse ? graph->topology.a[arc] : graph->topology.b[arc]};
	double		turn_s = steps->turn_s;
	uint32		segment;
	TvmSegment	attributes;
	TvRouteStep *step;
	TvCost		cost;

	if (tvm_split_arc(&graph->split, TVM_ARC(arc, reverse), &segment, &reverse) == TVM_SPLIT_TURN)
	{
		steps->turn_s += tv_layer_turn_s(layer, arc);
		steps->at = to;
		steps->moved = true;
		return;
	}
	attributes = tv_layer_segment(layer, segment);
	tv_check(env, tv_steps_weigh(&env->tvm, layer, &attributes, &cost));
	tv_cost_penalty(&cost, turn_s);
	steps->turn_s = 0;
	step = go_on(steps, to, &cost);
	if (step == NULL)
		return;
	step->turn_s = turn_s;
	step->segment_id = graph->segment_ids[segment];
	step->reverse = reverse;
	step->straight = !graph->has_course[segment] && !tv_layer_is_special(layer, segment);
}

void
tv_steps_link(TvSteps *steps, uint32 link)
{
	TvPrepared *prepared = steps->prepared;
	TvEnv	   *env = prepared->env;
	TvmPoint	to = prepared->links[link].to;
	TvRouteStep *step;
	TvCost		cost = {0};

	/* It leaves from where ways to its place end. */
	if (steps->sum == NULL)
		steps->route->steps[steps->route->step_count - 1].node = prepared->links[link].from.node;
	if (prepared->link_gateway[link] != TV_NONE)
	{
		const TvGatewayRow *row = &prepared->rows->gateways[prepared->link_gateway[link]];

		cost.clocks.local_s = row->penalty_s;
		cost.clocks.coordinate_s = row->penalty_s;
		cost.clocks.traveler_s = row->penalty_s;
		step = go_on(steps, to, &cost);
		if (step != NULL)
			step->gateway_id = row->id;
	}
	else
	{
		const TvExtra *extra = prepared->link_extra[link];

		tv_check(env, tv_steps_weigh(&env->tvm, prepared->layers[to.layer], &extra->attributes, &cost));
		step = go_on(steps, to, &cost);
		if (step == NULL)
			return;
		step->segment_id = extra->segment_id;
		step->reverse = prepared->link_reverse[link];
		step->straight = !extra->has_course;
	}
}

/* Places that have moved since the graph was built -------------------------- */

typedef struct Moving
{
	TvMoved    *moved;
	uint32		count;
	uint32		capacity;
	MemoryContext context;
} Moving;

static void
receive_moved(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Moving	   *moving = target;

	if (moving->count == moving->capacity)
		moving->moved = tv_grow(moving->context, moving->moved, sizeof(TvMoved), &moving->capacity);
	moving->moved[moving->count++] = (TvMoved) {
		.place_id = DatumGetInt64(values[0]),
		.lat = DatumGetFloat8(values[1]),
		.lon = DatumGetFloat8(values[2])
	};
}

TvMoved *
tv_prepared_moved(TvPrepared *prepared, uint32 *count)
{
	Moving		moving = {.context = prepared->env->context};

	for (uint32 w = 0; w < prepared->rows->world_count; w++)
		for (uint32 i = 0; i < prepared->changes[w]->count; i++)
		{
			const TvChange *change = &prepared->changes[w]->changes[i];
			TvArg		args[1];
			TvOwner		owner;

			if (change->kind != TV_CHANGE_PLACES || change->count == 0)
				continue;
			args[0] = tv_arg_bigints(change->ids, change->count);
			tv_owner_enter(&owner);
			tv_scan("SELECT p.id, p.lat, p.lon FROM timevmaps.places p"
					" WHERE p.id OPERATOR(pg_catalog.=) ANY ($1)",
					lengthof(args), args, receive_moved, &moving);
			tv_owner_leave(&owner);
		}
	if (moving.count > 1)
		qsort(moving.moved, moving.count, sizeof(TvMoved), tv_ids_compare);
	*count = moving.count;
	return moving.moved;
}

void
tv_prepared_move(TvPrepared *prepared, TvRoute *route)
{
	uint32		count;
	TvMoved    *moved = tv_prepared_moved(prepared, &count);

	for (uint32 i = 0; i < route->step_count; i++)
	{
		TvRouteStep *step = &route->steps[i];
		uint32		at = tv_load_find(moved, sizeof(TvMoved), count, step->place_id);

		if (at == TV_NONE)
			continue;
		step->lat = moved[at].lat;
		step->lon = moved[at].lon;
	}
}
