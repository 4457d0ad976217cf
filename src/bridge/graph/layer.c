/*
 * layer.c: weights of timelines on a hierarchy; see layer.h.
 *
 * A layer is made from its file, or from an ancestor's layer, or from what the graph
 * says of its segments; then refreshed: the segments that changes name are read again
 * as the owner of the tables, their weights put in, and the hierarchy customized where
 * they matter.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/graph/layer.h"
#include "bridge/graph/layer_base.h"
#include "bridge/graph/layer_file.h"
#include "bridge/graph/layer_refresh.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/graph/layer_turns.h"
#include "bridge/graph/layer_what_if.h"
#include "bridge/network/rules.h"
#include "bridge/server/store_directory.h"

#define MAX_LAYERS 128			/* kept by a backend, beyond those that a query works on */
#define MAX_SUPPOSED 8			/* of them, those of what callers suppose */
#define MAX_WHOLE 16			/* of them, those with all weights in memory: of no file */
#define REPUBLISH_AFTER 32		/* change rows */

/* Class of the advisory locks on making and writing layers: the object is a hash. */
#define LAYER_LOCK_CLASS 0x74766d6c

static List *layers = NIL;		/* of TvLayer, in TopMemoryContext */
static uint64 clock_of_use = 0;
static uint64 next_version = 1;
static uint64 current_query = 1;

/* The directory of layers --------------------------------------------------- */

static void
let_go(TvLayer *layer)
{
	layers = list_delete_ptr(layers, layer);
	tv_base_release(layer->base);
	tv_store_close(layer->mapping);
	tv_graph_release(layer->graph);
	tv_env_delete(layer->env);
}

/* What is asked for. */
typedef struct Wanted
{
	TvWorldGraph *graph;
	const int64 *chain;
	uint32		chain_count;
	TvMetric	metric;
	const TvmWorldRules *rules;
	const TvProfile *profile;	/* NULL: none */
	const TvChanges *changes;
	const TvWhatIf *what_if;
} Wanted;

static inline uint64
hash_of(const TvProfile *profile)
{
	return profile == NULL ? 0 : profile->hash;
}

static bool
is_wanted(const TvLayer *layer, const Wanted *wanted)
{
	return layer->graph == wanted->graph && layer->metric == wanted->metric &&
		hash_of(layer->profile) == hash_of(wanted->profile) &&
		layer->chain_count == wanted->chain_count &&
		memcmp(layer->chain, wanted->chain, sizeof(int64) * wanted->chain_count) == 0 &&
		tv_rules_weigh_alike(&layer->rules, wanted->rules) &&
		(layer->what_if == wanted->what_if || tv_what_if_is_same(layer->what_if, wanted->what_if));
}

/* Whether its files are still what it rests on; else it is read again. */
static bool
is_sound(TvLayer *layer)
{
	TvStoreState state = layer->mapping != NULL ? tv_store_check(layer->mapping) : TV_STORE_SAME;

	if (state == TV_STORE_DAMAGED)
		tv_store_remove(layer->mapping->name);
	if (state != TV_STORE_SAME ||
		(layer->base != NULL && tv_base_state(layer->base, current_query) != TV_STORE_SAME))
		layer->broken = true;
	return !layer->broken;
}

static TvLayer *
find_layer(const Wanted *wanted)
{
	for (int i = list_length(layers) - 1; i >= 0; i--)
	{
		TvLayer    *layer = list_nth(layers, i);

		if (!is_wanted(layer, wanted))
			continue;
		if (is_sound(layer))
			return layer;
		if (layer->query != current_query)
			let_go(layer);
	}
	return NULL;
}

static bool
is_any(const TvLayer *layer)
{
	return true;
}

static bool
is_supposed(const TvLayer *layer)
{
	return layer->what_if != NULL;
}

/* All its weights are in memory. */
static bool
is_whole(const TvLayer *layer)
{
	return layer->base == NULL;
}

/*
 * Have at most `most` of such layers, without those that this query works on: it goes which was not used for longest.
 */
