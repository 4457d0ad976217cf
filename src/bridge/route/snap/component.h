/*
 * component.h: the largest strongly connected component of a timeline's network: the places from which
 * one can get anywhere in it and back, on the timeline's own open segments.  Where turns have rules it is one of ways into
 * segments and out of them: a segment is in it if from some way along it one can get to all others, and to some way along it from all others.
 *
 * A prepared graph's layer keeps it until something changes; without one, or where the
 * caller is not answered from prepared graphs, the rows are read each time.
 */
#ifndef TV_ROUTE_COMPONENT_H
#define TV_ROUTE_COMPONENT_H

#include "postgres.h"

#include "bridge/graph/world_graph.h"
#include "bridge/server/ids.h"
#include "bridge/network/network.h"
#include "bridge/network/profile.h"

typedef struct TvComponent
{
	uint32		place_count;
	const int64 *place_ids;		/* ascending */
	const uint8 *is_member;		/* of each node; of each of the places, where none is split */
	const TvmSplit *split;
	const TvmTopology *topology;
	uint32		segment_count;
	Size		stride;			/* from id to id */
	const void *segment_ids;	/* ascending */
	TvWorldGraph *graph;		/* whose ids they are, in use until tv_component_release(); or NULL */
} TvComponent;

/*
 * As the active snapshot sees it.  chain: the timeline and its ancestors, upwards; what_if: what is
 * supposed of the timeline, or NULL; profile: whose, or NULL.  Call
 * tv_component_release() at the end, after an error too.  Between SPI_connect() and SPI_finish(),
 * not within a query on prepared graphs.
 */
extern void tv_component_find(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain,
							  const TvWhatIf *what_if, const TvProfile *profile, TvMetric metric,
							  TvComponent *component);
extern void tv_component_release(TvComponent *component);

/* Whether who is somewhere on a segment can get anywhere and be come to. */
extern bool tv_component_has(const TvComponent *component, int64 segment_id, int64 a_place_id, int64 b_place_id, bool oneway);

/*
 * One world with one timeline in scope, and what is supposed of it (NULL: nothing), as a query on prepared graphs and the
 * loader want it.
 */
extern TvRows *tv_component_scope(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain,
								  const TvWhatIf *what_if, const TvProfile *profile);

#endif							/* TV_ROUTE_COMPONENT_H */
