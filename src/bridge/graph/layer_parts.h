/*
 * layer_parts.h: what the files of a layer share: layer.c, which keeps and makes
 * layers; layer_refresh.c, which reads changed segments again; layer_segment.c, which
 * says what a segment is like; layer_file.c and layer_base.c, which write them down.
 * Nobody else includes it.
 */
#ifndef TV_GRAPH_LAYER_PARTS_H
#define TV_GRAPH_LAYER_PARTS_H

#include "bridge/server/ids.h"
#include "bridge/graph/layer.h"

#define TV_MAX_EXTRAS 64

/*
 * The weights of all segments and arcs for one metric, which layers differ from: a
 * file of the timeline that it was made for.  It says nothing about any state of the
 * tables; a layer's file says from which build of it the layer differs.
 */
struct TvBase
{
	int64		timeline_id;
	TvMetric	metric;
	const TvWorldGraph *graph;
	TvMapping  *mapping;
	const double *weight;
	TvmCchWeights all;
	int			users;
	uint64		checked;		/* the query that has looked at the file */
	TvStoreState state;			/* what it has found */
};

/* layer_refresh.c; false where a change does not say what it changed. */
extern bool tv_layer_add_changed(TvIds *set, const TvChange *change);

/* False where there would be too many. */
extern bool tv_layer_add_extra(TvLayer *layer, const TvExtra *extra);

/*
 * Read the segments again and bring weights up to date; with `customize`, the
 * hierarchy too.  False where the layer cannot hold what was read.
 */
extern bool tv_layer_refresh(TvLayer *layer, TvIds *wanted, bool customize);

/* layer_segment.c: whether it is the layer's timeline or one of its ancestors. */
extern bool tv_layer_in_chain(const TvLayer *layer, int64 timeline_id);

/* A segment as the graph has it, on this layer's timeline. */
extern TvmSegment tv_layer_base_segment(const TvLayer *layer, uint32 segment);

/* False where it has no clocks. */
extern bool tv_layer_weigh(TvLayer *layer, const TvmSegment *segment, double *weight);

/* All of it may be in place of what the file says. */
extern void tv_layer_set_special(TvLayer *layer, uint32 segment, const TvmSegment *attributes,
								 double weight);

/* What the file and the memory say together, into `to` of another layer, or to be written down. */
extern void tv_layer_merge_specials(const TvLayer *layer, TvEnv *env, TvSpecials *to);

/* layer_base.c: a base of this build, or (0) of the newest; NULL where there is none that is good. */
extern TvBase *tv_base_open(const TvWorldGraph *graph, int64 timeline_id, TvMetric metric, uint64 build_id);
extern void tv_base_release(TvBase *base);

/* What has become of its file; looked at once in a query.  What is damaged is removed. */
extern TvStoreState tv_base_state(TvBase *base, uint64 query);

/* Let a layer stand on this base. */
extern void tv_base_attach(TvLayer *layer, TvBase *base);

/*
 * Weights of all segments and arcs in the layer's memory, in place of a base and
 * what differs from it: as they are, or customized from the weights of the segments.
 */
extern void tv_layer_make_whole(TvLayer *layer);
extern void tv_layer_customize(TvLayer *layer);

/* Write the base of a layer that is whole, and let the layer stand on it; false where the disk refuses. */
extern bool tv_layer_write_base(TvLayer *layer);

/*
 * layer_file.c: `included` receives the changes that the file has in it.  Writing may
 * make a whole layer of one that differs from its base at most arcs.
 */
extern bool tv_layer_read_file(TvLayer *layer, const TvChanges *changes, TvChanges *included);
extern bool tv_layer_write_file(TvLayer *layer);

#endif							/* TV_GRAPH_LAYER_PARTS_H */
