/*
 * overlay.c: the terminals of an overlay and the least costs between them; see
 * overlay.h.  Searches are in overlay_query.c.
 */
#include "kernel/graph/search/overlay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An end of a link, to be sorted by (layer, node). */
typedef struct End
{
	TvmPoint	point;
	uint32_t	link;
} End;

static int
compare_ends(const void *a, const void *b)
{
	const End  *x = a;
	const End  *y = b;

	if (x->point.layer != y->point.layer)
		return x->point.layer < y->point.layer ? -1 : 1;
	if (x->point.node != y->point.node)
		return x->point.node < y->point.node ? -1 : 1;
	return x->link < y->link ? -1 : x->link > y->link;
}

/*
 * Number the distinct points of the sorted ends: terminal[link] receives each
 * one's number, node[] the points' nodes, first[] where each layer's begin.
 */
static uint32_t
number_terminals(const End *ends, uint32_t count, uint32_t layers, uint32_t *terminal,
				 uint32_t *node, uint32_t *first)
{
	uint32_t	distinct = 0;
	uint32_t	layer = 0;

	first[0] = 0;
	for (uint32_t i = 0; i < count; i++)
	{
		if (i == 0 || ends[i].point.layer != ends[i - 1].point.layer ||
			ends[i].point.node != ends[i - 1].point.node)
		{
			while (layer < ends[i].point.layer)
				first[++layer] = distinct;
			node[distinct++] = ends[i].point.node;
		}
		terminal[ends[i].link] = distinct - 1;
	}
	while (layer < layers)
		first[++layer] = distinct;
	return distinct;
}

/* List the links, whose ends are sorted, by their terminals. */
static void
list_links(const End *ends, uint32_t count, uint32_t terminals, const uint32_t *terminal, uint32_t *first,
		   uint32_t *list)
{
	uint32_t	at = 0;

	for (uint32_t t = 0; t < terminals; t++)
	{
		first[t] = at;
		while (at < count && terminal[ends[at].link] == t)
		{
			list[at] = ends[at].link;
			at++;
		}
	}
	first[terminals] = at;
}

static TvmStatus
find_terminals(TvmEnv *env, TvmOverlay *overlay)
{
	uint32_t	count = overlay->link_count;
	End		   *ends = tvm_alloc(env, count, sizeof(End));

	if (ends == NULL)
		return TVM_NOMEM;
	for (uint32_t i = 0; i < count; i++)
	{
		ends[i].point = overlay->links[i].to;
		ends[i].link = i;
	}
	qsort(ends, count, sizeof(End), compare_ends);
	overlay->arrival_count = number_terminals(ends, count, overlay->layer_count, overlay->link_arrival,
											  overlay->arrival_node, overlay->first_arrival);
	list_links(ends, count, overlay->arrival_count, overlay->link_arrival, overlay->first_arriving, overlay->arriving);
	for (uint32_t i = 0; i < count; i++)
	{
		ends[i].point = overlay->links[i].from;
		ends[i].link = i;
	}
	qsort(ends, count, sizeof(End), compare_ends);
	overlay->departure_count = number_terminals(ends, count, overlay->layer_count, overlay->link_departure,
												overlay->departure_node, overlay->first_departure);
	list_links(ends, count, overlay->departure_count, overlay->link_departure, overlay->first_link, overlay->departing);
	tvm_free(env, ends);
	return TVM_OK;
}

/* Labels of all terminals, in two blocks of memory. */
static TvmStatus
label_terminals(TvmEnv *env, TvmOverlay *overlay)
{
	size_t		total = 0;
	double	   *distance;
	uint32_t   *ancestor;

	for (uint32_t l = 0; l < overlay->layer_count; l++)
		total += (size_t) overlay->metrics[l]->cch->height *
			(overlay->first_departure[l + 1] - overlay->first_departure[l] +
			 overlay->first_arrival[l + 1] - overlay->first_arrival[l]);
	overlay->label_distances = distance = tvm_alloc(env, total, sizeof(double));
	overlay->label_ancestors = ancestor = tvm_alloc(env, total, sizeof(uint32_t));
	if (distance == NULL || ancestor == NULL)
		return TVM_NOMEM;
	for (uint32_t l = 0; l < overlay->layer_count; l++)
	{
		const TvmCchMetric *metric = overlay->metrics[l];

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t d = overlay->first_departure[l]; d < overlay->first_departure[l + 1]; d++)
		{
			overlay->departure_label[d].distance = distance;
			overlay->departure_label[d].ancestor = ancestor;
			tvm_cch_label(metric, overlay->departure_node[d], true, &overlay->departure_label[d]);
			distance += metric->cch->height;
			ancestor += metric->cch->height;
		}
		for (uint32_t a = overlay->first_arrival[l]; a < overlay->first_arrival[l + 1]; a++)
		{
			overlay->arrival_label[a].distance = distance;
			overlay->arrival_label[a].ancestor = ancestor;
			tvm_cch_label(metric, overlay->arrival_node[a], false, &overlay->arrival_label[a]);
			distance += metric->cch->height;
			ancestor += metric->cch->height;
		}
	}
	return TVM_OK;
}

