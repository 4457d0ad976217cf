/*
 * overlay_query.c: Dijkstra's algorithm over the links of an overlay; see overlay.h.
 *
 * What is settled are arrivals.  From one, every departure of its layer is
 * reached at the cost in the inner matrix, and every link of a departure that
 * has become cheaper reaches another arrival.  Nothing that costs more than
 * the best route known so far is looked at.  Keys never fall, so each arrival is settled once;
 * a departure's links are followed at most once for each arrival of its layer.
 */
#include "kernel/graph/search/overlay_search.h"

#include <math.h>

#include "kernel/graph/search/ties.h"

#define ORIGIN TVM_OVERLAY_ORIGIN

/* The best route so far costs this; what costs more than the limit is of no interest, not even as a tie. */
static void
set_best(TvmOverlaySearch *search, double cost, uint32_t last)
{
	search->best = cost;
	search->limit = cost * (1 + 2 * TVM_TIE);
	search->last = last;
}

/* A departure costs less than it did: follow its links. */
static void
depart(TvmOverlaySearch *search, uint32_t departure, double cost, uint32_t previous)
{
	const TvmOverlay *overlay = search->overlay;

	search->departure_cost[departure] = cost;
	for (uint32_t i = overlay->first_link[departure]; i < overlay->first_link[departure + 1]; i++)
	{
		uint32_t	link = overlay->departing[i];
		uint32_t	arrival = overlay->link_arrival[link];
		double		sum = cost + overlay->links[link].cost;

		if (sum < search->arrival_cost[arrival] && sum <= search->limit)
		{
			search->arrival_cost[arrival] = sum;
			search->arrival_link[arrival] = link;
			search->previous[arrival] = previous;
			tvm_heap_push(&search->heap, arrival, sum);
		}
	}
}

static TvmStatus
search_links(TvmEnv *env, TvmOverlaySearch *search, const TvmCchLabel *from, const TvmCchLabel *to)
{
	const TvmOverlay *overlay = search->overlay;
	uint32_t	origin_first = overlay->first_departure[search->from.layer];

	for (uint32_t d = origin_first; d < overlay->first_departure[search->from.layer + 1]; d++)
	{
		double		cost = tvm_cch_meet(from, &overlay->departure_label[d]);

		search->origin_cost[d - origin_first] = cost;
		if (cost < INFINITY && cost <= search->limit)
			depart(search, d, cost, ORIGIN);
	}
	while (search->heap.count > 0)
	{
		TvmHeapEntry top = tvm_heap_pop(&search->heap);
		uint32_t	layer;
		uint32_t	first;
		uint32_t	count;
		const double *inner;

		if (top.key > search->limit)
			break;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		layer = overlay->links[search->arrival_link[top.item]].to.layer;
		if (layer == search->to.layer)
		{
			double		cost;

			search->dest_cost[top.item] = tvm_cch_meet(&overlay->arrival_label[top.item], to);
			cost = top.key + search->dest_cost[top.item];
			if (cost < search->best)
				set_best(search, cost, top.item);
		}
		first = overlay->first_departure[layer];
		count = overlay->first_departure[layer + 1] - first;
		inner = overlay->inner[layer] + (size_t) (top.item - overlay->first_arrival[layer]) * count;
		for (uint32_t d = 0; d < count; d++)
		{
			double		cost = top.key + inner[d];

			if (cost < search->departure_cost[first + d] && cost <= search->limit)
				depart(search, first + d, cost, top.item);
		}
	}
	return TVM_OK;
}

/* The legs from the origin to the best end, which is not reached within one layer. */
static TvmStatus
collect_legs(TvmEnv *env, const TvmOverlaySearch *search, TvmOverlayRoute *route)
{
	const TvmOverlay *overlay = search->overlay;
	TvmPoint	end = search->to;
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
	route->legs[0] = (TvmLeg) {.layer = search->from.layer, .from = search->from.node, .to = end.node, .link = link};
	return TVM_OK;
}

