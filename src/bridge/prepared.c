/*
 * prepared.c: routes from prepared graphs; see prepared.h and docs/prepared-graph.md.
 *
 * For each world in scope its graph and what has changed since; for each
 * timeline a layer that has caught up; then one hierarchy search, or an overlay
 * where gateways, or segments that no hierarchy knows, join more than one.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/guc.h"
#include "bridge/layer.h"
#include "bridge/prepared.h"
#include "bridge/scan.h"
#include "bridge/under_way.h"
#include "kernel/graph/overlay.h"

#define SMALL_WORLD 256			/* segments: below it a graph is built only on request */
#define MANY_CHANGED 20000		/* rows named by changes: above it a new graph is due */
#define MANY_CHANGES 1000
#define MAX_QUERY_LAYERS 512

/* What a query works on. */
typedef struct Prepared
{
	TvEnv	   *env;
	const TvRows *rows;
	TvMetric	metric;
	TvWorldGraph **graphs;		/* of each world; in use until tv_graph_release() */
	TvChanges **changes;
	TvLayer   **layers;			/* of each layer of the rows */
	uint32		link_count;
	TvmGateway *links;
	uint32	   *link_gateway;	/* index of a gateway's row, or TV_NONE */
	const TvExtra **link_extra;
	bool	   *link_reverse;
} Prepared;

/* Graphs ------------------------------------------------------------------- */

static void
receive_count(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(int64 *) target = DatumGetInt64(values[0]);
}

static bool
is_small(int64 world_id)
{
	TvArg		args[] = {tv_arg_bigint(world_id)};
	int64		count = 0;
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_scan("SELECT count(*) FROM (SELECT 1 FROM timevmaps.segments s"
			" WHERE s.world_id OPERATOR(pg_catalog.=) $1 LIMIT 256) few",
			lengthof(args), args, receive_count, &count);
	tv_owner_leave(&owner);
	return count < SMALL_WORLD;
}

static bool
is_much(const TvChanges *changes)
{
	Size		named = 0;

	for (uint32 i = 0; i < changes->count; i++)
	{
		if (changes->changes[i].many)
			return true;
		named += changes->changes[i].count;
	}
	return changes->count > MANY_CHANGES || named > MANY_CHANGED;
}

/* A graph that is good for the snapshot, with what has changed since; built if it must be. */
static TvWorldGraph *
find_graph(int64 world_id, MemoryContext context, TvChanges **changes)
{
	TvWorldGraph *graph = tv_graph_open(world_id);

	if (graph == NULL && is_small(world_id))
		return NULL;
	for (int attempt = 0; attempt < 2; attempt++)
	{
		if (graph != NULL && graph->signature == tv_tables_signature())
		{
			*changes = tv_changes_since(world_id, graph->horizon, context);
			/* A snapshot older than the graph must read for itself. */
			if (!(*changes)->usable && !(*changes)->pruned)
				break;
			if ((*changes)->usable && !is_much(*changes))
				return graph;
		}
		/* What a transaction has changed itself it may not publish. */
		if (attempt > 0 || !tv_graph_build(world_id, graph, false, false))
			break;
		if (graph != NULL)
			tv_graph_release(graph);
		graph = tv_graph_open(world_id);
		if (graph == NULL)
			return NULL;
	}
	if (graph != NULL)
		tv_graph_release(graph);
	return NULL;
}

static void
release_graphs(Prepared *prepared)
{
	for (uint32 i = 0; i < prepared->rows->world_count; i++)
		if (prepared->graphs[i] != NULL)
			tv_graph_release(prepared->graphs[i]);
}

static bool
find_graphs(Prepared *prepared)
{
	const TvRows *rows = prepared->rows;

	prepared->graphs = palloc0(sizeof(TvWorldGraph *) * rows->world_count);
	prepared->changes = palloc0(sizeof(TvChanges *) * rows->world_count);
	for (uint32 i = 0; i < rows->world_count; i++)
	{
		prepared->graphs[i] = find_graph(rows->worlds[i].id, prepared->env->context, &prepared->changes[i]);
		if (prepared->graphs[i] == NULL)
			return false;
	}
	return true;
}

/* Layers ------------------------------------------------------------------- */

