/*
 * route.c: from a request to a route; see route.h.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/route/prepared_route.h"
#include "bridge/route/route.h"
#include "bridge/network/ties.h"
#include "kernel/graph/astar.h"

TvRoute *
tv_route_find(TvEnv *env, const TvRouteRequest *request)
{
	TvRows	   *rows;
	TvNetwork  *network;
	TvMetric	metric;
	TvmPoint	from;
	TvmPoint	to;
	TvmQuery	query;
	TvmPath		path;
	TvmTies		ties;
	TvRoute    *route;

	if (request->metric != NULL)
		tv_metric_parse(request->metric);	/* before any row is read */

	SPI_connect();
	rows = tv_load_scope(env, request->world_id, request->timeline_id, request->dest_timeline_id);
	metric = tv_metric_choose(request->metric, &rows->worlds[0].rules);
	if (rows->layer_count > 0 && tv_prepared_route(env, rows, request, metric, &route))
	{
		SPI_finish();
		if (route != NULL)
			tv_route_total(route, rows, metric);
		return route;
	}
	tv_load_require_place(request->timeline_id, request->origin_place_id);
	tv_load_require_place(request->dest_timeline_id, request->dest_place_id);
	if (rows->layer_count == 0)
	{
		SPI_finish();
		return NULL;
	}
	tv_load_network(rows);
	SPI_finish();

	network = tv_network_build(rows, metric);
	from = (TvmPoint) {.layer = 0, .node = tv_route_require_place(&rows->worlds[0], request->origin_place_id)};
	to = (TvmPoint) {
		.layer = rows->dest_layer,
		.node = tv_route_require_place(&rows->worlds[rows->layers[rows->dest_layer].world], request->dest_place_id)
	};
	tv_check(env, tvm_query_init(&env->tvm, &query, &network->graph));
	tv_check(env, tvm_astar_run(&env->tvm, &query, from, to));
	ties = tv_ties_of_network(network);
	tv_check(env, tvm_ties_path(&env->tvm, &query, &ties, NULL, to, &path));
	return path.count == 0 ? NULL : tv_route_describe(network, metric, &path);
}
