/*
 * timeline.c: what segments are like on one timeline; see timeline.h.
 *
 * Overrides of the timeline's chain are sorted by how far above it they are
 * said, and applied from the farthest to the nearest, so that each column
 * ends with the nearest one's word.
 */
#include "kernel/graph/timeline.h"

#include <inttypes.h>
#include <string.h>

#define CHECK_EVERY 65536

/* The timeline and its ancestors.  Owned by the call. */
typedef struct Chain
{
	uint32_t   *height;			/* of each timeline above the one asked for, or NOT_ON_CHAIN */
	uint32_t	length;
} Chain;

#define NOT_ON_CHAIN TVM_NO_TIMELINE

static TvmStatus
fail_timeline(TvmEnv *env, uint32_t timeline, size_t timeline_count)
{
	return tvm_fail(env, TVM_INVALID, "not a timeline", NULL,
					"%" PRIu32 " is not among %zu timelines", timeline, timeline_count);
}

TvmStatus
tvm_timeline_chain(TvmEnv *env, const uint32_t *parents, size_t timeline_count,
				   uint32_t timeline, uint32_t *height, uint32_t *length)
{
	if (timeline >= timeline_count)
	{
		fail_timeline(env, timeline, timeline_count);
		tvm_fail_path(env, "timeline");
		return TVM_INVALID;
	}
	for (size_t t = 0; t < timeline_count; t++)
	{
		if (parents[t] != TVM_NO_TIMELINE && parents[t] >= timeline_count)
		{
			fail_timeline(env, parents[t], timeline_count);
			tvm_fail_path(env, "parents[%zu]", t);
			return TVM_INVALID;
		}
		height[t] = NOT_ON_CHAIN;
	}
	*length = 0;
	for (uint32_t t = timeline; t != TVM_NO_TIMELINE; t = parents[t])
	{
		if (height[t] != NOT_ON_CHAIN)
		{
			tvm_fail(env, TVM_INVALID, "timelines are their own ancestors", NULL,
					 "timeline %" PRIu32 " is above itself", t);
			tvm_fail_path(env, "parents[%" PRIu32 "]", t);
			return TVM_INVALID;
		}
		height[t] = (*length)++;
	}
	return TVM_OK;
}

static TvmStatus
copy_segments(TvmEnv *env, const TvmSegment *base, size_t segment_count,
			  const Chain *chain, size_t timeline_count, TvmSegment *resolved)
{
	for (size_t s = 0; s < segment_count; s++)
	{
		uint32_t	timeline = base[s].timeline;

		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (timeline != TVM_NO_TIMELINE && timeline >= timeline_count)
		{
			fail_timeline(env, timeline, timeline_count);
			tvm_fail_path(env, "segments[%zu].timeline", s);
			return TVM_INVALID;
		}
		resolved[s] = base[s];
		resolved[s].presence = timeline == TVM_NO_TIMELINE || chain->height[timeline] != NOT_ON_CHAIN
			? TVM_SEGMENT_OPEN : TVM_SEGMENT_ABSENT;
	}
	return TVM_OK;
}

/*
 * Check all overrides and count those of each height: counts[h + 1].
 */
static TvmStatus
count_overrides(TvmEnv *env, const TvmOverride *overrides, size_t override_count,
				const Chain *chain, size_t timeline_count, size_t segment_count, size_t *counts)
{
	for (size_t i = 0; i < override_count; i++)
	{
		const TvmOverride *o = &overrides[i];

		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (o->timeline >= timeline_count)
		{
			fail_timeline(env, o->timeline, timeline_count);
			tvm_fail_path(env, "overrides[%zu].timeline", i);
			return TVM_INVALID;
		}
		if (o->segment >= segment_count)
		{
			tvm_fail(env, TVM_INVALID, "not a segment", NULL,
					 "%" PRIu32 " is not among %zu segments", o->segment, segment_count);
			tvm_fail_path(env, "overrides[%zu].segment", i);
			return TVM_INVALID;
		}
		if (chain->height[o->timeline] != NOT_ON_CHAIN)
			counts[chain->height[o->timeline] + 1]++;
	}
	return TVM_OK;
}

void
tvm_override_apply(const TvmOverride *o, TvmSegment *segment)
{
	if (segment->presence == TVM_SEGMENT_ABSENT)
		return;
	if (o->says & TVM_SAYS_CLOSED)
		segment->presence = o->closed ? TVM_SEGMENT_CLOSED : TVM_SEGMENT_OPEN;
	if (o->says & TVM_SAYS_LENGTH)
		segment->length_m = o->length_m;
	if (o->says & TVM_SAYS_SPEED)
		segment->speed_kph = o->speed_kph;
	if (o->says & TVM_SAYS_DRAG)
		segment->drag = o->drag;
}

/*
 * `order` gets the overrides on the chain, by height and then by place in the
 * array; first[h] is where those of height h begin.
 */
static TvmStatus
apply_overrides(TvmEnv *env, const TvmOverride *overrides, size_t override_count,
				const Chain *chain, size_t *first, size_t *order, TvmSegment *resolved)
{
	for (uint32_t h = 0; h < chain->length; h++)
		first[h + 1] += first[h];
	for (size_t i = 0; i < override_count; i++)
	{
		uint32_t	height = chain->height[overrides[i].timeline];

		if (height != NOT_ON_CHAIN)
			order[first[height]++] = i;
	}
	/* Each first[h] has run on to where h + 1 begins. */
	for (uint32_t h = chain->length; h-- > 0;)
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (size_t i = h == 0 ? 0 : first[h - 1]; i < first[h]; i++)
			tvm_override_apply(&overrides[order[i]], &resolved[overrides[order[i]].segment]);
	}
	return TVM_OK;
}

TvmStatus
tvm_timeline_resolve(TvmEnv *env, const uint32_t *parents, size_t timeline_count,
					 const TvmSegment *base, size_t segment_count,
					 const TvmOverride *overrides, size_t override_count,
					 uint32_t timeline, TvmSegment *resolved)
{
	Chain		chain = {NULL, 0};
	size_t	   *first = NULL;
	size_t	   *order = NULL;
	TvmStatus	status;

	chain.height = tvm_alloc(env, timeline_count, sizeof(uint32_t));
	if (chain.height == NULL)
		return TVM_NOMEM;
	status = tvm_timeline_chain(env, parents, timeline_count, timeline, chain.height, &chain.length);
	if (status == TVM_OK)
	{
		first = tvm_alloc_zero(env, (size_t) chain.length + 1, sizeof(size_t));
		status = first == NULL ? TVM_NOMEM : TVM_OK;
	}
	if (status == TVM_OK)
		status = count_overrides(env, overrides, override_count, &chain, timeline_count,
								 segment_count, first);
	if (status == TVM_OK)
		status = copy_segments(env, base, segment_count, &chain, timeline_count, resolved);
	if (status == TVM_OK)
	{
		size_t		on_chain = 0;

		for (uint32_t h = 1; h <= chain.length; h++)
			on_chain += first[h];
		order = tvm_alloc(env, on_chain, sizeof(size_t));
		status = order == NULL ? TVM_NOMEM : TVM_OK;
	}
	if (status == TVM_OK)
		status = apply_overrides(env, overrides, override_count, &chain, first, order, resolved);
	tvm_free(env, order);
	tvm_free(env, first);
	tvm_free(env, chain.height);
	return status;
}
