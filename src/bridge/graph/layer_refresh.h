/*
 * layer_refresh.h: bring a layer up to date with changes.
 */
#ifndef TV_GRAPH_LAYER_REFRESH_H
#define TV_GRAPH_LAYER_REFRESH_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"
#include "bridge/server/ids.h"

#define TV_MAX_EXTRAS 64			/* segments of a layer that the hierarchy does not know */

/* False where a change does not say what it changed. */
extern bool tv_layer_add_changed(TvIds *set, const TvChange *change);

/* False where there would be too many. */
extern bool tv_layer_add_extra(TvLayer *layer, const TvExtra *extra);

/*
 * Read the segments again and bring weights up to date; with `customize`, the
 * hierarchy too.  False where the layer cannot hold what was read.
 */
extern bool tv_layer_refresh(TvLayer *layer, TvIds *wanted, bool customize);

#endif							/* TV_GRAPH_LAYER_REFRESH_H */
