/*
 * world_graph_build.h: build the prepared graph of a world from its rows.
 */
#ifndef TV_GRAPH_WORLD_GRAPH_BUILD_H
#define TV_GRAPH_WORLD_GRAPH_BUILD_H

#include "postgres.h"

#include "bridge/graph/world_graph.h"

/*
 * Build a graph from the rows that the active snapshot sees and publish it.
 * False where that cannot be: the transaction has changed the world itself, or
 * the disk refuses.  One backend builds at a time; who waited for another may find
 * its graph good enough (`unless` is then not the newest any more).  The old order
 * is used again unless `reorder` or much is new.  Raises 54000 over graph_memory.
 */
extern bool tv_graph_build(int64 world_id, const TvWorldGraph *unless, bool reorder, bool progress);

#endif							/* TV_GRAPH_WORLD_GRAPH_BUILD_H */
