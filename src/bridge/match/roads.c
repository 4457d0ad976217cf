/*
 * roads.c: a timeline's network as matching asks it; see roads.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/graph/layer_segment.h"
#include "bridge/match/roads.h"
#include "bridge/network/load.h"
#include "bridge/network/network.h"
#include "bridge/network/scope.h"
#include "bridge/route/snap/component.h"
#include "bridge/route/prepared/prepared.h"
#include "bridge/server/compat.h"

/* What the length of a closed segment costs a search: an open way that is a little longer is preferred. */
#define CLOSED_FACTOR 1.25

/* Of whichever answers ------------------------------------------------------ */

static uint32
find_id(const TvIds *ids, int64 id)
{
	return tv_load_find(ids->ids, sizeof(int64), ids->count, id);
}

uint32
tv_roads_find(const TvRoads *roads, int64 segment_id)
{
	if (roads->layer == NULL)
		return tv_load_find(roads->rows->segments, sizeof(TvSegmentRow), roads->segment_count, segment_id);
	if (find_id(&roads->extra_ids, segment_id) != TV_NONE)
		for (uint32 e = 0; e < roads->layer->extra_count; e++)
			if (roads->layer->extras[e].segment_id == segment_id)
				return roads->segment_count + e;
	return tv_load_find(roads->layer->graph->segment_ids, sizeof(int64), roads->segment_count, segment_id);
}

int64
tv_roads_id(const TvRoads *roads, uint32 segment)
{
	if (roads->layer == NULL)
		return roads->rows->segments[segment].id;
	return segment < roads->segment_count ? roads->layer->graph->segment_ids[segment]
		: roads->layer->extras[segment - roads->segment_count].segment_id;
}

static TvmSegment
attributes_of(const TvRoads *roads, uint32 segment)
{
	TvmSegment	absent = {.presence = TVM_SEGMENT_ABSENT};

	if (roads->layer == NULL)
		return roads->rows->base[segment];
	if (segment >= roads->segment_count)
		return roads->layer->extras[segment - roads->segment_count].attributes;
	if (roads->extra_ids.count > 0 &&
		find_id(&roads->extra_ids, roads->layer->graph->segment_ids[segment]) != TV_NONE)
		return absent;			/* it is one of the extras now */
	return tv_layer_segment(roads->layer, segment);
}

bool
tv_roads_get(const TvRoads *roads, uint32 segment, TvRoad *road)
{
	TvmSegment	attributes = attributes_of(roads, segment);

	if (attributes.presence == TVM_SEGMENT_ABSENT || (attributes.presence == TVM_SEGMENT_CLOSED && !roads->closed_too))
		return false;
	road->closed = attributes.presence == TVM_SEGMENT_CLOSED;
	road->length_m = attributes.length_m;
	road->speed_kph = attributes.speed_kph;
	if (segment < roads->segment_count)
	{
		road->a = tvm_split_place(roads->split, roads->topology->a[segment]);
		road->b = tvm_split_place(roads->split, roads->topology->b[segment]);
		road->oneway = tvm_split_is_oneway(roads->split, roads->topology, segment);
	}
	else
	{
		const TvExtra *extra = &roads->layer->extras[segment - roads->segment_count];

		road->a = extra->a;
		road->b = extra->b;
		road->oneway = extra->oneway;
	}
	return true;
}

bool
tv_roads_is_straight(const TvRoads *roads, uint32 segment)
{
	if (roads->layer == NULL)
		return !roads->rows->segments[segment].has_course;
	if (segment >= roads->segment_count)
		return !roads->layer->extras[segment - roads->segment_count].has_course;
	return !roads->layer->graph->has_course[segment] &&
		(roads->changed.count == 0 || find_id(&roads->changed, roads->layer->graph->segment_ids[segment]) == TV_NONE);
}

TvPosition
tv_roads_place(const TvRoads *roads, uint32 node)
{
	if (roads->moved_count > 0)
	{
		uint32		at = tv_load_find(roads->moved, sizeof(TvMoved), roads->moved_count,
									  roads->layer->graph->place_ids[node]);

		if (at != TV_NONE)
			return (TvPosition) {.lon = roads->moved[at].lon, .lat = roads->moved[at].lat};
	}
	return (TvPosition) {.lon = roads->topology->lon[node], .lat = roads->topology->lat[node]};
}

/* Ways ----------------------------------------------------------------------- */

