/*
 * world_graph_build.c: prepared graphs, built from the rows; see world_graph_build.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/memutils.h"

#include "bridge/access/owner.h"
#include "bridge/access/signature.h"
#include "bridge/graph/counts.h"
#include "bridge/graph/files.h"
#include "bridge/graph/files_quota.h"
#include "bridge/graph/world_graph_build.h"
#include "bridge/graph/world_graph_split.h"
#include "bridge/network/network.h"
#include "bridge/server/compat.h"
#include "bridge/server/ids.h"
#include "bridge/server/limits.h"
#include "bridge/server/scan.h"
#include "kernel/graph/hierarchy/order.h"

/* Class of the advisory locks on building: the object is a hash of the world's id. */
#define BUILD_LOCK_CLASS 0x74766d67

/* The disk has refused a graph, or its owner's quota: it is not built again for each route until a while has passed. */
#define RETRY_AFTER_MS 60000
static int64 refused_world = 0;
static TimestampTz refused_at = 0;

static TvRows *
load_rows(TvEnv *env, int64 world_id, TvTurnsOfWorld *turns)
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
	world->roads = tv_road_kinds_create(env->context);
	world->roads->may_be_incomplete = true; /* only who asks with a profile minds */
	SPI_connect();
	tv_owner_enter(&owner);
	tv_scan("SELECT DISTINCT s.timeline_id FROM timevmaps.segments s"
			" WHERE s.world_id OPERATOR(pg_catalog.=) $1 AND s.timeline_id IS NOT NULL ORDER BY s.timeline_id",
			lengthof(args), args, tv_ids_receive, &ids);
	world->timeline_ids = ids.ids;
	world->timeline_count = ids.count;
	tv_load_places_and_segments(rows, world);
	tv_graph_load_turns(env, world, turns);
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
		if (tv_load_find(old->place_ids, sizeof(int64), old->place_count, world->places[i].id) == TV_NONE)
			order[count++] = i;
	}
	fresh = count;
	for (uint32 r = 0; r < old->cch.node_count; r++)
	{
		uint32		node = old->cch.node[r];
		uint32		place;

		tv_interrupts_at(r);
		/* Ports are put in anew. */
		if (node >= old->place_count)
			continue;
		place = tv_load_find(world->places, sizeof(TvPlaceRow), world->place_count, old->place_ids[node]);
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
	TvTurnsOfWorld turns;
	TvmTopology topology;
	TvmTopology plain;
	TvmSplit	split;
	TvmCch		cch;
	uint32	   *order;
	bool		whole;
	bool		done;

	tv_env_limit(env);
	tell(progress, "reading", 0, "places and segments");
	rows = load_rows(env, world_id, &turns);
	world = &rows->worlds[0];
	/* What is needed whatever the hierarchy is like: before the order, which takes long.  The rest is counted as it is taken. */
	tv_graph_require_memory(rows->bytes + tvm_topology_bytes(world->place_count, world->segment_count) +
					(Size) 28 * world->place_count + (Size) 8 * world->segment_count);
	tv_network_topology(env, world, &plain);
	order = tv_env_take(env, sizeof(uint32) * (Size) world->place_count);
	if (old == NULL || reorder || !reuse_order(old, world, order))
	{
		tell(progress, "ordering", world->place_count, "places");
		dissect(env, &plain, order);
	}
	whole = tv_graph_split(env, &turns, &plain, &order, &split, &topology);
	tell(progress, "building the hierarchy of", world->segment_count, "segments");
	tv_check(env, tvm_cch_build(&env->tvm, &cch, &topology, order));
	tell(progress, "writing", cch.arc_count, "arcs");
	done = tv_graph_publish(env, world, &topology, &split, turns.u_turn_s != 0 && whole, &cch, horizon, signature);
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
	char		name[TV_FILE_NAME_SIZE];
	volatile bool done = true;
	TimestampTz began;

	/* Rows of this transaction's own would be published with the rest; and changes that nobody writes down make it useless. */
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()) || tv_tables_signature() == 0)
		return false;
	if (!reorder && refused_at != 0 && refused_world == world_id &&
		!TimestampDifferenceExceeds(refused_at, GetCurrentTimestamp(), RETRY_AFTER_MS))
		return false;
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, BUILD_LOCK_CLASS,
						 (uint32) (world_id ^ (world_id >> 32)), 4);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
	began = GetCurrentTimestamp();
	newest = tv_graph_open(world_id);
	PG_TRY();
	{
		if (newest == NULL || newest == unless || reorder)
		{
			tv_file_name_graph(name, world_id);
			done = tv_files_allowed(world_id, name) && build(world_id, newest, reorder, progress);
			if (done)
				tv_graph_count_build(GetCurrentTimestamp() - began);
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
