/*
 * world_graph.c: build, publish and open prepared graphs; see world_graph.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "catalog/pg_class.h"

#include "bridge/access/owner.h"
#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/graph/files.h"
#include "bridge/graph/world_graph.h"
#include "bridge/server/ids.h"
#include "bridge/graph/layer.h"
#include "bridge/network/rows.h"
#include "bridge/network/network.h"
#include "bridge/access/policies.h"
#include "bridge/server/scan.h"
#include "kernel/graph/order.h"

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
	SECTION_IN
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

/* Class of the advisory locks on building: the object is a hash of the world's id. */
#define BUILD_LOCK_CLASS 0x74766d67

static List *graphs = NIL;		/* of TvWorldGraph, in TopMemoryContext */

/* The disk has refused a graph: it is not built again for each route until a while has passed. */
#define RETRY_AFTER_MS 60000
static int64 refused_world = 0;
static TimestampTz refused_at = 0;

/* Opening ------------------------------------------------------------------ */

#define ATTACH(tag, pointer, count) \
	tv_store_section_is(mapping, (tag), sizeof(*(pointer)) * (Size) (count), (const void **) &(pointer))

static bool
attach_all(TvWorldGraph *graph)
{
	const TvMapping *mapping = graph->mapping;
	const Counts *counts;
	TvmTopology *topology = &graph->topology;
	TvmCch	   *cch = &graph->cch;
	Size		size;

	if (!ATTACH(SECTION_COUNTS, counts, 1) || counts->world_id != graph->world_id)
		return false;
	graph->horizon = tv_store_section(mapping, SECTION_HORIZON, &size);
	if (graph->horizon == NULL || size < TvHorizonSize(0) ||
		size != TvHorizonSize(graph->horizon->running_count))
		return false;
	topology->node_count = cch->node_count = counts->places;
	topology->segment_count = cch->segment_count = counts->segments;
	cch->arc_count = counts->arcs;
	cch->height = counts->height;
	cch->symmetric = counts->symmetric != 0;
	graph->signature = counts->signature;
	graph->timeline_count = counts->timelines;
	return ATTACH(SECTION_PLACE_IDS, graph->place_ids, counts->places) &&
		ATTACH(SECTION_LAT, topology->lat, counts->places) &&
		ATTACH(SECTION_LON, topology->lon, counts->places) &&
		ATTACH(SECTION_SEGMENT_IDS, graph->segment_ids, counts->segments) &&
		ATTACH(SECTION_A, topology->a, counts->segments) &&
		ATTACH(SECTION_B, topology->b, counts->segments) &&
		ATTACH(SECTION_ONEWAY, topology->oneway, counts->segments) &&
		ATTACH(SECTION_BASE, graph->base, counts->segments) &&
		ATTACH(SECTION_HAS_COURSE, graph->has_course, counts->segments) &&
		ATTACH(SECTION_TIMELINE_IDS, graph->timeline_ids, counts->timelines) &&
		ATTACH(SECTION_OUT_FIRST, topology->out_first, (Size) counts->places + 1) &&
		ATTACH(SECTION_OUT, topology->out, topology->out_first[counts->places]) &&
		ATTACH(SECTION_IN_FIRST, topology->in_first, (Size) counts->places + 1) &&
		ATTACH(SECTION_IN, topology->in, topology->in_first[counts->places]) &&
		ATTACH(SECTION_RANK, cch->rank, counts->places) &&
		ATTACH(SECTION_NODE, cch->node, counts->places) &&
		ATTACH(SECTION_PARENT, cch->parent, counts->places) &&
		ATTACH(SECTION_DEPTH, cch->depth, counts->places) &&
		ATTACH(SECTION_UP_FIRST, cch->up_first, (Size) counts->places + 1) &&
		ATTACH(SECTION_UP_HEAD, cch->up_head, counts->arcs) &&
		ATTACH(SECTION_UP_DEPTH, cch->up_depth, counts->arcs) &&
		ATTACH(SECTION_DOWN_FIRST, cch->down_first, (Size) counts->places + 1) &&
		ATTACH(SECTION_DOWN_TAIL, cch->down_tail, counts->arcs) &&
		ATTACH(SECTION_DOWN_ARC, cch->down_arc, counts->arcs) &&
		ATTACH(SECTION_SEGMENT_ARC, cch->segment_arc, counts->segments) &&
		ATTACH(SECTION_ARC_SEGMENT, cch->arc_segment, counts->arcs) &&
		ATTACH(SECTION_SEGMENT_NEXT, cch->segment_next, counts->segments);
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
		/* Its layers would keep it mapped until others crowd them out. */
		graph->users++;
		graph->outdated = true;
		tv_layers_forget(graph);
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

/* Building ----------------------------------------------------------------- */

static TvRows *
load_rows(TvEnv *env, int64 world_id)
{
	TvRows	   *rows = MemoryContextAllocZero(env->context, sizeof(TvRows));
	TvWorldRows *world = MemoryContextAllocZero(env->context, sizeof(TvWorldRows));
	TvArg		args[] = {tv_arg_bigint(world_id)};
	TvIds		ids = {.context = env->context};
	TvOwner		owner;

	rows->env = env;
	rows->world_count = 1;
	rows->worlds = world;
	world->id = world_id;
	SPI_connect();
	tv_owner_enter(&owner);
	tv_scan("SELECT DISTINCT s.timeline_id FROM timevmaps.segments s"
			" WHERE s.world_id OPERATOR(pg_catalog.=) $1 AND s.timeline_id IS NOT NULL ORDER BY s.timeline_id",
			lengthof(args), args, tv_ids_receive, &ids);
	world->timeline_ids = ids.ids;
	world->timeline_count = ids.count;
	tv_load_places_and_segments(rows, world);
	tv_owner_leave(&owner);
	SPI_finish();
	return rows;
}

/*
 * The order of an older graph, with the places that it does not know below all
 * others.  False where more than a tenth of the places are new to it.
 */
static bool
reuse_order(const TvWorldGraph *old, const TvWorldRows *world, uint32 *order)
{
	uint32		count = 0;
	uint32		fresh;

	for (uint32 i = 0; i < world->place_count; i++)
	{
		tv_interrupts_at(i);
		if (tv_load_find(old->place_ids, sizeof(int64), old->cch.node_count, world->places[i].id) == TV_NONE)
			order[count++] = i;
	}
	fresh = count;
	for (uint32 r = 0; r < old->cch.node_count; r++)
	{
		uint32		place = tv_load_find(world->places, sizeof(TvPlaceRow), world->place_count,
										 old->place_ids[old->cch.node[r]]);

		tv_interrupts_at(r);
		if (place != TV_NONE)
			order[count++] = place;
	}
	Assert(count == world->place_count);
	return fresh <= world->place_count / 10;
}

static void
dissect(TvEnv *env, const TvmTopology *topology, uint32 *order)
{
	uint32		n = topology->node_count;
	uint32	   *first = tv_env_take(env, ((Size) n + 1) * sizeof(uint32));
	uint32	   *head = tv_env_take(env, 2 * (Size) topology->segment_count * sizeof(uint32));

	memset(first, 0, ((Size) n + 1) * sizeof(uint32));
	for (uint32 s = 0; s < topology->segment_count; s++)
	{
		tv_interrupts_at(s);
		first[topology->a[s]]++;
		first[topology->b[s]]++;
	}
	for (uint32 v = 0, sum = 0; v <= n; v++)
	{
		tv_interrupts_at(v);
		sum += first[v];
		first[v] = sum;
	}
	/* Filled from the back, so that first[] ends where it should begin. */
	for (uint32 s = topology->segment_count; s-- > 0;)
	{
		tv_interrupts_at(s);
		head[--first[topology->a[s]]] = topology->b[s];
		head[--first[topology->b[s]]] = topology->a[s];
	}
	tv_check(env, tvm_order_dissect(&env->tvm, n, first, head, topology->lat, topology->lon, order));
	pfree(head);
	pfree(first);
}

static bool
publish(TvEnv *env, const TvWorldRows *world, const TvmTopology *topology, const TvmCch *cch,
		const TvHorizon *horizon, uint64 signature)
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
	Size		n = world->place_count;
	Size		m = world->segment_count;
	int64	   *place_ids = tv_env_take(env, sizeof(int64) * n);
	int64	   *segment_ids = tv_env_take(env, sizeof(int64) * m);
	uint8	   *has_course = tv_env_take(env, m);
	uint64		build_id;
	char		name[TV_FILE_NAME_SIZE];

	for (uint32 i = 0; i < n; i++)
	{
		tv_interrupts_at(i);
		place_ids[i] = world->places[i].id;
	}
	for (uint32 i = 0; i < m; i++)
	{
		tv_interrupts_at(i);
		segment_ids[i] = world->segments[i].id;
		has_course[i] = world->segments[i].has_course;
	}
	{
		const TvSection sections[] = {
			{SECTION_COUNTS, &counts, sizeof(counts)},
			{SECTION_HORIZON, horizon, TvHorizonSize(horizon->running_count)},
			{SECTION_PLACE_IDS, place_ids, n * sizeof(int64)},
			{SECTION_LAT, topology->lat, n * sizeof(double)},
			{SECTION_LON, topology->lon, n * sizeof(double)},
			{SECTION_SEGMENT_IDS, segment_ids, m * sizeof(int64)},
			{SECTION_A, topology->a, m * sizeof(uint32)},
			{SECTION_B, topology->b, m * sizeof(uint32)},
			{SECTION_ONEWAY, topology->oneway, m},
			{SECTION_BASE, world->base, m * sizeof(TvmSegment)},
			{SECTION_HAS_COURSE, has_course, m},
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

		tv_file_name_graph(name, world->id);
		return tv_store_write(name, sections, lengthof(sections), &build_id);
	}
}

/* A progress line, for whoever has asked for the graph. */
static void
tell(bool progress, const char *phase, uint32 count, const char *what)
{
	if (progress && count > 0)
		ereport(NOTICE,
				(errmsg("preparing the graph: %s %u %s", phase, count, what)));
	else if (progress)
		ereport(NOTICE,
				(errmsg("preparing the graph: %s %s", phase, what)));
}

static bool
build(int64 world_id, const TvWorldGraph *old, bool reorder, bool progress)
{
	TvEnv	   *env = tv_env_create("prepared graph");
	TvHorizon  *horizon = tv_horizon_take(env->context);
	uint64		signature = tv_tables_signature();
	TvRows	   *rows;
	TvWorldRows *world;
	TvmTopology topology;
	TvmCch		cch;
	uint32	   *order;
	bool		done;

	tv_env_limit(env);
	tell(progress, "reading", 0, "places and segments");
	rows = load_rows(env, world_id);
	world = &rows->worlds[0];
	/* What is needed whatever the hierarchy is like: before the order, which takes long.  The rest is counted as it is taken. */
	tv_graph_require_memory(rows->bytes + tvm_topology_bytes(world->place_count, world->segment_count) +
					(Size) 28 * world->place_count + (Size) 8 * world->segment_count);
	tv_network_topology(env, world, &topology);
	order = tv_env_take(env, sizeof(uint32) * (Size) world->place_count);
	if (old == NULL || reorder || !reuse_order(old, world, order))
	{
		tell(progress, "ordering", world->place_count, "places");
		dissect(env, &topology, order);
	}
	tell(progress, "building the hierarchy of", world->segment_count, "segments");
	tv_check(env, tvm_cch_build(&env->tvm, &cch, &topology, order));
	tell(progress, "writing", cch.arc_count, "arcs");
	done = signature != 0 && publish(env, world, &topology, &cch, horizon, signature);
	/* Giving gigabytes back takes a while, too. */
	CHECK_FOR_INTERRUPTS();
	tvm_cch_free(&env->tvm, &cch);
	CHECK_FOR_INTERRUPTS();
	tvm_topology_free(&env->tvm, &topology);
	CHECK_FOR_INTERRUPTS();
	tv_env_delete(env);
	CHECK_FOR_INTERRUPTS();
	return done;
}

bool
tv_graph_build(int64 world_id, const TvWorldGraph *unless, bool reorder, bool progress)
{
	TvWorldGraph *newest;
	LOCKTAG		tag;
	volatile bool done = true;

	/* Rows of this transaction's own would be published with the rest. */
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return false;
	if (!reorder && refused_at != 0 && refused_world == world_id &&
		!TimestampDifferenceExceeds(refused_at, GetCurrentTimestamp(), RETRY_AFTER_MS))
		return false;
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, BUILD_LOCK_CLASS,
						 (uint32) (world_id ^ (world_id >> 32)), 4);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
	newest = tv_graph_open(world_id);
	PG_TRY();
	{
		if (newest == NULL || newest == unless || reorder)
		{
			done = build(world_id, newest, reorder, progress);
			if (!done)
			{
				refused_world = world_id;
				refused_at = GetCurrentTimestamp();
			}
			/* Weights on the graph before it serve nobody who comes now. */
			if (done)
				tv_files_remove_weights(world_id);
		}
	}
	PG_FINALLY();
	{
		if (newest != NULL)
			tv_graph_release(newest);
	}
	PG_END_TRY();
	LockRelease(&tag, ExclusiveLock, false);
	return done;
}