/* An extra's arc in ways, which is beyond those of the topology. */
static uint32
extra_arc(const TvRoads *roads, uint32 extra, bool reverse)
{
	return TVM_ARC(roads->topology->segment_count + extra, reverse);
}

uint32
tv_roads_passed(const TvRoads *roads, uint32 arc)
{
	uint32		index = TVM_ARC_SEGMENT(arc);
	uint32		arcs = roads->topology->segment_count;
	uint32		segment;
	bool		reverse;

	if (index >= arcs)
		return TVM_ARC(roads->segment_count + index - arcs, TVM_ARC_REVERSE(arc));
	if (tvm_split_arc(roads->split, arc, &segment, &reverse) == TVM_SPLIT_TURN)
		return TV_NONE;
	return TVM_ARC(segment, reverse);
}

/* An extra begins where ways to its place end, and forgets by which segment one came. */
uint32
tv_roads_tail(const TvRoads *roads, uint32 arc)
{
	uint32		segment = TVM_ARC_SEGMENT(arc);
	const TvExtra *extra;

	if (segment < roads->segment_count)
		return tvm_split_tail(roads->split, roads->topology, segment, TVM_ARC_REVERSE(arc));
	extra = &roads->layer->extras[segment - roads->segment_count];
	return tvm_split_end(roads->split, TVM_ARC_REVERSE(arc) ? extra->b : extra->a);
}

uint32
tv_roads_head(const TvRoads *roads, uint32 arc)
{
	uint32		segment = TVM_ARC_SEGMENT(arc);
	const TvExtra *extra;

	if (segment < roads->segment_count)
		return tvm_split_head(roads->split, roads->topology, segment, TVM_ARC_REVERSE(arc));
	extra = &roads->layer->extras[segment - roads->segment_count];
	return TVM_ARC_REVERSE(arc) ? extra->a : extra->b;
}

bool
tv_roads_is_dead_end(const TvRoads *roads, uint32 node)
{
	const TvmTopology *topology = roads->topology;
	uint32		place = tvm_split_place(roads->split, node);
	uint32		end = tvm_split_end(roads->split, place);
	size_t		count;

	if (end == place)
		return tvm_local_leads_on(&roads->graph, place, 2) < 2;
	/* From its node a turn leads to each port out, and from there a segment on; extras leave from the end. */
	count = tvm_local_leads_on(&roads->graph, end, 2);
	for (uint32 i = topology->out_first[place]; count < 2 && i < topology->out_first[place + 1]; i++)
		if (topology->out[i].node != end)
			count += tvm_local_leads_on(&roads->graph, topology->out[i].node, 2);
	return count < 2;
}

/* Called in the middle of a search: it must not raise. */
static double
closed_length(void *context, uint32_t index)
{
	uint32		arc = tv_roads_passed(context, TVM_ARC(index, 0));
	TvmSegment	attributes;

	if (arc == TV_NONE)
		return INFINITY;
	attributes = attributes_of(context, TVM_ARC_SEGMENT(arc));
	return attributes.presence == TVM_SEGMENT_CLOSED ? attributes.length_m : INFINITY;
}

/* Seconds a metre; likewise. */
static double
pace_of(void *context, uint32_t index)
{
	uint32		arc = tv_roads_passed(context, TVM_ARC(index, 0));

	return arc == TV_NONE ? 1 : 3.6 / attributes_of(context, TVM_ARC_SEGMENT(arc)).speed_kph;
}

/* Prepared graphs ----------------------------------------------------------- */

static int
compare_extras(const void *a, const void *b)
{
	const TvmLocalExtra *left = a;
	const TvmLocalExtra *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	return left->arc < right->arc ? -1 : left->arc > right->arc ? 1 : 0;
}

static void
add_extras(TvRoads *roads)
{
	const TvLayer *layer = roads->layer;
	TvmLocalExtra *arcs = MemoryContextAlloc(roads->env->context, sizeof(TvmLocalExtra) * 2 * Max(layer->extra_count, 1));
	size_t		count = 0;

	for (uint32 e = 0; e < layer->extra_count; e++)
	{
		TvRoad		road;
		uint32		number = roads->segment_count + e;
		TvmLocalExtra arc = {.arc = extra_arc(roads, e, false), .factor = 1};

		tv_ids_add(&roads->extra_ids, layer->extras[e].segment_id);
		if (!tv_roads_get(roads, number, &road))
			continue;
		arc.from = tv_roads_tail(roads, TVM_ARC(number, false));
		arc.to = tv_roads_head(roads, TVM_ARC(number, false));
		arc.length = road.length_m;
		if (road.closed)
			arc.factor = CLOSED_FACTOR;
		arcs[count++] = arc;
		if (road.oneway)
			continue;
		arc.from = tv_roads_tail(roads, TVM_ARC(number, true));
		arc.to = tv_roads_head(roads, TVM_ARC(number, true));
		arc.arc = extra_arc(roads, e, true);
		arcs[count++] = arc;
	}
	if (count > 1)
		qsort(arcs, count, sizeof(TvmLocalExtra), compare_extras);
	tv_ids_sort(&roads->extra_ids);
	roads->graph.extras = arcs;
	roads->graph.extra_count = count;
}

