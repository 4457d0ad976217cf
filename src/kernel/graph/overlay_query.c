/*
 * overlay_query.c: Dijkstra's algorithm over the links of an overlay; see overlay.h.
 *
 * What is settled are arrivals.  From one, every departure of its layer is
 * reached at the cost in the inner matrix, and every link of a departure that
 * has become cheaper reaches another arrival.  Nothing that costs as much as
 * the best route known so far is looked at.
 */
#include "kernel/graph/overlay.h"

#include <math.h>

#include "kernel/graph/heap.h"

#define ORIGIN UINT32_MAX		/* an arrival's predecessor, where the route begins */

typedef struct Search
{
	const TvmOverlay *overlay;
	double	   *departure_cost;
	double	   *arrival_cost;
	uint32_t   *arrival_link;	/* by which it was reached */
	uint32_t   *previous;		/* the arrival before that link, or ORIGIN */
	TvmHeap		heap;			/* arrivals that are not settled */
	double		best;
	uint32_t	last;			/* the arrival from which the best route goes to its end */
} Search;

/* A departure costs less than it did: follow its links. */
static void
depart(Search *search, uint32_t departure, double cost, uint32_t previous)
{
	const TvmOverlay *overlay = search->overlay;

	search->departure_cost[departure] = cost;
	for (uint32_t i = overlay->first_link[departure]; i < overlay->first_link[departure + 1]; i++)
	{
		uint32_t	link = overlay->departing[i];
		uint32_t	arrival = overlay->link_arrival[link];
		double		sum = cost + overlay->links[link].cost;

		if (sum < search->arrival_cost[arrival] && sum < search->best)
		{
			search->arrival_cost[arrival] = sum;
			search->arrival_link[arrival] = link;
			search->previous[arrival] = previous;
			tvm_heap_push(&search->heap, arrival, sum);
		}
	}
}

static TvmStatus
search_links(TvmEnv *env, Search *search, const TvmCchLabel *from, TvmPoint origin,
			 const TvmCchLabel *to, TvmPoint dest)
{
	const TvmOverlay *overlay = search->overlay;

	for (uint32_t d = overlay->first_departure[origin.layer];
		 d < overlay->first_departure[origin.layer + 1]; d++)
	{
		double		cost = tvm_cch_meet(from, &overlay->departure_label[d]);

		if (cost < search->best)
			depart(search, d, cost, ORIGIN);
	}
	while (search->heap.count > 0)
	{
		TvmHeapEntry top = tvm_heap_pop(&search->heap);
		uint32_t	layer;
		uint32_t	first;
		uint32_t	count;
		const double *inner;

		if (top.key >= search->best)
			break;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		layer = overlay->links[search->arrival_link[top.item]].to.layer;
		if (layer == dest.layer)
		{
			double		cost = top.key + tvm_cch_meet(&overlay->arrival_label[top.item], to);

			if (cost < search->best)
			{
				search->best = cost;
				search->last = top.item;
			}
		}
		first = overlay->first_departure[layer];
		count = overlay->first_departure[layer + 1] - first;
		inner = overlay->inner[layer] + (size_t) (top.item - overlay->first_arrival[layer]) * count;
		for (uint32_t d = 0; d < count; d++)
		{
			double		cost = top.key + inner[d];

			if (cost < search->departure_cost[first + d] && cost < search->best)
				depart(search, first + d, cost, top.item);
		}
	}
	return TVM_OK;
}