static TvmStatus
measure_inner(TvmEnv *env, TvmOverlay *overlay)
{
	for (uint32_t l = 0; l < overlay->layer_count; l++)
	{
		uint32_t	departures = overlay->first_departure[l + 1] - overlay->first_departure[l];
		uint32_t	arrivals = overlay->first_arrival[l + 1] - overlay->first_arrival[l];
		const TvmCchLabel *from = overlay->arrival_label + overlay->first_arrival[l];
		const TvmCchLabel *to = overlay->departure_label + overlay->first_departure[l];
		double	   *inner = tvm_alloc(env, arrivals, departures * sizeof(double));

		if (inner == NULL)
			return TVM_NOMEM;
		overlay->inner[l] = inner;
		for (uint32_t a = 0; a < arrivals; a++)
		{
			if (tvm_cancelled(env))
				return TVM_CANCELLED;
			for (uint32_t d = 0; d < departures; d++)
				inner[(size_t) a * departures + d] = tvm_cch_meet(&from[a], &to[d]);
		}
	}
	return TVM_OK;
}

static TvmStatus
check_point(TvmEnv *env, const TvmOverlay *overlay, TvmPoint point)
{
	if (point.layer >= overlay->layer_count)
		return tvm_fail(env, TVM_INVALID, "no such layer", NULL, "%u", point.layer);
	if (point.node >= overlay->metrics[point.layer]->cch->node_count)
		return tvm_fail(env, TVM_INVALID, "no such node", NULL, "%u", point.node);
	return TVM_OK;
}

static TvmStatus
check_links(TvmEnv *env, const TvmOverlay *overlay)
{
	for (uint32_t i = 0; i < overlay->link_count; i++)
	{
		const TvmGateway *link = &overlay->links[i];
		bool		from_end = check_point(env, overlay, link->from) != TVM_OK;

		if (from_end || check_point(env, overlay, link->to) != TVM_OK)
		{
			tvm_fail_path(env, "links[%u].%s", i, from_end ? "from" : "to");
			return TVM_INVALID;
		}
		if (!(link->cost >= 0))
		{
			tvm_fail(env, TVM_INVALID, "not a cost", NULL, "%g", link->cost);
			tvm_fail_path(env, "links[%u].cost", i);
			return TVM_INVALID;
		}
	}
	return TVM_OK;
}

size_t
tvm_overlay_bytes(size_t layer_count, size_t link_count, uint32_t height)
{
	size_t		label = (size_t) height * (sizeof(double) + sizeof(uint32_t)) + sizeof(TvmCchLabel);

	return layer_count * 4 * sizeof(void *) +
		link_count * (sizeof(TvmGateway) + 11 * sizeof(uint32_t) + 2 * label) +
		link_count * link_count * sizeof(double);
}

void
tvm_overlay_free(TvmEnv *env, TvmOverlay *overlay)
{
	if (overlay->inner != NULL)
		for (uint32_t l = 0; l < overlay->layer_count; l++)
			tvm_free(env, overlay->inner[l]);
	tvm_free(env, overlay->inner);
	tvm_free(env, overlay->metrics);
	tvm_free(env, overlay->links);
	tvm_free(env, overlay->first_departure);
	tvm_free(env, overlay->first_arrival);
	tvm_free(env, overlay->departure_node);
	tvm_free(env, overlay->arrival_node);
	tvm_free(env, overlay->departure_label);
	tvm_free(env, overlay->arrival_label);
	tvm_free(env, overlay->first_link);
	tvm_free(env, overlay->departing);
	tvm_free(env, overlay->first_arriving);
	tvm_free(env, overlay->arriving);
	tvm_free(env, overlay->link_departure);
	tvm_free(env, overlay->link_arrival);
	tvm_free(env, overlay->label_distances);
	tvm_free(env, overlay->label_ancestors);
	memset(overlay, 0, sizeof(*overlay));
}

static bool
overlay_alloc(TvmEnv *env, TvmOverlay *overlay)
{
	size_t		layers = overlay->layer_count;
	size_t		links = overlay->link_count;

#define ALLOCATE(field, count) \
	((overlay->field = tvm_alloc(env, (count), sizeof(*overlay->field))) != NULL)
	return (overlay->inner = tvm_alloc_zero(env, layers, sizeof(double *))) != NULL &&
		ALLOCATE(metrics, layers) && ALLOCATE(links, links) &&
		ALLOCATE(first_departure, layers + 1) && ALLOCATE(first_arrival, layers + 1) &&
		ALLOCATE(departure_node, links) && ALLOCATE(arrival_node, links) &&
		ALLOCATE(departure_label, links) && ALLOCATE(arrival_label, links) &&
		ALLOCATE(first_link, links + 1) && ALLOCATE(departing, links) &&
		ALLOCATE(first_arriving, links + 1) && ALLOCATE(arriving, links) &&
		ALLOCATE(link_departure, links) && ALLOCATE(link_arrival, links);
#undef ALLOCATE
}

TvmStatus
tvm_overlay_init(TvmEnv *env, TvmOverlay *overlay, const TvmCchMetric *const *metrics,
				 size_t layer_count, const TvmGateway *links, size_t link_count)
{
	TvmStatus	status;

	memset(overlay, 0, sizeof(*overlay));
	if (layer_count >= UINT32_MAX || link_count > TVM_MAX_GATEWAYS)
		return tvm_fail(env, TVM_INVALID, "too many layers or links", NULL, NULL);
	overlay->layer_count = (uint32_t) layer_count;
	overlay->link_count = (uint32_t) link_count;
	status = overlay_alloc(env, overlay) ? TVM_OK : TVM_NOMEM;
	if (status == TVM_OK)
	{
		memcpy(overlay->metrics, metrics, layer_count * sizeof(*metrics));
		memcpy(overlay->links, links, link_count * sizeof(*links));
		status = check_links(env, overlay);
	}
	if (status == TVM_OK)
		status = find_terminals(env, overlay);
	if (status == TVM_OK)
		status = label_terminals(env, overlay);
	if (status == TVM_OK)
		status = measure_inner(env, overlay);
	if (status != TVM_OK)
		tvm_overlay_free(env, overlay);
	return status;
}
