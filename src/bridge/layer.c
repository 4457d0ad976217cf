/*
 * layer.c: weights of timelines on a hierarchy; see layer.h.
 *
 * A layer is made from its file, or from its parent's layer, or from the graph's
 * base; then refreshed: the segments that changes name are read again as the
 * owner of the tables, their weights put in, and the hierarchy customized where
 * they matter.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/error.h"
#include "bridge/layer_parts.h"
#include "bridge/scan.h"

#define MAX_LAYERS 128			/* kept by a backend, beyond those that a query works on */
#define REPUBLISH_AFTER 32		/* change rows */
#define COPY_BLOCK (1024 * 1024)	/* bytes between two looks at interrupts */

static List *layers = NIL;		/* of TvLayer, in TopMemoryContext */
static uint64 clock_of_use = 0;
static uint64 next_version = 1;
static uint64 current_query = 1;

/* The directory of layers --------------------------------------------------- */

static void
let_go(TvLayer *layer)
{
	layers = list_delete_ptr(layers, layer);
	tv_store_close(layer->mapping);
	tv_graph_release(layer->graph);
	tv_env_delete(layer->env);
}

void
tv_layers_forget(const TvWorldGraph *graph)
{
	for (int i = list_length(layers) - 1; i >= 0; i--)
	{
		TvLayer    *layer = list_nth(layers, i);

		if (layer->graph == graph)
			let_go(layer);
	}
}

static TvLayer *
find_layer(const TvWorldGraph *graph, const int64 *chain, uint32 chain_count, TvMetric metric,
		   const TvmWorldRules *rules)
{
	ListCell   *cell;

	foreach(cell, layers)
	{
		TvLayer    *layer = lfirst(cell);

		if (layer->graph != graph || layer->metric != metric || layer->chain_count != chain_count ||
			memcmp(layer->chain, chain, sizeof(int64) * chain_count) != 0 || !tv_layer_same_rules(&layer->rules, rules))
			continue;
		if (layer->mapping != NULL && tv_store_check(layer->mapping) == TV_STORE_DAMAGED)
		{
			tv_store_remove(layer->mapping->name);
			layer->broken = true;
		}
		if (!layer->broken)
			return layer;
		if (layer->query != current_query)
			let_go(layer);
		return NULL;
	}
	return NULL;
}

/* Let go of the layer that was not used for longest, unless this query works on all of them. */
static void
evict_oldest(void)
{
	TvLayer    *oldest = NULL;
	ListCell   *cell;

	foreach(cell, layers)
	{
		TvLayer    *layer = lfirst(cell);

		if (layer->query != current_query && (oldest == NULL || layer->last_used < oldest->last_used))
			oldest = layer;
	}
	if (oldest != NULL)
		let_go(oldest);
}

void
tv_layers_begin(void)
{
	current_query++;
	/* What queries that were cancelled left unfinished. */
	for (int i = list_length(layers) - 1; i >= 0; i--)
	{
		TvLayer    *layer = list_nth(layers, i);

		if (layer->broken)
			let_go(layer);
	}
}

