/*
 * world_graph_split.h: which places of a world's graph are split, as its rules for turns say, and where their ports
 * stand in its order.
 */
#ifndef TV_GRAPH_WORLD_GRAPH_SPLIT_H
#define TV_GRAPH_WORLD_GRAPH_SPLIT_H

#include "postgres.h"

#include "bridge/network/rows.h"
#include "kernel/graph/turns.h"

/* The rules for turns of all of a world's timelines: where they stand. */
typedef struct TvTurnsOfWorld
{
	const TvWorldRows *world;
	MemoryContext context;
	uint32		count;
	uint32		capacity;
	TvmTurnRule *rules;
	double		u_turn_s;		/* where there are any */
} TvTurnsOfWorld;

/* Read them as the current user; the world's places and segments have been. */
extern void tv_graph_load_turns(TvEnv *env, const TvWorldRows *world, TvTurnsOfWorld *turns);

/*
 * Whether a graph is to split a place with so many ways in and out when rules stand there: a hub of more turns than that would
 * make the hierarchy of a whole world slow, so what concerns it is asked of the rows.
 */
#define TV_GRAPH_MOST_TURNS 65536
static inline bool
tv_graph_may_split(Size in, Size out)
{
	return (in + 1) * (out + 1) <= TV_GRAPH_MOST_TURNS;
}

/*
 * Split the places where a rule stands; false where one of them is a hub and is left whole.  *plain, which is not split, becomes
 * *topology; *order, of places, one of all nodes.
 */
extern bool tv_graph_split(TvEnv *env, const TvTurnsOfWorld *turns, TvmTopology *plain, uint32 **order,
						   TvmSplit *split, TvmTopology *topology);

#endif							/* TV_GRAPH_WORLD_GRAPH_SPLIT_H */
