/*
 * world_graph.c: prepared graphs as files: publish and open them; see world_graph.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "bridge/graph/files.h"
#include "bridge/graph/world_graph.h"
#include "bridge/server/compat.h"
#include "bridge/server/store_directory.h"

enum
{
	SECTION_COUNTS = 1,
	SECTION_HORIZON,
	SECTION_PLACE_IDS,
	SECTION_LAT,
	SECTION_LON,
	SECTION_SEGMENT_IDS,
	SECTION_A,
	SECTION_B,
	SECTION_ONEWAY,
	SECTION_BASE,
	SECTION_HAS_COURSE,
	SECTION_TIMELINE_IDS,
	SECTION_OUT_FIRST,
	SECTION_OUT,
	SECTION_RANK,
	SECTION_NODE,
	SECTION_PARENT,
	SECTION_DEPTH,
	SECTION_UP_FIRST,
	SECTION_UP_HEAD,
	SECTION_UP_DEPTH,
	SECTION_DOWN_FIRST,
	SECTION_DOWN_TAIL,
	SECTION_DOWN_ARC,
	SECTION_SEGMENT_ARC,
	SECTION_ARC_SEGMENT,
	SECTION_SEGMENT_NEXT,
	SECTION_IN_FIRST,
	SECTION_IN,
	SECTION_ROADS,				/* where anything is said of them, */
	SECTION_CLASSES,			/* and of classes */

	/* Where something is split. */
	SECTION_SPLIT,
	SECTION_JUNCTION,
	SECTION_FIRST_PORT,
	SECTION_PORT_PLACE,
	SECTION_FIRST_TURN,
	SECTION_BACK_SEGMENT,
	SECTION_TURN
};


typedef struct Counts
{
	int64		world_id;
	uint32		places;
	uint32		segments;
	uint32		arcs;
	uint32		height;
	uint32		timelines;
	uint32		symmetric;
	uint64		signature;		/* tv_tables_signature() */
} Counts;

/* What there is more than places and segments. */
typedef struct SplitCounts
{
	uint32		ports;
	uint32		backs;
	uint32		turns;
	uint32		junctions;
	uint32		turns_back;		/* every place where one can turn back is split */
	uint32		unused;
} SplitCounts;

static List *graphs = NIL;		/* of TvWorldGraph, in TopMemoryContext */

#define ATTACH(tag, pointer, count) \
	tv_store_section_is(mapping, (tag), sizeof(*(pointer)) * (Size) (count), (const void **) &(pointer))

/* What is split; false where a part of it is missing. */
static bool
attach_split(TvWorldGraph *graph, const Counts *of)
{
	const TvMapping *mapping = graph->mapping;
	TvmSplit   *split = &graph->split;
	const SplitCounts *counts;

	if (!ATTACH(SECTION_SPLIT, counts, 1))
		return true;
	*split = (TvmSplit) {
		.place_count = of->places,
		.segment_count = of->segments,
		.back_count = counts->backs,
		.turn_count = counts->turns,
		.node_count = of->places + counts->ports,
		.junction_count = counts->junctions
	};
	graph->turns_back = counts->turns_back != 0;
	return ATTACH(SECTION_JUNCTION, split->junction, counts->junctions) &&
		ATTACH(SECTION_FIRST_PORT, split->first_port, (Size) counts->junctions + 1) &&
		ATTACH(SECTION_PORT_PLACE, split->port_place, counts->ports) &&
		ATTACH(SECTION_FIRST_TURN, split->first_turn, (Size) counts->junctions + 1) &&
		ATTACH(SECTION_BACK_SEGMENT, split->back_segment, counts->backs) &&
		ATTACH(SECTION_TURN, split->turn, counts->turns);
}

static bool
attach_roads(TvWorldGraph *graph)
{
	Size		size;

	graph->roads = tv_store_section(graph->mapping, SECTION_ROADS, &size);
	graph->road_count = graph->roads == NULL ? 0 : size / sizeof(TvRoadKind);
	graph->class_count = 1;
	graph->classes = tv_store_section(graph->mapping, SECTION_CLASSES, &size);
	if (graph->classes == NULL)
		return true;
	for (Size i = 0; i < size; i++)
		graph->class_count += graph->classes[i] == '\0';
	return size == 0 || graph->classes[size - 1] == '\0';
}

