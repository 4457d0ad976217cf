/*
 * prepared.h: what a query on prepared graphs works on: for each world in
 * scope its graph and what has changed since; for each timeline a layer that has
 * caught up; the links that join them.  For the files that answer from prepared graphs;
 * callers of theirs include prepared.h and the like.
 *
 * Who asks gets the graphs and takes what he needs besides; each step says false where the
 * graphs cannot answer, for policies of the caller's own, a snapshot older than the files, places
 * and changes that a hierarchy cannot hold, or a disk that refuses.  Then the rows are asked.
 * All of it is between SPI_connect() and SPI_finish(); memory is the environment's.  Graphs and layers
 * are this backend's own and stay as they are until the question has been answered.
 */
#ifndef TV_ROUTE_PREPARED_H
#define TV_ROUTE_PREPARED_H

#include "postgres.h"

#include "bridge/graph/layer.h"
#include "bridge/network/rows.h"
#include "kernel/graph/search/overlay.h"

typedef struct TvPrepared
{
	TvEnv	   *env;
	const TvRows *rows;
	TvMetric	metric;
	bool		takes_fresh;	/* the question can be answered where the only layer's fresh rules bind ... */
	bool		is_fresh;		/* ... and they do */
	bool		total_only;		/* a route's steps are added up and not kept */
	TvWorldGraph **graphs;		/* of each world; in use until it is answered */
	TvChanges **changes;
	TvLayer   **layers;			/* of each layer of the rows */
	uint32		link_count;		/* ways that no hierarchy has, one a direction */
	TvmGateway *links;
	uint32	   *link_gateway;	/* index of a gateway's row, or TV_NONE */
	const TvExtra **link_extra;
	bool	   *link_reverse;
} TvPrepared;

/* An answer from prepared graphs; false where they have none. */
typedef bool (*TvPreparedAnswer) (TvPrepared *prepared, void *context);

/* Ask with the graphs of all worlds in scope; false where only the rows can tell. */
extern bool tv_prepared_ask(TvEnv *env, const TvRows *rows, TvMetric metric,
							TvPreparedAnswer answer, void *context);

extern bool tv_prepared_layers(TvPrepared *prepared);

/*
 * Whether sums of weights may be beyond the largest double.  To a hierarchy that is
 * the same as no way; only the rows tell them apart.
 */
extern bool tv_prepared_may_overflow(const TvPrepared *prepared);

/* The node of a place, where ways from it begin, or TV_NONE. */
extern uint32 tv_prepared_node(const TvWorldGraph *graph, int64 place_id);

/* The node of a place of a world, or false; perhaps it is a new one. */
extern bool tv_prepared_find_node(const TvPrepared *prepared, uint32 world, int64 place_id, uint32 *node);

/*
 * A place as a point of a layer, where ways begin or (dest) where they end: PT404 where it may have been deleted since
 * the graph was built, and is; false where the graph does not know it, and only the rows can tell.
 */
extern bool tv_prepared_point(TvPrepared *prepared, uint32 layer, int64 place_id, TvmPoint *point);
extern bool tv_prepared_dest(TvPrepared *prepared, uint32 layer, int64 place_id, TvmPoint *point);

#endif							/* TV_ROUTE_PREPARED_H */
