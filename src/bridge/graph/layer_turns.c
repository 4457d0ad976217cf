/*
 * layer_turns.c: rules for turns on a layer; see layer_turns.h.
 *
 * Of a junction all turns are weighed again, by a split that has the junctions concerned alone.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/access/owner.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/graph/layer_turns.h"
#include "bridge/network/turn_rows.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/scan.h"

void
tv_changed_add(TvChangedArcs *changed, uint32 arc)
{
	if (changed->count == changed->capacity)
		changed->arcs = tv_grow(changed->context, changed->arcs, sizeof(uint32), &changed->capacity);
	changed->arcs[changed->count++] = arc;
}

void
tv_layer_weigh_turns(TvLayer *layer, double *weight)
{
	const TvWorldGraph *graph = layer->graph;
	const TvmSplit *split = &graph->split;
	double	   *turns = weight + split->segment_count + split->back_count;
	uint32		parent = TVM_NO_TIMELINE;

	for (uint32 i = 0; i < split->back_count; i++)
		weight[split->segment_count + i] = weight[split->back_segment[i]];
	tv_check(layer->env, tvm_turns_resolve(&layer->env->tvm, split, &graph->topology, &parent, 1, NULL, 0, 0,
										   layer->rules.u_turn_s, turns, NULL));
	for (uint32 i = 0; i < split->turn_count; i++)
	{
		tv_interrupts_at(i);
		turns[i] = tv_layer_weigh_turn(layer, turns[i]);
	}
}

/* Rows ----------------------------------------------------------------------- */

void
tv_layer_read_ruled(TvLayer *layer, uint32 count, bool all, TvIds *places)
{
	TvArg		args[] = {tv_arg_bigints(layer->chain, count), tv_arg_bigint(layer->graph->world_id)};
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_scan("SELECT DISTINCT t.via_place_id FROM timevmaps.turns t"
			" WHERE t.timeline_id OPERATOR(pg_catalog.=) ANY ($1)",
			1, args, tv_ids_receive, places);
	if (all)
		tv_scan("SELECT DISTINCT t.via_place_id FROM timevmaps.turns t"
				" WHERE t.world_id OPERATOR(pg_catalog.=) $2 AND t.timeline_id IS NULL",
				lengthof(args), args, tv_ids_receive, places);
	tv_owner_leave(&owner);
}

typedef struct Rules
{
	TvLayer    *layer;
	uint32		count;
	uint32		capacity;
	TvFreshTurn *rules;
	MemoryContext context;
} Rules;

static uint32
find(const int64 *ids, uint32 count, int64 id)
{
	return tv_load_find(ids, sizeof(int64), count, id);
}

static void
add_rule(Rules *rules, uint32 timeline, const TvTurnRow *row)
{
	const TvWorldGraph *graph = rules->layer->graph;

	if (rules->count == rules->capacity)
		rules->rules = tv_grow(rules->context, rules->rules, sizeof(TvFreshTurn), &rules->capacity);
	rules->rules[rules->count++] = (TvFreshTurn) {
		.via_place_id = row->via_place_id,
		.rule = {
			.timeline = timeline,
			.from = find(graph->segment_ids, graph->segment_count, row->from_segment_id),
			.via = find(graph->place_ids, graph->place_count, row->via_place_id),
			.to = find(graph->segment_ids, graph->segment_count, row->to_segment_id),
			.kind = row->kind,
			.penalty_s = row->penalty_s
		}
	};
}

static void
receive_rule(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Rules	   *rules = target;
	TvLayer    *layer = rules->layer;
	TvTurnRow	row = tv_turns_row(values, nulls);
	uint32		timeline = 0;

	while (row.timeline_id != 0 && timeline < layer->chain_count && layer->chain[timeline] != row.timeline_id)
		timeline++;
	if (timeline == layer->chain_count)
		return;
	add_rule(rules, row.timeline_id == 0 ? TVM_NO_TIMELINE : timeline, &row);
}