static void
collect_changed(TvRoads *roads, const TvChanges *changes)
{
	for (uint32 i = 0; i < changes->count; i++)
		if (changes->changes[i].kind == TV_CHANGE_SEGMENTS)
			for (uint32 j = 0; j < changes->changes[i].count; j++)
				tv_ids_add(&roads->changed, changes->changes[i].ids[j]);
	tv_ids_sort(&roads->changed);
}

typedef struct Asking
{
	TvRoads    *roads;
	void		(*answer) (TvRoads *roads, void *context);
	void	   *context;
} Asking;

static void
begin_graph(TvRoads *roads)
{
	roads->graph.topology = roads->topology;
	roads->graph.closed = roads->closed_too ? closed_length : NULL;
	roads->graph.context = roads;
	roads->graph.closed_factor = CLOSED_FACTOR;
}

static void
make_fast(TvRoads *roads)
{
	roads->fast = roads->graph;
	roads->fast.pace = pace_of;
}

static bool
ask_graph(TvPrepared *prepared, void *context)
{
	Asking	   *asking = context;
	TvRoads    *roads = asking->roads;

	if (!tv_prepared_layers(prepared))
		return false;
	roads->layer = prepared->layers[0];
	roads->topology = &roads->layer->graph->topology;
	roads->split = &roads->layer->graph->split;
	roads->segment_count = roads->layer->graph->segment_count;
	roads->count = roads->segment_count + roads->layer->extra_count;
	roads->graph.weights = roads->layer->weights;
	roads->moved = tv_prepared_moved(prepared, &roads->moved_count);
	begin_graph(roads);
	collect_changed(roads, prepared->changes[0]);
	add_extras(roads);
	make_fast(roads);
	asking->answer(roads, asking->context);
	return true;
}

/* Rows ---------------------------------------------------------------------- */

static void
ask_rows(TvRoads *roads, TvRows *rows, const Asking *asking)
{
	TvNetwork  *network;

	tv_load_network(rows);
	/* What segments are like on the timeline takes the place of what the world says of them. */
	network = tv_network_build(rows, TV_METRIC_DISTANCE);
	roads->layer = NULL;
	roads->rows = &rows->worlds[0];
	roads->topology = &network->topologies[0];
	roads->split = &network->splits[0];
	roads->segment_count = roads->count = roads->rows->segment_count;
	roads->graph = (TvmLocalGraph) {.weights = network->layers[0].weights};
	begin_graph(roads);
	make_fast(roads);
	asking->answer(roads, asking->context);
}

void
tv_roads_ask(TvEnv *env, int64 world_id, int64 timeline_id, bool closed_too,
			void (*answer) (TvRoads *roads, void *context), void *context)
{
	TvRows	   *scope = tv_load_scope(env, world_id, timeline_id, timeline_id, NULL);
	const TvWorldRows *world = &scope->worlds[0];
	TvRoads		roads = {
		.env = env,
		.world_id = world_id,
		.rules = world->rules,
		.closed_too = closed_too,
		.chain = {.context = env->context},
		.extra_ids = {.context = env->context},
		.changed = {.context = env->context}
	};
	Asking		asking = {.roads = &roads, .answer = answer, .context = context};

	for (uint32 t = scope->layers[0].timeline; t != TVM_NO_TIMELINE; t = world->parents[t])
		tv_ids_add(&roads.chain, world->timeline_ids[t]);
	if (!tv_prepared_ask(env, tv_component_scope(env, world_id, &roads.rules, &roads.chain, NULL, NULL), TV_METRIC_DISTANCE,
						 ask_graph, &asking))
		ask_rows(&roads, tv_component_scope(env, world_id, &roads.rules, &roads.chain, NULL, NULL), &asking);
}