/* The legs from the origin to the best end, which is not reached within one layer. */
static TvmStatus
collect_legs(TvmEnv *env, const Search *search, TvmPoint origin, TvmPoint dest,
			 TvmOverlayRoute *route)
{
	const TvmOverlay *overlay = search->overlay;
	TvmPoint	end = dest;
	uint32_t	link = TVM_CCH_NONE;
	size_t		at;

	route->count = 1;
	for (uint32_t a = search->last; a != ORIGIN; a = search->previous[a])
		route->count++;
	route->legs = tvm_alloc(env, route->count, sizeof(TvmLeg));
	if (route->legs == NULL)
		return TVM_NOMEM;
	at = route->count;
	for (uint32_t a = search->last; a != ORIGIN; a = search->previous[a])
	{
		TvmPoint	begin = overlay->links[search->arrival_link[a]].to;

		route->legs[--at] = (TvmLeg) {.layer = end.layer, .from = begin.node, .to = end.node, .link = link};
		link = search->arrival_link[a];
		end = overlay->links[link].from;
	}
	route->legs[0] = (TvmLeg) {.layer = origin.layer, .from = origin.node, .to = end.node, .link = link};
	return TVM_OK;
}

static bool
search_alloc(TvmEnv *env, Search *search, TvmCchLabel *from, TvmCchLabel *to, uint32_t from_height,
			 uint32_t to_height)
{
	const TvmOverlay *overlay = search->overlay;

	from->distance = tvm_alloc(env, from_height, sizeof(double));
	from->ancestor = tvm_alloc(env, from_height, sizeof(uint32_t));
	to->distance = tvm_alloc(env, to_height, sizeof(double));
	to->ancestor = tvm_alloc(env, to_height, sizeof(uint32_t));
	search->departure_cost = tvm_alloc(env, overlay->departure_count, sizeof(double));
	search->arrival_cost = tvm_alloc(env, overlay->arrival_count, sizeof(double));
	search->arrival_link = tvm_alloc(env, overlay->arrival_count, sizeof(uint32_t));
	search->previous = tvm_alloc(env, overlay->arrival_count, sizeof(uint32_t));
	return from->distance != NULL && from->ancestor != NULL && to->distance != NULL &&
		to->ancestor != NULL && search->departure_cost != NULL && search->arrival_cost != NULL &&
		search->arrival_link != NULL && search->previous != NULL &&
		tvm_heap_init(env, &search->heap, overlay->arrival_count) == TVM_OK;
}

TvmStatus
tvm_overlay_route(TvmEnv *env, const TvmOverlay *overlay, TvmPoint from, TvmPoint to,
				  TvmOverlayRoute *route)
{
	Search		search = {.overlay = overlay, .best = INFINITY, .last = ORIGIN};
	TvmCchLabel from_label = {0, NULL, NULL};
	TvmCchLabel to_label = {0, NULL, NULL};
	TvmStatus	status = TVM_NOMEM;

	route->cost = INFINITY;
	route->count = 0;
	route->legs = NULL;
	if (search_alloc(env, &search, &from_label, &to_label,
					 overlay->metrics[from.layer]->cch->height, overlay->metrics[to.layer]->cch->height))
	{
		tvm_cch_label(overlay->metrics[from.layer], from.node, false, &from_label);
		tvm_cch_label(overlay->metrics[to.layer], to.node, true, &to_label);
		for (uint32_t d = 0; d < overlay->departure_count; d++)
			search.departure_cost[d] = INFINITY;
		for (uint32_t a = 0; a < overlay->arrival_count; a++)
			search.arrival_cost[a] = INFINITY;
		if (from.layer == to.layer)
			search.best = tvm_cch_meet(&from_label, &to_label);
		status = search_links(env, &search, &from_label, from, &to_label, to);
		route->cost = search.best;
		if (status == TVM_OK && search.best < INFINITY)
			status = collect_legs(env, &search, from, to, route);
	}
	tvm_free(env, from_label.distance);
	tvm_free(env, from_label.ancestor);
	tvm_free(env, to_label.distance);
	tvm_free(env, to_label.ancestor);
	tvm_free(env, search.departure_cost);
	tvm_free(env, search.arrival_cost);
	tvm_free(env, search.arrival_link);
	tvm_free(env, search.previous);
	tvm_heap_free(env, &search.heap);
	return status;
}