/* What is supposed of turns at these places, as rules of the layer's own timeline. */
static void
suppose_rules(Rules *rules, const TvIds *places)
{
	const TvWhatIf *what_if = rules->layer->what_if;

	for (uint32 i = 0; i < what_if->turn_count; i++)
	{
		const TvTurnRow *row = &what_if->turns[i].row;

		if (find(places->ids, places->count, row->via_place_id) != TV_NONE)
			add_rule(rules, 0, row);
	}
}

/* The rules of the chain at these places. */
static void
read_rules(Rules *rules, const TvIds *places)
{
	TvLayer    *layer = rules->layer;
	TvArg		args[] = {
		tv_arg_bigint(layer->graph->world_id),
		tv_arg_bigints(places->ids, places->count),
		tv_arg_bigints(layer->chain, layer->chain_count)
	};
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_scan(TV_SELECT_TURNS " WHERE t.world_id OPERATOR(pg_catalog.=) $1 AND t.via_place_id OPERATOR(pg_catalog.=) ANY ($2)"
			" AND (t.timeline_id IS NULL OR t.timeline_id OPERATOR(pg_catalog.=) ANY ($3))",
			lengthof(args), args, receive_rule, rules);
	tv_owner_leave(&owner);
	if (layer->what_if != NULL)
		suppose_rules(rules, places);
}

/* The chain as timelines of which each one's parent is the next. */
static uint32 *
chain_parents(const TvLayer *layer)
{
	uint32	   *parents = palloc(sizeof(uint32) * layer->chain_count);

	for (uint32 i = 0; i < layer->chain_count; i++)
		parents[i] = i + 1 < layer->chain_count ? i + 1 : TVM_NO_TIMELINE;
	return parents;
}

/* Rules that no weight says -------------------------------------------------- */

static void
drop_fresh(TvLayer *layer, const TvIds *places)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < layer->fresh_count; i++)
		if (tv_load_find(places->ids, sizeof(int64), places->count, layer->fresh[i].via_place_id) == TV_NONE)
			layer->fresh[kept++] = layer->fresh[i];
	layer->fresh_count = kept;
}

static bool
is_known(const TvWorldGraph *graph, const TvmTurnRule *rule)
{
	return rule->via != TV_NONE && rule->from != TV_NONE && rule->to != TV_NONE &&
		tvm_split_junction(&graph->split, rule->via) != TVM_SPLIT_NONE;
}

/* Keep those that no weight can say, and let the others be the first. */
static uint32
keep_fresh(Rules *rules)
{
	TvLayer    *layer = rules->layer;
	uint32		known = 0;

	for (uint32 i = 0; i < rules->count; i++)
	{
		if (is_known(layer->graph, &rules->rules[i].rule))
		{
			rules->rules[known++] = rules->rules[i];
			continue;
		}
		if (layer->fresh_count == layer->fresh_capacity)
			layer->fresh = tv_grow(layer->env->context, layer->fresh, sizeof(TvFreshTurn), &layer->fresh_capacity);
		layer->fresh[layer->fresh_count++] = rules->rules[i];
	}
	return known;
}

bool
tv_layer_fresh_binds(const TvLayer *layer)
{
	const TvWorldGraph *graph = layer->graph;
	TvmTurnRule *rules = palloc_extended(sizeof(TvmTurnRule) * Max(layer->fresh_count, 1), MCXT_ALLOC_HUGE);
	uint32	   *parents = chain_parents(layer);
	TvmSplit	none = graph->split;
	uint32		no_turn = 0;
	double		penalty_s;
	size_t		unsplit;
	bool		known = true;

	for (uint32 i = 0; i < layer->fresh_count; i++)
	{
		rules[i] = layer->fresh[i].rule;
		known = known && rules[i].via != TV_NONE && rules[i].from != TV_NONE && rules[i].to != TV_NONE;
	}
	none.junction_count = none.turn_count = 0;
	none.first_turn = &no_turn;
	if (known)
		tv_check(layer->env, tvm_turns_resolve(&layer->env->tvm, &none, &graph->topology, parents, layer->chain_count,
											   rules, layer->fresh_count, 0, layer->rules.u_turn_s, &penalty_s, &unsplit));
	pfree(parents);
	pfree(rules);
	return !known || unsplit > 0;
}

