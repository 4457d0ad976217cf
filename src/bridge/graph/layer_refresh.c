/*
 * layer_refresh.c: the segments that changes name, read again as the owner of the
 * tables, resolved for the layer's timeline, and put into its weights.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "bridge/access/owner.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/graph/layer_base.h"
#include "bridge/graph/layer_refresh.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/graph/layer_turns.h"
#include "bridge/server/scan.h"
#include "bridge/network/ties.h"

#define READ_AT_ONCE 50000		/* segments: bounds the memory that reading them again takes */
#define MANY_CHANGED 1000		/* segments, and a sixteenth of all: customizing everything is faster */

bool
tv_layer_add_changed(TvNamed *named, const TvChange *change)
{
	if (change->many)
		return false;
	for (uint32 i = 0; i < change->count; i++)
		tv_ids_add(change->kind == TV_CHANGE_TURNS ? &named->places : &named->segments, change->ids[i]);
	return true;
}

void
tv_layer_read_overridden(const TvLayer *layer, uint32 count, TvIds *set)
{
	TvArg		args[] = {tv_arg_bigints(layer->chain, count)};
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_scan("SELECT DISTINCT o.segment_id FROM timevmaps.segment_overrides o"
			" WHERE o.timeline_id OPERATOR(pg_catalog.=) ANY ($1)",
			lengthof(args), args, tv_ids_receive, set);
	tv_owner_leave(&owner);
}

void
tv_layer_add_owned(const TvLayer *layer, uint32 count, TvIds *set)
{
	const TvWorldGraph *graph = layer->graph;
	bool	   *owns = palloc0(sizeof(bool) * Max(graph->timeline_count, 1));
	bool		any = false;

	for (uint32 i = 0; i < count; i++)
	{
		uint32		at = tv_load_find(graph->timeline_ids, sizeof(int64), graph->timeline_count, layer->chain[i]);

		if (at != TV_NONE)
			owns[at] = any = true;
	}
	for (uint32 i = 0; any && i < graph->segment_count; i++)
	{
		tv_interrupts_at(i);
		if (graph->base[i].timeline != TVM_NO_TIMELINE && owns[graph->base[i].timeline])
			tv_ids_add(set, graph->segment_ids[i]);
	}
	pfree(owns);
}

typedef struct Fresh
{
	TvLayer    *layer;
	TvIds	   *wanted;
	TvExtra    *rows;			/* by id: of each wanted segment */
	bool	   *found;
	TvmOverride *overrides;
	uint32		override_count;
	uint32		override_capacity;

	/* Where there is a profile. */
	TvRoadKinds *roads;
	TvRoadOverride *road_overrides;
	uint32		road_override_count;
	uint32		road_override_capacity;
} Fresh;

/* Where the columns of its road begin. */
#define SEGMENT_ROAD 9

static void
receive_fresh_segment(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Fresh	   *fresh = target;
	TvLayer    *layer = fresh->layer;
	TvWorldGraph *graph = layer->graph;
	uint32		at = tv_load_find(fresh->wanted->ids, sizeof(int64), fresh->wanted->count,
								  DatumGetInt64(values[0]));
	TvExtra    *row;

	if (at == TV_NONE)
		return;
	row = &fresh->rows[at];
	fresh->found[at] = true;
	row->segment_id = DatumGetInt64(values[0]);
	row->a = tv_load_find(graph->place_ids, sizeof(int64), graph->place_count, DatumGetInt64(values[1]));
	row->b = tv_load_find(graph->place_ids, sizeof(int64), graph->place_count, DatumGetInt64(values[2]));
	row->oneway = DatumGetBool(values[6]);
	row->has_course = DatumGetBool(values[8]);
	row->attributes = (TvmSegment) {
		.length_m = DatumGetFloat8(values[3]),
		.speed_kph = DatumGetFloat8(values[4]),
		.drag = DatumGetFloat8(values[5]),
		.timeline = TVM_NO_TIMELINE,
		.presence = nulls[7] || tv_layer_in_chain(layer, DatumGetInt64(values[7]))
		? TVM_SEGMENT_OPEN : TVM_SEGMENT_ABSENT
	};
	if (fresh->roads != NULL)
	{
		TvRoadKind	road = tv_road_kind_read(fresh->roads, values + SEGMENT_ROAD, nulls + SEGMENT_ROAD, NULL);

		row->attributes.road = tv_road_kinds_intern(fresh->roads, &road);
	}
}

