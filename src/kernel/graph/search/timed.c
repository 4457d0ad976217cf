/*
 * timed.c: time-dependent A* and Dijkstra; see timed.h.
 */
#include "kernel/graph/search/timed.h"

#include <math.h>

#include "kernel/graph/search/bound.h"

typedef struct Search
{
	TvmQuery   *query;
	const TvmTimed *timed;
	double		start;
	TvmBound	bound;
} Search;

/* What passing a segment of the layer takes from `at` on. */
static double
pass(const Search *search, uint32_t layer, uint32_t segment, double at)
{
	const TvmTimed *timed = search->timed;
	const TvmTimedLayer *timed_layer = &timed->layers[layer];
	uint32_t	slot = timed_layer->slots == NULL ? TVM_NO_PROFILE : timed_layer->slots[segment];
	const TvmTimedSegment *timed_segment;

	if (slot == TVM_NO_PROFILE)
		return tvm_weight(&search->query->graph->layers[layer].weights, segment);
	timed_segment = &timed_layer->segments[slot];
	return tvm_profile_pass(&timed->profiles[timed_segment->profile], timed_segment->pace, at, NULL);
}

static void
expand(void *context, TvmPoint point)
{
	Search	   *search = context;
	const TvmGraph *graph = search->query->graph;
	const TvmLayer *layer = &graph->layers[point.layer];
	const TvmTopology *topology = layer->topology;
	double		cost = tvm_query_cost(search->query, point);
	uint32_t	count;
	const uint32_t *departures = tvm_graph_departures(graph, point, &count);

	for (uint32_t i = topology->out_first[point.node]; i < topology->out_first[point.node + 1]; i++)
	{
		TvmArcEnd	end = topology->out[i];
		uint32_t	segment = TVM_ARC_SEGMENT(end.arc);

		if (tvm_weight(&layer->weights, segment) < INFINITY)
			tvm_bound_reach(&search->bound, search->query, (TvmPoint) {point.layer, end.node},
				  cost + pass(search, point.layer, segment, search->start + cost),
				  end.arc);
	}
	for (uint32_t i = 0; i < count; i++)
	{
		const TvmGateway *gateway = &graph->gateways[departures[i]];

		if (gateway->cost < INFINITY)
			tvm_bound_reach(&search->bound, search->query, gateway->to, cost + gateway->cost, TVM_VIA_GATEWAY | departures[i]);
	}
}

TvmStatus
tvm_timed_run(TvmEnv *env, TvmQuery *query, const TvmTimed *timed, double start,
			  TvmPoint from, const TvmPoint *to)
{
	const TvmGraph *graph = query->graph;
	Search		search = {.query = query, .timed = timed, .start = start};
	TvmStatus	status = tvm_graph_check_point(env, graph, from, "from");

	if (status == TVM_OK && to != NULL)
		status = tvm_graph_check_point(env, graph, *to, "to");
	if (status != TVM_OK)
		return status;
	if (!(start >= 0 && start < INFINITY))
		return tvm_fail(env, TVM_INVALID, "not a moment", NULL, "%g is not a finite number of at least 0", start);

	if (to != NULL)
	{
		tvm_bound_init(&search.bound, query, *to);
		search.bound.share = 1 / timed->speedup;
		search.bound.exact = false;
	}
	return tvm_bound_search(env, &search.bound, query, from, to, expand, &search);
}

static double
cost_of_step(const void *context, const TvmStep *step, double cost)
{
	const Search *search = context;

	return step->kind == TVM_STEP_GATEWAY ? search->query->graph->gateways[step->index].cost
		: pass(search, step->point.layer, step->index, search->start + cost);
}

TvmStatus
tvm_timed_path(TvmEnv *env, TvmQuery *query, const TvmTimed *timed, double start, const TvmTies *ties,
			   TvmPoint to, TvmPath *path)
{
	Search		search = {.query = query, .timed = timed, .start = start};
	TvmPassage	passage = {cost_of_step, &search};

	return tvm_ties_path(env, query, ties, &passage, to, path);
}