static bool
find_layers(Prepared *prepared)
{
	const TvRows *rows = prepared->rows;

	if (rows->layer_count > MAX_QUERY_LAYERS)
		return false;
	prepared->layers = palloc0(sizeof(TvLayer *) * rows->layer_count);
	tv_layers_begin();
	for (uint32 i = 0; i < rows->layer_count; i++)
	{
		const TvLayerRow *row = &rows->layers[i];
		const TvWorldRows *world = &rows->worlds[row->world];
		int64	   *chain = palloc(sizeof(int64) * world->timeline_count);
		uint32		count = 0;

		for (uint32 t = row->timeline; t != TVM_NO_TIMELINE; t = world->parents[t])
			chain[count++] = world->timeline_ids[t];
		prepared->layers[i] = tv_layer_get(prepared->graphs[row->world], chain, count, prepared->metric,
										   &world->rules, prepared->changes[row->world]);
		pfree(chain);
		if (prepared->layers[i] == NULL)
			return false;
	}
	return true;
}

static uint32
find_node(const TvWorldGraph *graph, int64 place_id)
{
	return tv_load_find(graph->place_ids, sizeof(int64), graph->cch.node_count, place_id);
}

static bool
find_point(const Prepared *prepared, int64 timeline_id, int64 place_id, TvmPoint *point)
{
	const TvRows *rows = prepared->rows;

	for (point->layer = 0; rows->layers[point->layer].timeline_id != timeline_id; point->layer++)
		 /* every gateway joins layers */ ;
	point->node = find_node(prepared->graphs[rows->layers[point->layer].world], place_id);
	return point->node != TV_NONE;
}

/* Links -------------------------------------------------------------------- */

static void
add_link(Prepared *prepared, TvmPoint from, TvmPoint to, double cost, uint32 gateway,
		 const TvExtra *extra, bool reverse)
{
	uint32		i = prepared->link_count++;

	prepared->links[i] = (TvmGateway) {.from = from, .to = to, .cost = cost};
	prepared->link_gateway[i] = gateway;
	prepared->link_extra[i] = extra;
	prepared->link_reverse[i] = reverse;
}

