/*
 * junctions.h: the places of a world that are split because of its rules for turns (kernel/graph/split.h), and what
 * turns cost there on a timeline.
 *
 * A part of a segment, where a route begins or ends within it, is that segment to the rules.
 */
#ifndef TV_NETWORK_JUNCTIONS_H
#define TV_NETWORK_JUNCTIONS_H

#include "postgres.h"

#include "bridge/network/rows.h"

typedef struct TvJunctions
{
	size_t		count;
	uint32	   *places;			/* ascending */

	/* What they add to the topology. */
	uint64		ports;
	uint64		backs;
	uint64		turns;
} TvJunctions;

/* How many ways lead into each place, and out of it, in the memory of env; `plain` is filled, not built. */
extern void tv_junctions_ways(TvEnv *env, const TvmTopology *plain, uint32 **in, uint32 **out);

/* Those of a world; `plain` is filled, not built. */
extern void tv_junctions_find(TvEnv *env, const TvWorldRows *world, const TvmTopology *plain, TvJunctions *junctions);

/* The most that being split takes beside the topology, and each timeline's weights. */
extern Size tv_junctions_bytes(const TvJunctions *junctions);

/* Seconds of each turn on a timeline, by its index; INFINITY: forbidden. */
extern void tv_junctions_weigh(TvEnv *env, const TvWorldRows *world, const TvmSplit *split, const TvmTopology *topology,
							   uint32 timeline, double *penalty_s);

#endif							/* TV_NETWORK_JUNCTIONS_H */
