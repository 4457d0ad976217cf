/*
 * layer_segment.c: what the segments of a layer are like and weigh: as the graph's base
 * says, or as the layer says otherwise.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/network/ties.h"

bool
tv_layer_in_chain(const TvLayer *layer, int64 timeline_id)
{
	for (uint32 i = 0; i < layer->chain_count; i++)
		if (layer->chain[i] == timeline_id)
			return true;
	return false;
}

bool
tv_layer_weigh(TvLayer *layer, const TvmSegment *segment, double *weight)
{
	TvmClocks	clocks;

	*weight = INFINITY;
	if (segment->presence != TVM_SEGMENT_OPEN)
		return true;
	if (tvm_clocks_segment(&layer->env->tvm, &layer->rules, segment->length_m,
						   tv_profile_see(layer->profile, *segment).speed_kph, segment->drag, &clocks) != TVM_OK)
		return false;
	*weight = tv_metric_read(layer->metric, segment->length_m, &clocks);
	return true;
}

TvmSegment
tv_layer_base_segment(const TvLayer *layer, uint32 segment)
{
	TvmSegment	attributes = layer->graph->base[segment];

	if (attributes.timeline != TVM_NO_TIMELINE &&
		!tv_layer_in_chain(layer, layer->graph->timeline_ids[attributes.timeline]))
		attributes.presence = TVM_SEGMENT_ABSENT;
	if (layer->road_uses != NULL)
		tv_profile_note(layer->road_uses, &attributes);
	return attributes;
}

void
tv_layer_follow(TvLayer *layer, const TvProfile *profile)
{
	const TvRoadKinds *roads = tv_graph_road_kinds(layer->graph, CurrentMemoryContext);

	layer->profile = tv_profile_copy(profile, layer->env->context);
	layer->road_uses = tv_profile_uses(profile, roads->roads, roads->count, roads->classes, layer->env->context);
}

static uint32
find(const TvSpecials *specials, uint32 segment)
{
	return specials->of.group == NULL ? TVM_PATCH_NONE : tvm_patch_find(&specials->of, segment);
}

const TvmSegment *
tv_layer_special(const TvLayer *layer, uint32 segment)
{
	uint32		at = find(&layer->own, segment);

	if (at != TVM_PATCH_NONE)
		return &layer->own.attributes[at];
	at = find(&layer->shared, segment);
	return at != TVM_PATCH_NONE ? &layer->shared.attributes[at] : NULL;
}

static TvmSegment
noted(const TvLayer *layer, uint32 segment)
{
	const TvWorldGraph *graph = layer->graph;
	const TvmSegment *special;

	if (segment >= graph->segment_count)
		segment = graph->split.back_segment[segment - graph->segment_count];
	special = tv_layer_special(layer, segment);

	return special != NULL ? *special : tv_layer_base_segment(layer, segment);
}

TvmSegment
tv_layer_segment(const TvLayer *layer, uint32 segment)
{
	return tv_profile_see(layer->profile, noted(layer, segment));
}

double
tv_layer_own_kph(const TvLayer *layer, uint32 segment)
{
	return noted(layer, segment).speed_kph;
}

/* Turns ---------------------------------------------------------------------- */

/* Where nothing is said of it, and turning back is forbidden, it is free at dead ends: as the base weighs it. */
static double
unsaid_turn_s(const TvLayer *layer, uint32 arc)
{
	const TvmSplit *split = &layer->graph->split;
	const TvmTurn *turn = &split->turn[arc - split->segment_count - split->back_count];

	if (layer->rules.u_turn_s == 0 || turn->from == TVM_TURN_NONE || turn->to != (turn->from ^ 1))
		return 0;
	return layer->rules.u_turn_s < INFINITY || tvm_weight(&layer->weights, arc) == INFINITY ? layer->rules.u_turn_s : 0;
}

double
tv_layer_turn_s(const TvLayer *layer, uint32 arc)
{
	const TvmSegment *special = tv_layer_special(layer, arc);

	return special != NULL ? special->drag : unsaid_turn_s(layer, arc);
}

