/*
 * part.h: the largest strongly connected part of a timeline's network: the places from which
 * one can get anywhere in it and back, on the timeline's own open segments.
 *
 * A prepared graph's layer keeps it until something changes; without one, or where the
 * caller is not answered from prepared graphs, the rows are read each time.
 */
#ifndef TV_ROUTE_PART_H
#define TV_ROUTE_PART_H

#include "postgres.h"

#include "bridge/graph/world_graph.h"
#include "bridge/server/ids.h"
#include "bridge/network/network.h"

typedef struct TvPart
{
	uint32		place_count;
	const int64 *place_ids;		/* ascending */
	const uint8 *in_part;		/* of each of them */
	TvWorldGraph *graph;		/* whose ids they are, in use until tv_part_release(); or NULL */
} TvPart;

/*
 * As the active snapshot sees it.  chain: the timeline and its ancestors, upwards.  Call
 * tv_part_release() at the end, after an error too.  Between SPI_connect() and SPI_finish(),
 * not within a query on prepared graphs.
 */
extern void tv_part_find(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain,
						 TvMetric metric, TvPart *part);
extern void tv_part_release(TvPart *part);

extern bool tv_part_has(const TvPart *part, int64 place_id);

/* One world with one timeline in scope, as a query on prepared graphs and the loader want it. */
extern TvRows *tv_part_scope(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain);

#endif							/* TV_ROUTE_PART_H */