static void
keep_at_most(int most, bool (*is_such) (const TvLayer *layer))
{
	for (;;)
	{
		TvLayer    *oldest = NULL;
		ListCell   *cell;
		int			count = 0;

		foreach(cell, layers)
		{
			TvLayer    *layer = lfirst(cell);

			if (!is_such(layer))
				continue;
			count++;
			if (layer->query != current_query && (oldest == NULL || layer->last_used < oldest->last_used))
				oldest = layer;
		}
		if (count <= most || oldest == NULL)
			return;
		let_go(oldest);
	}
}

/* Layers on a graph that no query will ask for again would keep it mapped until others crowd them out. */
static void
forget(bool broken_too)
{
	for (int i = list_length(layers) - 1; i >= 0; i--)
	{
		TvLayer    *layer = list_nth(layers, i);

		if (layer->graph->outdated || (broken_too && layer->broken))
			let_go(layer);
	}
}

void
tv_layers_begin(void)
{
	forget(false);
	current_query++;
	keep_at_most(MAX_WHOLE, is_whole);
}

void
tv_layers_end(void)
{
	forget(true);
}

static TvLayer *
new_layer(const Wanted *wanted)
{
	MemoryContext caller;
	TvEnv	   *env;
	TvLayer    *layer;

	keep_at_most(MAX_LAYERS - 1, is_any);
	if (wanted->what_if != NULL)
		keep_at_most(MAX_SUPPOSED - 1, is_supposed);
	caller = MemoryContextSwitchTo(TopMemoryContext);
	env = tv_env_create("layer");
	layer = MemoryContextAllocZero(env->context, sizeof(TvLayer));
	layers = lappend(layers, layer);
	MemoryContextSwitchTo(caller);
	layer->env = env;
	tv_env_limit(env);
	layer->graph = wanted->graph;
	layer->graph->users++;
	layer->timeline_id = wanted->chain[wanted->what_if != NULL ? 1 : 0];
	layer->chain_count = wanted->chain_count;
	layer->chain = MemoryContextAlloc(env->context, sizeof(int64) * wanted->chain_count);
	memcpy(layer->chain, wanted->chain, sizeof(int64) * wanted->chain_count);
	layer->metric = wanted->metric;
	layer->rules = *wanted->rules;
	if (wanted->profile != NULL)
		tv_layer_follow(layer, wanted->profile);
	if (wanted->what_if != NULL)
		layer->what_if = tv_what_if_copy(wanted->what_if, env->context);
	layer->broken = true;		/* until it is made */
	layer->query = current_query;
	layer->hierarchy.cch = &layer->graph->cch;
	layer->applied_context = AllocSetContextCreate(env->context, "applied changes", ALLOCSET_SMALL_SIZES);
	return layer;
}

/* Changes ------------------------------------------------------------------- */

static bool
is_relevant(const TvLayer *layer, const TvChange *change)
{
	return change->kind == TV_CHANGE_SEGMENTS ||
		((change->kind == TV_CHANGE_OVERRIDES || change->kind == TV_CHANGE_TURNS) &&
		 (change->timeline_id == 0 || tv_layer_in_chain(layer, change->timeline_id)));
}

/*
 * What is named by rows that only one of the layer and `changes` has; false
 * where one does not name it.  Both lists are by id.
 */
static bool
difference(const TvLayer *layer, const TvChanges *changes, TvNamed *set, bool *differs)
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
			if (!tv_layer_add_changed(set, take_old ? old : new))
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

/* From what the graph says of its segments, and every override of the chain. */
static bool
make_from_graph(TvLayer *layer, const TvChanges *changes)
{
	const TvWorldGraph *graph = layer->graph;
	TvNamed		wanted = TV_NAMED(CurrentMemoryContext);
	double	   *weight = tv_env_take(layer->env, sizeof(double) * (Size) graph->cch.segment_count);

	layer->weights.all = weight;
	for (uint32 i = 0; i < graph->segment_count; i++)
	{
		TvmSegment	segment = tv_layer_base_segment(layer, i);

		tv_interrupts_at(i);
		if (!tv_layer_weigh(layer, &segment, &weight[i]))
		{
			/* Perhaps an override or a later change mends it: then it is read again below. */
			weight[i] = INFINITY;
			tv_ids_add(&wanted.segments, graph->segment_ids[i]);
		}
	}
	if (graph->split.junction_count > 0)
		tv_layer_weigh_turns(layer, weight);
	tv_layer_read_overridden(layer, layer->chain_count, &wanted.segments);
	tv_layer_read_ruled(layer, layer->chain_count, true, &wanted.places);
	for (uint32 i = 0; i < changes->count; i++)
		if (is_relevant(layer, &changes->changes[i]) && !tv_layer_add_changed(&wanted, &changes->changes[i]))
			return false;
	if (!tv_layer_refresh(layer, &wanted, false))
		return false;
	tv_layer_customize(layer);
	return true;
}

