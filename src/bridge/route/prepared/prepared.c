/*
 * prepared.c: graphs, layers and links of a query on prepared graphs; see
 * prepared.h and docs/graph.md.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/access/owner.h"
#include "bridge/server/compat.h"
#include "bridge/graph/layer_turns.h"
#include "bridge/graph/world_graph_build.h"
#include "bridge/graph/world_graph_split.h"
#include "bridge/server/guc.h"
#include "bridge/access/policies.h"
#include "bridge/access/signature.h"
#include "bridge/route/prepared/prepared.h"
#include "bridge/server/scan.h"
#include "bridge/network/open_statements.h"

#define SMALL_WORLD 256			/* segments: below it a graph is built only on request */
#define MANY_CHANGED 20000		/* rows named by changes: above it a new graph is due */
#define MANY_CHANGES 1000
#define MAX_QUERY_LAYERS 512
#define PATIENCE 4				/* reading the rows so often takes as long as building again with the old order */
#define HUGE_WEIGHT 1e290		/* as many of at most this as there can be points are less than DBL_MAX */

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
	tv_scan("SELECT pg_catalog.count(*) FROM (SELECT 1 FROM timevmaps.segments s"
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

/*
 * A question that the graph cannot answer for what has changed since: a place that it does not
 * know, too many new segments.
 */
static void
count_refusal(const TvPrepared *prepared, uint32 world)
{
	const TvChanges *changes = prepared->changes[world];

	if (changes->count > 0 && !changes->own)
		prepared->graphs[world]->refusals++;
}

/*
 * Whether rows were asked often enough; the next time it takes twice as often, for building may be
 * cancelled. It takes up to 1.4 times the file in memory, and must not fail where reading rows does not.
 */
static bool
is_due(TvWorldGraph *graph)
{
	uint32		patience = Max(graph->patience, PATIENCE);

	if (graph->refusals < patience || TransactionIdIsValid(GetTopTransactionIdIfAny()) ||
		graph->mapping->size / 1024 * 2 > (Size) tv_graph_memory_kb)
		return false;
	graph->refusals = 0;
	graph->patience = patience < PG_UINT32_MAX / 2 ? 2 * patience : patience;
	return true;
}

static void
reopen(TvWorldGraph **graph, int64 world_id)
{
	if (*graph != NULL)
		tv_graph_release(*graph);
	*graph = NULL;				/* opening it may fail */
	*graph = tv_graph_open(world_id);
}

/*
 * A graph that is good for the snapshot, with what has changed since; built if it must be.
 * Whatever becomes of this, *graph is in use until release().
 */
static bool
find_graph(int64 world_id, MemoryContext context, TvWorldGraph **graph, TvChanges **changes)
{
	reopen(graph, world_id);
	if (*graph == NULL && is_small(world_id))
		return false;
	for (int attempt = 0; attempt < 2; attempt++)
	{
		bool		serves = false;

		if (*graph != NULL && (*graph)->signature == tv_tables_signature())
		{
			*changes = tv_changes_since(world_id, (*graph)->horizon, context);
			/* A snapshot older than the graph must read for itself. */
			if (!(*changes)->usable && !(*changes)->pruned)
				return false;
			serves = (*changes)->usable && !is_much(*changes);
			if (serves && !is_due(*graph))
				return true;
		}
		/* What a transaction has changed itself it may not publish; one that is due for another serves still. */
		if (attempt > 0 || !tv_graph_build(world_id, *graph, false, false))
			return serves;
		reopen(graph, world_id);
		if (*graph == NULL)
			return false;
	}
	return false;
}

static bool
find_graphs(TvPrepared *prepared)
{
	const TvRows *rows = prepared->rows;

	prepared->graphs = palloc0(sizeof(TvWorldGraph *) * rows->world_count);
	prepared->changes = palloc0(sizeof(TvChanges *) * rows->world_count);
	for (uint32 i = 0; i < rows->world_count; i++)
		if (!find_graph(rows->worlds[i].id, prepared->env->context, &prepared->graphs[i], &prepared->changes[i]))
			return false;
	return true;
}

/* Layers ------------------------------------------------------------------- */

/* Whether the graph has all that is named by rules which no weight says. */
static bool
knows_fresh(const TvLayer *layer)
{
	for (uint32 i = 0; i < layer->fresh_count; i++)
	{
		const TvmTurnRule *rule = &layer->fresh[i].rule;

		if (rule->via == TV_NONE || rule->from == TV_NONE || rule->to == TV_NONE)
			return false;
	}
	return layer->extra_count == 0;
}

/*
 * Whether the layer's weights say all that rules for turns do.  Not so of rules since the graph was built at places that it has not
 * split; of new segments at a junction, for nothing is known of turns into them; and where turning back has begun to cost
 * something wherever one can.
 */
static bool
turns_hold(TvPrepared *prepared, const TvLayer *layer)
{
	const TvWorldGraph *graph = layer->graph;
	const TvmSplit *split = &graph->split;

	if (split->junction_count == 0 && layer->fresh_count == 0)
		return true;
	if (layer->fresh_count > 0 && (layer->extra_count > 0 || tv_layer_fresh_binds(layer)))
	{
		prepared->is_fresh = prepared->takes_fresh && prepared->rows->layer_count == 1 && knows_fresh(layer);
		if (!prepared->is_fresh)
			return false;
	}
	if (layer->rules.u_turn_s != 0 && (!graph->turns_back || layer->extra_count > 0))
		return false;
	for (uint32 i = 0; i < layer->extra_count; i++)
		if (tvm_split_junction(split, layer->extras[i].a) != TVM_SPLIT_NONE ||
			tvm_split_junction(split, layer->extras[i].b) != TVM_SPLIT_NONE)
			return false;
	return true;
}

static bool
may_split(const TvmTopology *topology, uint32 node)
{
	return tv_graph_may_split(topology->in_first[node + 1] - topology->in_first[node],
							  topology->out_first[node + 1] - topology->out_first[node]);
}

/* Whether turns would hold in a graph that is built now; not where they are those of a hub, which no graph splits. */
static bool
would_hold(const TvLayer *layer)
{
	const TvWorldGraph *graph = layer->graph;

	if (layer->extra_count > 0)
		return true;
	for (uint32 i = 0; i < layer->fresh_count; i++)
	{
		uint32		via = layer->fresh[i].rule.via;

		if (via != TV_NONE && !may_split(&graph->topology, via))
			return false;
	}
	for (uint32 node = 0; layer->rules.u_turn_s != 0 && node < graph->place_count; node++)
	{
		tv_interrupts_at(node);
		if (!may_split(&graph->topology, node))
			return false;
	}
	return true;
}

bool
tv_prepared_layers(TvPrepared *prepared)
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
		bool		chain_is_of_rows;

		for (uint32 t = row->timeline; t != TVM_NO_TIMELINE; t = world->parents[t])
			chain[count++] = world->timeline_ids[t];
		prepared->layers[i] = tv_layer_get(prepared->graphs[row->world], chain, count, prepared->metric,
										   &world->rules, row->profile, prepared->changes[row->world],
										   chain[0] == TV_WHAT_IF_TIMELINE ? tv_rows_supposed(rows) : NULL);
		chain_is_of_rows = chain[0] != TV_WHAT_IF_TIMELINE;
		pfree(chain);
		if (prepared->layers[i] == NULL)
		{
			count_refusal(prepared, row->world);
			return false;
		}
		if (!turns_hold(prepared, prepared->layers[i]))
		{
			/* Rules of the world, which may be what has changed, are not in the log; what is supposed comes into no graph. */
			prepared->graphs[row->world]->refusals += !prepared->changes[row->world]->own && chain_is_of_rows &&
				would_hold(prepared->layers[i]);
			return false;
		}
	}
	return true;
}