static bool
collect_links(Prepared *prepared)
{
	const TvRows *rows = prepared->rows;
	Size		most = (Size) rows->gateway_count * 2;

	for (uint32 l = 0; l < rows->layer_count; l++)
		most += (Size) prepared->layers[l]->extra_count * 2;
	if (most == 0)
		return true;
	prepared->links = palloc(sizeof(TvmGateway) * most);
	prepared->link_gateway = palloc(sizeof(uint32) * most);
	prepared->link_extra = palloc(sizeof(TvExtra *) * most);
	prepared->link_reverse = palloc(sizeof(bool) * most);
	for (uint32 g = 0; g < rows->gateway_count; g++)
	{
		const TvGatewayRow *row = &rows->gateways[g];
		double		cost = prepared->metric == TV_METRIC_DISTANCE ? 0 : row->penalty_s;
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

/* Overlays are kept, for they cost the square of their links. */
#define MAX_OVERLAYS 4

typedef struct KeptOverlay
{
	TvEnv	   *env;			/* owns it all; NULL: not in use */
	uint32		layer_count;
	uint64	   *versions;		/* of the layers, in order */
	TvmOverlay	overlay;
	uint64		last_used;
} KeptOverlay;

static KeptOverlay overlays[MAX_OVERLAYS];
static uint64 overlay_clock = 0;

static bool
is_overlay_of(const KeptOverlay *kept, const Prepared *prepared)
{
	if (kept->env == NULL || kept->layer_count != prepared->rows->layer_count ||
		kept->overlay.link_count != prepared->link_count)
		return false;
	for (uint32 l = 0; l < kept->layer_count; l++)
		if (kept->versions[l] != prepared->layers[l]->version)
			return false;
	for (uint32 i = 0; i < prepared->link_count; i++)
	{
		const TvmGateway *a = &kept->overlay.links[i];
		const TvmGateway *b = &prepared->links[i];

		/* What a passage costs is not in what is kept. */
		if (a->from.layer != b->from.layer || a->from.node != b->from.node ||
			a->to.layer != b->to.layer || a->to.node != b->to.node)
			return false;
	}
	return true;
}

static void
overlay_let_go(KeptOverlay *kept)
{
	if (kept->env != NULL)
		tv_env_delete(kept->env);
	memset(kept, 0, sizeof(*kept));
}

static TvmOverlay *
find_overlay(Prepared *prepared)
{
	KeptOverlay *kept = &overlays[0];
	const TvmCchMetric **metrics;
	MemoryContext caller;
	TvEnv	   *env;
	uint32		height = 0;

	for (int i = 0; i < MAX_OVERLAYS; i++)
		if (is_overlay_of(&overlays[i], prepared))
		{
			kept = &overlays[i];
			for (uint32 l = 0; l < prepared->link_count; l++)
				kept->overlay.links[l].cost = prepared->links[l].cost;
			kept->last_used = ++overlay_clock;
			return &kept->overlay;
		}
	for (int i = 1; i < MAX_OVERLAYS; i++)
		if (overlays[i].last_used < kept->last_used)
			kept = &overlays[i];
	overlay_let_go(kept);

	for (uint32 l = 0; l < prepared->rows->layer_count; l++)
		height = Max(height, prepared->layers[l]->graph->cch.height);
	tv_memory_check(tvm_overlay_bytes(prepared->rows->layer_count, prepared->link_count, height));
	caller = MemoryContextSwitchTo(TopMemoryContext);
	env = tv_env_create("overlay");
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		uint32		count = prepared->rows->layer_count;
		uint64	   *versions = MemoryContextAlloc(env->context, sizeof(uint64) * count);

		metrics = palloc(sizeof(*metrics) * count);
		for (uint32 l = 0; l < count; l++)
		{
			metrics[l] = &prepared->layers[l]->hierarchy;
			versions[l] = prepared->layers[l]->version;
		}
		kept->versions = versions;
		tv_check(env, tvm_overlay_init(&env->tvm, &kept->overlay, metrics, count,
									   prepared->links, prepared->link_count));
		kept->layer_count = count;
		kept->last_used = ++overlay_clock;
		kept->env = env;
	}
	PG_CATCH();
	{
		memset(kept, 0, sizeof(*kept));
		tv_env_delete(env);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return &kept->overlay;
}

/* Legs --------------------------------------------------------------------- */

/* The best way as legs: one, where nothing joins layers. */
static bool
find_legs(Prepared *prepared, TvmPoint from, TvmPoint to, TvmOverlayRoute *best)
{
	TvEnv	   *env = prepared->env;

	if (prepared->link_count > 0)
	{
		tv_check(env, tvm_overlay_route(&env->tvm, find_overlay(prepared), from, to, best));
		return best->cost < INFINITY;
	}
	if (from.layer != to.layer)
		return false;
	best->count = 1;
	best->legs = MemoryContextAlloc(env->context, sizeof(TvmLeg));
	best->legs[0] = (TvmLeg) {.layer = from.layer, .from = from.node, .to = to.node, .link = TVM_CCH_NONE};
	return true;
}

typedef struct Builder
{
	Prepared   *prepared;
	TvRoute    *route;
	uint32		capacity;
} Builder;

static TvRouteStep *
add_step(Builder *builder, uint32 layer, uint32 node)
{
	Prepared   *prepared = builder->prepared;
	const TvWorldGraph *graph = prepared->layers[layer]->graph;
	TvRoute    *route = builder->route;
	TvRouteStep *step;

	if (route->step_count == builder->capacity)
	{
		builder->capacity = builder->capacity * 2 + 256;
		route->steps = route->steps == NULL
			? MemoryContextAllocHuge(prepared->env->context, sizeof(TvRouteStep) * builder->capacity)
			: repalloc_huge(route->steps, sizeof(TvRouteStep) * builder->capacity);
	}
	step = &route->steps[route->step_count++];
	memset(step, 0, sizeof(*step));
	step->place_id = graph->place_ids[node];
	step->timeline_id = prepared->layers[layer]->timeline_id;
	step->layer = layer;
	step->lat = graph->topology.lat[node];
	step->lon = graph->topology.lon[node];
	return step;
}

static void
fill_segment(Builder *builder, TvRouteStep *step, const TvLayer *layer, int64 segment_id,
			 const TvmSegment *attributes, bool reverse, bool has_course)
{
	TvEnv	   *env = builder->prepared->env;

	step->segment_id = segment_id;
	step->reverse = reverse;
	step->straight = !has_course;
	step->step.distance_m = attributes->length_m;
	tv_check(env, tvm_clocks_segment(&env->tvm, &layer->rules, attributes->length_m,
									 attributes->speed_kph, attributes->drag, &step->step.clocks));
}

static void
add_leg(Builder *builder, const TvmLeg *leg)
{
	Prepared   *prepared = builder->prepared;
	TvEnv	   *env = prepared->env;
	TvLayer    *layer = prepared->layers[leg->layer];
	const TvWorldGraph *graph = layer->graph;
	TvmCchQuery query;
	uint32	   *arcs;
	size_t		count;

	tv_check(env, tvm_cch_query_init(&env->tvm, &query, &graph->cch));
	tvm_cch_distance(&query, &layer->hierarchy, leg->from, leg->to);
	tv_check(env, tvm_cch_path(&env->tvm, &query, &layer->hierarchy, &graph->topology, layer->weight,
							   &arcs, &count));
	for (size_t i = 0; i < count; i++)
	{
		uint32		segment = TVM_ARC_SEGMENT(arcs[i]);
		bool		reverse = TVM_ARC_REVERSE(arcs[i]);
		TvmSegment	attributes = tv_layer_segment(layer, segment);

		fill_segment(builder,
					 add_step(builder, leg->layer,
							  reverse ? graph->topology.a[segment] : graph->topology.b[segment]),
					 layer, graph->segment_ids[segment], &attributes, reverse,
					 graph->has_course[segment] || tv_layer_is_special(layer, segment));
	}
	tvm_free(&env->tvm, arcs);
	tvm_cch_query_free(&env->tvm, &query);
}

static void
add_link_step(Builder *builder, uint32 link)
{
	Prepared   *prepared = builder->prepared;
	TvmPoint	to = prepared->links[link].to;
	TvRouteStep *step = add_step(builder, to.layer, to.node);

	if (prepared->link_gateway[link] != TV_NONE)
	{
		const TvGatewayRow *row = &prepared->rows->gateways[prepared->link_gateway[link]];

		step->gateway_id = row->id;
		step->step.clocks.local_s = row->penalty_s;
		step->step.clocks.coordinate_s = row->penalty_s;
		step->step.clocks.traveler_s = row->penalty_s;
	}
	else
	{
		const TvExtra *extra = prepared->link_extra[link];

		fill_segment(builder, step, prepared->layers[to.layer], extra->segment_id, &extra->attributes,
					 prepared->link_reverse[link], extra->has_course);
	}
}

/* Places that have moved since the graph was built -------------------------- */

static void
receive_moved(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvRoute    *route = target;

	for (uint32 i = 0; i < route->step_count; i++)
		if (route->steps[i].place_id == DatumGetInt64(values[0]))
		{
			route->steps[i].lat = DatumGetFloat8(values[1]);
			route->steps[i].lon = DatumGetFloat8(values[2]);
		}
}

static void
move_places(Prepared *prepared, TvRoute *route)
{
	for (uint32 w = 0; w < prepared->rows->world_count; w++)
		for (uint32 i = 0; i < prepared->changes[w]->count; i++)
		{
			const TvChange *change = &prepared->changes[w]->changes[i];
			TvArg		args[1];
			TvOwner		owner;

			if (change->kind != TV_CHANGE_PLACES || change->count == 0)
				continue;
			args[0] = tv_arg_bigints(change->ids, change->count);
			tv_owner_enter(&owner);
			tv_scan("SELECT p.id, p.lat, p.lon FROM timevmaps.places p"
					" WHERE p.id OPERATOR(pg_catalog.=) ANY ($1)",
					lengthof(args), args, receive_moved, route);
			tv_owner_leave(&owner);
		}
}

/* The whole ---------------------------------------------------------------- */

static bool
find_route(Prepared *prepared, const TvRouteRequest *request, TvRoute **route)
{
	TvmPoint	from = {.layer = 0};
	TvmPoint	to = {.layer = prepared->rows->dest_layer};
	TvmOverlayRoute best = {0};
	Builder		builder = {.prepared = prepared};

	*route = NULL;
	if (!find_layers(prepared) || !collect_links(prepared))
		return false;
	/* The graph knows a place that has been deleted since. */
	for (uint32 w = 0; w < prepared->rows->world_count; w++)
		for (uint32 i = 0; i < prepared->changes[w]->count; i++)
			if (prepared->changes[w]->changes[i].kind == TV_CHANGE_PLACES)
			{
				tv_load_require_place(request->timeline_id, request->origin_place_id);
				tv_load_require_place(request->dest_timeline_id, request->dest_place_id);
			}
	from.node = find_node(prepared->layers[from.layer]->graph, request->origin_place_id);
	to.node = find_node(prepared->layers[to.layer]->graph, request->dest_place_id);
	if (from.node == TV_NONE || to.node == TV_NONE)
		return false;
	if (!find_legs(prepared, from, to, &best))
		return true;
	builder.route = *route = MemoryContextAllocZero(prepared->env->context, sizeof(TvRoute));
	add_step(&builder, from.layer, from.node);
	for (size_t i = 0; i < best.count; i++)
	{
		add_leg(&builder, &best.legs[i]);
		if (best.legs[i].link != TVM_CCH_NONE)
			add_link_step(&builder, best.legs[i].link);
	}
	/* One leg that finds no way has no arcs. */
	if (builder.route->steps[builder.route->step_count - 1].place_id != request->dest_place_id ||
		(prepared->link_count == 0 && builder.route->step_count == 1 && from.node != to.node))
		*route = NULL;
	else
		move_places(prepared, builder.route);
	return true;
}

static bool
prepare(Prepared *prepared, TvEnv *env, const TvRows *rows, TvMetric metric)
{
	memset(prepared, 0, sizeof(*prepared));
	prepared->env = env;
	prepared->rows = rows;
	prepared->metric = metric;
	return tv_prepared_graph && !tv_under_way() && tv_tables_signature() != 0 && tv_prepared_allowed();
}

bool
tv_prepared_route(TvEnv *env, const TvRows *rows, const TvRouteRequest *request, TvMetric metric,
				  TvRoute **route)
{
	Prepared	prepared;
	volatile bool done = false;

	if (!prepare(&prepared, env, rows, metric))
		return false;
	PG_TRY();
	{
		done = find_graphs(&prepared) && find_route(&prepared, request, route);
	}
	PG_FINALLY();
	{
		release_graphs(&prepared);
	}
	PG_END_TRY();
	return done;
}

static bool
fill_matrix(Prepared *prepared, const int64 *origins, uint32 origin_count, const int64 *dests,
			uint32 dest_count, double *costs)
{
	TvEnv	   *env = prepared->env;
	uint32	   *from = MemoryContextAllocHuge(env->context, sizeof(uint32) * Max(origin_count, 1));
	uint32	   *to = MemoryContextAllocHuge(env->context, sizeof(uint32) * Max(dest_count, 1));

	if (!find_layers(prepared) || !collect_links(prepared) || prepared->link_count > 0)
		return false;
	for (uint32 o = 0; o < origin_count; o++)
		if ((from[o] = find_node(prepared->graphs[0], origins[o])) == TV_NONE)
			return false;
	for (uint32 d = 0; d < dest_count; d++)
		if ((to[d] = find_node(prepared->graphs[0], dests[d])) == TV_NONE)
			return false;
	tv_check(env, tvm_cch_matrix(&env->tvm, &prepared->layers[0]->hierarchy, from, origin_count,
								 to, dest_count, costs));
	return true;
}

bool
tv_prepared_matrix(TvEnv *env, const TvRows *rows, TvMetric metric, const int64 *origins,
				   uint32 origin_count, const int64 *dests, uint32 dest_count, double *costs)
{
	Prepared	prepared;
	volatile bool done = false;

	if (!prepare(&prepared, env, rows, metric))
		return false;
	PG_TRY();
	{
		done = find_graphs(&prepared) &&
			fill_matrix(&prepared, origins, origin_count, dests, dest_count, costs);
	}
	PG_FINALLY();
	{
		release_graphs(&prepared);
	}
	PG_END_TRY();
	return done;
}
