/*
 * layer_file.h: the weights of a layer as a file that all backends share.
 */
#ifndef TV_GRAPH_LAYER_FILE_H
#define TV_GRAPH_LAYER_FILE_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"

/*
 * `included` receives the changes that the file has in it.  Writing may
 * make a whole layer of one that differs from its base at most arcs.
 */
extern bool tv_layer_read_file(TvLayer *layer, const TvChanges *changes, TvChanges *included);
extern bool tv_layer_write_file(TvLayer *layer);

#endif							/* TV_GRAPH_LAYER_FILE_H */
