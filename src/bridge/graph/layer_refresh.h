/*
 * layer_refresh.h: bring a layer up to date with changes.
 */
#ifndef TV_GRAPH_LAYER_REFRESH_H
#define TV_GRAPH_LAYER_REFRESH_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"
#include "bridge/server/ids.h"

#define TV_MAX_EXTRAS 64			/* segments of a layer that the hierarchy does not know */

/* What is to be read again: segments, and places for the rules for turns there. */
typedef struct TvNamed
{
	TvIds		segments;
	TvIds		places;
} TvNamed;

#define TV_NAMED(in) {.segments = {.context = (in)}, .places = {.context = (in)}}

/* False where a change does not say what it changed. */
extern bool tv_layer_add_changed(TvNamed *named, const TvChange *change);

/* The segments that the timeline or one of its nearest ancestors, `count` in all, overrides; those that only these have. */
extern void tv_layer_read_overridden(const TvLayer *layer, uint32 count, TvIds *set);
extern void tv_layer_add_owned(const TvLayer *layer, uint32 count, TvIds *set);

/* False where there would be too many. */
extern bool tv_layer_add_extra(TvLayer *layer, const TvExtra *extra);

/*
 * Read what is named again and bring weights up to date; with `customize`, the
 * hierarchy too.  False where the layer cannot hold what was read.
 */
extern bool tv_layer_refresh(TvLayer *layer, TvNamed *wanted, bool customize);

/*
 * Put what is supposed of segments into a layer that is as the one above it.  Only those that are `named`, by changes since the
 * graph was built, are read.  Where nothing weighs less than above, the layer is loose then.  False where it cannot hold a segment.
 */
extern bool tv_layer_suppose(TvLayer *layer, const TvLayer *above, TvNamed *named);

/* Bring the hierarchy of a layer up to date that is loose. */
extern void tv_layer_tighten(TvLayer *layer);

#endif							/* TV_GRAPH_LAYER_REFRESH_H */
