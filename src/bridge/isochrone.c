/*
 * isochrone.c: what can be reached from a place within a cost; see isochrone.h.
 *
 * Every timeline that gateways lead to is loaded, for which of them are near
 * enough is known only after the search.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/isochrone.h"
#include "bridge/route.h"
#include "kernel/graph/dijkstra.h"

TvIsochrone *
tv_isochrone_find(TvEnv *env, int64 world_id, int64 timeline_id, int64 place_id,
				  double limit, const char *metric)
{
	TvIsochrone *isochrone = MemoryContextAllocZero(env->context, sizeof(TvIsochrone));
	TvRows	   *rows;
	TvNetwork  *network;
	TvmPoint	from;
	TvmQuery	query;
	uint32		states;

	if (metric != NULL)
		tv_metric_parse(metric);	/* before any row is read */
	SPI_connect();
	rows = tv_load_reach(env, world_id, timeline_id);
	tv_load_require_place(timeline_id, place_id);
	tv_load_network(rows);
	SPI_finish();

	isochrone->metric = metric != NULL ? tv_metric_parse(metric) : (TvMetric) rows->worlds[0].rules.clock;
	isochrone->network = network = tv_network_build(rows, isochrone->metric);
	from = (TvmPoint) {.layer = 0, .node = tv_route_require_place(&rows->worlds[0], place_id)};
	states = tvm_graph_states(&network->graph);
	isochrone->states = tv_load_grow(rows, NULL, sizeof(uint32), 0, states);
	tv_check(env, tvm_query_init(&env->tvm, &query, &network->graph));
	tv_check(env, tvm_dijkstra_within(&env->tvm, &query, from, limit, isochrone->states, &isochrone->count));

	isochrone->costs = tv_load_grow(rows, NULL, sizeof(double), 0, Max(isochrone->count, 1));
	for (uint32 i = 0; i < isochrone->count; i++)
		isochrone->costs[i] = tvm_query_cost(&query, tvm_graph_point(&network->graph, isochrone->states[i]));
	return isochrone;
}

TvReached
tv_isochrone_read(const TvIsochrone *isochrone, uint32 n)
{
	const TvRows *rows = isochrone->network->rows;
	TvmPoint	point = tvm_graph_point(&isochrone->network->graph, isochrone->states[n]);
	const TvLayerRow *layer = &rows->layers[point.layer];
	const TvPlaceRow *place = &rows->worlds[layer->world].places[point.node];

	return (TvReached) {
		.place_id = place->id,
		.timeline_id = layer->timeline_id,
		.lat = place->lat,
		.lon = place->lon,
		.cost = isochrone->costs[n]
	};
}
