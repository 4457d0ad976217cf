/*
 * network.c: the kernel's graph, built from loaded rows; see network.h.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/network/network.h"
#include "bridge/network/profile.h"
#include "kernel/graph/search/query.h"

static void *
take(TvRows *rows, Size element, Size count)
{
	return MemoryContextAllocHuge(rows->env->context, element * Max(count, 1));
}

static void *
take_zero(TvRows *rows, Size element, Size count)
{
	return memset(take(rows, element, count), 0, element * Max(count, 1));
}

/* Before anything is split, there are no junctions. */
static Size
count_nodes(const TvNetwork *network, uint32 world)
{
	return network->rows->worlds[world].place_count + network->junctions[world].ports;
}

static Size
count_arcs(const TvNetwork *network, uint32 world)
{
	return network->rows->worlds[world].segment_count + network->junctions[world].backs + network->junctions[world].turns;
}

Size
tv_network_bytes(const TvNetwork *network)
{
	const TvRows *rows = network->rows;
	Size		need = rows->bytes + tvm_graph_bytes(rows->layer_count, (Size) rows->gateway_count * 2);

	for (uint32 i = 0; i < rows->world_count; i++)
	{
		const TvJunctions *junctions = &network->junctions[i];

		need += tvm_topology_bytes(count_nodes(network, i), count_arcs(network, i)) + tv_junctions_bytes(junctions);
		/* What is split is oneway. */
		need -= 2 * sizeof(TvmArcEnd) * (2 * junctions->backs + junctions->turns);
		/* While it is split, what is not is there, too. */
		if (rows->worlds[i].turn_count > 0)
			need += tvm_topology_bytes(rows->worlds[i].place_count, rows->worlds[i].segment_count);
		/* One of its layers takes over what the world says: see resolve_layer(). */
		need -= sizeof(TvmSegment) * (Size) rows->worlds[i].segment_count;
	}
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		uint32		world = rows->layers[i].world;

		need += sizeof(TvmSegment) * (Size) rows->worlds[world].segment_count + sizeof(double) * count_arcs(network, world);
		if (rows->layers[i].profile != NULL)
			need += sizeof(double) * (Size) rows->worlds[world].segment_count;
		need += (sizeof(TvmLabel) + sizeof(TvmHeapEntry) + sizeof(uint32)) * count_nodes(network, world);
	}
	need += (sizeof(TvmGateway) + sizeof(uint32)) * 2 * (Size) rows->gateway_count;
	return need;
}

/* Topologies ---------------------------------------------------------------- */

static void
fill_topology(TvEnv *env, const TvWorldRows *world, TvmTopology *topology)
{
	tv_check(env, tvm_topology_alloc(&env->tvm, topology, world->place_count, world->segment_count));
	for (uint32 i = 0; i < world->place_count; i++)
	{
		tv_interrupts_at(i);
		topology->lat[i] = world->places[i].lat;
		topology->lon[i] = world->places[i].lon;
	}
	for (uint32 i = 0; i < world->segment_count; i++)
	{
		tv_interrupts_at(i);
		topology->a[i] = world->segments[i].a;
		topology->b[i] = world->segments[i].b;
		topology->oneway[i] = world->segments[i].oneway;
	}
}

void
tv_network_topology(TvEnv *env, const TvWorldRows *world, TvmTopology *topology)
{
	fill_topology(env, world, topology);
	tv_check(env, tvm_topology_build(&env->tvm, topology));
}

/* Which places are split; what there is already is asked for before the rest is. */
static void
find_junctions(TvNetwork *network, TvmTopology *plain)
{
	TvRows	   *rows = network->rows;

	tv_graph_require_memory(tv_network_bytes(network));
	for (uint32 i = 0; i < rows->world_count; i++)
	{
		if (rows->worlds[i].turn_count == 0)
			continue;
		fill_topology(rows->env, &rows->worlds[i], &plain[i]);
		tv_junctions_find(rows->env, &rows->worlds[i], &plain[i], &network->junctions[i]);
		tv_graph_require_memory(tv_network_bytes(network));
	}
}

static void
build_topologies(TvNetwork *network)
{
	TvRows	   *rows = network->rows;
	TvEnv	   *env = rows->env;
	TvmTopology *plain = take_zero(rows, sizeof(TvmTopology), rows->world_count);

	find_junctions(network, plain);
	for (uint32 i = 0; i < rows->world_count; i++)
	{
		const TvJunctions *junctions = &network->junctions[i];

		if (junctions->count == 0)
			tv_network_topology(env, &rows->worlds[i], &network->topologies[i]);
		else
			tv_check(env, tvm_split_topology(&env->tvm, &plain[i], junctions->places, junctions->count,
											 &network->splits[i], &network->topologies[i]));
		tvm_topology_free(&env->tvm, &plain[i]);
	}
	pfree(plain);
}