static void
add_road_override(Fresh *fresh, TvRoadOverride override)
{
	if (fresh->road_override_count == fresh->road_override_capacity)
		fresh->road_overrides = tv_grow(fresh->roads->context, fresh->road_overrides, sizeof(TvRoadOverride),
										&fresh->road_override_capacity);
	fresh->road_overrides[fresh->road_override_count++] = override;
}

/* An override of a wanted segment; timelines are numbered by their place in the chain. */
static void
receive_fresh_override(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Fresh	   *fresh = target;
	TvLayer    *layer = fresh->layer;
	uint32		at = tv_load_find(fresh->wanted->ids, sizeof(int64), fresh->wanted->count,
								  DatumGetInt64(values[1]));
	uint32		timeline = 0;

	while (timeline < layer->chain_count && layer->chain[timeline] != DatumGetInt64(values[0]))
		timeline++;
	if (at == TV_NONE || timeline == layer->chain_count)
		return;
	if (fresh->override_count == fresh->override_capacity)
		fresh->overrides = tv_grow(layer->applied_context, fresh->overrides, sizeof(TvmOverride),
								   &fresh->override_capacity);
	fresh->overrides[fresh->override_count++] = tv_load_override(values, nulls, timeline, at);
	if (fresh->roads != NULL)
	{
		TvRoadOverride override = {.timeline = timeline, .segment = at};

		override.road = tv_road_kind_read(fresh->roads, values + TV_LOAD_OVERRIDE_ROAD, nulls + TV_LOAD_OVERRIDE_ROAD, &override.says);
		add_road_override(fresh, override);
	}
}

#define SELECT_SEGMENTS \
	"SELECT s.id, s.a_place_id, s.b_place_id, s.length_m, s.speed_kph, s.base_drag, s.oneway, s.timeline_id," \
	" s.geom IS NOT NULL"
#define OF_WANTED " WHERE s.id OPERATOR(pg_catalog.=) ANY ($1) AND s.world_id OPERATOR(pg_catalog.=) $2"
#define OF_CHAIN \
	" WHERE o.segment_id OPERATOR(pg_catalog.=) ANY ($1) AND o.world_id OPERATOR(pg_catalog.=) $2" \
	" AND o.timeline_id OPERATOR(pg_catalog.=) ANY ($3)"

static void
read_fresh(Fresh *fresh)
{
	TvLayer    *layer = fresh->layer;
	TvArg		args[] = {
		tv_arg_bigints(fresh->wanted->ids, fresh->wanted->count),
		tv_arg_bigint(layer->graph->world_id),
		tv_arg_bigints(layer->chain, layer->chain_count)
	};
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_scan(fresh->roads == NULL
			? SELECT_SEGMENTS " FROM timevmaps.segments s" OF_WANTED
			: SELECT_SEGMENTS ", " TV_ROAD_COLUMNS("s") " FROM timevmaps.segments s" OF_WANTED,
			2, args, receive_fresh_segment, fresh);
	tv_scan(fresh->roads == NULL ? TV_LOAD_OVERRIDES OF_CHAIN : TV_LOAD_OVERRIDES_WITH_ROADS OF_CHAIN,
			3, args, receive_fresh_override, fresh);
	tv_owner_leave(&owner);
}

/* What the layer's profile makes of the roads, once they are the chain's. */
static void
note_fresh(Fresh *fresh, const uint32 *parents, TvmSegment *segments)
{
	const TvRoadKinds *roads = fresh->roads;
	uint16	   *uses;

	tv_road_kinds_sort(fresh->road_overrides, fresh->road_override_count);
	tv_road_kinds_resolve(fresh->roads, parents, fresh->road_overrides, fresh->road_override_count, 0, segments);
	uses = tv_profile_uses(fresh->layer->profile, roads->roads, roads->count, roads->classes, roads->context);
	for (uint32 i = 0; i < fresh->wanted->count; i++)
		tv_profile_note(uses, &segments[i]);
}

/* What is supposed of a segment that is as the chain has it. */
static void
suppose(const TvWhatIf *what_if, const TvWhatIfSegment *says, TvmSegment *attributes)
{
	TvmOverride override = tv_what_if_override(what_if, says, attributes);

	tvm_override_apply(&override, attributes);
}

