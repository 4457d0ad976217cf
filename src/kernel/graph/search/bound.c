/*
 * bound.c: a lower bound of what is left to the destination; see bound.h.
 */
#include "kernel/graph/search/bound.h"

#include <math.h>

#include "kernel/graph/sphere.h"

#define CHECK_EVERY 256			/* points between two looks at cancellation: a few ms at most */

/* The answer may be exceeded by the least key by this much of it before the search ends. */
#define ROUNDING 1e-9

static double
bound_on_sphere(const TvmBound *bound, double lat, double lon)
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

/* The node by which the hierarchy knows a point. */
static uint32_t
metric_node(const TvmGraph *graph, TvmPoint point)
{
	return point.layer == 0 ? point.node : graph->metric_node[point.node];
}

static double
bound_at(const TvmBound *bound, TvmPoint point)
{
	const TvmTopology *topology;

	if (bound->potential != NULL)
		return tvm_potential_at(bound->potential, metric_node(bound->graph, point)) * bound->share;
	if (bound->weight_per_radian == 0)
		return 0;
	topology = bound->graph->layers[point.layer].topology;
	return bound_on_sphere(bound, topology->lat[point.node], topology->lon[point.node]) * bound->share;
}

/*
 * Set up the goals.  A shortcut's rest is its cost and the bound at its exit,
 * which depends on the other shortcuts' rests: they only fall, and after as
 * many rounds as there are shortcuts (Bellman-Ford) they are the least.
 */
void
tvm_bound_init(TvmBound *bound, TvmQuery *query, TvmPoint to)
{
	const TvmGraph *graph = query->graph;
	const TvmTopology *topology = graph->layers[to.layer].topology;
	bool		changed = true;

	bound->graph = graph;
	bound->share = 1;
	bound->limit = INFINITY;
	bound->by_cost = bound->late = false;
	bound->potential = NULL;
	bound->exact = graph->metric != NULL && !graph->metric_is_less;
	if (graph->metric != NULL)
	{
		bound->potential = &query->potential;
		tvm_potential_aim(bound->potential, metric_node(graph, to));
		return;
	}
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
				+ bound_on_sphere(bound, exit->lat[gateway->to.node], exit->lon[gateway->to.node]);

			if (rest < bound->goals[i].rest)
			{
				bound->goals[i].rest = rest;
				changed = true;
			}
		}
	}
}

void
tvm_bound_reach(TvmBound *bound, TvmQuery *query, TvmPoint point, double cost, uint32_t via)
{
	uint32_t	state = tvm_graph_state(query->graph, point);
	TvmLabel   *label = &query->labels[state];
	bool		is_new = !tvm_query_is_labelled(query, state);
	double		key;

	if (!tvm_query_reach(query, state, cost, via))
		return;
	if (is_new)
		label->bound = bound_at(bound, point);
	key = cost + label->bound;
	if (label->bound == INFINITY || key > bound->limit)
		return;
	if (bound->by_cost)
		key = cost;
	else if (!is_new && query->heap.position[state] == 0)
	{
		bound->late = true;
		return;
	}
	tvm_heap_push(&query->heap, state, key);
}

static TvmStatus
settle(TvmEnv *env, TvmBound *bound, TvmQuery *query, TvmPoint from, const TvmPoint *to, TvmExpand expand, void *search)
{
	const TvmGraph *graph = query->graph;

	bound->late = false;
	tvm_query_begin(query);
	tvm_bound_reach(bound, query, from, 0, TVM_VIA_ORIGIN);
	while (query->heap.count > 0)
	{
		TvmHeapEntry least = tvm_heap_pop(&query->heap);

		if (query->settled++ % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (to != NULL && least.key > tvm_query_cost(query, *to) * (1 + ROUNDING))
			break;
		expand(search, tvm_graph_point(graph, least.item));
	}
	return TVM_OK;
}

TvmStatus
tvm_bound_search(TvmEnv *env, TvmBound *bound, TvmQuery *query, TvmPoint from, const TvmPoint *to, TvmExpand expand, void *search)
{
	TvmStatus	status;
	size_t		settled;

	bound->limit = INFINITY;
	bound->by_cost = to == NULL;
	if (bound->exact)
	{
		bound->by_cost = true;
		bound->limit = bound_at(bound, from) * (1 + ROUNDING);
	}
	status = settle(env, bound, query, from, to, expand, search);
	if (status != TVM_OK || !bound->late)
		return status == TVM_OK ? tvm_query_finish(env, query, to) : status;
	settled = query->settled;
	bound->by_cost = true;
	bound->limit = tvm_query_cost(query, *to) * (1 + ROUNDING);
	status = settle(env, bound, query, from, to, expand, search);
	query->settled += settled;
	return status == TVM_OK ? tvm_query_finish(env, query, to) : status;
}