/* Layers -------------------------------------------------------------------- */

void
tv_network_resolve(TvRows *rows, const TvLayerRow *layer, TvmSegment *resolved, double *own_kph)
{
	TvEnv	   *env = rows->env;
	TvWorldRows *world = &rows->worlds[layer->world];
	const TvProfile *profile = layer->profile;
	uint16	   *uses;

	tv_check(env, tvm_timeline_resolve(&env->tvm, world->parents, world->timeline_count,
									   world->base, world->segment_count,
									   world->overrides, world->override_count,
									   layer->timeline, resolved));
	if (profile == NULL)
		return;
	tv_road_kinds_resolve(world->roads, world->parents, world->road_overrides, world->road_override_count, layer->timeline, resolved);
	uses = tv_profile_uses(profile, world->roads->roads, world->roads->count, world->roads->classes, env->context);
	for (uint32 i = 0; i < world->segment_count; i++)
	{
		tv_interrupts_at(i);
		if (own_kph != NULL)
			own_kph[i] = resolved[i].speed_kph;
		tv_profile_note(uses, &resolved[i]);
		resolved[i] = tv_profile_see(profile, resolved[i]);
	}
	pfree(uses);
}

/* What the segments of a layer's world are like on its timeline. */
static const TvmSegment *
resolve_layer(TvRows *rows, const TvLayerRow *layer, bool last_of_world, double **own_kph)
{
	TvWorldRows *world = &rows->worlds[layer->world];

	/* The world's last layer may overwrite what the world says: nobody reads it again. */
	TvmSegment *resolved = last_of_world ? world->base
		: take(rows, sizeof(TvmSegment), world->segment_count);

	*own_kph = layer->profile == NULL ? NULL : take(rows, sizeof(double), world->segment_count);
	tv_network_resolve(rows, layer, resolved, *own_kph);
	return resolved;
}

