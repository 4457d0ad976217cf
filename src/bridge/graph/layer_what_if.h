/*
 * layer_what_if.h: layers of what callers suppose of a timeline: of no row, and never written.
 */
#ifndef TV_GRAPH_LAYER_WHAT_IF_H
#define TV_GRAPH_LAYER_WHAT_IF_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"

/*
 * Make a new layer from the one of the timeline, whose file it shares; what that has in memory, it copies.  Nobody else finds it, so
 * that no lock is taken.  False where it cannot hold what is supposed.
 */
extern bool tv_layer_make_from_above(TvLayer *layer, const TvLayer *above);

#endif							/* TV_GRAPH_LAYER_WHAT_IF_H */