static TvLayer *
new_layer(TvWorldGraph *graph, const int64 *chain, uint32 chain_count, TvMetric metric,
		  const TvmWorldRules *rules)
{
	MemoryContext caller;
	TvEnv	   *env;
	TvLayer    *layer;
	HASHCTL		control = {0};

	if (list_length(layers) >= MAX_LAYERS)
		evict_oldest();
	caller = MemoryContextSwitchTo(TopMemoryContext);
	env = tv_env_create("layer");
	layer = MemoryContextAllocZero(env->context, sizeof(TvLayer));
	layers = lappend(layers, layer);
	MemoryContextSwitchTo(caller);
	layer->env = env;
	layer->graph = graph;
	graph->users++;
	layer->timeline_id = chain[0];
	layer->chain_count = chain_count;
	layer->chain = MemoryContextAlloc(env->context, sizeof(int64) * chain_count);
	memcpy(layer->chain, chain, sizeof(int64) * chain_count);
	layer->metric = metric;
	layer->rules = *rules;
	layer->broken = true;		/* until it is made */
	layer->query = current_query;
	layer->hierarchy.cch = &graph->cch;
	layer->applied_context = AllocSetContextCreate(env->context, "applied changes", ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(uint32);
	control.entrysize = sizeof(TvSpecial);
	control.hcxt = env->context;
	layer->special = hash_create("special segments", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return layer;
}

/* Changes ------------------------------------------------------------------- */

static bool
is_relevant(const TvLayer *layer, const TvChange *change)
{
	return change->kind == TV_CHANGE_SEGMENTS ||
		(change->kind == TV_CHANGE_OVERRIDES &&
		 (change->timeline_id == 0 || tv_layer_in_chain(layer, change->timeline_id)));
}

/*
 * The segments named by rows that only one of the layer and `changes` has; false
 * where one does not name them.  Both lists are by id.
 */
static bool
difference(const TvLayer *layer, const TvChanges *changes, TvIds *set, bool *differs)
{
	uint32		i = 0;
	uint32		j = 0;

	*differs = false;
	while (i < layer->applied_count || j < changes->count)
	{
		const TvChange *old = i < layer->applied_count ? &layer->applied[i] : NULL;
		const TvChange *new = j < changes->count ? &changes->changes[j] : NULL;

		if (new != NULL && !is_relevant(layer, new))
			j++;
		else if (old != NULL && new != NULL && old->id == new->id && old->xid == new->xid)
		{
			i++;
			j++;
		}
		else
		{
			bool		take_old = new == NULL || (old != NULL && old->id < new->id);

			*differs = true;
			if (!tv_ids_add_changed(set, take_old ? old : new))
				return false;
			if (take_old)
				i++;
			else
				j++;
		}
	}
	return true;
}

static void
remember_applied(TvLayer *layer, const TvChanges *changes)
{
	MemoryContext caller;
	uint32		before = layer->applied_count;

	layer->applied_count = 0;
	layer->applied = NULL;
	MemoryContextReset(layer->applied_context);
	caller = MemoryContextSwitchTo(layer->applied_context);
	layer->applied = palloc(sizeof(TvChange) * Max(changes->count, 1));
	for (uint32 i = 0; i < changes->count; i++)
		if (is_relevant(layer, &changes->changes[i]))
		{
			TvChange   *copy = &layer->applied[layer->applied_count++];

			*copy = changes->changes[i];
			if (copy->count > 0)
			{
				copy->ids = palloc(sizeof(int64) * copy->count);
				memcpy(copy->ids, changes->changes[i].ids, sizeof(int64) * copy->count);
			}
		}
	MemoryContextSwitchTo(caller);
	layer->stale += layer->applied_count > before ? layer->applied_count - before : 1;
	layer->version = next_version++;
}

/* Making a layer ------------------------------------------------------------ */

static void
receive_id(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	tv_ids_add(target, DatumGetInt64(values[0]));
}

/* The segments that any timeline of the chain, or (own) the timeline itself, overrides. */
static void
read_overridden(TvLayer *layer, bool own, TvIds *set)
{
	TvArg		args[] = {tv_arg_bigints(layer->chain, own ? 1 : layer->chain_count)};
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_scan("SELECT DISTINCT o.segment_id FROM timevmaps.segment_overrides o"
			" WHERE o.timeline_id OPERATOR(pg_catalog.=) ANY ($1)",
			lengthof(args), args, receive_id, set);
	tv_owner_leave(&owner);
}

/* From the graph's base and every override of the chain. */
static bool
make_from_base(TvLayer *layer, const TvChanges *changes)
{
	TvIds		wanted = {.context = CurrentMemoryContext};

	layer->weight = MemoryContextAllocHuge(layer->env->context,
										   sizeof(double) * ((Size) layer->graph->cch.segment_count + 1));
	for (uint32 i = 0; i < layer->graph->cch.segment_count; i++)
	{
		TvmSegment	segment = tv_layer_base_segment(layer, i);

		tv_interrupts_at(i);
		if (!tv_layer_weigh(layer, &segment, &layer->weight[i]))
		{
			/* Perhaps an override or a later change mends it: then it is read again below. */
			layer->weight[i] = INFINITY;
			tv_ids_add(&wanted, layer->graph->segment_ids[i]);
		}
	}
	read_overridden(layer, false, &wanted);
	for (uint32 i = 0; i < changes->count; i++)
		if (is_relevant(layer, &changes->changes[i]) && !tv_ids_add_changed(&wanted, &changes->changes[i]))
			return false;
	if (!tv_layer_refresh(layer, &wanted, false))
		return false;
	tv_check(layer->env, tvm_cch_customize(&layer->env->tvm, &layer->hierarchy, &layer->graph->cch,
										   &layer->graph->topology, layer->weight));
	return true;
}

static void *
copy_of(TvLayer *layer, const void *data, Size size)
{
	char	   *copy = MemoryContextAllocHuge(layer->env->context, Max(size, 1));

	for (Size done = 0; done < size; done += COPY_BLOCK)
	{
		CHECK_FOR_INTERRUPTS();
		memcpy(copy + done, (const char *) data + done, Min(COPY_BLOCK, size - done));
	}
	return copy;
}

/* From the layer of the parent, as it is now, and what this timeline alone says. */
static bool
make_from_parent(TvLayer *layer, const TvLayer *parent)
{
	const TvmCch *cch = &layer->graph->cch;
	TvIds		wanted = {.context = CurrentMemoryContext};
	HASH_SEQ_STATUS sequence;
	TvSpecial  *special;
	Size		arcs = cch->arc_count;

	layer->weight = copy_of(layer, parent->weight, sizeof(double) * (Size) cch->segment_count);
	layer->hierarchy.up = copy_of(layer, parent->hierarchy.up, arcs * sizeof(double));
	layer->hierarchy.up_middle = copy_of(layer, parent->hierarchy.up_middle, arcs * sizeof(uint32));
	layer->hierarchy.down = layer->hierarchy.up;
	layer->hierarchy.down_middle = layer->hierarchy.up_middle;
	if (!cch->symmetric)
	{
		layer->hierarchy.down = copy_of(layer, parent->hierarchy.down, arcs * sizeof(double));
		layer->hierarchy.down_middle = copy_of(layer, parent->hierarchy.down_middle, arcs * sizeof(uint32));
	}
	hash_seq_init(&sequence, parent->special);
	while ((special = hash_seq_search(&sequence)) != NULL)
	{
		bool		was;
		TvSpecial  *copy = hash_search(layer->special, &special->segment, HASH_ENTER, &was);

		copy->attributes = special->attributes;
	}
	for (uint32 i = 0; i < parent->extra_count; i++)
		(void) tv_layer_add_extra(layer, &parent->extras[i]);

	read_overridden(layer, true, &wanted);
	for (uint32 i = 0; i < cch->segment_count; i++)
	{
		tv_interrupts_at(i);
		if (layer->graph->base[i].timeline != TVM_NO_TIMELINE &&
			layer->graph->timeline_ids[layer->graph->base[i].timeline] == layer->timeline_id)
			tv_ids_add(&wanted, layer->graph->segment_ids[i]);
	}
	/* Segments that came later and are this timeline's were absent for the parent. */
	for (uint32 i = 0; i < parent->applied_count; i++)
		if (!tv_ids_add_changed(&wanted, &parent->applied[i]))
			return false;
	return tv_layer_refresh(layer, &wanted, true);
}

/* Getting it ---------------------------------------------------------------- */

static TvLayer *
make_layer(TvWorldGraph *graph, const int64 *chain, uint32 chain_count, TvMetric metric,
		   const TvmWorldRules *rules, const TvChanges *changes, bool *from_file)
{
	TvLayer    *layer = new_layer(graph, chain, chain_count, metric, rules);
	TvChanges	included;
	TvLayer    *parent = NULL;

	*from_file = false;
	if (tv_layer_read_file(layer, changes, &included))
	{
		*from_file = true;
		remember_applied(layer, &included);
		layer->stale = 0;
		layer->broken = false;
		return layer;
	}
	if (chain_count > 1 && find_layer(graph, chain + 1, chain_count - 1, metric, rules) != NULL)
		parent = tv_layer_get(graph, chain + 1, chain_count - 1, metric, rules, changes);
	if (parent != NULL ? !make_from_parent(layer, parent) : !make_from_base(layer, changes))
		return NULL;
	remember_applied(layer, changes);
	layer->stale = 0;
	layer->broken = false;
	return layer;
}

TvLayer *
tv_layer_get(TvWorldGraph *graph, const int64 *chain, uint32 chain_count, TvMetric metric,
			 const TvmWorldRules *rules, const TvChanges *changes)
{
	TvLayer    *layer = find_layer(graph, chain, chain_count, metric, rules);
	bool		made = layer == NULL;
	bool		from_file = false;
	bool		in_use = layer != NULL && layer->query == current_query;
	TvIds		wanted = {.context = CurrentMemoryContext};
	bool		differs;

	if (made)
		layer = make_layer(graph, chain, chain_count, metric, rules, changes, &from_file);
	if (layer == NULL)
		return NULL;
	layer->last_used = ++clock_of_use;
	layer->query = current_query;
	if (!difference(layer, changes, &wanted, &differs))
		return NULL;
	if (differs)
	{
		layer->broken = true;
		if (!tv_layer_refresh(layer, &wanted, true))
			return NULL;
		remember_applied(layer, changes);
		layer->broken = false;
	}

	/* What others may see is written down, so that they share its pages. */
	if (!in_use && ((made && !from_file) || layer->stale >= REPUBLISH_AFTER) && layer->extra_count == 0 &&
		!TransactionIdIsValid(GetTopTransactionIdIfAny()))
	{
		layer->stale = 0;
		if (tv_layer_write_file(layer))
		{
			let_go(layer);
			layer = make_layer(graph, chain, chain_count, metric, rules, changes, &from_file);
			if (layer == NULL)
				return NULL;
			layer->last_used = clock_of_use;
		}
	}
	return layer;
}
