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
	if (layer->kinds != NULL)
		tv_profile_note(layer->kinds, &attributes);
	return attributes;
}

void
tv_layer_follow(TvLayer *layer, const TvProfile *profile)
{
	const TvRoadKinds *roads = tv_graph_road_kinds(layer->graph, CurrentMemoryContext);

	layer->profile = tv_profile_copy(profile, layer->env->context);
	layer->kinds = tv_profile_uses(profile, roads->roads, roads->count, roads->classes, layer->env->context);
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
	const TvmSegment *special = tv_layer_special(layer, segment);

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

static double
worth_of_segment(void *context, uint32_t segment)
{
	TvLayer    *layer = context;
	TvmSegment	attributes = tv_layer_segment(layer, segment);
	double		worth;

	/* Whatever has a weight has clocks. */
	return tv_ties_weigh(&layer->env->tvm, &layer->rules, &attributes, &worth) == TVM_OK ? worth : INFINITY;
}

TvmCchOther
tv_layer_other(TvLayer *layer)
{
	return (TvmCchOther) {.segment = worth_of_segment, .context = layer};
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
	set(&layer->own, layer->env, layer->graph->cch.segment_count, segment, attributes, weight);
	layer->weights.own = (TvmWeightPatch) {&layer->own.of, layer->own.weight};
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