uint32
tv_prepared_node(const TvWorldGraph *graph, int64 place_id)
{
	return tv_load_find(graph->place_ids, sizeof(int64), graph->place_count, place_id);
}

static bool
places_changed(const TvChanges *changes)
{
	for (uint32 i = 0; i < changes->count; i++)
		if (changes->changes[i].kind == TV_CHANGE_PLACES)
			return true;
	return false;
}

bool
tv_prepared_find_node(const TvPrepared *prepared, uint32 world, int64 place_id, uint32 *node)
{
	*node = tv_prepared_node(prepared->graphs[world], place_id);
	if (*node == TV_NONE && places_changed(prepared->changes[world]))
		count_refusal(prepared, world);
	return *node != TV_NONE;
}

bool
tv_prepared_point(TvPrepared *prepared, uint32 layer, int64 place_id, TvmPoint *point)
{
	const TvLayerRow *row = &prepared->rows->layers[layer];

	if (places_changed(prepared->changes[row->world]))
		tv_load_require_place(row->timeline_id, place_id);
	point->layer = layer;
	return tv_prepared_find_node(prepared, row->world, place_id, &point->node);
}

bool
tv_prepared_dest(TvPrepared *prepared, uint32 layer, int64 place_id, TvmPoint *point)
{
	if (!tv_prepared_point(prepared, layer, place_id, point))
		return false;
	point->node = tv_graph_end(prepared->layers[layer]->graph, point->node);
	return true;
}