const TvRoadKinds *
tv_graph_road_kinds(const TvWorldGraph *graph, MemoryContext context)
{
	TvRoadKinds *roads;
	const char *class = graph->classes;

	if (graph->road_count == 0)
		return tv_road_kinds_create(context);
	roads = MemoryContextAllocZero(context, sizeof(TvRoadKinds));
	roads->count = graph->road_count;
	roads->roads = unconstify(TvRoadKind *, graph->roads);
	roads->class_count = graph->class_count;
	roads->classes = MemoryContextAllocHuge(context, sizeof(char *) * (Size) graph->class_count);
	roads->classes[0] = NULL;
	for (uint32 i = 1; i < graph->class_count; i++, class += strlen(class) + 1)
		roads->classes[i] = unconstify(char *, class);
	return roads;
}

static bool
attach_all(TvWorldGraph *graph)
{
	const TvMapping *mapping = graph->mapping;
	const Counts *counts;
	TvmTopology *topology = &graph->topology;
	TvmCch	   *cch = &graph->cch;
	Size		nodes;
	Size		segments;
	Size		size;

	if (!ATTACH(SECTION_COUNTS, counts, 1) || counts->world_id != graph->world_id || !attach_split(graph, counts))
		return false;
	graph->horizon = tv_store_section(mapping, SECTION_HORIZON, &size);
	if (graph->horizon == NULL || size < TvHorizonSize(0) ||
		size != TvHorizonSize(graph->horizon->running_count))
		return false;
	graph->place_count = counts->places;
	graph->segment_count = counts->segments;
	nodes = topology->node_count = cch->node_count = counts->places + graph->split.node_count -
		graph->split.place_count;
	segments = topology->segment_count = cch->segment_count = counts->segments + graph->split.back_count +
		graph->split.turn_count;
	cch->arc_count = counts->arcs;
	cch->height = counts->height;
	cch->symmetric = counts->symmetric != 0;
	graph->signature = counts->signature;
	graph->timeline_count = counts->timelines;
	return attach_roads(graph) &&
		ATTACH(SECTION_PLACE_IDS, graph->place_ids, counts->places) &&
		ATTACH(SECTION_LAT, topology->lat, nodes) &&
		ATTACH(SECTION_LON, topology->lon, nodes) &&
		ATTACH(SECTION_SEGMENT_IDS, graph->segment_ids, counts->segments) &&
		ATTACH(SECTION_A, topology->a, segments) &&
		ATTACH(SECTION_B, topology->b, segments) &&
		ATTACH(SECTION_ONEWAY, topology->oneway, segments) &&
		ATTACH(SECTION_BASE, graph->base, counts->segments) &&
		ATTACH(SECTION_HAS_COURSE, graph->has_course, counts->segments) &&
		ATTACH(SECTION_TIMELINE_IDS, graph->timeline_ids, counts->timelines) &&
		ATTACH(SECTION_OUT_FIRST, topology->out_first, nodes + 1) &&
		ATTACH(SECTION_OUT, topology->out, topology->out_first[nodes]) &&
		ATTACH(SECTION_IN_FIRST, topology->in_first, nodes + 1) &&
		ATTACH(SECTION_IN, topology->in, topology->in_first[nodes]) &&
		ATTACH(SECTION_RANK, cch->rank, nodes) &&
		ATTACH(SECTION_NODE, cch->node, nodes) &&
		ATTACH(SECTION_PARENT, cch->parent, nodes) &&
		ATTACH(SECTION_DEPTH, cch->depth, nodes) &&
		ATTACH(SECTION_UP_FIRST, cch->up_first, nodes + 1) &&
		ATTACH(SECTION_UP_HEAD, cch->up_head, counts->arcs) &&
		ATTACH(SECTION_UP_DEPTH, cch->up_depth, counts->arcs) &&
		ATTACH(SECTION_DOWN_FIRST, cch->down_first, nodes + 1) &&
		ATTACH(SECTION_DOWN_TAIL, cch->down_tail, counts->arcs) &&
		ATTACH(SECTION_DOWN_ARC, cch->down_arc, counts->arcs) &&
		ATTACH(SECTION_SEGMENT_ARC, cch->segment_arc, segments) &&
		ATTACH(SECTION_ARC_SEGMENT, cch->arc_segment, counts->arcs) &&
		ATTACH(SECTION_SEGMENT_NEXT, cch->segment_next, segments);
}