static pg_attribute_noreturn() void
report_segment(TvRows *rows, TvmStatus status, int64 segment_id, int64 timeline_id)
{
	const TvmError *error = &rows->env->tvm.error;

	ereport(ERROR,
			(errcode(status == TVM_DOMAIN ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE
					 : ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", error->message),
			 errdetail("Segment %lld on timeline %lld%s%s", (long long) segment_id,
					   (long long) timeline_id, *error->detail != '\0' ? ": " : ".", error->detail),
			 error->hint != NULL ? errhint("%s", error->hint) : 0));
}

void
tv_network_clocks_at(TvNetwork *network, uint32 layer, uint32 segment, const TvmWorldRules *rules,
					 double length_m, double speed_kph, TvmClocks *clocks)
{
	TvRows	   *rows = network->rows;
	const TvLayerRow *row = &rows->layers[layer];
	TvmStatus	status;

	status = tvm_clocks_segment(&rows->env->tvm, rules, length_m, speed_kph,
								network->segments[layer][segment].drag, clocks);
	if (status != TVM_OK)
		report_segment(rows, status, rows->worlds[row->world].segments[segment].id, row->timeline_id);
}

void
tv_network_clocks(TvNetwork *network, uint32 layer, uint32 segment, TvmClocks *clocks)
{
	const TvmSegment *resolved = &network->segments[layer][segment];

	tv_network_clocks_at(network, layer, segment, &network->rows->worlds[network->rows->layers[layer].world].rules,
						 resolved->length_m, resolved->speed_kph, clocks);
}

/* What is not among the rows: ways back cost what their segments do, turns what the rules say. */
static void
weigh_turns(TvNetwork *network, uint32 layer, TvMetric metric, double *weights)
{
	TvRows	   *rows = network->rows;
	uint32		world = rows->layers[layer].world;
	const TvmSplit *split = &network->splits[world];
	double	   *turns = weights + split->segment_count + split->back_count;
	double	   *turn_s = tv_metric_penalty(metric, 1) == 1 ? turns : take(rows, sizeof(double), split->turn_count);

	for (uint32 i = 0; i < split->back_count; i++)
	{
		tv_interrupts_at(i);
		weights[split->segment_count + i] = weights[split->back_segment[i]];
	}
	tv_junctions_weigh(rows->env, &rows->worlds[world], split, &network->topologies[world], rows->layers[layer].timeline, turn_s);
	for (uint32 i = 0; i < split->turn_count; i++)
	{
		tv_interrupts_at(i);
		turns[i] = isinf(turn_s[i]) ? INFINITY : tv_metric_penalty(metric, turn_s[i]);
	}
	network->turn_s[layer] = turn_s;
}

/* The cost of each segment of a layer, infinite where it is closed or not there. */
static const double *
weigh_layer(TvNetwork *network, uint32 layer, TvMetric metric)
{
	TvRows	   *rows = network->rows;
	uint32		world = rows->layers[layer].world;
	uint32		count = rows->worlds[world].segment_count;
	double	   *weights = take(rows, sizeof(double), network->topologies[world].segment_count);

	for (uint32 i = 0; i < count; i++)
	{
		const TvmSegment *segment = &network->segments[layer][i];
		TvmClocks	clocks;

		tv_interrupts_at(i);
		if (segment->presence != TVM_SEGMENT_OPEN)
		{
			weights[i] = INFINITY;
			continue;
		}
		/* Even where distance is what counts: a route has all three clocks. */
		tv_network_clocks(network, layer, i, &clocks);
		weights[i] = tv_metric_read(metric, segment->length_m, &clocks);
	}
	if (network->splits[world].junction_count > 0)
		weigh_turns(network, layer, metric, weights);
	return weights;
}

static bool
find_point(const TvRows *rows, int64 timeline_id, int64 place_id, TvmPoint *point)
{
	const TvWorldRows *world;

	point->layer = 0;
	if (rows->layers[0].timeline_id != timeline_id)
		point->layer = 1 + tv_load_find(rows->layers + 1, sizeof(TvLayerRow), rows->layer_count - 1, timeline_id);
	world = &rows->worlds[rows->layers[point->layer].world];
	point->node = tv_load_find(world->places, sizeof(TvPlaceRow), world->place_count, place_id);
	return point->node != TV_NONE;
}

/* From one place to another: whoever goes through one may go on any way, however he came. */
static void
add_gateway(TvNetwork *network, TvmPoint from, TvmPoint to, double cost, uint32 row)
{
	from.node = tv_network_end(network, from.layer, from.node);
	network->gateways[network->gateway_count] = (TvmGateway) {.from = from, .to = to, .cost = cost};
	network->gateway_rows[network->gateway_count++] = row;
}

static void
build_gateways(TvNetwork *network, TvMetric metric)
{
	TvRows	   *rows = network->rows;

	network->gateways = take(rows, sizeof(TvmGateway), (Size) rows->gateway_count * 2);
	network->gateway_rows = take(rows, sizeof(uint32), (Size) rows->gateway_count * 2);
	for (uint32 i = 0; i < rows->gateway_count; i++)
	{
		const TvGatewayRow *row = &rows->gateways[i];
		double		cost = tv_metric_penalty(metric, row->penalty_s);
		TvmPoint	from;
		TvmPoint	to;

		/* A place that the caller may not see is not there. */
		if (!find_point(rows, row->from_timeline_id, row->from_place_id, &from) ||
			!find_point(rows, row->to_timeline_id, row->to_place_id, &to))
			continue;
		add_gateway(network, from, to, cost, i);
		if (row->bidirectional)
			add_gateway(network, to, from, cost, i);
	}
}

TvNetwork *
tv_network_build(TvRows *rows, TvMetric metric)
{
	TvEnv	   *env = rows->env;
	TvNetwork  *network = take_zero(rows, sizeof(TvNetwork), 1);

	network->rows = rows;
	network->junctions = take_zero(rows, sizeof(TvJunctions), rows->world_count);
	network->splits = take_zero(rows, sizeof(TvmSplit), rows->world_count);
	network->topologies = take_zero(rows, sizeof(TvmTopology), rows->world_count);
	network->segments = take(rows, sizeof(TvmSegment *), rows->layer_count);
	network->own_kph = take(rows, sizeof(double *), rows->layer_count);
	network->turn_s = take_zero(rows, sizeof(double *), rows->layer_count);
	network->layers = take(rows, sizeof(TvmLayer), rows->layer_count);

	build_topologies(network);
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		bool		last = true;

		for (uint32 j = i + 1; last && j < rows->layer_count; j++)
			last = rows->layers[j].world != rows->layers[i].world;
		network->segments[i] = resolve_layer(rows, &rows->layers[i], last, &network->own_kph[i]);
		network->layers[i] = (TvmLayer) {
			.topology = &network->topologies[rows->layers[i].world],
			.weights = {.all = weigh_layer(network, i, metric)}
		};
	}
	build_gateways(network, metric);
	tv_check(env, tvm_graph_init(&env->tvm, &network->graph, network->layers, rows->layer_count,
								 network->gateways, network->gateway_count));
	return network;
}