/* Sums beyond a double ------------------------------------------------------ */

static bool
is_huge(double weight)
{
	return weight > HUGE_WEIGHT && weight < INFINITY;
}

static bool
has_huge(TvLayer *layer)
{
	uint32		count = layer->graph->cch.segment_count;

	if (layer->weighed_version == layer->version)
		return layer->has_huge;
	layer->has_huge = false;
	for (uint32 i = 0; i < count && !layer->has_huge; i++)
	{
		tv_interrupts_at(i);
		layer->has_huge = is_huge(tvm_weight(&layer->weights, i));
	}
	layer->weighed_version = layer->version;
	return layer->has_huge;
}

bool
tv_prepared_may_overflow(const TvPrepared *prepared)
{
	for (uint32 i = 0; i < prepared->link_count; i++)
		if (is_huge(prepared->links[i].cost))
			return true;
	for (uint32 l = 0; l < prepared->rows->layer_count; l++)
		if (has_huge(prepared->layers[l]))
			return true;
	return false;
}

/* Asking -------------------------------------------------------------------- */

static void
release(TvPrepared *prepared)
{
	tv_layers_end();
	for (uint32 i = 0; i < prepared->rows->world_count; i++)
		if (prepared->graphs[i] != NULL)
			tv_graph_release(prepared->graphs[i]);
}

/* False where the caller may not be answered from prepared graphs at all. */
static bool
begin(TvPrepared *prepared, TvEnv *env, const TvRows *rows, TvMetric metric)
{
	memset(prepared, 0, sizeof(*prepared));
	prepared->env = env;
	prepared->rows = rows;
	prepared->metric = metric;
	tv_env_limit(env);
	return tv_prepared_graph && !tv_open_statements_any() && tv_tables_signature() != 0 && tv_prepared_allowed();
}

bool
tv_prepared_ask(TvEnv *env, const TvRows *rows, TvMetric metric, TvPreparedAnswer answer, void *context)
{
	TvPrepared	prepared;
	volatile bool done = false;

	if (!begin(&prepared, env, rows, metric))
		return false;
	PG_TRY();
	{
		done = find_graphs(&prepared) && answer(&prepared, context);
	}
	PG_FINALLY();
	{
		release(&prepared);
	}
	PG_END_TRY();
	return done;
}
