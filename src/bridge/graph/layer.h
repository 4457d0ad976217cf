/*
 * layer.h: a timeline's weights on a world's hierarchy, for one metric, brought up
 * to date with what the active snapshot sees.
 *
 * A layer belongs to this backend and is kept between queries.  It is what differs
 * from a base, the weights of all arcs, which all timelines of a tree share in one file:
 * a part that is in a file of its own, shared by all backends, and a part in this
 * backend's memory, for changes that no file has in it yet.  It remembers which
 * change rows it has applied, so that the next query applies only what differs: rows
 * that have come, and rows that are gone because they were rolled back or belong to
 * another snapshot.
 */
#ifndef TV_GRAPH_LAYER_H
#define TV_GRAPH_LAYER_H

#include "postgres.h"

#include "bridge/graph/world_graph.h"
#include "bridge/network/network.h"

/* A segment that the hierarchy does not know as it now is. */
typedef struct TvExtra
{
	int64		segment_id;
	uint32		a;				/* nodes */
	uint32		b;
	bool		oneway;
	bool		has_course;
	TvmSegment	attributes;
	double		weight;
} TvExtra;

/*
 * Segments that are not as the graph's base says, or weigh other than the layer's
 * base does.
 */
typedef struct TvSpecials
{
	TvmPatch	of;				/* segment -> index of these; no group: none */
	uint32		count;
	uint32		capacity;
	TvmSegment *attributes;
	double	   *weight;			/* on the hierarchy: INFINITY where it does not know the segment so */
} TvSpecials;

typedef struct TvBase TvBase;

typedef struct TvLayer
{
	int64		timeline_id;
	TvMetric	metric;
	TvmWorldRules rules;
	TvWorldGraph *graph;

	TvmWeights	weights;		/* of each segment */
	TvmCchMetric hierarchy;
	uint32		extra_count;
	TvExtra    *extras;
	uint64		version;		/* another one after every change, in this backend */
	uint64		weighed_version;	/* at which prepared.c has looked for huge weights ... */
	bool		has_huge;		/* ... and found one */
	uint64		component_version;	/* at which component.c has looked for the largest component ... */
	uint8	   *component;		/* ... and whether each node is in it; NULL: never yet */

	/* The rest is layer.c's. */
	TvEnv	   *env;			/* owns all memory that is not mapped */
	TvBase	   *base;			/* NULL: weights.all and hierarchy.all are env's */
	TvMapping  *mapping;		/* of its file, or NULL */
	TvSpecials	shared;			/* in the file */
	TvSpecials	own;
	TvmCchRows	rows;			/* in the file: hierarchy.shared points here */
	uint32		chain_count;
	int64	   *chain;			/* the timeline and the ancestors that the caller sees, upwards */
	uint32		applied_count;
	TvChange   *applied;		/* by id */
	MemoryContext applied_context;
	uint32		stale;			/* rows applied since it was mapped */
	bool		broken;			/* an error has left it between two states */
	uint64		last_used;
	uint64		query;			/* the query that works on it: not let go of before the next */
} TvLayer;

/*
 * The layer of a timeline under the active snapshot: chain[0], whose ancestors
 * are the rest, as far as the caller sees them.  `changes` are those since
 * the graph's horizon, usable.  NULL where the hierarchy cannot say: nobody knows what has
 * changed, segments lead to places that it does not know, or a segment has no
 * clocks; then the rows themselves must be asked.  Between SPI_connect() and
 * SPI_finish().
 */
extern TvLayer *tv_layer_get(TvWorldGraph *graph, const int64 *chain, uint32 chain_count,
							 TvMetric metric, const TvmWorldRules *rules, const TvChanges *changes);

/*
 * A new query begins, with its graphs open: what the one before it worked on may go, and what stands
 * on graphs that are outdated goes.  It ends, by an error perhaps: what it left unfinished goes, too.
 */
extern void tv_layers_begin(void);
extern void tv_layers_end(void);

/* What a segment has in place of the graph's base, or had at some time; else NULL. */
extern const TvmSegment *tv_layer_special(const TvLayer *layer, uint32 segment);

static inline bool
tv_layer_is_special(const TvLayer *layer, uint32 segment)
{
	return tv_layer_special(layer, segment) != NULL;
}

/* What a segment is like on the layer; index is the graph's. */
extern TvmSegment tv_layer_segment(const TvLayer *layer, uint32 segment);

/* By what ways of equal weight on the layer are told apart; the layer must stay. */
extern TvmCchOther tv_layer_other(TvLayer *layer);

#endif							/* TV_GRAPH_LAYER_H */