/*
 * From the layer of an ancestor, as it is now, and what the `count` timelines below
 * it say.  They stand on the same base.
 */
static bool
make_from_ancestor(TvLayer *layer, const TvLayer *ancestor, uint32 count)
{
	TvNamed		wanted = TV_NAMED(CurrentMemoryContext);

	ancestor->base->users++;
	tv_base_attach(layer, ancestor->base);
	tv_check(layer->env, tvm_cch_rows_merge(&layer->env->tvm, &ancestor->hierarchy, &layer->hierarchy.own));
	tv_layer_merge_specials(ancestor, layer->env, &layer->own);
	if (layer->own.count > 0)
		layer->weights.own = (TvmWeightPatch) {&layer->own.of, layer->own.weight};
	for (uint32 i = 0; i < ancestor->extra_count; i++)
		(void) tv_layer_add_extra(layer, &ancestor->extras[i]);

	tv_layer_read_overridden(layer, count, &wanted.segments);
	tv_layer_add_owned(layer, count, &wanted.segments);
	tv_layer_read_ruled(layer, count, false, &wanted.places);
	for (uint32 i = 0; i < ancestor->fresh_count; i++)
		tv_ids_add(&wanted.places, ancestor->fresh[i].via_place_id);
	/* Segments that came later and are these timelines' own were absent for the ancestor. */
	for (uint32 i = 0; i < ancestor->applied_count; i++)
		if (!tv_layer_add_changed(&wanted, &ancestor->applied[i]))
			return false;
	return tv_layer_refresh(layer, &wanted, true);
}

/* The layer of the nearest ancestor that this backend has, or of the root, how many steps away. */
static TvLayer *
find_ancestor(const Wanted *wanted, uint32 *steps)
{
	for (*steps = 1; *steps < wanted->chain_count; (*steps)++)
	{
		Wanted		above = *wanted;

		above.chain += *steps;
		above.chain_count -= *steps;
		if (above.chain_count == 1 || find_layer(&above) != NULL)
			return tv_layer_get(above.graph, above.chain, above.chain_count, above.metric, above.rules,
								above.profile, above.changes, NULL);
	}
	return NULL;
}

/* Getting it ---------------------------------------------------------------- */

/* Apply what has come and undo what is gone; false where the layer cannot hold it. */
static bool
catch_up(TvLayer *layer, const TvChanges *changes)
{
	TvNamed		wanted = TV_NAMED(CurrentMemoryContext);
	bool		differs;

	layer->last_used = ++clock_of_use;
	layer->query = current_query;
	if (!difference(layer, changes, &wanted, &differs))
		return false;
	if (!differs)
		return true;
	layer->broken = true;
	if (!tv_layer_refresh(layer, &wanted, true))
		return false;
	remember_applied(layer, changes);
	layer->broken = false;
	return true;
}

/* From its file, up to date; NULL where there is none that is good for the snapshot. */
static TvLayer *
read_layer(const Wanted *wanted)
{
	TvLayer    *layer = new_layer(wanted);
	TvChanges	included;

	if (tv_layer_read_file(layer, wanted->changes, &included))
	{
		remember_applied(layer, &included);
		layer->stale = 0;
		layer->broken = false;
		if (catch_up(layer, wanted->changes))
			return layer;
	}
	let_go(layer);
	return NULL;
}

static TvLayer *
make_layer(const Wanted *wanted)
{
	uint32		steps;
	TvLayer    *ancestor = find_ancestor(wanted, &steps);
	TvLayer    *layer = new_layer(wanted);

	/* One that is not written down has no base to share. */
	if (ancestor != NULL && ancestor->base != NULL
		? !make_from_ancestor(layer, ancestor, steps) : !make_from_graph(layer, wanted->changes))
		return NULL;
	remember_applied(layer, wanted->changes);
	layer->stale = 0;
	layer->broken = false;
	layer->last_used = ++clock_of_use;
	return layer;
}

