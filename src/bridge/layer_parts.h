/*
 * layer_parts.h: what the files of a layer share: layer.c, which keeps and makes
 * layers; layer_fresh.c, which reads changed segments again; layer_file.c, which
 * writes them down.  Nobody else includes it.
 */
#ifndef TV_LAYER_PARTS_H
#define TV_LAYER_PARTS_H

#include "bridge/layer.h"

#define TV_MAX_EXTRAS 64
#define TV_MAX_REFRESH 50000	/* segments: more is a reason to read everything anew */

/* A segment that differs from the graph's base. */
typedef struct Special
{
	uint32		segment;		/* hash key */
	TvmSegment	attributes;
} TvSpecial;

/* Ids from many places, also from scans, whose own memory is gone after each row. */
typedef struct IdSet
{
	MemoryContext context;
	int64	   *ids;
	uint32		count;
	uint32		capacity;
} TvIds;

extern void tv_ids_add(TvIds *set, int64 id);

/* False where a change does not say what it changed. */
extern bool tv_ids_add_changed(TvIds *set, const TvChange *change);

/* layer_fresh.c */
extern bool tv_layer_in_chain(const TvLayer *layer, int64 timeline_id);
extern bool tv_layer_same_rules(const TvmWorldRules *a, const TvmWorldRules *b);

/* A segment as the graph has it, on this layer's timeline. */
extern TvmSegment tv_layer_base_segment(const TvLayer *layer, uint32 segment);

/* False where it has no clocks. */
extern bool tv_layer_weigh(TvLayer *layer, const TvmSegment *segment, double *weight);

/* False where there would be too many. */
extern bool tv_layer_add_extra(TvLayer *layer, const TvExtra *extra);

/*
 * Read the segments again and bring weights up to date; with `customize`, the
 * hierarchy too.  False where the layer cannot hold what was read.
 */
extern bool tv_layer_refresh(TvLayer *layer, TvIds *wanted, bool customize);

/* layer_file.c: `included` receives the changes that the file has in it. */
extern bool tv_layer_read_file(TvLayer *layer, const TvChanges *changes, TvChanges *included);
extern bool tv_layer_write_file(TvLayer *layer);

#endif							/* TV_LAYER_PARTS_H */
