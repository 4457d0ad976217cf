/*
 * detour.c: what the best way costs without one of its steps; see detour.h.
 */
#include "kernel/graph/search/detour.h"

#include <math.h>

#include "kernel/graph/heap.h"

#define CHECK_EVERY 4096		/* points between two looks at cancellation */
#define ROUNDING 1e-9			/* of a cost: what sums from both ends may differ by, and more */

typedef struct Detour
{
	const TvmGraph *graph;
	uint32_t	from;			/* states */
	uint32_t	to;
	double	   *left;			/* from each state to the destination */
	double	   *cost;			/* from the origin, where `run` is the current one */
	uint32_t   *run;
	uint32_t	current;
	uint32_t   *first_arrival;	/* of each state, into `arriving`; NULL: there are no gateways */
	uint32_t   *arriving;
	TvmHeap		heap;
	size_t		settled;
} Detour;

size_t
tvm_detour_bytes(const TvmGraph *graph)
{
	size_t		states = tvm_graph_states(graph);

	return states * (2 * sizeof(double) + 2 * sizeof(uint32_t)) + tvm_heap_bytes(states) +
		graph->gateway_count * sizeof(uint32_t);
}

static void
detour_free(TvmEnv *env, Detour *detour)
{
	tvm_free(env, detour->left);
	tvm_free(env, detour->cost);
	tvm_free(env, detour->run);
	tvm_free(env, detour->first_arrival);
	tvm_free(env, detour->arriving);
	tvm_heap_free(env, &detour->heap);
}

/* Gateways by where they lead to. */
static TvmStatus
index_arrivals(TvmEnv *env, Detour *detour, size_t states)
{
	const TvmGraph *graph = detour->graph;

	if (graph->gateway_count == 0)
		return TVM_OK;
	detour->first_arrival = tvm_alloc(env, states + 1, sizeof(uint32_t));
	detour->arriving = tvm_alloc(env, graph->gateway_count, sizeof(uint32_t));
	if (detour->first_arrival == NULL || detour->arriving == NULL)
		return TVM_NOMEM;
	for (size_t i = 0; i <= states; i++)
		detour->first_arrival[i] = 0;
	for (uint32_t g = 0; g < graph->gateway_count; g++)
		detour->first_arrival[tvm_graph_state(graph, graph->gateways[g].to)]++;
	for (size_t i = 1; i <= states; i++)
		detour->first_arrival[i] += detour->first_arrival[i - 1];
	for (uint32_t g = graph->gateway_count; g-- > 0;)
		detour->arriving[--detour->first_arrival[tvm_graph_state(graph, graph->gateways[g].to)]] = g;
	return TVM_OK;
}

static TvmStatus
detour_init(TvmEnv *env, Detour *detour)
{
	size_t		states = tvm_graph_states(detour->graph);
	TvmStatus	status = tvm_heap_init(env, &detour->heap, (uint32_t) states);

	if (status != TVM_OK)
		return status;
	detour->left = tvm_alloc(env, states + 1, sizeof(double));
	detour->cost = tvm_alloc(env, states + 1, sizeof(double));
	detour->run = tvm_alloc_zero(env, states + 1, sizeof(uint32_t));
	if (detour->left == NULL || detour->cost == NULL || detour->run == NULL)
		return TVM_NOMEM;
	for (size_t i = 0; i < states; i++)
		detour->left[i] = INFINITY;
	return index_arrivals(env, detour, states);
}

static bool
stop_at(TvmEnv *env, Detour *detour)
{
	return detour->settled++ % CHECK_EVERY == 0 && tvm_cancelled(env);
}

/* What is left ------------------------------------------------------------------ */

static void
lower(Detour *detour, uint32_t state, double left)
{
	if (left < detour->left[state])
	{
		detour->left[state] = left;
		tvm_heap_push(&detour->heap, state, left);
	}
}