static void
let_go(TvWorldGraph *graph)
{
	graphs = list_delete_ptr(graphs, graph);
	tv_store_close(graph->mapping);
	pfree(graph);
}

void
tv_graph_release(TvWorldGraph *graph)
{
	if (--graph->users == 0 && graph->outdated)
		let_go(graph);
}

static TvWorldGraph *
find_open(int64 world_id)
{
	ListCell   *cell;

	foreach(cell, graphs)
	{
		TvWorldGraph *graph = lfirst(cell);

		if (graph->world_id == world_id && !graph->outdated)
			return graph;
	}
	return NULL;
}

TvWorldGraph *
tv_graph_open(int64 world_id)
{
	TvWorldGraph *graph = find_open(world_id);
	TvMapping  *mapping;
	char		name[TV_FILE_NAME_SIZE];
	MemoryContext caller;

	if (graph != NULL)
	{
		TvStoreState state = tv_store_check(graph->mapping);

		if (state == TV_STORE_SAME)
		{
			graph->users++;
			return graph;
		}
		if (state == TV_STORE_DAMAGED)
			tv_store_remove(graph->mapping->name);
		/* It goes with its last user. */
		graph->users++;
		graph->outdated = true;
		tv_graph_release(graph);
	}
	tv_file_name_graph(name, world_id);
	mapping = tv_store_open(name);
	if (mapping == NULL)
		return NULL;
	graph = MemoryContextAllocZero(TopMemoryContext, sizeof(TvWorldGraph));
	graph->world_id = world_id;
	graph->mapping = mapping;
	if (!attach_all(graph))
	{
		tv_store_close(mapping);
		pfree(graph);
		return NULL;
	}
	caller = MemoryContextSwitchTo(TopMemoryContext);
	graphs = lappend(graphs, graph);
	MemoryContextSwitchTo(caller);
	graph->users = 1;
	return graph;
}

/* What there is where anything is said of roads; how many sections. */
static int
put_roads(TvSection *sections, const TvRoadKinds *roads)
{
	StringInfoData classes;

	if (roads->count <= 1)
		return 0;
	initStringInfo(&classes);
	for (uint32 i = 1; i < roads->class_count; i++)
		appendBinaryStringInfo(&classes, roads->classes[i], strlen(roads->classes[i]) + 1);
	sections[0] = (TvSection) {SECTION_ROADS, roads->roads, (roads->is_incomplete ? 1 : roads->count) * sizeof(TvRoadKind)};
	sections[1] = (TvSection) {SECTION_CLASSES, classes.data, classes.len};
	return 2;
}

/* The same where something is split. */
static int
put_split(TvSection *sections, const TvmSplit *split, const SplitCounts *counts)
{
	const TvSection all[] = {
		{SECTION_SPLIT, counts, sizeof(*counts)},
		{SECTION_JUNCTION, split->junction, split->junction_count * sizeof(uint32)},
		{SECTION_FIRST_PORT, split->first_port, ((Size) split->junction_count + 1) * sizeof(uint32)},
		{SECTION_PORT_PLACE, split->port_place, counts->ports * sizeof(uint32)},
		{SECTION_FIRST_TURN, split->first_turn, ((Size) split->junction_count + 1) * sizeof(uint32)},
		{SECTION_BACK_SEGMENT, split->back_segment, split->back_count * sizeof(uint32)},
		{SECTION_TURN, split->turn, split->turn_count * sizeof(TvmTurn)}
	};

	if (split->junction_count == 0)
		return 0;
	memcpy(sections, all, sizeof(all));
	return lengthof(all);
}

