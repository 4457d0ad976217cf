/*
 * layer_base.h: weights of all segments and arcs as files that layers share.
 */
#ifndef TV_GRAPH_LAYER_BASE_H
#define TV_GRAPH_LAYER_BASE_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"

/*
 * The weights of all segments and arcs for one metric, which layers differ from: a
 * file of the timeline that it was made for.  It says nothing about any state of the
 * tables; a layer's file says from which build of it the layer differs.
 */
struct TvBase
{
	int64		timeline_id;
	TvMetric	metric;
	uint64		profile;		/* its hash; 0: none */
	const TvWorldGraph *graph;
	TvMapping  *mapping;
	const double *weight;
	TvmCchWeights all;
	int			users;
	uint64		checked;		/* the query that has looked at the file */
	TvStoreState state;			/* what it has found */
};

/* A base of this build, or (0) of the newest; NULL where there is none that is good. */
extern TvBase *tv_base_open(const TvWorldGraph *graph, int64 timeline_id, TvMetric metric, uint64 profile, uint64 build_id);
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

/* The same in a new layer's memory, as another one of that graph has them. */
extern void tv_layer_copy_whole(TvLayer *layer, const TvLayer *from);

/* Write the base of a layer that is whole, and let the layer stand on it; false where the disk refuses. */
extern bool tv_layer_write_base(TvLayer *layer);

#endif							/* TV_GRAPH_LAYER_BASE_H */
