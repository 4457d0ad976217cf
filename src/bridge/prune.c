/*
 * prune.c: forget changes that no prepared graph needs any more; see prune.h.
 */
#include "postgres.h"

#include "bridge/changes.h"
#include "bridge/graph_file.h"
#include "bridge/prune.h"
#include "bridge/scan.h"

typedef struct Worlds
{
	uint32		count;
	uint32		capacity;
	int64	   *ids;
} Worlds;

static void
receive_world(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Worlds	   *worlds = target;

	if (worlds->count == worlds->capacity)
	{
		worlds->capacity = worlds->capacity * 2 + 16;
		worlds->ids = repalloc(worlds->ids, sizeof(int64) * worlds->capacity);
	}
	worlds->ids[worlds->count++] = DatumGetInt64(values[0]);
}

static void
prune_world(int64 world_id)
{
	TvWorldGraph *graph = tv_graph_open(world_id);

	/* Without a graph nobody needs what has ended. */
	tv_changes_prune(world_id, graph != NULL ? graph->horizon : tv_horizon_take(CurrentMemoryContext));
	if (graph != NULL)
		tv_graph_release(graph);
}

void
tv_prune_worlds(void)
{
	Worlds		worlds = {.ids = palloc(0)};

	/* TRUNCATE's rows, of world 0, are few. */
	tv_scan("SELECT c.world_id FROM timevmaps.network_changes c"
			" WHERE c.world_id OPERATOR(pg_catalog.<>) 0"
			" GROUP BY c.world_id HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>=) 100",
			0, NULL, receive_world, &worlds);
	for (uint32 i = 0; i < worlds.count; i++)
		prune_world(worlds.ids[i]);
}
