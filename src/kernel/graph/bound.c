/*
 * bound.c: a lower bound of what is left to the destination; see bound.h.
 */
#include "kernel/graph/bound.h"

#include <math.h>

#include "kernel/graph/sphere.h"

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

static double
bound_at(const TvmBound *bound, TvmPoint point)
{
	const TvmTopology *topology;

	if (bound->potential != NULL)
		return tvm_potential_at(bound->potential, point.node) * bound->share;
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
	bound->potential = NULL;
	if (graph->metric != NULL)
	{
		bound->potential = &query->potential;
		tvm_potential_aim(bound->potential, to.node);
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
tvm_bound_reach(const TvmBound *bound, TvmQuery *query, TvmPoint point, double cost, uint32_t via)
{
	uint32_t	state = tvm_graph_state(query->graph, point);
	TvmLabel   *label = &query->labels[state];
	bool		is_new = !tvm_query_is_labelled(query, state);

	if (!tvm_query_reach(query, state, cost, via))
		return;
	if (is_new)
		label->bound = bound_at(bound, point);
	tvm_heap_push(&query->heap, state, cost + label->bound);
}
