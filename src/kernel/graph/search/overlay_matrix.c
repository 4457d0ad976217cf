/*
 * overlay_matrix.c: least costs from many points of one layer to many of another, over the links of
 * an overlay; see overlay.h.
 *
 * For each origin Dijkstra's algorithm over the links says what every arrival costs, for each destination labels say
 * what is left from every arrival of its layer; a cost is the least sum of both, or that of the way without a link.
 * Origins are taken by blocks, so that memory does not grow with both.
 */
#include "kernel/graph/search/overlay.h"

#include <math.h>

#include "kernel/graph/heap.h"

#define BLOCK 256				/* origins */

typedef struct Costs
{
	const TvmOverlay *overlay;
	TvmHeap		heap;			/* arrivals that are not settled */
	double	   *departure;		/* of each departure, of one origin */
	double	   *arrival;		/* [origin of the block][arrival] */
	double	   *left;			/* of each arrival of the destinations' layer, of one destination */
	TvmCchLabel label;
} Costs;

static void
depart(Costs *costs, double *arrivals, uint32_t departure, double cost)
{
	const TvmOverlay *overlay = costs->overlay;

	if (!(cost < costs->departure[departure]))
		return;
	costs->departure[departure] = cost;
	for (uint32_t i = overlay->first_link[departure]; i < overlay->first_link[departure + 1]; i++)
	{
		uint32_t	link = overlay->departing[i];
		uint32_t	arrival = overlay->link_arrival[link];
		double		sum = cost + overlay->links[link].cost;

		if (sum < arrivals[arrival])
		{
			arrivals[arrival] = sum;
			tvm_heap_push(&costs->heap, arrival, sum);
		}
	}
}

/* What every arrival costs from a node. */
static TvmStatus
reach_arrivals(TvmEnv *env, Costs *costs, uint32_t layer, uint32_t node, double *arrivals)
{
	const TvmOverlay *overlay = costs->overlay;

	for (uint32_t d = 0; d < overlay->departure_count; d++)
		costs->departure[d] = INFINITY;
	for (uint32_t a = 0; a < overlay->arrival_count; a++)
		arrivals[a] = INFINITY;
	tvm_heap_clear(&costs->heap);
	tvm_cch_label(overlay->metrics[layer], node, false, &costs->label);
	for (uint32_t d = overlay->first_departure[layer]; d < overlay->first_departure[layer + 1]; d++)
		depart(costs, arrivals, d, tvm_cch_meet(&costs->label, &overlay->departure_label[d]));
	while (costs->heap.count > 0)
	{
		TvmHeapEntry top = tvm_heap_pop(&costs->heap);
		uint32_t	here = overlay->links[overlay->arriving[overlay->first_arriving[top.item]]].to.layer;
		uint32_t	first = overlay->first_departure[here];
		uint32_t	count = overlay->first_departure[here + 1] - first;
		const double *inner = overlay->inner[here] + (size_t) (top.item - overlay->first_arrival[here]) * count;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t d = 0; d < count; d++)
			depart(costs, arrivals, first + d, top.key + inner[d]);
	}
	return TVM_OK;
}

/* Make the costs of a block of origins those over links, where these are less. */
static TvmStatus
reach_dests(TvmEnv *env, Costs *costs, size_t origin_count, uint32_t layer, const uint32_t *dests, size_t dest_count,
			double *matrix)
{
	const TvmOverlay *overlay = costs->overlay;
	uint32_t	first = overlay->first_arrival[layer];
	uint32_t	count = overlay->first_arrival[layer + 1] - first;

	for (size_t d = 0; d < dest_count; d++)
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_cch_label(overlay->metrics[layer], dests[d], true, &costs->label);
		for (uint32_t a = 0; a < count; a++)
			costs->left[a] = tvm_cch_meet(&overlay->arrival_label[first + a], &costs->label);
		for (size_t o = 0; o < origin_count; o++)
		{
			const double *arrivals = costs->arrival + o * overlay->arrival_count + first;
			double		least = matrix[o * dest_count + d];

			for (uint32_t a = 0; a < count; a++)
			{
				double		cost = arrivals[a] + costs->left[a];

				least = cost < least ? cost : least;
			}
			matrix[o * dest_count + d] = least;
		}
	}
	return TVM_OK;
}

/* What needs no link. */
static TvmStatus
reach_directly(TvmEnv *env, const TvmOverlay *overlay, const TvmOverlayNodes *from, const TvmOverlayNodes *to,
			   double *matrix)
{
	if (from->layer == to->layer)
		return tvm_cch_matrix(env, overlay->metrics[from->layer], from->nodes, from->count, to->nodes, to->count, matrix);
	for (size_t i = 0; i < from->count * to->count; i++)
		matrix[i] = INFINITY;
	return TVM_OK;
}

static TvmStatus
take_memory(TvmEnv *env, Costs *costs, size_t block, uint32_t height)
{
	const TvmOverlay *overlay = costs->overlay;

	costs->departure = tvm_alloc(env, overlay->departure_count, sizeof(double));
	costs->left = tvm_alloc(env, overlay->arrival_count, sizeof(double));
	costs->arrival = tvm_alloc(env, block * overlay->arrival_count, sizeof(double));
	costs->label.distance = tvm_alloc(env, height, sizeof(double));
	costs->label.ancestor = tvm_alloc(env, height, sizeof(uint32_t));
	if (costs->departure == NULL || costs->left == NULL || costs->arrival == NULL ||
		costs->label.distance == NULL || costs->label.ancestor == NULL)
		return TVM_NOMEM;
	return tvm_heap_init(env, &costs->heap, overlay->arrival_count);
}

TvmStatus
tvm_overlay_matrix(TvmEnv *env, const TvmOverlay *overlay, const TvmOverlayNodes *from, const TvmOverlayNodes *to,
				   double *matrix)
{
	Costs		costs = {.overlay = overlay};
	size_t		block = from->count < BLOCK ? from->count : BLOCK;
	uint32_t	height = overlay->metrics[from->layer]->cch->height;
	TvmStatus	status;

	if (from->count == 0 || to->count == 0)
		return TVM_OK;
	if (overlay->metrics[to->layer]->cch->height > height)
		height = overlay->metrics[to->layer]->cch->height;
	status = reach_directly(env, overlay, from, to, matrix);
	if (status == TVM_OK && overlay->link_count > 0)
		status = take_memory(env, &costs, block, height);
	for (size_t done = 0; status == TVM_OK && overlay->link_count > 0 && done < from->count; done += block)
	{
		size_t		count = from->count - done < block ? from->count - done : block;

		for (size_t o = 0; status == TVM_OK && o < count; o++)
			status = reach_arrivals(env, &costs, from->layer, from->nodes[done + o],
									costs.arrival + o * overlay->arrival_count);
		if (status == TVM_OK)
			status = reach_dests(env, &costs, count, to->layer, to->nodes, to->count, matrix + done * to->count);
	}
	tvm_free(env, costs.departure);
	tvm_free(env, costs.left);
	tvm_free(env, costs.arrival);
	tvm_free(env, costs.label.distance);
	tvm_free(env, costs.label.ancestor);
	tvm_heap_free(env, &costs.heap);
	return status;
}
