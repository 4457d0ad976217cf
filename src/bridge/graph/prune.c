/*
 * prune.c: forget changes that no prepared graph needs any more; see prune.h.
 */
#include "postgres.h"

#include "bridge/network/changes.h"
#include "bridge/graph/world_graph.h"
#include "bridge/server/ids.h"
#include "bridge/graph/prune.h"
#include "bridge/server/scan.h"

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
	TvIds		worlds = {.context = CurrentMemoryContext};

	/* TRUNCATE's rows, of world 0, are few. */
	tv_scan("SELECT c.world_id FROM timevmaps.network_changes c"
			" WHERE c.world_id OPERATOR(pg_catalog.<>) 0"
			" GROUP BY c.world_id HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>=) 100",
			0, NULL, tv_ids_receive, &worlds);
	for (uint32 i = 0; i < worlds.count; i++)
		prune_world(worlds.ids[i]);
}