static TvLayer *
suppose_layer(const Wanted *wanted)
{
	TvLayer    *above = tv_layer_get(wanted->graph, wanted->chain + 1, wanted->chain_count - 1, wanted->metric,
									 wanted->rules, wanted->profile, wanted->changes, NULL);
	TvLayer    *layer;

	if (above == NULL)
		return NULL;
	layer = new_layer(wanted);
	if (!tv_layer_make_from_above(layer, above))
		return NULL;
	remember_applied(layer, wanted->changes);
	layer->broken = false;
	layer->last_used = ++clock_of_use;
	return layer;
}

/* The layers on a base that others no longer find are made again when they are asked for next. */
static void
leave_base(const TvBase *base)
{
	ListCell   *cell;

	foreach(cell, layers)
	{
		TvLayer    *layer = lfirst(cell);

		layer->broken |= layer->base == base;
	}
}

/* Write a layer down, so that others share its pages, and go on with the file's. */
static TvLayer *
write_layer(TvLayer *layer, const Wanted *wanted)
{
	TvLayer    *written;

	layer->stale = 0;
	if (layer->base != NULL && tv_store_check(layer->base->mapping) != TV_STORE_SAME)
	{
		leave_base(layer->base);
		return layer;
	}
	if (!tv_layer_write_file(layer))
		return layer;
	written = read_layer(wanted);
	if (written == NULL)
		return layer;
	let_go(layer);
	return written;
}

/* What a transaction has changed itself, and what leads past the hierarchy, is its own. */
static bool
may_write(const TvLayer *layer)
{
	return layer->extra_count == 0 && layer->fresh_count == 0 && !TransactionIdIsValid(GetTopTransactionIdIfAny());
}

static void
set_lock_tag(LOCKTAG *tag, const Wanted *wanted)
{
	uint64		hash = hash_combine64(hash_combine64(wanted->graph->world_id, wanted->chain[0]),
									  wanted->metric ^ hash_of(wanted->profile));

	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, LAYER_LOCK_CLASS, (uint32) (hash ^ (hash >> 32)), 4);
}

/*
 * A layer that is not there, or too far from its file.  One backend at a time makes
 * and writes it; who has waited finds the file.  A descendant's lock is taken before
 * an ancestor's.
 */
static TvLayer *
renew_layer(TvLayer *layer, const Wanted *wanted)
{
	LOCKTAG		tag;

	set_lock_tag(&tag, wanted);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
	if (layer != NULL && !is_sound(layer))
	{
		let_go(layer);
		layer = NULL;
	}
	if (layer == NULL || layer->mapping == NULL)
	{
		TvLayer    *read = read_layer(wanted);

		if (read != NULL && layer != NULL)
			let_go(layer);
		layer = read != NULL ? read : layer;
	}
	if (layer == NULL)
		layer = make_layer(wanted);
	if (layer != NULL && (layer->mapping == NULL || layer->stale >= REPUBLISH_AFTER) && may_write(layer))
		layer = write_layer(layer, wanted);
	LockRelease(&tag, ExclusiveLock, false);
	return layer;
}

TvLayer *
tv_layer_get(TvWorldGraph *graph, const int64 *chain, uint32 chain_count, TvMetric metric,
			 const TvmWorldRules *rules, const TvProfile *profile, const TvChanges *changes, const TvWhatIf *what_if)
{
	Wanted		wanted = {graph, chain, chain_count, metric, rules, profile, changes, what_if};
	TvLayer    *layer = find_layer(&wanted);
	bool		in_use = layer != NULL && layer->query == current_query;

	if (profile != NULL && graph->road_count == 1)
		return NULL;			/* kinds of roads that it does not tell apart */
	if (layer != NULL)
	{
		if (!catch_up(layer, changes))
			return NULL;
		/* What this query works on already must stay where it is. */
		if (in_use || what_if != NULL || layer->stale < REPUBLISH_AFTER || !may_write(layer))
			return layer;
		return renew_layer(layer, &wanted);
	}
	if (what_if != NULL)
		return suppose_layer(&wanted);
	layer = read_layer(&wanted);
	if (layer != NULL)
		return layer;
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return make_layer(&wanted);
	return renew_layer(NULL, &wanted);
}
