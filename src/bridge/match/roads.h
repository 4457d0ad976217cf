/*
 * roads.h: a timeline's network as matching asks it: what a segment is like there, closed ones told apart, and
 * a graph for searches of what is near.
 *
 * From the prepared graph where it may be used, in place, with what has changed since; else from the rows, read as
 * the caller.  Gateways are not of it: who goes through one jumps.  Segments are numbered: those of the topology first,
 * then such as a prepared graph does not know as they now are.  Where junctions are split for turns (kernel/graph/split.h)
 * a way from one segment to another begins and ends in their ports, and its arcs are not the segments' numbers.
 */
#ifndef TV_MATCH_ROADS_H
#define TV_MATCH_ROADS_H

#include "postgres.h"

#include "bridge/geo/polyline.h"
#include "bridge/graph/layer_data.h"
#include "bridge/route/prepared/prepared_steps.h"
#include "bridge/server/ids.h"
#include "kernel/graph/search/local.h"

typedef struct TvRoads
{
	TvEnv	   *env;
	int64		world_id;
	TvmWorldRules rules;
	TvIds		chain;			/* the timeline and its ancestors, nearest first */
	bool		closed_too;

	uint32		segment_count;	/* of the topology, without ways back and turns */
	uint32		count;			/* of all */
	const TvmTopology *topology;
	const TvmSplit *split;		/* how it is */
	TvmLocalGraph graph;		/* the shortest ways */
	TvmLocalGraph fast;			/* the fastest, which cost seconds */

	/* Of a prepared graph. */
	const TvLayer *layer;
	TvIds		extra_ids;		/* of the layer's extras, ascending; their index is not in that order */
	TvIds		changed;		/* since it was built, ascending: perhaps with another course, or without */
	uint32		moved_count;
	const TvMoved *moved;

	/* Of rows. */
	const TvWorldRows *rows;
} TvRoads;

/* A segment on the timeline. */
typedef struct TvRoad
{
	uint32		a;				/* places, by their nodes */
	uint32		b;
	bool		oneway;
	bool		closed;
	double		length_m;
	double		speed_kph;
} TvRoad;

/*
 * Call `answer` with the network of a timeline, which is gone afterwards.  PT404 unless the caller sees the world and the
 * timeline in it; 54000.  Between SPI_connect() and SPI_finish(), not within a query on prepared graphs.
 */
extern void tv_roads_ask(TvEnv *env, int64 world_id, int64 timeline_id, bool closed_too,
						void (*answer) (TvRoads *roads, void *context), void *context);

/* The number of a segment, or TV_NONE. */
extern uint32 tv_roads_find(const TvRoads *roads, int64 segment_id);
extern int64 tv_roads_id(const TvRoads *roads, uint32 segment);

/* False where it is not there, or closed and closed ones are not asked for. */
extern bool tv_roads_get(const TvRoads *roads, uint32 segment, TvRoad *road);

/* The node at which a segment begins in a direction (TVM_ARC()), and at which it ends. */
extern uint32 tv_roads_tail(const TvRoads *roads, uint32 arc);
extern uint32 tv_roads_head(const TvRoads *roads, uint32 arc);

/* The segment and its direction that an arc of a way is, or TV_NONE: a turn. */
extern uint32 tv_roads_passed(const TvRoads *roads, uint32 arc);

/* Whether no more than one segment leads on from the place of a node, whatever the turns. */
extern bool tv_roads_is_dead_end(const TvRoads *roads, uint32 node);

/* Whether it is known to run straight from place to place; one that has changed may do so, too. */
extern bool tv_roads_is_straight(const TvRoads *roads, uint32 segment);
extern TvPosition tv_roads_place(const TvRoads *roads, uint32 node);

#endif							/* TV_MATCH_ROADS_H */