/* The same of wanted segments, before the profile makes something of them. */
static void
suppose_fresh(Fresh *fresh, TvmSegment *segments)
{
	const TvWhatIf *what_if = fresh->layer->what_if;

	for (uint32 i = 0; i < fresh->wanted->count; i++)
	{
		const TvWhatIfSegment *says = tv_what_if_find(what_if, fresh->wanted->ids[i]);
		TvRoadOverride override = {.timeline = 0, .segment = i};

		if (says == NULL)
			continue;
		suppose(what_if, says, &segments[i]);
		if (fresh->roads == NULL)
			continue;
		override.road = tv_what_if_road(fresh->roads, says, &override.says);
		add_road_override(fresh, override);
	}
}

/* What the chain's overrides make of the fresh rows. */
static void
resolve_fresh(Fresh *fresh)
{
	TvLayer    *layer = fresh->layer;
	TvEnv	   *env = layer->env;
	uint32		count = fresh->wanted->count;
	uint32	   *parents = palloc(sizeof(uint32) * layer->chain_count);
	TvmSegment *segments = palloc_extended(sizeof(TvmSegment) * Max(count, 1), MCXT_ALLOC_HUGE);

	for (uint32 i = 0; i < layer->chain_count; i++)
		parents[i] = i + 1 < layer->chain_count ? i + 1 : TVM_NO_TIMELINE;
	for (uint32 i = 0; i < count; i++)
		segments[i] = fresh->rows[i].attributes;
	tv_check(env, tvm_timeline_resolve(&env->tvm, parents, layer->chain_count, segments, count,
									   fresh->overrides, fresh->override_count, 0, segments));
	if (layer->what_if != NULL)
		suppose_fresh(fresh, segments);
	if (fresh->roads != NULL)
		note_fresh(fresh, parents, segments);
	for (uint32 i = 0; i < count; i++)
	{
		/* An override cannot bring in a segment of another branch. */
		if (fresh->rows[i].attributes.presence != TVM_SEGMENT_ABSENT)
			fresh->rows[i].attributes = segments[i];
	}
	pfree(segments);
	pfree(parents);
}

static void
drop_extra(TvLayer *layer, int64 segment_id)
{
	for (uint32 i = 0; i < layer->extra_count; i++)
		if (layer->extras[i].segment_id == segment_id)
		{
			layer->extras[i] = layer->extras[--layer->extra_count];
			return;
		}
}

bool
tv_layer_add_extra(TvLayer *layer, const TvExtra *extra)
{
	if (layer->extra_count == TV_MAX_EXTRAS)
		return false;
	if (layer->extras == NULL)
		layer->extras = MemoryContextAlloc(layer->env->context, sizeof(TvExtra) * TV_MAX_EXTRAS);
	layer->extras[layer->extra_count++] = *extra;
	return true;
}

/* Whether a segment would be worth something else, by which ways of equal weight are told apart. */
static bool
is_worth_changed(TvLayer *layer, uint32 index, const TvmSegment *attributes)
{
	TvmEnv	   *env = &layer->env->tvm;
	TvmSegment	old = tv_layer_segment(layer, index);
	TvmSegment	new = tv_profile_see(layer->profile, *attributes);
	double		before;
	double		now;

	return tv_ties_weigh(env, &layer->rules, &old, &before) != TVM_OK ||
		tv_ties_weigh(env, &layer->rules, &new, &now) != TVM_OK || before != now;
}

static bool
is_as_in_graph(const TvWorldGraph *graph, uint32 index, const TvExtra *row)
{
	return index != TV_NONE && row->a == tv_graph_place(graph, graph->topology.a[index]) &&
		row->b == tv_graph_place(graph, graph->topology.b[index]) && row->oneway == tv_graph_is_oneway(graph, index);
}

/*
 * Whether turns still are what the graph's junctions say, where a segment has come, gone or moved: a rule about one that no
 * longer touches its place says nothing, and what is a dead end may be another matter.
 */
static bool
turns_stay(const TvLayer *layer, uint32 index, bool found, bool known)
{
	const TvWorldGraph *graph = layer->graph;

	if (graph->split.junction_count == 0 || (found && known) || (!found && index == TV_NONE))
		return true;
	if (layer->rules.u_turn_s != 0)
		return false;
	return !found || index == TV_NONE ||
		(tvm_split_junction(&graph->split, tv_graph_place(graph, graph->topology.a[index])) == TVM_SPLIT_NONE &&
		 tvm_split_junction(&graph->split, tv_graph_place(graph, graph->topology.b[index])) == TVM_SPLIT_NONE);
}

