/*
 * astar.c: A* on (layer, node); see astar.h for the bound and why it holds.
 */
#include "kernel/graph/astar.h"

#include <math.h>

#include "kernel/graph/bound.h"

#define CHECK_EVERY 1024		/* points between two looks at cancellation: a few ms at most */

/* The answer may be exceeded by the least key by this much of it before the search ends. */
#define ROUNDING 1e-9

static void
expand(TvmQuery *query, const TvmBound *bound, TvmPoint point)
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
		double		weight = tvm_weight(&layer->weights, TVM_ARC_SEGMENT(end.arc));

		if (weight < INFINITY)
			tvm_bound_reach(bound, query, (TvmPoint) {point.layer, end.node}, cost + weight, end.arc);
	}
	for (uint32_t i = 0; i < count; i++)
	{
		const TvmGateway *gateway = &graph->gateways[departures[i]];

		if (gateway->cost < INFINITY)
			tvm_bound_reach(bound, query, gateway->to, cost + gateway->cost, TVM_VIA_GATEWAY | departures[i]);
	}
}

TvmStatus
tvm_astar_run(TvmEnv *env, TvmQuery *query, TvmPoint from, TvmPoint to)
{
	const TvmGraph *graph = query->graph;
	TvmBound	bound;
	TvmStatus	status = tvm_graph_check_point(env, graph, from, "from");

	if (status == TVM_OK)
		status = tvm_graph_check_point(env, graph, to, "to");
	if (status != TVM_OK)
		return status;

	tvm_bound_init(&bound, query, to);
	tvm_query_begin(query);
	tvm_bound_reach(&bound, query, from, 0, TVM_VIA_ORIGIN);
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
