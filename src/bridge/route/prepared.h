/*
 * prepared.h: what a query on prepared graphs works on: for each world in
 * scope its graph and what has changed since; for each timeline a layer that has
 * caught up; the links that join them.  For the files that answer from prepared graphs;
 * callers of theirs include prepared.h and the like.
 *
 *	if (!tv_prepared_begin(&prepared, env, rows, metric))
 *		return false;					the rows must be asked
 *	PG_TRY();
 *		done = tv_prepared_graphs(&prepared) && tv_prepared_layers(&prepared) &&
 *			tv_prepared_links(&prepared) && ...;
 *	PG_FINALLY();
 *		tv_prepared_release(&prepared);
 *
 * Each step says false where the graphs cannot answer.  All of it is between
 * SPI_connect() and SPI_finish(); memory is the environment's.  Graphs and layers are
 * this backend's own and stay as they are until tv_prepared_release().
 */
#ifndef TV_ROUTE_PREPARED_H
#define TV_ROUTE_PREPARED_H

#include "postgres.h"

#include "bridge/graph/layer.h"
#include "bridge/network/rows.h"
#include "kernel/graph/overlay.h"

typedef struct TvPrepared
{
	TvEnv	   *env;
	const TvRows *rows;
	TvMetric	metric;
	bool		total_only;		/* a route's steps are added up and not kept */
	TvWorldGraph **graphs;		/* of each world; in use until tv_prepared_release() */
	TvChanges **changes;
	TvLayer   **layers;			/* of each layer of the rows */
	uint32		link_count;		/* ways that no hierarchy has, one a direction */
	TvmGateway *links;
	uint32	   *link_gateway;	/* index of a gateway's row, or TV_NONE */
	const TvExtra **link_extra;
	bool	   *link_reverse;
} TvPrepared;

/* False where the caller may not be answered from prepared graphs at all. */
extern bool tv_prepared_begin(TvPrepared *prepared, TvEnv *env, const TvRows *rows, TvMetric metric);
extern bool tv_prepared_graphs(TvPrepared *prepared);
extern bool tv_prepared_layers(TvPrepared *prepared);
extern void tv_prepared_release(TvPrepared *prepared);

/*
 * Whether sums of weights may be beyond the largest double.  To a hierarchy that is
 * the same as no way; only the rows tell them apart.
 */
extern bool tv_prepared_may_overflow(const TvPrepared *prepared);

/* The node of a place, or TV_NONE. */
extern uint32 tv_prepared_node(const TvWorldGraph *graph, int64 place_id);

/* The node of a place of a world, or false; perhaps it is a new one. */
extern bool tv_prepared_find_node(const TvPrepared *prepared, uint32 world, int64 place_id, uint32 *node);

/*
 * A place as a point of a layer: PT404 where it may have been deleted since the graph
 * was built, and is; false where the graph does not know it, and only the rows can tell.
 */
extern bool tv_prepared_point(TvPrepared *prepared, uint32 layer, int64 place_id, TvmPoint *point);

#endif							/* TV_ROUTE_PREPARED_H */