bool
tv_graph_publish(TvEnv *env, const TvWorldRows *world, const TvmTopology *topology, const TvmSplit *split,
				 bool turns_back, const TvmCch *cch, const TvHorizon *horizon, uint64 signature)
{
	Counts		counts = {
		.world_id = world->id,
		.places = world->place_count,
		.segments = world->segment_count,
		.arcs = cch->arc_count,
		.height = cch->height,
		.timelines = world->timeline_count,
		.symmetric = cch->symmetric,
		.signature = signature
	};
	SplitCounts split_counts = {
		.ports = split->node_count - split->place_count,
		.backs = split->back_count,
		.turns = split->turn_count,
		.junctions = split->junction_count,
		.turns_back = turns_back
	};
	Size		n = topology->node_count;
	Size		m = topology->segment_count;
	int64	   *place_ids = tv_env_take(env, sizeof(int64) * (Size) world->place_count);
	int64	   *segment_ids = tv_env_take(env, sizeof(int64) * (Size) world->segment_count);
	uint8	   *has_course = tv_env_take(env, world->segment_count);
	TvSection	sections[TV_STORE_SECTIONS];
	int			count;
	uint64		build_id;
	char		name[TV_FILE_NAME_SIZE];

	for (uint32 i = 0; i < world->place_count; i++)
	{
		tv_interrupts_at(i);
		place_ids[i] = world->places[i].id;
	}
	for (uint32 i = 0; i < world->segment_count; i++)
	{
		tv_interrupts_at(i);
		segment_ids[i] = world->segments[i].id;
		has_course[i] = world->segments[i].has_course;
	}
	{
		const TvSection known[] = {
			{SECTION_COUNTS, &counts, sizeof(counts)},
			{SECTION_HORIZON, horizon, TvHorizonSize(horizon->running_count)},
			{SECTION_PLACE_IDS, place_ids, world->place_count * sizeof(int64)},
			{SECTION_LAT, topology->lat, n * sizeof(double)},
			{SECTION_LON, topology->lon, n * sizeof(double)},
			{SECTION_SEGMENT_IDS, segment_ids, world->segment_count * sizeof(int64)},
			{SECTION_A, topology->a, m * sizeof(uint32)},
			{SECTION_B, topology->b, m * sizeof(uint32)},
			{SECTION_ONEWAY, topology->oneway, m},
			{SECTION_BASE, world->base, world->segment_count * sizeof(TvmSegment)},
			{SECTION_HAS_COURSE, has_course, world->segment_count},
			{SECTION_TIMELINE_IDS, world->timeline_ids, world->timeline_count * sizeof(int64)},
			{SECTION_OUT_FIRST, topology->out_first, (n + 1) * sizeof(uint32)},
			{SECTION_OUT, topology->out, topology->out_first[n] * sizeof(TvmArcEnd)},
			{SECTION_IN_FIRST, topology->in_first, (n + 1) * sizeof(uint32)},
			{SECTION_IN, topology->in, topology->in_first[n] * sizeof(TvmArcEnd)},
			{SECTION_RANK, cch->rank, n * sizeof(uint32)},
			{SECTION_NODE, cch->node, n * sizeof(uint32)},
			{SECTION_PARENT, cch->parent, n * sizeof(uint32)},
			{SECTION_DEPTH, cch->depth, n * sizeof(uint32)},
			{SECTION_UP_FIRST, cch->up_first, (n + 1) * sizeof(uint32)},
			{SECTION_UP_HEAD, cch->up_head, cch->arc_count * sizeof(uint32)},
			{SECTION_UP_DEPTH, cch->up_depth, cch->arc_count * sizeof(uint32)},
			{SECTION_DOWN_FIRST, cch->down_first, (n + 1) * sizeof(uint32)},
			{SECTION_DOWN_TAIL, cch->down_tail, cch->arc_count * sizeof(uint32)},
			{SECTION_DOWN_ARC, cch->down_arc, cch->arc_count * sizeof(uint32)},
			{SECTION_SEGMENT_ARC, cch->segment_arc, m * sizeof(uint32)},
			{SECTION_ARC_SEGMENT, cch->arc_segment, cch->arc_count * sizeof(uint32)},
			{SECTION_SEGMENT_NEXT, cch->segment_next, m * sizeof(uint32)}
		};

		count = lengthof(known);
		memcpy(sections, known, sizeof(known));
	}
	count += put_roads(sections + count, world->roads);
	count += put_split(sections + count, split, &split_counts);
	tv_file_name_graph(name, world->id);
	return tv_store_write(name, sections, count, &build_id);
}
