/*
 * overlay_search.h: what a search over an overlay's links has found, for overlay_query.c,
 * which searches, and overlay_ties.c, which chooses among the ways of equal cost.
 */
#ifndef TVM_OVERLAY_SEARCH_H
#define TVM_OVERLAY_SEARCH_H

#include "kernel/graph/heap.h"
#include "kernel/graph/search/overlay.h"

#define TVM_OVERLAY_ORIGIN UINT32_MAX	/* an arrival's predecessor, where the route begins */

typedef struct TvmOverlaySearch
{
	const TvmOverlay *overlay;
	TvmPoint	from;
	TvmPoint	to;
	double	   *origin_cost;	/* of each departure of the origin's layer, from the origin */
	double	   *departure_cost;
	double	   *arrival_cost;
	double	   *dest_cost;		/* of each arrival, on to the destination within its layer; INFINITY where not settled */
	uint32_t   *arrival_link;	/* by which it was reached */
	uint32_t   *previous;		/* the arrival before that link, or the origin */
	TvmHeap		heap;			/* arrivals that are not settled */
	double		direct;			/* the cost without any link */
	double		best;
	double		limit;			/* what costs more is not looked at */
	uint32_t	last;			/* the arrival from which the best route goes to its end */
} TvmOverlaySearch;

/*
 * Let `last`, arrival_link[] and previous[] name the best way of those that cost `best`, by the
 * rule of ties.h.  TVM_NOMEM, TVM_CANCELLED, or what
 * `ties` fail with.
 */
extern TvmStatus tvm_overlay_choose(TvmEnv *env, TvmOverlaySearch *search, const TvmOverlayTies *ties);

#endif							/* TVM_OVERLAY_SEARCH_H */
