/*
 * isochrone.c: what can be reached from a place within a cost; see isochrone.h.
 *
 * Every timeline that gateways lead to is in scope, for which of them are near
 * enough is known only after the search.  The search is Dijkstra's, over prepared
 * graphs where they may be used, else over the rows.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/route/isochrone.h"
#include "bridge/route/prepared_links.h"
#include "bridge/route/prepared_view.h"
#include "bridge/route/steps.h"
#include "kernel/graph/dijkstra.h"

/* Says which place a point is; cost is filled in already. */
typedef void (*NamePoint) (const void *network, TvmPoint point, TvReached *reached);

static void
search(TvRows *rows, const TvmGraph *graph, TvmPoint from, double limit, NamePoint name,
	   const void *network, TvIsochrone *isochrone)
{
	TvEnv	   *env = rows->env;
	TvmQuery	query;
	uint32	   *states = tv_load_grow(rows, NULL, sizeof(uint32), 0, tvm_graph_states(graph));

	tv_check(env, tvm_query_init(&env->tvm, &query, graph));
	tv_check(env, tvm_dijkstra_within(&env->tvm, &query, from, limit, states, &isochrone->count));
	isochrone->reached = tv_load_grow(rows, NULL, sizeof(TvReached), 0, Max(isochrone->count, 1));
	for (uint32 i = 0; i < isochrone->count; i++)
	{
		TvmPoint	point = tvm_graph_point(graph, states[i]);

		isochrone->reached[i].cost = tvm_query_cost(&query, point);
		name(network, point, &isochrone->reached[i]);
	}
	tvm_query_free(&env->tvm, &query);
	pfree(states);
}

/* Rows ---------------------------------------------------------------------- */

static void
name_in_rows(const void *network, TvmPoint point, TvReached *reached)
{
	const TvRows *rows = ((const TvNetwork *) network)->rows;
	const TvLayerRow *layer = &rows->layers[point.layer];
	const TvPlaceRow *place = &rows->worlds[layer->world].places[point.node];

	reached->place_id = place->id;
	reached->timeline_id = layer->timeline_id;
	reached->lat = place->lat;
	reached->lon = place->lon;
}

static void
search_rows(TvRows *rows, int64 place_id, double limit, TvIsochrone *isochrone)
{
	TvNetwork  *network = tv_network_build(rows, isochrone->metric);
	TvmPoint	from = {.layer = 0, .node = tv_route_require_place(&rows->worlds[0], place_id)};

	search(rows, &network->graph, from, limit, name_in_rows, network, isochrone);
}

/* Prepared graphs ----------------------------------------------------------- */

static void
name_in_graph(const void *network, TvmPoint point, TvReached *reached)
{
	const TvLayer *layer = ((const TvPrepared *) network)->layers[point.layer];

	reached->place_id = layer->graph->place_ids[point.node];
	reached->timeline_id = layer->timeline_id;
	reached->lat = layer->graph->topology.lat[point.node];
	reached->lon = layer->graph->topology.lon[point.node];
}

static void
move_places(TvPrepared *prepared, TvIsochrone *isochrone)
{
	uint32		count;
	TvMoved    *moved = tv_prepared_moved(prepared, &count);

	for (uint32 i = 0; count > 0 && i < isochrone->count; i++)
	{
		TvReached  *reached = &isochrone->reached[i];
		uint32		at = tv_load_find(moved, sizeof(TvMoved), count, reached->place_id);

		if (at == TV_NONE)
			continue;
		reached->lat = moved[at].lat;
		reached->lon = moved[at].lon;
	}
}

static bool
search_graphs(TvPrepared *prepared, TvRows *rows, int64 place_id, double limit, TvIsochrone *isochrone)
{
	TvEnv	   *env = prepared->env;
	TvmGraph	graph;
	TvmPoint	from;

	if (!tv_prepared_graphs(prepared) || !tv_prepared_layers(prepared) || !tv_prepared_links(prepared) ||
		!tv_prepared_point(prepared, 0, place_id, &from))
		return false;
	tv_prepared_view(prepared, &graph);
	graph.metric = NULL;		/* there is no destination to be guided to */
	search(rows, &graph, from, limit, name_in_graph, prepared, isochrone);
	tvm_graph_free(&env->tvm, &graph);
	move_places(prepared, isochrone);
	return true;
}

static bool
search_prepared(TvRows *rows, int64 place_id, double limit, TvIsochrone *isochrone)
{
	TvPrepared	prepared;
	volatile bool done = false;

	if (!tv_prepared_begin(&prepared, rows->env, rows, isochrone->metric))
		return false;
	PG_TRY();
	{
		done = search_graphs(&prepared, rows, place_id, limit, isochrone);
	}
	PG_FINALLY();
	{
		tv_prepared_release(&prepared);
	}
	PG_END_TRY();
	return done;
}

TvIsochrone *
tv_isochrone_find(TvEnv *env, int64 world_id, int64 timeline_id, int64 place_id,
				  double limit, const char *metric)
{
	TvIsochrone *isochrone = MemoryContextAllocZero(env->context, sizeof(TvIsochrone));
	TvRows	   *rows;
	bool		done;

	if (metric != NULL)
		tv_metric_parse(metric);	/* before any row is read */
	SPI_connect();
	rows = tv_load_reach(env, world_id, timeline_id);
	isochrone->metric = metric != NULL ? tv_metric_parse(metric) : (TvMetric) rows->worlds[0].rules.clock;
	done = search_prepared(rows, place_id, limit, isochrone);
	if (!done)
	{
		tv_load_require_place(timeline_id, place_id);
		tv_load_network(rows);
	}
	SPI_finish();
	if (!done)
		search_rows(rows, place_id, limit, isochrone);
	return isochrone;
}