/* Let a segment of the hierarchy be like this, both its ways. */
static void
set_segment(TvLayer *layer, uint32 index, const TvmSegment *attributes, double weight, TvChangedArcs *changed)
{
	uint32		back = tvm_split_back(&layer->graph->split, index);

	if (tvm_weight(&layer->weights, index) != weight ||
		(weight < INFINITY && is_worth_changed(layer, index, attributes)))
	{
		tv_changed_add(changed, index);
		if (back != TVM_SPLIT_NONE)
			tv_changed_add(changed, back);
	}
	tv_layer_set_special(layer, index, attributes, weight);
}

/* Put one fresh row into the layer; false where it cannot hold it. */
static bool
place_fresh(TvLayer *layer, const TvExtra *row, bool found, int64 segment_id, TvChangedArcs *changed)
{
	TvWorldGraph *graph = layer->graph;
	uint32		index = tv_load_find(graph->segment_ids, sizeof(int64), graph->segment_count, segment_id);
	bool		known = found && is_as_in_graph(graph, index, row);
	TvExtra		extra = *row;
	double		in_hierarchy = INFINITY;

	if (!turns_stay(layer, index, found, known))
		return false;
	drop_extra(layer, segment_id);
	if (found)
	{
		if (!tv_layer_weigh(layer, &row->attributes, &extra.weight))
			return false;
		if (known)
			in_hierarchy = extra.weight;
		else if (extra.weight < INFINITY)
		{
			extra.attributes = tv_profile_see(layer->profile, extra.attributes);
			if (row->a == TV_NONE || row->b == TV_NONE || !tv_layer_add_extra(layer, &extra))
				return false;
		}
	}
	if (index != TV_NONE)
	{
		TvmSegment	attributes = row->attributes;

		if (!found)
			attributes.presence = TVM_SEGMENT_ABSENT;
		set_segment(layer, index, &attributes, in_hierarchy, changed);
	}
	return true;
}

/* Bring the hierarchy up to date after these arcs have got other weights. */
static void
customize_changed(TvLayer *layer, const TvChangedArcs *changed)
{
	TvWorldGraph *graph = layer->graph;
	TvmEnv	   *env = &layer->env->tvm;
	TvmCchOther other = tv_layer_other(layer);
	bool		all = changed->count > Max(MANY_CHANGED, graph->cch.segment_count / 16);

	if (!all)
		tv_check(layer->env, tvm_cch_recustomize(env, &layer->hierarchy, &graph->topology, &layer->weights, &other,
												 changed->arcs, changed->count, NULL, &all));
	if (all)
		tv_layer_customize(layer);
}

/* Read these segments and put them into the layer; false where it cannot hold one. */
static bool
refresh_some(TvLayer *layer, TvIds *wanted, TvChangedArcs *changed)
{
	Fresh		fresh = {.layer = layer, .wanted = wanted};
	MemoryContext roads = NULL;
	bool		held = true;

	if (layer->profile != NULL)
	{
		roads = AllocSetContextCreate(CurrentMemoryContext, "timevmaps roads", ALLOCSET_SMALL_SIZES);
		fresh.roads = tv_road_kinds_create(roads);
	}

	fresh.rows = palloc0(sizeof(TvExtra) * wanted->count);
	fresh.found = palloc0(sizeof(bool) * wanted->count);
	read_fresh(&fresh);
	resolve_fresh(&fresh);
	for (uint32 i = 0; held && i < wanted->count; i++)
	{
		tv_interrupts_at(i);
		held = place_fresh(layer, &fresh.rows[i], fresh.found[i], wanted->ids[i], changed);
	}
	if (fresh.overrides != NULL)
		pfree(fresh.overrides);
	if (roads != NULL)
		MemoryContextDelete(roads);
	pfree(fresh.found);
	pfree(fresh.rows);
	return held;
}

