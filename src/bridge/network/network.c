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
#include "kernel/graph/query.h"

static void *
take(TvRows *rows, Size element, Size count)
{
	return MemoryContextAllocHuge(rows->env->context, element * Max(count, 1));
}

Size
tv_network_bytes(const TvRows *rows)
{
	Size		need = rows->bytes + tvm_graph_bytes(rows->layer_count, (Size) rows->gateway_count * 2);

	for (uint32 i = 0; i < rows->world_count; i++)
	{
		need += tvm_topology_bytes(rows->worlds[i].place_count, rows->worlds[i].segment_count);
		/* One of its layers takes over what the world says: see resolve_layer(). */
		need -= sizeof(TvmSegment) * (Size) rows->worlds[i].segment_count;
	}
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		const TvWorldRows *world = &rows->worlds[rows->layers[i].world];

		need += (sizeof(TvmSegment) + sizeof(double)) * (Size) world->segment_count;
		if (rows->layers[i].profile != NULL)
			need += sizeof(double) * (Size) world->segment_count;
		need += (sizeof(TvmLabel) + sizeof(TvmHeapEntry) + sizeof(uint32)) * (Size) world->place_count;
	}
	need += (sizeof(TvmGateway) + sizeof(uint32)) * 2 * (Size) rows->gateway_count;
	return need;
}

void
tv_network_topology(TvEnv *env, const TvWorldRows *world, TvmTopology *topology)
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
	tv_check(env, tvm_topology_build(&env->tvm, topology));
}

void
tv_network_resolve(TvRows *rows, const TvLayerRow *layer, TvmSegment *resolved, double *own_kph)
{
	TvEnv	   *env = rows->env;
	TvWorldRows *world = &rows->worlds[layer->world];
	const TvProfile *profile = layer->profile;
	uint16	   *kinds;

	tv_check(env, tvm_timeline_resolve(&env->tvm, world->parents, world->timeline_count,
									   world->base, world->segment_count,
									   world->overrides, world->override_count,
									   layer->timeline, resolved));
	if (profile == NULL)
		return;
	tv_road_kinds_resolve(world->roads, world->parents, world->road_overrides, world->road_override_count, layer->timeline, resolved);
	kinds = tv_profile_uses(profile, world->roads->roads, world->roads->count, world->roads->classes, env->context);
	for (uint32 i = 0; i < world->segment_count; i++)
	{
		tv_interrupts_at(i);
		if (own_kph != NULL)
			own_kph[i] = resolved[i].speed_kph;
		tv_profile_note(kinds, &resolved[i]);
		resolved[i] = tv_profile_see(profile, resolved[i]);
	}
	pfree(kinds);
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

/* The cost of each segment of a layer, infinite where it is closed or not there. */
static const double *
weigh_layer(TvNetwork *network, uint32 layer, TvMetric metric)
{
	TvRows	   *rows = network->rows;
	uint32		count = rows->worlds[rows->layers[layer].world].segment_count;
	double	   *weights = take(rows, sizeof(double), count);

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

static void
add_gateway(TvNetwork *network, TvmPoint from, TvmPoint to, double cost, uint32 row)
{
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
	TvNetwork  *network = take(rows, sizeof(TvNetwork), 1);

	tv_graph_require_memory(tv_network_bytes(rows));
	memset(network, 0, sizeof(*network));
	network->rows = rows;
	network->topologies = take(rows, sizeof(TvmTopology), rows->world_count);
	network->segments = take(rows, sizeof(TvmSegment *), rows->layer_count);
	network->own_kph = take(rows, sizeof(double *), rows->layer_count);
	network->layers = take(rows, sizeof(TvmLayer), rows->layer_count);

	for (uint32 i = 0; i < rows->world_count; i++)
		tv_network_topology(env, &rows->worlds[i], &network->topologies[i]);
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
