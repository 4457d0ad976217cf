/*
 * layer_data.h: a timeline's weights on a world's hierarchy, for one metric, brought up
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
#ifndef TV_GRAPH_LAYER_DATA_H
#define TV_GRAPH_LAYER_DATA_H

#include "postgres.h"

#include "bridge/graph/world_graph.h"
#include "bridge/network/what_if.h"
#include "bridge/network/network.h"
#include "bridge/network/profile.h"
#include "kernel/graph/turns.h"

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
 * Where there is a profile their attributes are noted (network/profile.h).
 *
 * Segments that are not as the graph's base says, or weigh other than the layer's
 * base does; and turns of which something is said: the drag of one is its penalty in seconds.
 */
typedef struct TvSpecials
{
	TvmPatch	of;				/* segment -> index of these; no group: none */
	uint32		count;
	uint32		capacity;
	TvmSegment *attributes;
	double	   *weight;			/* on the hierarchy: INFINITY where it does not know the segment so */
} TvSpecials;

/*
 * A rule for a turn that stands on the layer's chain, at a place that the graph has not split, or about a segment
 * that it does not know: no weight says it.
 */
typedef struct TvFreshTurn
{
	int64		via_place_id;
	TvmTurnRule rule;			/* its timeline is an index of the chain; what the graph does not know is TV_NONE */
} TvFreshTurn;

/* Numbers of arcs that have got another weight, or are worth something else. */
typedef struct TvChangedArcs
{
	uint32		count;
	uint32		capacity;
	uint32	   *arcs;
	MemoryContext context;
} TvChangedArcs;

typedef struct TvBase TvBase;

typedef struct TvLayer
{
	int64		timeline_id;
	TvMetric	metric;
	TvmWorldRules rules;
	TvProfile  *profile;		/* whose weights they are; NULL: of no profile */
	uint16	   *road_uses;		/* of each road of the graph, for the profile */
	TvWorldGraph *graph;

	TvmWeights	weights;		/* of each segment */
	TvmCchMetric hierarchy;
	bool		loose;			/* the hierarchy weighs less: tv_layer_tighten() first, but for lower bounds */
	uint32		searches;		/* while it is */
	TvmCchMetric *bound;		/* while it is and something weighs less than the hierarchy says: what does not; or NULL */
	uint32		extra_count;
	TvExtra    *extras;
	uint32		fresh_count;
	uint32		fresh_capacity;
	TvFreshTurn *fresh;			/* by place */
	uint64		version;		/* another one after every change, in this backend */
	uint64		weighed_version;	/* at which prepared.c has looked for huge weights ... */
	bool		has_huge;		/* ... and found one */
	uint64		component_version;	/* at which component.c has looked for the largest component ... */
	uint8	   *component;		/* ... and whether each node is in it; NULL: never yet */

	/* The rest is layer.c's. */
	TvChangedArcs pending;		/* that the hierarchy has not heard of, while it is loose */
	const TvWhatIf *what_if;	/* its segments and turns, of a timeline of no row; NULL: what the tables say */
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

/* What weighs no more than the layer does, and as much where it is not loose. */
static inline const TvmCchMetric *
tv_layer_bound(const TvLayer *layer)
{
	return layer->bound != NULL ? layer->bound : &layer->hierarchy;
}

static inline uint64
tv_layer_profile_hash(const TvLayer *layer)
{
	return layer->profile == NULL ? 0 : layer->profile->hash;
}

#endif							/* TV_GRAPH_LAYER_DATA_H */
