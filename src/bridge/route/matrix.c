/*
 * matrix.c: the least costs from places to places; see matrix.h.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/route/matrix.h"
#include "bridge/route/prepared_links.h"
#include "bridge/route/steps.h"
#include "kernel/graph/dijkstra.h"

static bool
all_finite(const double *costs, Size count)
{
	for (Size i = 0; i < count; i++)
		if (!(costs[i] < INFINITY))
			return false;
	return true;
}

static bool
fill_matrix(TvPrepared *prepared, const int64 *origins, uint32 origin_count, const int64 *dests,
			uint32 dest_count, double *costs)
{
	TvEnv	   *env = prepared->env;
	uint32	   *from = MemoryContextAllocHuge(env->context, sizeof(uint32) * Max(origin_count, 1));
	uint32	   *to = MemoryContextAllocHuge(env->context, sizeof(uint32) * Max(dest_count, 1));

	if (!tv_prepared_layers(prepared) || !tv_prepared_links(prepared) || prepared->link_count > 0)
		return false;
	for (uint32 o = 0; o < origin_count; o++)
		if (!tv_prepared_find_node(prepared, 0, origins[o], &from[o]))
			return false;
	for (uint32 d = 0; d < dest_count; d++)
		if (!tv_prepared_find_node(prepared, 0, dests[d], &to[d]))
			return false;
	tv_check(env, tvm_cch_matrix(&env->tvm, &prepared->layers[0]->hierarchy, from, origin_count,
								 to, dest_count, costs));
	return all_finite(costs, (Size) origin_count * dest_count) || !tv_prepared_may_overflow(prepared);
}

static bool
prepared_matrix(TvEnv *env, const TvRows *rows, TvMetric metric, const int64 *origins,
				   uint32 origin_count, const int64 *dests, uint32 dest_count, double *costs)
{
	TvPrepared	prepared;
	volatile bool done = false;

	if (!tv_prepared_begin(&prepared, env, rows, metric))
		return false;
	PG_TRY();
	{
		done = tv_prepared_graphs(&prepared) &&
			fill_matrix(&prepared, origins, origin_count, dests, dest_count, costs);
	}
	PG_FINALLY();
	{
		tv_prepared_release(&prepared);
	}
	PG_END_TRY();
	return done;
}

double *
tv_route_matrix(TvEnv *env, int64 world_id, int64 timeline_id, const char *metric,
				const int64 *origins, uint32 origin_count, const int64 *dests, uint32 dest_count)
{
	double	   *costs;
	uint32	   *nodes;
	TvRows	   *rows;
	TvNetwork  *network;
	TvmQuery	query;

	if (metric != NULL)
		tv_metric_parse(metric);
	SPI_connect();
	rows = tv_load_scope(env, world_id, timeline_id, timeline_id);
	costs = tv_load_grow(rows, NULL, sizeof(double) * Max(dest_count, 1), 0, Max(origin_count, 1));
	if (prepared_matrix(env, rows, tv_metric_choose(metric, &rows->worlds[0].rules), origins, origin_count, dests, dest_count, costs))
	{
		SPI_finish();
		return costs;
	}
	tv_load_network(rows);
	SPI_finish();

	nodes = MemoryContextAllocHuge(env->context, sizeof(uint32) * Max(dest_count, 1));
	for (uint32 d = 0; d < dest_count; d++)
		nodes[d] = tv_route_require_place(&rows->worlds[0], dests[d]);
	for (uint32 o = 0; o < origin_count; o++)
		tv_route_require_place(&rows->worlds[0], origins[o]);

	network = tv_network_build(rows, tv_metric_choose(metric, &rows->worlds[0].rules));
	tv_check(env, tvm_query_init(&env->tvm, &query, &network->graph));
	for (uint32 o = 0; o < origin_count && dest_count > 0; o++)
	{
		TvmPoint	from = {.layer = 0, .node = tv_route_require_place(&rows->worlds[0], origins[o])};

		tv_check(env, tvm_dijkstra_run(&env->tvm, &query, from, NULL));
		for (uint32 d = 0; d < dest_count; d++)
		{
			TvmPoint	to = {.layer = 0, .node = nodes[d]};

			tv_check(env, tvm_query_finish(&env->tvm, &query, &to));
			costs[(Size) o * dest_count + d] = tvm_query_cost(&query, to);
		}
	}
	return costs;
}
