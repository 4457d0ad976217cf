/*
 * prepared_links.c: gateways, and segments that no hierarchy knows; see prepared_links.h.
 */
#include "postgres.h"

#include "bridge/server/compat.h"
#include "bridge/route/prepared/prepared_links.h"
#include "bridge/route/prepared/prepared_overlay.h"

static bool
find_point(const TvPrepared *prepared, int64 timeline_id, int64 place_id, TvmPoint *point)
{
	const TvRows *rows = prepared->rows;

	for (point->layer = 0; rows->layers[point->layer].timeline_id != timeline_id; point->layer++)
		 /* every gateway joins layers */ ;
	return tv_prepared_find_node(prepared, rows->layers[point->layer].world, place_id, &point->node);
}

/* From a place to a place: whoever comes by a link may go on any way. */
static void
add_link(TvPrepared *prepared, TvmPoint from, TvmPoint to, double cost, uint32 gateway,
		 const TvExtra *extra, bool reverse)
{
	uint32		i = prepared->link_count++;

	from.node = tv_graph_end(prepared->layers[from.layer]->graph, from.node);
	prepared->links[i] = (TvmGateway) {.from = from, .to = to, .cost = cost};
	prepared->link_gateway[i] = gateway;
	prepared->link_extra[i] = extra;
	prepared->link_reverse[i] = reverse;
}

bool
tv_prepared_links(TvPrepared *prepared)
{
	const TvRows *rows = prepared->rows;
	Size		most = (Size) rows->gateway_count * 2;

	for (uint32 l = 0; l < rows->layer_count; l++)
		most += (Size) prepared->layers[l]->extra_count * 2;
	if (most == 0 || tv_prepared_kept_links(prepared))
		return true;
	prepared->links = palloc(sizeof(TvmGateway) * most);
	prepared->link_gateway = palloc(sizeof(uint32) * most);
	prepared->link_extra = palloc(sizeof(TvExtra *) * most);
	prepared->link_reverse = palloc(sizeof(bool) * most);
	for (uint32 g = 0; g < rows->gateway_count; g++)
	{
		const TvGatewayRow *row = &rows->gateways[g];
		double		cost = tv_metric_penalty(prepared->metric, row->penalty_s);
		TvmPoint	from;
		TvmPoint	to;

		if (!find_point(prepared, row->from_timeline_id, row->from_place_id, &from) ||
			!find_point(prepared, row->to_timeline_id, row->to_place_id, &to))
			return false;		/* a place that no hierarchy knows yet */
		add_link(prepared, from, to, cost, g, NULL, false);
		if (row->bidirectional)
			add_link(prepared, to, from, cost, g, NULL, true);
	}
	for (uint32 l = 0; l < rows->layer_count; l++)
		for (uint32 e = 0; e < prepared->layers[l]->extra_count; e++)
		{
			const TvExtra *extra = &prepared->layers[l]->extras[e];
			TvmPoint	a = {.layer = l, .node = extra->a};
			TvmPoint	b = {.layer = l, .node = extra->b};

			add_link(prepared, a, b, extra->weight, TV_NONE, extra, false);
			if (!extra->oneway)
				add_link(prepared, b, a, extra->weight, TV_NONE, extra, true);
		}
	return true;
}
