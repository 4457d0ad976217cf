/*
 * dijkstra.c: Dijkstra's algorithm on (layer, node); see dijkstra.h.
 */
#include "kernel/graph/search/dijkstra.h"

#include <math.h>

#define CHECK_EVERY 4096		/* points between two looks at cancellation: about 1 ms */

/* Label what one segment or gateway leads to from the settled point. */
static void
expand(TvmQuery *query, TvmPoint point, double cost)
{
	const TvmGraph *graph = query->graph;
	const TvmLayer *layer = &graph->layers[point.layer];
	const TvmTopology *topology = layer->topology;
	uint32_t	first_state = graph->first_state[point.layer];
	uint32_t	count;
	const uint32_t *departures = tvm_graph_departures(graph, point, &count);

	for (uint32_t i = topology->out_first[point.node]; i < topology->out_first[point.node + 1]; i++)
	{
		TvmArcEnd	end = topology->out[i];
		double		weight = tvm_weight(&layer->weights, TVM_ARC_SEGMENT(end.arc));
		uint32_t	state = first_state + end.node;

		if (weight < INFINITY && tvm_query_reach(query, state, cost + weight, end.arc))
			tvm_heap_push(&query->heap, state, cost + weight);
	}
	for (uint32_t i = 0; i < count; i++)
	{
		const TvmGateway *gateway = &graph->gateways[departures[i]];
		uint32_t	state = tvm_graph_state(graph, gateway->to);

		if (gateway->cost < INFINITY
			&& tvm_query_reach(query, state, cost + gateway->cost, TVM_VIA_GATEWAY | departures[i]))
			tvm_heap_push(&query->heap, state, cost + gateway->cost);
	}
}

static void
begin(TvmQuery *query, TvmPoint from)
{
	uint32_t	origin = tvm_graph_state(query->graph, from);

	tvm_query_begin(query);
	tvm_query_reach(query, origin, 0, TVM_VIA_ORIGIN);
	tvm_heap_push(&query->heap, origin, 0);
}

TvmStatus
tvm_dijkstra_run(TvmEnv *env, TvmQuery *query, TvmPoint from, const TvmPoint *to)
{
	const TvmGraph *graph = query->graph;
	TvmStatus	status = tvm_graph_check_point(env, graph, from, "from");

	if (status == TVM_OK && to != NULL)
		status = tvm_graph_check_point(env, graph, *to, "to");
	if (status != TVM_OK)
		return status;

	begin(query, from);
	while (query->heap.count > 0)
	{
		TvmHeapEntry least = tvm_heap_pop(&query->heap);

		if (query->settled++ % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (to != NULL && least.item == tvm_graph_state(graph, *to))
			break;
		expand(query, tvm_graph_point(graph, least.item), least.key);
	}
	return tvm_query_finish(env, query, to);
}

TvmStatus
tvm_dijkstra_within(TvmEnv *env, TvmQuery *query, TvmPoint from, double limit,
					uint32_t *nearest, uint32_t *count)
{
	const TvmGraph *graph = query->graph;
	TvmStatus	status = tvm_graph_check_point(env, graph, from, "from");

	if (status != TVM_OK)
		return status;
	if (!(limit >= 0))
	{
		tvm_fail(env, TVM_INVALID, "not a limit", NULL, "%s is not a number >= 0.", tvm_number_text(limit).text);
		tvm_fail_path(env, "limit");
		return TVM_INVALID;
	}

	begin(query, from);
	while (query->heap.count > 0)
	{
		TvmHeapEntry least = tvm_heap_pop(&query->heap);

		if (query->settled % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		/* Keys never fall, so all that is left is farther too. */
		if (least.key > limit)
			break;
		if (least.key == INFINITY)
		{
			TvmPoint	beyond = tvm_graph_point(graph, least.item);

			return tvm_query_finish(env, query, &beyond);
		}
		if (nearest != NULL)
			nearest[query->settled] = least.item;
		query->settled++;
		expand(query, tvm_graph_point(graph, least.item), least.key);
	}
	if (count != NULL)
		*count = (uint32_t) query->settled;
	return tvm_query_finish(env, query, NULL);
}
