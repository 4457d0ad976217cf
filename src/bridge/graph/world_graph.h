/*
 * world_graph.h: the prepared graph of a world: its topology and hierarchy, and
 * what the segments are like before any timeline changes them.
 *
 * Read by all backends from one file (store.h), and immutable.  It holds every
 * row, whoever may see it: who may be answered from it is for the caller to decide.
 * A graph stays good until tv_graph_release(), also when its file is replaced.
 */
#ifndef TV_GRAPH_WORLD_GRAPH_H
#define TV_GRAPH_WORLD_GRAPH_H

#include "postgres.h"

#include "bridge/network/changes.h"
#include "bridge/network/rows.h"
#include "bridge/server/store.h"
#include "kernel/graph/cch.h"
#include "kernel/graph/timeline.h"

typedef struct TvWorldGraph
{
	int64		world_id;
	TvMapping  *mapping;
	const TvHorizon *horizon;	/* the state that it was built from */
	TvmTopology topology;		/* arrays in the mapping; without `angle` */
	TvmCch		cch;			/* likewise */
	const int64 *place_ids;		/* ascending; a place's index is its node */
	const int64 *segment_ids;	/* ascending */
	const TvmSegment *base;		/* of each segment; .timeline is an index of timeline_ids */
	const uint8 *has_course;	/* of each segment: it has a geom */
	uint32		road_count;		/* 0: nothing is said of the road of any segment */
	const TvRoadKind *roads;	/* that .road is an index of */
	uint32		class_count;
	const char *classes;		/* theirs, one after the other, from 1 on, each with its end */
	uint32		timeline_count;
	const int64 *timeline_ids;	/* those that own segments, ascending */
	uint64		signature;		/* tv_tables_signature() when it was built */
	int			users;
	bool		outdated;		/* let go of when its last user does */
	uint32		refusals;		/* questions of this backend that only a newer graph could answer */
	uint32		patience;		/* that many are left to the rows before one is built; 0: as many as at first */
} TvWorldGraph;

/*
 * The newest graph of a world whose file is whole, or NULL.  Repeated calls
 * return the same object for as long as its file stands.
 */
extern TvWorldGraph *tv_graph_open(int64 world_id);
extern void tv_graph_release(TvWorldGraph *graph);

/* Its roads, to be read while it is open. */
extern const TvRoadKinds *tv_graph_road_kinds(const TvWorldGraph *graph, MemoryContext context);

/* Write the graph of a world, as built from rows of this horizon; false, with a LOG message, where the disk refuses. */
extern bool tv_graph_publish(TvEnv *env, const TvWorldRows *world, const TvmTopology *topology, const TvmCch *cch,
							 const TvHorizon *horizon, uint64 signature);

#endif							/* TV_GRAPH_WORLD_GRAPH_H */
