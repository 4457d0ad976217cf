/*
 * graph.c: layers and gateways, checked and indexed; see graph.h.
 */
#include "kernel/graph/search/graph.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "kernel/graph/heap.h"
#include "kernel/graph/sphere.h"

#define CHECK_EVERY 65536

/*
 * Under this many radians (0.6 micrometres on the Earth) weight per radian says
 * nothing: two places that are one but for their last digit would set it.
 */
#define LEAST_EXTENT 1e-13

size_t
tvm_graph_bytes(size_t layer_count, size_t gateway_count)
{
	return layer_count * (sizeof(TvmLayer) + 2 * sizeof(uint32_t)) + 2 * sizeof(uint32_t)
		+ gateway_count * (sizeof(TvmGateway) + sizeof(uint32_t))
		+ tvm_heap_bytes(gateway_count);	/* while it is indexed */
}

void
tvm_graph_free(TvmEnv *env, TvmGraph *graph)
{
	tvm_free(env, graph->layers);
	tvm_free(env, graph->first_state);
	tvm_free(env, graph->gateways);
	tvm_free(env, graph->departures);
	tvm_free(env, graph->first_departure);
	memset(graph, 0, sizeof(*graph));
}

uint32_t
tvm_graph_states(const TvmGraph *graph)
{
	return graph->first_state[graph->layer_count];
}

uint32_t
tvm_graph_state(const TvmGraph *graph, TvmPoint point)
{
	return graph->first_state[point.layer] + point.node;
}

TvmPoint
tvm_graph_point(const TvmGraph *graph, uint32_t state)
{
	uint32_t	low = 0;
	uint32_t	high = graph->layer_count;

	/* The last layer that begins at or before it; layers without nodes are before that. */
	while (high - low > 1)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (graph->first_state[middle] <= state)
			low = middle;
		else
			high = middle;
	}
	return (TvmPoint) {low, state - graph->first_state[low]};
}

TvmStatus
tvm_graph_check_point(TvmEnv *env, const TvmGraph *graph, TvmPoint point, const char *name)
{
	uint32_t	nodes;

	if (point.layer >= graph->layer_count)
	{
		tvm_fail(env, TVM_INVALID, "not a layer", NULL,
				 "%" PRIu32 " is not among %" PRIu32 " layers", point.layer, graph->layer_count);
		tvm_fail_path(env, "%s.layer", name);
		return TVM_INVALID;
	}
	nodes = graph->layers[point.layer].topology->node_count;
	if (point.node >= nodes)
	{
		tvm_fail(env, TVM_INVALID, "not a node", NULL,
				 "%" PRIu32 " is not among %" PRIu32 " nodes", point.node, nodes);
		tvm_fail_path(env, "%s.node", name);
		return TVM_INVALID;
	}
	return TVM_OK;
}

const uint32_t *
tvm_graph_departures(const TvmGraph *graph, TvmPoint point, uint32_t *count)
{
	uint32_t	low = graph->first_departure[point.layer];
	uint32_t	end = graph->first_departure[point.layer + 1];
	uint32_t	high = end;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (graph->gateways[graph->departures[middle]].from.node < point.node)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < end && graph->gateways[graph->departures[high]].from.node == point.node; high++)
		;
	*count = high - low;
	return graph->departures + low;
}

static TvmStatus
check_weights(TvmEnv *env, const TvmGraph *graph, uint32_t layer)
{
	const TvmWeights *weights = &graph->layers[layer].weights;
	uint32_t	segments = graph->layers[layer].topology->segment_count;

	for (uint32_t s = 0; s < segments; s++)
	{
		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (tvm_weight(weights, s) >= 0)
			continue;
		tvm_fail(env, TVM_INVALID, "not a weight", NULL, "%g is not 0 or above", tvm_weight(weights, s));
		tvm_fail_path(env, "layers[%" PRIu32 "].weights[%" PRIu32 "]", layer, s);
		return TVM_INVALID;
	}
	return TVM_OK;
}

static TvmStatus
copy_layers(TvmEnv *env, TvmGraph *graph, const TvmLayer *layers, size_t layer_count)
{
	size_t		states = 0;

	graph->layers = tvm_alloc(env, layer_count, sizeof(TvmLayer));
	graph->first_state = tvm_alloc_zero(env, layer_count + 1, sizeof(uint32_t));
	if (graph->layers == NULL || graph->first_state == NULL)
		return TVM_NOMEM;
	graph->layer_count = (uint32_t) layer_count;
	for (uint32_t l = 0; l < layer_count; l++)
	{
		graph->layers[l] = layers[l];
		states += layers[l].topology->node_count;
		if (states > TVM_MAX_STATES)
			return tvm_fail(env, TVM_INVALID, "too many nodes in all layers", NULL,
							"more than %zu", TVM_MAX_STATES);
		graph->first_state[l + 1] = (uint32_t) states;
	}
	return TVM_OK;
}

