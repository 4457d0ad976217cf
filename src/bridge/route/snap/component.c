/*
 * component.c: the largest strongly connected component of a timeline's network; see component.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/network/load.h"
#include "bridge/route/snap/component.h"
#include "bridge/route/prepared/prepared.h"
#include "kernel/graph/components.h"

TvRows *
tv_component_scope(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain, const TvWhatIf *what_if, const TvProfile *profile)
{
	TvRows	   *rows = MemoryContextAllocZero(env->context, sizeof(TvRows));
	TvWorldRows *world = MemoryContextAllocZero(env->context, sizeof(TvWorldRows));
	TvLayerRow *layer = MemoryContextAllocZero(env->context, sizeof(TvLayerRow));
	TvIds		upwards = {.context = env->context};
	TvIds		sorted = {.context = env->context};

	if (what_if != NULL)
	{
		TvSupposed *supposed = MemoryContextAllocZero(env->context, sizeof(TvSupposed));

		supposed->what_if = what_if;
		rows->supposed = supposed;
		tv_ids_add(&upwards, TV_WHAT_IF_TIMELINE);
	}
	for (uint32 i = 0; i < chain->count; i++)
		tv_ids_add(&upwards, chain->ids[i]);
	for (uint32 i = 0; i < upwards.count; i++)
		tv_ids_add(&sorted, upwards.ids[i]);
	tv_ids_sort(&sorted);
	world->id = world_id;
	world->rules = *rules;
	world->timeline_count = sorted.count;
	world->timeline_ids = sorted.ids;
	world->parents = MemoryContextAlloc(env->context, sizeof(uint32) * sorted.count);
	for (uint32 i = 0; i < upwards.count; i++)
		world->parents[tv_load_find(sorted.ids, sizeof(int64), sorted.count, upwards.ids[i])] = i + 1 < upwards.count
			? tv_load_find(sorted.ids, sizeof(int64), sorted.count, upwards.ids[i + 1]) : TVM_NO_TIMELINE;
	layer->timeline_id = chain->ids[0];
	layer->profile = profile;
	layer->timeline = tv_load_find(sorted.ids, sizeof(int64), sorted.count, upwards.ids[0]);
	rows->env = env;
	rows->world_count = 1;
	rows->worlds = world;
	rows->layer_count = 1;
	rows->layers = layer;
	return rows;
}

/* Prepared graphs ----------------------------------------------------------- */

/* Segments that the topology does not have as they are. */
static TvmWay *
collect_ways(TvEnv *env, const TvLayer *layer, size_t *count)
{
	TvmWay	   *ways = MemoryContextAlloc(env->context, sizeof(TvmWay) * 2 * Max(layer->extra_count, 1));

	*count = 0;
	for (uint32 i = 0; i < layer->extra_count; i++)
	{
		const TvExtra *extra = &layer->extras[i];

		if (extra->attributes.presence != TVM_SEGMENT_OPEN)
			continue;
		ways[(*count)++] = (TvmWay) {.from = tv_graph_end(layer->graph, extra->a), .to = extra->b};
		if (!extra->oneway)
			ways[(*count)++] = (TvmWay) {.from = tv_graph_end(layer->graph, extra->b), .to = extra->a};
	}
	return ways;
}

static bool
find_in_layer(TvPrepared *prepared, void *context)
{
	TvComponent *component = context;
	TvEnv	   *env = prepared->env;
	TvLayer    *layer;
	TvWorldGraph *graph;
	Size		nodes;
	uint8	   *copy;

	if (!tv_prepared_layers(prepared))
		return false;
	layer = prepared->layers[0];
	graph = layer->graph;
	nodes = graph->topology.node_count;
	if (layer->component == NULL || layer->component_version != layer->version)
	{
		size_t		count;
		TvmWay	   *ways = collect_ways(env, layer, &count);
		uint32		size;

		if (layer->component == NULL)
			layer->component = MemoryContextAllocHuge(layer->env->context, Max(nodes, 1));
		layer->component_version = 0;
		tv_check(env, tvm_components_largest(&env->tvm, &graph->topology, &layer->weights, &graph->split, ways, count, layer->component, &size));
		layer->component_version = layer->version;
	}
	copy = MemoryContextAllocHuge(env->context, Max(nodes, 1));
	memcpy(copy, layer->component, nodes);
	*component = (TvComponent) {
		.place_count = graph->place_count, .place_ids = graph->place_ids, .is_member = copy, .graph = graph,
		.split = &graph->split, .topology = &graph->topology,
		.segment_count = graph->segment_count, .stride = sizeof(int64), .segment_ids = graph->segment_ids
	};
	graph->users++;
	return true;
}

/* Rows ---------------------------------------------------------------------- */

