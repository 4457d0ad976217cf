/*
 * alternatives.c: the best route and others that truly differ from it; see
 * alternatives.h, and kernel/graph/alternatives.h for what that means.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/route/alternatives.h"
#include "bridge/route/prepared_links.h"
#include "bridge/route/prepared_ties.h"
#include "bridge/route/prepared_view.h"
#include "bridge/server/compat.h"
#include "bridge/server/limits.h"
#include "bridge/network/ties.h"

/* What a search works on, and who describes its paths. */
typedef struct Alternatives
{
	TvRows	   *rows;
	const TvRouteRequest *request;
	const TvmAlternativeLimits *limits;
	TvMetric	metric;
	uint32		room;
	TvAlternative *found;
	uint32		count;
} Alternatives;

/* Routes and how much each of them shares; their totals are in `route`. */
static void
keep(Alternatives *alternatives, TvRoute *route, double shared)
{
	TvAlternative *found = alternatives->found;
	TvAlternative *kept = &found[alternatives->count++];
	double		best;

	kept->route = route;
	best = tv_cost_read(found[0].route->total, alternatives->metric);
	kept->stretch = best > 0 ? tv_cost_read(route->total, alternatives->metric) / best : 1;
	kept->sharing = best > 0 ? shared / best : 0;
}

static TvmAlternative *
search(Alternatives *alternatives, const TvmGraph *graph, TvmTies ties, TvmPoint from, TvmPoint to, size_t *count)
{
	TvEnv	   *env = alternatives->rows->env;
	TvmAlternative *paths = MemoryContextAlloc(env->context, sizeof(TvmAlternative) * alternatives->room);

	tv_check(env, tvm_alternatives_find(&env->tvm, graph, from, to, alternatives->limits, &ties,
										alternatives->room, paths, count));
	return paths;
}

static bool
search_graphs(Alternatives *alternatives, TvPrepared *prepared)
{
	TvRows	   *rows = alternatives->rows;
	TvmGraph	graph;
	TvmPoint	from;
	TvmPoint	to;
	TvmAlternative *paths;
	size_t		count;

	if (!tv_prepared_graphs(prepared) || !tv_prepared_layers(prepared) || !tv_prepared_links(prepared) ||
		!tv_prepared_point(prepared, 0, alternatives->request->origin_place_id, &from) ||
		!tv_prepared_point(prepared, rows->dest_layer, alternatives->request->dest_place_id, &to))
		return false;
	tv_prepared_view(prepared, &graph);
	tv_graph_require_memory(tvm_alternatives_bytes(&graph));
	paths = search(alternatives, &graph, tv_ties_of_prepared(prepared), from, to, &count);
	if (count == 0 && tv_prepared_may_overflow(prepared))
		return false;
	for (size_t i = 0; i < count; i++)
	{
		TvRoute    *route = tv_prepared_describe(prepared, &paths[i].path);

		tv_route_total(route, rows, alternatives->metric);
		keep(alternatives, route, paths[i].shared);
	}
	tvm_graph_free(&prepared->env->tvm, &graph);
	return true;
}

static bool
search_prepared(Alternatives *alternatives)
{
	TvPrepared	prepared;
	volatile bool done = false;

	if (!tv_prepared_begin(&prepared, alternatives->rows->env, alternatives->rows, alternatives->metric))
		return false;
	PG_TRY();
	{
		done = search_graphs(alternatives, &prepared);
	}
	PG_FINALLY();
	{
		tv_prepared_release(&prepared);
	}
	PG_END_TRY();
	return done;
}

static void
search_rows(Alternatives *alternatives)
{
	TvRows	   *rows = alternatives->rows;
	const TvRouteRequest *request = alternatives->request;
	TvNetwork  *network = tv_network_build(rows, alternatives->metric);
	TvmPoint	from = {
		.layer = 0,
		.node = tv_route_require_place(&rows->worlds[0], request->origin_place_id)
	};
	TvmPoint	to = {
		.layer = rows->dest_layer,
		.node = tv_route_require_place(&rows->worlds[rows->layers[rows->dest_layer].world],
									   request->dest_place_id)
	};
	TvmAlternative *paths;
	size_t		count;

	tv_graph_require_memory(tv_network_bytes(rows) + tvm_alternatives_bytes(&network->graph));
	paths = search(alternatives, &network->graph, tv_ties_of_network(network), from, to, &count);
	for (size_t i = 0; i < count; i++)
		keep(alternatives, tv_route_describe(network, alternatives->metric, &paths[i].path), paths[i].shared);
}

uint32
tv_alternatives_find(TvEnv *env, const TvRouteRequest *request,
					 const TvmAlternativeLimits *limits, uint32 room, TvAlternative *found)
{
	Alternatives alternatives = {.request = request, .limits = limits, .room = room, .found = found};
	TvRows	   *rows;
	bool		done;

	if (request->metric != NULL)
		tv_metric_parse(request->metric);	/* before any row is read */
	SPI_connect();
	rows = tv_load_scope(env, request->world_id, request->timeline_id, request->dest_timeline_id);
	alternatives.rows = rows;
	alternatives.metric = request->metric != NULL ? tv_metric_parse(request->metric)
		: (TvMetric) rows->worlds[0].rules.clock;
	done = rows->layer_count > 0 && search_prepared(&alternatives);
	if (!done)
	{
		tv_load_require_place(request->timeline_id, request->origin_place_id);
		tv_load_require_place(request->dest_timeline_id, request->dest_place_id);
		tv_load_network(rows);
	}
	SPI_finish();
	if (!done && rows->layer_count > 0)
		search_rows(&alternatives);
	return alternatives.count;
}