static TvmStatus
copy_gateways(TvmEnv *env, TvmGraph *graph, const TvmGateway *gateways, size_t gateway_count)
{
	graph->gateways = tvm_alloc(env, gateway_count, sizeof(TvmGateway));
	if (graph->gateways == NULL)
		return TVM_NOMEM;
	graph->gateway_count = (uint32_t) gateway_count;
	for (uint32_t g = 0; g < gateway_count; g++)
	{
		TvmStatus	status;

		if (g % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		graph->gateways[g] = gateways[g];
		status = tvm_graph_check_point(env, graph, gateways[g].from, "from");
		if (status == TVM_OK)
			status = tvm_graph_check_point(env, graph, gateways[g].to, "to");
		if (status == TVM_OK && !(gateways[g].cost >= 0))
		{
			status = tvm_fail(env, TVM_INVALID, "not a cost", NULL,
							  "%g is not 0 or above", gateways[g].cost);
			tvm_fail_path(env, "cost");
		}
		if (status != TVM_OK)
		{
			tvm_fail_path(env, "gateways[%" PRIu32 "]", g);
			return status;
		}
	}
	return TVM_OK;
}

/* Sort the gateways by (state left from, index); a state is exact as a key of the heap. */
static TvmStatus
index_departures(TvmEnv *env, TvmGraph *graph)
{
	uint32_t	count = graph->gateway_count;
	TvmHeap		heap;
	TvmStatus	status;

	graph->departures = tvm_alloc(env, count, sizeof(uint32_t));
	graph->first_departure = tvm_alloc_zero(env, (size_t) graph->layer_count + 1, sizeof(uint32_t));
	if (graph->departures == NULL || graph->first_departure == NULL)
		return TVM_NOMEM;
	status = tvm_heap_init(env, &heap, count);
	if (status != TVM_OK)
		return status;
	for (uint32_t g = 0; g < count; g++)
	{
		tvm_heap_push(&heap, g, tvm_graph_state(graph, graph->gateways[g].from));
		graph->first_departure[graph->gateways[g].from.layer + 1]++;
	}
	for (uint32_t i = 0; i < count && status == TVM_OK; i++)
	{
		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		graph->departures[i] = tvm_heap_pop(&heap).item;
	}
	for (uint32_t l = 0; l < graph->layer_count; l++)
		graph->first_departure[l + 1] += graph->first_departure[l];
	tvm_heap_free(env, &heap);
	return status;
}

/* The smallest weight per radian over all layers, and the slack of what has no extent. */
static TvmStatus
measure_layers(TvmEnv *env, TvmGraph *graph)
{
	double		least = INFINITY;

	for (uint32_t l = 0; l < graph->layer_count; l++)
	{
		const TvmTopology *topology = graph->layers[l].topology;
		const TvmWeights *weights = &graph->layers[l].weights;

		for (uint32_t s = 0; s < topology->segment_count; s++)
		{
			double		weight = tvm_weight(weights, s);

			if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
				return TVM_CANCELLED;
			if (weight == INFINITY || topology->a[s] == topology->b[s])
				continue;
			if (topology->angle[s] >= LEAST_EXTENT)
				least = fmin(least, weight / topology->angle[s]);
			else
				graph->slack += LEAST_EXTENT;
		}
	}
	graph->weight_per_radian = least < INFINITY ? least : 0;
	return TVM_OK;
}

static TvmStatus
find_shortcuts(TvmEnv *env, TvmGraph *graph)
{
	for (uint32_t g = 0; g < graph->gateway_count && graph->weight_per_radian > 0; g++)
	{
		const TvmGateway *gateway = &graph->gateways[g];
		const TvmTopology *from = graph->layers[gateway->from.layer].topology;
		const TvmTopology *to = graph->layers[gateway->to.layer].topology;
		double		angle = tvm_sphere_angle(from->lat[gateway->from.node], from->lon[gateway->from.node],
											 to->lat[gateway->to.node], to->lon[gateway->to.node]);

		if (g % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (gateway->cost == INFINITY || angle == 0)
			continue;
		if (angle < LEAST_EXTENT)
			graph->slack += LEAST_EXTENT;
		else if (gateway->cost < graph->weight_per_radian * angle)
		{
			if (graph->shortcut_count == TVM_MAX_SHORTCUTS)
			{
				graph->weight_per_radian = 0;
				graph->shortcut_count = 0;
				return TVM_OK;
			}
			graph->shortcuts[graph->shortcut_count++] = g;
		}
	}
	return TVM_OK;
}

TvmStatus
tvm_graph_view(TvmEnv *env, TvmGraph *graph, const TvmLayer *layers, size_t layer_count,
			   const TvmGateway *gateways, size_t gateway_count)
{
	TvmStatus	status;

	memset(graph, 0, sizeof(*graph));
	if (layer_count > TVM_MAX_STATES)
		return tvm_fail(env, TVM_INVALID, "too many layers", NULL,
						"%zu is above %zu", layer_count, TVM_MAX_STATES);
	if (gateway_count > TVM_MAX_GATEWAYS)
		return tvm_fail(env, TVM_INVALID, "too many gateways", NULL,
						"%zu is above %zu", gateway_count, TVM_MAX_GATEWAYS);
	status = copy_layers(env, graph, layers, layer_count);
	if (status == TVM_OK)
		status = copy_gateways(env, graph, gateways, gateway_count);
	if (status == TVM_OK)
		status = index_departures(env, graph);
	if (status != TVM_OK)
		tvm_graph_free(env, graph);
	return status;
}

TvmStatus
tvm_graph_init(TvmEnv *env, TvmGraph *graph, const TvmLayer *layers, size_t layer_count,
			   const TvmGateway *gateways, size_t gateway_count)
{
	TvmStatus	status = tvm_graph_view(env, graph, layers, layer_count, gateways, gateway_count);

	for (uint32_t l = 0; l < graph->layer_count && status == TVM_OK; l++)
		status = check_weights(env, graph, l);
	if (status == TVM_OK)
		status = measure_layers(env, graph);
	if (status == TVM_OK)
		status = find_shortcuts(env, graph);
	if (status != TVM_OK)
		tvm_graph_free(env, graph);
	return status;
}
