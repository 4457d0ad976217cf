/*
 * astar.c: A* on (layer, node); see astar.h for the bound and why it holds.
 */
#include "kernel/graph/search/astar.h"

#include <math.h>

#include "kernel/graph/search/bound.h"

typedef struct Search
{
	TvmQuery   *query;
	TvmBound	bound;
} Search;

static void
expand(void *context, TvmPoint point)
{
	Search	   *search = context;
	TvmQuery   *query = search->query;
	const TvmGraph *graph = query->graph;
	const TvmLayer *layer = &graph->layers[point.layer];
	const TvmTopology *topology = layer->topology;
	double		cost = tvm_query_cost(query, point);
	uint32_t	count;
	const uint32_t *departures = tvm_graph_departures(graph, point, &count);

	for (uint32_t i = topology->out_first[point.node]; i < topology->out_first[point.node + 1]; i++)
	{
		TvmArcEnd	end = topology->out[i];
		double		weight = tvm_weight(&layer->weights, TVM_ARC_SEGMENT(end.arc));

		if (weight < INFINITY)
			tvm_bound_reach(&search->bound, query, (TvmPoint) {point.layer, end.node}, cost + weight, end.arc);
	}
	for (uint32_t i = 0; i < count; i++)
	{
		const TvmGateway *gateway = &graph->gateways[departures[i]];

		if (gateway->cost < INFINITY)
			tvm_bound_reach(&search->bound, query, gateway->to, cost + gateway->cost, TVM_VIA_GATEWAY | departures[i]);
	}
}

TvmStatus
tvm_astar_run(TvmEnv *env, TvmQuery *query, TvmPoint from, TvmPoint to)
{
	const TvmGraph *graph = query->graph;
	Search		search = {.query = query};
	TvmStatus	status = tvm_graph_check_point(env, graph, from, "from");

	if (status == TVM_OK)
		status = tvm_graph_check_point(env, graph, to, "to");
	if (status != TVM_OK)
		return status;

	tvm_bound_init(&search.bound, query, to);
	return tvm_bound_search(env, &search.bound, query, from, &to, expand, &search);
}