double
tv_layer_weigh_turn(const TvLayer *layer, double penalty_s)
{
	return penalty_s == INFINITY ? INFINITY : tv_metric_penalty(layer->metric, penalty_s);
}

TvmStatus
tv_layer_worth(TvmEnv *env, const TvLayer *layer, uint32 arc, double *worth)
{
	TvmSegment	attributes;

	if (tv_layer_is_turn(layer, arc))
	{
		*worth = tv_ties_penalty(tv_layer_turn_s(layer, arc));
		return TVM_OK;
	}
	attributes = tv_layer_segment(layer, arc);
	return tv_ties_weigh(env, &layer->rules, &attributes, worth);
}

static double
worth_of_arc(void *context, uint32_t arc)
{
	TvLayer    *layer = context;
	double		worth;

	/* Whatever has a weight has clocks. */
	return tv_layer_worth(&layer->env->tvm, layer, arc, &worth) == TVM_OK ? worth : INFINITY;
}

TvmCchOther
tv_layer_other(TvLayer *layer)
{
	return (TvmCchOther) {.segment = worth_of_arc, .context = layer};
}

static void
grow(TvSpecials *specials, MemoryContext context, uint32 capacity)
{
	if (specials->capacity == 0)
	{
		specials->attributes = MemoryContextAllocHuge(context, sizeof(TvmSegment) * (Size) capacity);
		specials->weight = MemoryContextAllocHuge(context, sizeof(double) * (Size) capacity);
	}
	else
	{
		specials->attributes = repalloc_huge(specials->attributes, sizeof(TvmSegment) * (Size) capacity);
		specials->weight = repalloc_huge(specials->weight, sizeof(double) * (Size) capacity);
	}
	specials->capacity = capacity;
}

static void
set(TvSpecials *specials, TvEnv *env, uint32 segment_count, uint32 segment, const TvmSegment *attributes,
	double weight)
{
	uint32		at = find(specials, segment);

	if (at == TVM_PATCH_NONE)
	{
		if (specials->count == specials->capacity)
			grow(specials, env->context, specials->capacity * 2 + 16);
		if (specials->of.group == NULL)
			tv_check(env, tvm_patch_init(&env->tvm, &specials->of, segment_count));
		at = specials->count;
		tv_check(env, tvm_patch_set(&env->tvm, &specials->of, segment, at));
		specials->count++;
	}
	specials->attributes[at] = *attributes;
	specials->weight[at] = weight;
}

void
tv_layer_set_special(TvLayer *layer, uint32 segment, const TvmSegment *attributes, double weight)
{
	uint32		back = segment < layer->graph->segment_count ? tvm_split_back(&layer->graph->split, segment)
		: TVM_SPLIT_NONE;

	set(&layer->own, layer->env, layer->graph->cch.segment_count, segment, attributes, weight);
	if (back != TVM_SPLIT_NONE)
		set(&layer->own, layer->env, layer->graph->cch.segment_count, back, attributes, weight);
	layer->weights.own = (TvmWeightPatch) {&layer->own.of, layer->own.weight};
}

void
tv_layer_set_turn(TvLayer *layer, uint32 arc, double penalty_s)
{
	/* Of a turn this is its penalty, and the rest nothing. */
	TvmSegment	attributes = {.drag = penalty_s, .timeline = TVM_NO_TIMELINE};

	tv_layer_set_special(layer, arc, &attributes, tv_layer_weigh_turn(layer, penalty_s));
}

void
tv_layer_merge_specials(const TvLayer *layer, TvEnv *env, TvSpecials *to)
{
	uint32		segment_count = layer->graph->cch.segment_count;

	for (uint32 group = 0; group < TVM_PATCH_GROUPS(segment_count); group++)
	{
		uint32		bits = (layer->own.of.group == NULL ? 0 : layer->own.of.group[group].bits) |
			(layer->shared.of.group == NULL ? 0 : layer->shared.of.group[group].bits);

		tv_interrupts_at(group);
		for (uint32 i = 0; bits != 0; i++, bits >>= 1)
			if (bits & 1)
				set(to, env, segment_count, group * 32 + i, tv_layer_special(layer, group * 32 + i),
					tvm_weight(&layer->weights, group * 32 + i));
	}
}