/* Where arcs weigh less than before, what the hierarchy weighs besides. */
static void
lower_bound(TvLayer *layer, const TvLayer *above)
{
	TvChangedArcs lower = {.context = CurrentMemoryContext};
	TvmEnv	   *env = &layer->env->tvm;
	TvmCchMetric *bound;

	for (uint32 i = 0; i < layer->pending.count; i++)
		if (tvm_weight(&layer->weights, layer->pending.arcs[i]) < tvm_weight(&above->weights, layer->pending.arcs[i]))
			tv_changed_add(&lower, layer->pending.arcs[i]);
	if (lower.count == 0)
		return;
	bound = MemoryContextAlloc(layer->env->context, sizeof(TvmCchMetric));
	*bound = layer->hierarchy;
	memset(&bound->own, 0, sizeof(bound->own));
	if (layer->hierarchy.own.of.group != NULL)
	{
		tv_check(layer->env, tvm_cch_rows_merge(env, &layer->hierarchy, &bound->own));
		bound->shared = NULL;
	}
	tv_check(layer->env, tvm_cch_lower(env, bound, &layer->graph->topology, &layer->weights, lower.arcs, lower.count));
	layer->bound = bound;
	pfree(lower.arcs);
}

static void
drop_bound(TvLayer *layer)
{
	if (layer->bound == NULL)
		return;
	tvm_cch_rows_free(&layer->env->tvm, &layer->bound->own);
	pfree(layer->bound);
	layer->bound = NULL;
}

/* What is supposed of segments; those that must be read again into `wanted`. */
static bool
suppose_segments(TvLayer *layer, const TvIds *named, TvIds *wanted)
{
	const TvWhatIf *what_if = layer->what_if;
	const TvWorldGraph *graph = layer->graph;

	for (uint32 i = 0; i < what_if->segment_count; i++)
	{
		int64		id = what_if->segments[i].segment_id;
		uint32		index = tv_load_find(graph->segment_ids, sizeof(int64), graph->segment_count, id);
		TvExtra		row = {.segment_id = id};

		tv_interrupts_at(i);
		/* What a profile has made of a segment does not say what the segment is like. */
		if (layer->profile != NULL || index == TV_NONE || tv_load_find(named->ids, sizeof(int64), named->count, id) != TV_NONE)
		{
			tv_ids_add(wanted, id);
			continue;
		}
		row.a = tv_graph_place(graph, graph->topology.a[index]);
		row.b = tv_graph_place(graph, graph->topology.b[index]);
		row.oneway = tv_graph_is_oneway(graph, index);
		row.attributes = tv_layer_segment(layer, index);
		suppose(what_if, &what_if->segments[i], &row.attributes);
		if (!place_fresh(layer, &row, true, id, &layer->pending))
			return false;
	}
	return true;
}

bool
tv_layer_suppose(TvLayer *layer, const TvLayer *above, TvNamed *named)
{
	TvIds		wanted = {.context = CurrentMemoryContext};

	layer->pending.context = layer->env->context;
	tv_ids_sort(&named->segments);
	if (!suppose_segments(layer, &named->segments, &wanted) ||
		(wanted.count > 0 && !refresh_some(layer, &wanted, &layer->pending)))
		return false;
	for (uint32 i = 0; i < layer->what_if->turn_count; i++)
		tv_ids_add(&named->places, layer->what_if->turns[i].row.via_place_id);
	tv_ids_sort(&named->places);
	tv_layer_refresh_turns(layer, &named->places, &layer->pending);
	layer->loose = true;
	lower_bound(layer, above);
	return true;
}

void
tv_layer_tighten(TvLayer *layer)
{
	if (!layer->loose)
		return;
	layer->broken = true;
	drop_bound(layer);
	customize_changed(layer, &layer->pending);
	layer->broken = false;
	layer->loose = false;
}

bool
tv_layer_refresh(TvLayer *layer, TvNamed *wanted, bool customize)
{
	TvChangedArcs changed = {.context = CurrentMemoryContext};
	TvIds	   *segments = &wanted->segments;
	TvIds	   *places = &wanted->places;

	tv_ids_sort(segments);
	tv_ids_sort(places);
	if (segments->count == 0 && places->count == 0)
		return true;
	tv_layer_tighten(layer);
	for (uint32 first = 0; first < segments->count; first += READ_AT_ONCE)
	{
		TvIds		some = {.ids = segments->ids + first, .count = Min(segments->count - first, READ_AT_ONCE)};

		if (!refresh_some(layer, &some, &changed))
			return false;
	}
	for (uint32 first = 0; first < places->count; first += READ_AT_ONCE)
	{
		TvIds		some = {.ids = places->ids + first, .count = Min(places->count - first, READ_AT_ONCE)};

		tv_layer_refresh_turns(layer, &some, &changed);
	}
	if (customize)
		customize_changed(layer, &changed);
	if (changed.arcs != NULL)
		pfree(changed.arcs);
	return true;
}
