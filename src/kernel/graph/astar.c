/*
 * astar.c: A* on (layer, node); see astar.h for the bound and why it holds.
 */
#include "kernel/graph/astar.h"

#include <math.h>

#include "kernel/graph/sphere.h"

#define CHECK_EVERY 1024		/* points between two looks at cancellation: a few ms at most */

/* The answer may be exceeded by the least key by this much of it before the search ends. */
#define ROUNDING 1e-9

/* The lower bound of one search: a cone of weight per radian over each goal. */
typedef struct Bound
{
	double		weight_per_radian;
	double		slack;
	uint32_t	count;
	struct
	{
		double		lat;
		double		lon;
		double		rest;		/* at least this from the goal to the destination */
	}			goals[TVM_MAX_SHORTCUTS + 1];	/* shortcuts' entrances, and last the destination */
} Bound;

static double
bound_from(const Bound *bound, double lat, double lon)
{
	double		least = INFINITY;

	if (bound->weight_per_radian == 0)
		return 0;
	for (uint32_t i = 0; i < bound->count; i++)
	{
		double		angle = tvm_sphere_angle(lat, lon, bound->goals[i].lat, bound->goals[i].lon);

		least = fmin(least, bound->weight_per_radian * fmax(angle - bound->slack, 0) + bound->goals[i].rest);
	}
	return least;
}

/*
 * Set up the goals.  A shortcut's rest is its cost and the bound at its exit,
 * which depends on the other shortcuts' rests: they only fall, and after as
 * many rounds as there are shortcuts (Bellman-Ford) they are the least.
 */
static void
bound_init(Bound *bound, const TvmGraph *graph, TvmPoint to)
{
	const TvmTopology *topology = graph->layers[to.layer].topology;
	bool		changed = true;

	bound->weight_per_radian = graph->weight_per_radian;
	bound->slack = graph->slack;
	bound->count = graph->shortcut_count + 1;
	for (uint32_t i = 0; i < graph->shortcut_count; i++)
	{
		TvmPoint	entrance = graph->gateways[graph->shortcuts[i]].from;

		bound->goals[i].lat = graph->layers[entrance.layer].topology->lat[entrance.node];
		bound->goals[i].lon = graph->layers[entrance.layer].topology->lon[entrance.node];
		bound->goals[i].rest = INFINITY;
	}
	bound->goals[graph->shortcut_count].lat = topology->lat[to.node];
	bound->goals[graph->shortcut_count].lon = topology->lon[to.node];
	bound->goals[graph->shortcut_count].rest = 0;

	for (uint32_t round = 0; round < graph->shortcut_count && changed; round++)
	{
		changed = false;
		for (uint32_t i = 0; i < graph->shortcut_count; i++)
		{
			const TvmGateway *gateway = &graph->gateways[graph->shortcuts[i]];
			const TvmTopology *exit = graph->layers[gateway->to.layer].topology;
			double		rest = gateway->cost
				+ bound_from(bound, exit->lat[gateway->to.node], exit->lon[gateway->to.node]);

			if (rest < bound->goals[i].rest)
			{
				bound->goals[i].rest = rest;
				changed = true;
			}
		}
	}
}

/* Label the point, and put it into the heap (again) if that lowered its cost. */
static void
reach(TvmQuery *query, const Bound *bound, TvmPoint point, double cost, uint32_t via)
{
	uint32_t	state = tvm_graph_state(query->graph, point);
	TvmLabel   *label = &query->labels[state];
	bool		is_new = !tvm_query_is_labelled(query, state);

	if (!tvm_query_reach(query, state, cost, via))
		return;
	if (is_new)
	{
		const TvmTopology *topology = query->graph->layers[point.layer].topology;

		label->bound = bound_from(bound, topology->lat[point.node], topology->lon[point.node]);
	}
	tvm_heap_push(&query->heap, state, cost + label->bound);
}

static void
expand(TvmQuery *query, const Bound *bound, TvmPoint point)
{
	const TvmGraph *graph = query->graph;
	const TvmLayer *layer = &graph->layers[point.layer];
	const TvmTopology *topology = layer->topology;
	double		cost = tvm_query_cost(query, point);
	uint32_t	count;
	const uint32_t *departures = tvm_graph_departures(graph, point, &count);

	for (uint32_t i = topology->out_first[point.node]; i < topology->out_first[point.node + 1]; i++)
	{
		TvmArcEnd	end = topology->out[i];
		double		weight = layer->weights[TVM_ARC_SEGMENT(end.arc)];

		if (weight < INFINITY)
			reach(query, bound, (TvmPoint) {point.layer, end.node}, cost + weight, end.arc);
	}
	for (uint32_t i = 0; i < count; i++)
	{
		const TvmGateway *gateway = &graph->gateways[departures[i]];

		if (gateway->cost < INFINITY)
			reach(query, bound, gateway->to, cost + gateway->cost, TVM_VIA_GATEWAY | departures[i]);
	}
}

TvmStatus
tvm_astar_run(TvmEnv *env, TvmQuery *query, TvmPoint from, TvmPoint to)
{
	const TvmGraph *graph = query->graph;
	Bound		bound;
	TvmStatus	status = tvm_graph_check_point(env, graph, from, "from");

	if (status == TVM_OK)
		status = tvm_graph_check_point(env, graph, to, "to");
	if (status != TVM_OK)
		return status;

	bound_init(&bound, graph, to);
	tvm_query_begin(query);
	reach(query, &bound, from, 0, TVM_VIA_ORIGIN);
	while (query->heap.count > 0)
	{
		TvmHeapEntry least = tvm_heap_pop(&query->heap);

		if (query->settled++ % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (least.key > tvm_query_cost(query, to) * (1 + ROUNDING))
			break;
		expand(query, &bound, tvm_graph_point(graph, least.item));
	}
	return tvm_query_finish(env, query, &to);
}
