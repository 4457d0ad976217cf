/*
 * layer_segment.h: what the segments of a layer are like and weigh.
 */
#ifndef TV_GRAPH_LAYER_SEGMENT_H
#define TV_GRAPH_LAYER_SEGMENT_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"

/* What a segment has in place of the graph's base, or had at some time; else NULL. */
extern const TvmSegment *tv_layer_special(const TvLayer *layer, uint32 segment);

static inline bool
tv_layer_is_special(const TvLayer *layer, uint32 segment)
{
	return tv_layer_special(layer, segment) != NULL;
}

/* What a segment is like on the layer, for its profile; index is the graph's, or that of its way back. */
extern TvmSegment tv_layer_segment(const TvLayer *layer, uint32 segment);

/* How fast it is there without the profile. */
extern double tv_layer_own_kph(const TvLayer *layer, uint32 segment);

/* Let a new layer be that of a profile. */
extern void tv_layer_follow(TvLayer *layer, const TvProfile *profile);

/* Whether an arc of the graph is a turn, and what it costs on all clocks; INFINITY: forbidden. */
static inline bool
tv_layer_is_turn(const TvLayer *layer, uint32 arc)
{
	return arc - layer->graph->segment_count >= layer->graph->split.back_count && arc >= layer->graph->segment_count;
}

extern double tv_layer_turn_s(const TvLayer *layer, uint32 arc);

/* What passing an arc is worth, by which ways of equal weight are told apart. */
extern TvmStatus tv_layer_worth(TvmEnv *env, const TvLayer *layer, uint32 arc, double *worth);

/* By what ways of equal weight on the layer are told apart; the layer must stay. */
extern TvmCchOther tv_layer_other(TvLayer *layer);

/* Whether it is the layer's timeline or one of its ancestors. */
extern bool tv_layer_in_chain(const TvLayer *layer, int64 timeline_id);

/* A segment as the graph has it, on this layer's timeline, noted for its profile. */
extern TvmSegment tv_layer_base_segment(const TvLayer *layer, uint32 segment);

/* Of a segment that is noted; false where it has no clocks. */
extern bool tv_layer_weigh(TvLayer *layer, const TvmSegment *segment, double *weight);

/* All of it may be in place of what the file says.  A segment's way back is as the segment is. */
extern void tv_layer_set_special(TvLayer *layer, uint32 segment, const TvmSegment *attributes,
								 double weight);
extern void tv_layer_set_turn(TvLayer *layer, uint32 arc, double penalty_s);

/* A penalty of a turn as a weight. */
extern double tv_layer_weigh_turn(const TvLayer *layer, double penalty_s);

/* What the file and the memory say together, into `to` of another layer, or to be written down. */
extern void tv_layer_merge_specials(const TvLayer *layer, TvEnv *env, TvSpecials *to);

#endif							/* TV_GRAPH_LAYER_SEGMENT_H */
