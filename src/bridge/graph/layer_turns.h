/*
 * layer_turns.h: what turns cost on a layer: rules of its chain, read as the owner of the tables and resolved
 * (kernel/graph/turns.h).
 */
#ifndef TV_GRAPH_LAYER_TURNS_H
#define TV_GRAPH_LAYER_TURNS_H

#include "postgres.h"

#include "bridge/graph/layer_data.h"
#include "bridge/server/ids.h"

/* Into what has got another weight. */
extern void tv_changed_add(TvChangedArcs *changed, uint32 arc);

/* Weigh turns as they are where no rule is. */
extern void tv_layer_weigh_turns(TvLayer *layer, double *weight);

/* The places at which the timeline or one of its nearest ancestors, `count` in all, has rules; or `all` of the chain. */
extern void tv_layer_read_ruled(TvLayer *layer, uint32 count, bool all, TvIds *places);

/* Read the rules at places again, ascending ids, and put what they say into the layer. */
extern void tv_layer_refresh_turns(TvLayer *layer, const TvIds *places, TvChangedArcs *changed);

/* Whether the rules that no weight says would have an effect. */
extern bool tv_layer_fresh_binds(const TvLayer *layer);

#endif							/* TV_GRAPH_LAYER_TURNS_H */