/* Weights -------------------------------------------------------------------- */

/* The junctions at these places, as a split of their own; *first receives where each one's turns begin in the graph's. */
static void
select_junctions(const TvWorldGraph *graph, const TvIds *places, TvmSplit *some, uint32 **first)
{
	const TvmSplit *split = &graph->split;
	Size		turns = 0;

	*some = *split;
	some->junction_count = 0;
	some->junction = palloc_extended(sizeof(uint32) * Max(places->count, 1), MCXT_ALLOC_HUGE);
	some->first_turn = palloc_extended(sizeof(uint32) * ((Size) places->count + 1), MCXT_ALLOC_HUGE);
	*first = palloc_extended(sizeof(uint32) * Max(places->count, 1), MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < places->count; i++)
	{
		uint32		place = tv_load_find(graph->place_ids, sizeof(int64), graph->place_count, places->ids[i]);
		uint32		junction = place == TV_NONE ? TVM_SPLIT_NONE : tvm_split_junction(split, place);

		if (junction == TVM_SPLIT_NONE)
			continue;
		some->junction[some->junction_count] = place;
		some->first_turn[some->junction_count] = turns;
		(*first)[some->junction_count++] = split->first_turn[junction];
		turns += split->first_turn[junction + 1] - split->first_turn[junction];
	}
	some->first_turn[some->junction_count] = some->turn_count = turns;
	some->turn = palloc_extended(sizeof(TvmTurn) * Max(turns, 1), MCXT_ALLOC_HUGE);
	for (uint32 j = 0; j < some->junction_count; j++)
		memcpy(some->turn + some->first_turn[j], split->turn + (*first)[j],
			   sizeof(TvmTurn) * (some->first_turn[j + 1] - some->first_turn[j]));
}

static void
put_turns(TvLayer *layer, const TvmSplit *some, const uint32 *first, const double *penalty_s, TvChangedArcs *changed)
{
	uint32		before = layer->graph->split.segment_count + layer->graph->split.back_count;

	for (uint32 j = 0; j < some->junction_count; j++)
		for (uint32 t = some->first_turn[j]; t < some->first_turn[j + 1]; t++)
		{
			uint32		arc = before + first[j] + t - some->first_turn[j];

			tv_interrupts_at(t);
			if (penalty_s[t] == tv_layer_turn_s(layer, arc))
				continue;
			tv_layer_set_turn(layer, arc, penalty_s[t]);
			tv_changed_add(changed, arc);
		}
}

static void
weigh_junctions(TvLayer *layer, const TvIds *places, const TvFreshTurn *rules, uint32 count, TvChangedArcs *changed)
{
	TvmTurnRule *said = palloc_extended(sizeof(TvmTurnRule) * Max(count, 1), MCXT_ALLOC_HUGE);
	uint32	   *parents = chain_parents(layer);
	TvmSplit	some;
	uint32	   *first;
	double	   *penalty_s;

	select_junctions(layer->graph, places, &some, &first);
	penalty_s = palloc_extended(sizeof(double) * Max(some.turn_count, 1), MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < count; i++)
		said[i] = rules[i].rule;
	if (some.junction_count > 0)
	{
		tv_check(layer->env, tvm_turns_resolve(&layer->env->tvm, &some, &layer->graph->topology, parents,
											   layer->chain_count, said, count, 0, layer->rules.u_turn_s, penalty_s, NULL));
		put_turns(layer, &some, first, penalty_s, changed);
	}
	pfree(penalty_s);
	pfree(some.turn);
	pfree(some.first_turn);
	pfree(some.junction);
	pfree(first);
	pfree(parents);
	pfree(said);
}

void
tv_layer_refresh_turns(TvLayer *layer, const TvIds *places, TvChangedArcs *changed)
{
	Rules		rules = {.layer = layer, .context = CurrentMemoryContext};
	uint32		known;

	if (places->count == 0)
		return;
	drop_fresh(layer, places);
	read_rules(&rules, places);
	known = keep_fresh(&rules);
	weigh_junctions(layer, places, rules.rules, known, changed);
	if (rules.rules != NULL)
		pfree(rules.rules);
}