static bool
search_alloc(TvmEnv *env, TvmOverlaySearch *search, TvmCchLabel *from, TvmCchLabel *to)
{
	const TvmOverlay *overlay = search->overlay;
	uint32_t	from_height = overlay->metrics[search->from.layer]->cch->height;
	uint32_t	to_height = overlay->metrics[search->to.layer]->cch->height;

	from->distance = tvm_alloc(env, from_height, sizeof(double));
	from->ancestor = tvm_alloc(env, from_height, sizeof(uint32_t));
	to->distance = tvm_alloc(env, to_height, sizeof(double));
	to->ancestor = tvm_alloc(env, to_height, sizeof(uint32_t));
	search->origin_cost = tvm_alloc(env, overlay->departure_count, sizeof(double));
	search->departure_cost = tvm_alloc(env, overlay->departure_count, sizeof(double));
	search->arrival_cost = tvm_alloc(env, overlay->arrival_count, sizeof(double));
	search->dest_cost = tvm_alloc(env, overlay->arrival_count, sizeof(double));
	search->arrival_link = tvm_alloc(env, overlay->arrival_count, sizeof(uint32_t));
	search->previous = tvm_alloc(env, overlay->arrival_count, sizeof(uint32_t));
	return from->distance != NULL && from->ancestor != NULL && to->distance != NULL &&
		to->ancestor != NULL && search->origin_cost != NULL && search->departure_cost != NULL &&
		search->arrival_cost != NULL && search->dest_cost != NULL && search->arrival_link != NULL &&
		search->previous != NULL && tvm_heap_init(env, &search->heap, overlay->arrival_count) == TVM_OK;
}

static void
search_free(TvmEnv *env, TvmOverlaySearch *search)
{
	tvm_free(env, search->origin_cost);
	tvm_free(env, search->departure_cost);
	tvm_free(env, search->arrival_cost);
	tvm_free(env, search->dest_cost);
	tvm_free(env, search->arrival_link);
	tvm_free(env, search->previous);
	tvm_heap_free(env, &search->heap);
}

TvmStatus
tvm_overlay_route(TvmEnv *env, const TvmOverlay *overlay, TvmPoint from, TvmPoint to, const TvmOverlayTies *ties,
				  TvmOverlayRoute *route)
{
	TvmOverlaySearch search = {
		.overlay = overlay, .from = from, .to = to, .direct = INFINITY
	};
	TvmCchLabel from_label = {0, NULL, NULL};
	TvmCchLabel to_label = {0, NULL, NULL};
	TvmStatus	status = TVM_NOMEM;

	route->cost = INFINITY;
	route->count = 0;
	route->legs = NULL;
	if (search_alloc(env, &search, &from_label, &to_label))
	{
		tvm_cch_label(overlay->metrics[from.layer], from.node, false, &from_label);
		tvm_cch_label(overlay->metrics[to.layer], to.node, true, &to_label);
		for (uint32_t d = 0; d < overlay->departure_count; d++)
			search.departure_cost[d] = INFINITY;
		for (uint32_t a = 0; a < overlay->arrival_count; a++)
			search.arrival_cost[a] = search.dest_cost[a] = INFINITY;
		if (from.layer == to.layer)
			search.direct = tvm_cch_meet(&from_label, &to_label);
		set_best(&search, search.direct, ORIGIN);
		status = search_links(env, &search, &from_label, &to_label);
		if (status == TVM_OK && search.best < INFINITY)
			status = tvm_overlay_choose(env, &search, ties);
		if (status == TVM_OK && search.best < INFINITY)
			status = collect_legs(env, &search, route);
		if (status == TVM_OK)
			route->cost = search.best;
	}
	tvm_free(env, from_label.distance);
	tvm_free(env, from_label.ancestor);
	tvm_free(env, to_label.distance);
	tvm_free(env, to_label.ancestor);
	search_free(env, &search);
	return status;
}
