/*
 * layer.h: the layers of timelines that this backend keeps: get one, brought up to date with what
 * the active snapshot sees.  What a layer is: layer_data.h.
 */
#ifndef TV_GRAPH_LAYER_H
#define TV_GRAPH_LAYER_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"

/*
 * The layer of a timeline under the active snapshot: chain[0], whose ancestors
 * are the rest, as far as the caller sees them; for vehicles of a profile, or (NULL) for all.  `changes` are those since
 * the graph's horizon, usable.  NULL where the hierarchy cannot say: nobody knows what has
 * changed, segments lead to places that it does not know, or a segment has no
 * clocks; then the rows themselves must be asked.  What is supposed (NULL: nothing) is of chain[0], which no
 * row has then; such a layer is never written.  Between SPI_connect() and SPI_finish().
 */
extern TvLayer *tv_layer_get(TvWorldGraph *graph, const int64 *chain, uint32 chain_count,
							 TvMetric metric, const TvmWorldRules *rules, const TvProfile *profile,
							 const TvChanges *changes, const TvWhatIf *what_if);

/*
 * A new query begins, with its graphs open: what the one before it worked on may go, and what stands
 * on graphs that are outdated goes.  It ends, by an error perhaps: what it left unfinished goes, too.
 */
extern void tv_layers_begin(void);
extern void tv_layers_end(void);

#endif							/* TV_GRAPH_LAYER_H */