static TvmStatus
find_left(TvmEnv *env, Detour *detour)
{
	const TvmGraph *graph = detour->graph;

	lower(detour, detour->to, 0);
	while (detour->heap.count > 0)
	{
		TvmHeapEntry least = tvm_heap_pop(&detour->heap);
		TvmPoint	point = tvm_graph_point(graph, least.item);
		const TvmLayer *layer = &graph->layers[point.layer];
		const TvmTopology *topology = layer->topology;

		if (stop_at(env, detour))
			return TVM_CANCELLED;
		for (uint32_t i = topology->in_first[point.node]; i < topology->in_first[point.node + 1]; i++)
			lower(detour, graph->first_state[point.layer] + topology->in[i].node,
				  least.key + tvm_weight(&layer->weights, TVM_ARC_SEGMENT(topology->in[i].arc)));
		if (detour->first_arrival == NULL)
			continue;
		for (uint32_t i = detour->first_arrival[least.item]; i < detour->first_arrival[least.item + 1]; i++)
		{
			const TvmGateway *gateway = &graph->gateways[detour->arriving[i]];

			lower(detour, tvm_graph_state(graph, gateway->from), least.key + gateway->cost);
		}
	}
	return TVM_OK;
}

/* One search ---------------------------------------------------------------------- */

static void
reach(Detour *detour, uint32_t state, double cost)
{
	double		bound = cost + detour->left[state];

	if (!(bound < INFINITY) || (detour->run[state] == detour->current && !(cost < detour->cost[state])))
		return;
	detour->cost[state] = cost;
	detour->run[state] = detour->current;
	tvm_heap_push(&detour->heap, state, bound);
}

static void
expand(Detour *detour, const TvmClosing *closing, uint32_t state)
{
	const TvmGraph *graph = detour->graph;
	TvmPoint	point = tvm_graph_point(graph, state);
	const TvmLayer *layer = &graph->layers[point.layer];
	const TvmTopology *topology = layer->topology;
	double		cost = detour->cost[state];
	uint32_t	count;
	const uint32_t *departures = tvm_graph_departures(graph, point, &count);

	for (uint32_t i = topology->out_first[point.node]; i < topology->out_first[point.node + 1]; i++)
	{
		uint32_t	segment = TVM_ARC_SEGMENT(topology->out[i].arc);

		if (point.layer == closing->layer && (segment == closing->segments[0] || segment == closing->segments[1]))
			continue;
		reach(detour, graph->first_state[point.layer] + topology->out[i].node,
			  cost + tvm_weight(&layer->weights, segment));
	}
	for (uint32_t i = 0; i < count; i++)
		if (departures[i] != closing->gateways[0] && departures[i] != closing->gateways[1])
			reach(detour, tvm_graph_state(graph, graph->gateways[departures[i]].to),
				  cost + graph->gateways[departures[i]].cost);
}

/* Bounds differ by rounding from what they would be exactly: a state may come again, and the end is looked for a little longer. */
static TvmStatus
search(TvmEnv *env, Detour *detour, const TvmClosing *closing, double *cost)
{
	detour->current++;
	tvm_heap_clear(&detour->heap);
	reach(detour, detour->from, 0);
	*cost = INFINITY;
	while (detour->heap.count > 0)
	{
		TvmHeapEntry least = tvm_heap_pop(&detour->heap);

		if (stop_at(env, detour))
			return TVM_CANCELLED;
		if (least.key > *cost + ROUNDING * *cost)
			break;
		if (least.item == detour->to)
			*cost = detour->cost[least.item];
		else
			expand(detour, closing, least.item);
	}
	return TVM_OK;
}

TvmStatus
tvm_detours(TvmEnv *env, const TvmGraph *graph, TvmPoint from, TvmPoint to,
			const TvmClosing *closings, size_t count, double *costs)
{
	Detour		detour = {.graph = graph};
	TvmStatus	status = tvm_graph_check_point(env, graph, from, "from");

	if (status == TVM_OK)
		status = tvm_graph_check_point(env, graph, to, "to");
	if (status != TVM_OK)
		return status;
	detour.from = tvm_graph_state(graph, from);
	detour.to = tvm_graph_state(graph, to);
	status = detour_init(env, &detour);
	if (status == TVM_OK)
		status = find_left(env, &detour);
	for (size_t i = 0; i < count && status == TVM_OK; i++)
		status = search(env, &detour, &closings[i], &costs[i]);
	detour_free(env, &detour);
	return status;
}