/* Without rules for turns: whatever segments weigh. */
static void
find_in_places(TvRows *rows, uint8 *is_member)
{
	TvEnv	   *env = rows->env;
	TvWorldRows *world = &rows->worlds[0];
	TvmTopology topology;
	double	   *weight;
	uint32		size;

	tv_network_resolve(rows, &rows->layers[0], world->base, NULL);
	tv_graph_require_memory(rows->bytes + tvm_topology_bytes(world->place_count, world->segment_count) +
					sizeof(double) * (Size) world->segment_count + 30 * (Size) world->place_count);
	tv_network_topology(env, world, &topology);
	weight = MemoryContextAllocHuge(env->context, sizeof(double) * (Size) Max(world->segment_count, 1));
	for (uint32 i = 0; i < world->segment_count; i++)
	{
		tv_interrupts_at(i);
		weight[i] = world->base[i].presence == TVM_SEGMENT_OPEN ? 0 : INFINITY;
	}
	tv_check(env, tvm_components_largest(&env->tvm, &topology, &(TvmWeights) {.all = weight}, NULL, NULL, 0, is_member, &size));
	tvm_topology_free(&env->tvm, &topology);
	pfree(weight);
}

/* Among the ports of a network. */
static const uint8 *
find_in_ports(const TvNetwork *network)
{
	TvEnv	   *env = network->rows->env;
	Size		nodes = network->topologies[0].node_count;
	uint8	   *is_member = MemoryContextAllocHuge(env->context, Max(nodes, 1));
	uint32		size;

	tv_graph_require_memory(tv_network_bytes(network) + 6 * sizeof(uint32) * nodes);
	tv_check(env, tvm_components_largest(&env->tvm, &network->topologies[0], &network->layers[0].weights, &network->splits[0],
										 NULL, 0, is_member, &size));
	return is_member;
}

static void
find_in_rows(TvRows *rows, TvComponent *component)
{
	TvEnv	   *env = rows->env;
	TvWorldRows *world = &rows->worlds[0];
	int64	   *ids;

	tv_load_network(rows);
	ids = MemoryContextAllocHuge(env->context, sizeof(int64) * (Size) Max(world->place_count, 1));
	for (uint32 i = 0; i < world->place_count; i++)
		ids[i] = world->places[i].id;
	*component = (TvComponent) {.place_count = world->place_count, .place_ids = ids};
	if (world->turn_count == 0)
	{
		uint8	   *is_member = MemoryContextAllocHuge(env->context, Max(world->place_count, 1));

		find_in_places(rows, is_member);
		component->is_member = is_member;
	}
	else
	{
		/* Whether one can get somewhere has nothing to do with clocks. */
		TvNetwork  *network = tv_network_build(rows, TV_METRIC_DISTANCE);

		component->is_member = find_in_ports(network);
		component->split = &network->splits[0];
		component->topology = &network->topologies[0];
		component->segment_count = world->segment_count;
		component->stride = sizeof(TvSegmentRow);
		component->segment_ids = world->segments;
	}
}

void
tv_component_find(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain,
				  const TvWhatIf *what_if, const TvProfile *profile, TvMetric metric, TvComponent *component)
{
	*component = (TvComponent) {0};
	if (!tv_prepared_ask(env, tv_component_scope(env, world_id, rules, chain, what_if, profile), metric, find_in_layer, component))
		find_in_rows(tv_component_scope(env, world_id, rules, chain, what_if, profile), component);
}

void
tv_component_release(TvComponent *component)
{
	if (component->graph != NULL)
		tv_graph_release(component->graph);
	component->graph = NULL;
}

/* Segments ------------------------------------------------------------------ */

static bool
is_member(const TvComponent *component, uint32 node)
{
	return node != TV_NONE && component->is_member[node] != 0;
}

static uint32
place_of(const TvComponent *component, int64 place_id)
{
	return tv_load_find(component->place_ids, sizeof(int64), component->place_count, place_id);
}

/* The node at which passing a segment begins or, if `head`, ends; `segment` is TV_NONE where the topology does not have it. */
static uint32
end_of_passage(const TvComponent *component, uint32 segment, uint32 a, uint32 b, bool reverse, bool head)
{
	if (segment == TV_NONE)
	{
		uint32		place = head == reverse ? a : b;

		return head || place == TV_NONE ? place : tvm_split_end(component->split, place);
	}
	return (head ? tvm_split_head : tvm_split_tail)(component->split, component->topology, segment, reverse);
}

bool
tv_component_has(const TvComponent *component, int64 segment_id, int64 a_place_id, int64 b_place_id, bool oneway)
{
	const TvmSplit *split = component->split;
	uint32		a = place_of(component, a_place_id);
	uint32		b = place_of(component, b_place_id);
	uint32		segment;
	bool		leaves = false;
	bool		arrives = false;

	if (split == NULL || split->junction_count == 0)
		return is_member(component, a) && is_member(component, b);
	segment = tv_load_find(component->segment_ids, component->stride, component->segment_count, segment_id);
	/* One that has changed since is not what the topology has. */
	if (segment != TV_NONE &&
		(tvm_split_place(split, component->topology->a[segment]) != a || tvm_split_place(split, component->topology->b[segment]) != b ||
		 oneway != tvm_split_is_oneway(split, component->topology, segment)))
		segment = TV_NONE;
	for (int reverse = 0; reverse <= (oneway ? 0 : 1); reverse++)
	{
		leaves |= is_member(component, end_of_passage(component, segment, a, b, reverse, true));
		arrives |= is_member(component, end_of_passage(component, segment, a, b, reverse, false));
	}
	return leaves && arrives;
}
