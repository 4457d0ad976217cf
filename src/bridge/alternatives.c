/*
 * alternatives.c: the best route and others that truly differ from it; see
 * alternatives.h, and kernel/graph/alternatives.h for what that means.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/alternatives.h"
#include "bridge/compat.h"

uint32
tv_alternatives_find(TvEnv *env, const TvRouteRequest *request,
					 const TvmAlternativeLimits *limits, uint32 room, TvAlternative *found)
{
	TvRows	   *rows;
	TvNetwork  *network;
	TvMetric	metric;
	TvmPoint	from;
	TvmPoint	to;
	TvmAlternative *paths;
	size_t		count;
	double		best;

	if (request->metric != NULL)
		tv_metric_parse(request->metric);	/* before any row is read */
	SPI_connect();
	rows = tv_load_scope(env, request->world_id, request->timeline_id, request->dest_timeline_id);
	tv_load_require_place(request->timeline_id, request->origin_place_id);
	tv_load_require_place(request->dest_timeline_id, request->dest_place_id);
	tv_load_network(rows);
	SPI_finish();
	if (rows->layer_count == 0)
		return 0;

	metric = request->metric != NULL ? tv_metric_parse(request->metric) : (TvMetric) rows->worlds[0].rules.clock;
	network = tv_network_build(rows, metric);
	tv_memory_check(tv_network_bytes(rows) + tvm_alternatives_bytes(&network->graph));
	from = (TvmPoint) {
		.layer = 0,
		.node = tv_route_require_place(&rows->worlds[0], request->origin_place_id)
	};
	to = (TvmPoint) {
		.layer = rows->dest_layer,
		.node = tv_route_require_place(&rows->worlds[rows->layers[rows->dest_layer].world],
									   request->dest_place_id)
	};
	paths = MemoryContextAlloc(env->context, sizeof(TvmAlternative) * room);
	tv_check(env, tvm_alternatives_find(&env->tvm, &network->graph, from, to, limits, room, paths, &count));
	for (size_t i = 0; i < count; i++)
	{
		found[i].route = tv_route_describe(network, metric, &paths[i].path);
		best = tv_cost_read(found[0].route->total, metric);
		found[i].stretch = best > 0 ? tv_cost_read(found[i].route->total, metric) / best : 1;
		found[i].sharing = best > 0 ? paths[i].shared / best : 0;
	}
	return count;
}
