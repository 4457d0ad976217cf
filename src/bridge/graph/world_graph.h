/*
 * world_graph.h: the prepared graph of a world: its topology and hierarchy, and
 * what the segments are like before any timeline changes them.
 *
 * Read by all backends from one file (store.h), and immutable.  It holds every
 * row, whoever may see it: who may be answered from it is for the caller to decide.
 * A graph stays good until tv_graph_release(), also when its file is replaced.
 *
 * Places at which a rule for turns stands, on whatever timeline, are split (kernel/graph/split.h): topology and
 * hierarchy have more nodes than there are places, and more arcs than segments.  Ways begin at the node of a place and end
 * at tv_graph_end() of it.
 */
#ifndef TV_GRAPH_WORLD_GRAPH_H
#define TV_GRAPH_WORLD_GRAPH_H

#include "postgres.h"

#include "bridge/network/changes.h"
#include "bridge/network/rows.h"
#include "bridge/server/store.h"
#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/split.h"
#include "kernel/graph/timeline.h"

typedef struct TvWorldGraph
{
	int64		world_id;
	TvMapping  *mapping;
	const TvHorizon *horizon;	/* the state that it was built from */
	TvmTopology topology;		/* arrays in the mapping; without `angle` */
	TvmCch		cch;			/* likewise */
	TvmSplit	split;			/* likewise; all zero: nothing is split */
	bool		turns_back;		/* wherever one can turn back is split */
	uint32		place_count;
	uint32		segment_count;
	const int64 *place_ids;		/* ascending; a place's index is its node */
	const int64 *segment_ids;	/* ascending; a segment's index is that of its arc */
	const TvmSegment *base;		/* of each segment; .timeline is an index of timeline_ids */
	const uint8 *has_course;	/* of each segment: it has a geom */
	uint32		road_count;		/* 0: nothing is said of the road of any segment; 1: there are too many */
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
extern bool tv_graph_publish(TvEnv *env, const TvWorldRows *world, const TvmTopology *topology, const TvmSplit *split,
							 bool turns_back, const TvmCch *cch, const TvHorizon *horizon, uint64 signature);

/* The place that a node belongs to, and its id. */
static inline uint32
tv_graph_place(const TvWorldGraph *graph, uint32 node)
{
	return tvm_split_place(&graph->split, node);
}

static inline int64
tv_graph_place_id(const TvWorldGraph *graph, uint32 node)
{
	return graph->place_ids[tv_graph_place(graph, node)];
}

/* The node at which ways to a place end. */
static inline uint32
tv_graph_end(const TvWorldGraph *graph, uint32 place)
{
	return tvm_split_end(&graph->split, place);
}

static inline bool
tv_graph_is_end(const TvWorldGraph *graph, uint32 node)
{
	return tvm_split_is_end(&graph->split, node);
}

/* The nodes where passing a segment begins and ends. */
static inline uint32
tv_graph_tail(const TvWorldGraph *graph, uint32 segment, bool reverse)
{
	return tvm_split_tail(&graph->split, &graph->topology, segment, reverse);
}

static inline uint32
tv_graph_head(const TvWorldGraph *graph, uint32 segment, bool reverse)
{
	return tvm_split_head(&graph->split, &graph->topology, segment, reverse);
}

/* Whether a segment only leads from a to b. */
static inline bool
tv_graph_is_oneway(const TvWorldGraph *graph, uint32 segment)
{
	return tvm_split_is_oneway(&graph->split, &graph->topology, segment);
}

#endif							/* TV_GRAPH_WORLD_GRAPH_H */
