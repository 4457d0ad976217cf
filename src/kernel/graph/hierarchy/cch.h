/*
 * cch.h: a customizable contraction hierarchy (Dibbelt, Strasser, Wagner,
 * "Customizable Contraction Hierarchies", JEA 2016): the part that depends on
 * the topology and an elimination order alone, and its metrics.
 *
 * Nodes are known by their rank in the order.  An arc of the hierarchy joins a
 * lower rank to a higher one; the higher ends of v's arcs are all ancestors of v
 * in the elimination tree, so an arc also knows its head as a depth on the path
 * from v to the root.  A search is then a walk up that path over arrays of the
 * length of the tree's height, which stay in the innermost cache.
 *
 * A TvmCch is immutable once built and may be shared by any number of metrics
 * and queries; it owns its arrays.  A TvmCchMetric belongs to one hierarchy.
 */
#ifndef TVM_CCH_H
#define TVM_CCH_H

#include "kernel/graph/patch.h"
#include "kernel/graph/topology.h"
#include "kernel/graph/weights.h"
#include "kernel/tvm.h"

#define TVM_CCH_NONE UINT32_MAX

/* Sums that differ by less than this of them are equal but for rounding: ties.h. */
#define TVM_TIE 1e-12

/*
 * By what ways of equal weight are told apart: what they are worth in another measure, of which
 * the least is taken.  Where a shortcut can be made in several ways that weigh the
 * same, customization keeps the one that is worth least, so that a shortcut stands for the
 * best path by (weight, worth); what it is worth is not kept, but added up where it
 * is asked for.
 */
typedef struct TvmCchOther
{
	double		(*segment) (void *context, uint32_t segment);	/* >= 0 */
	void	   *context;
} TvmCchOther;

typedef struct TvmCch
{
	uint32_t	node_count;
	uint32_t	arc_count;
	uint32_t	segment_count;
	uint32_t	height;			/* nodes on the longest path to a root */
	bool		symmetric;		/* no segment is oneway: metrics weigh alike up and down */
	uint32_t   *rank;			/* node -> rank */
	uint32_t   *node;			/* rank -> node */
	uint32_t   *parent;			/* in the elimination tree, by rank; TVM_CCH_NONE at a root */
	uint32_t   *depth;			/* by rank; 0 at a root */
	uint32_t   *up_first;		/* arcs out of rank v: up_first[v] .. up_first[v + 1] */
	uint32_t   *up_head;		/* rank, ascending at each node */
	uint32_t   *up_depth;		/* depth[up_head] */
	uint32_t   *down_first;		/* arcs into rank v, by their lower ends, ascending */
	uint32_t   *down_tail;		/* the lower end */
	uint32_t   *down_arc;		/* the arc's number */
	uint32_t   *segment_arc;	/* the arc that carries a segment; NONE for a loop */
	uint32_t   *arc_segment;	/* the first segment on an arc, or NONE: a shortcut only */
	uint32_t   *segment_next;	/* the next segment on the same arc, or NONE */
} TvmCch;

/*
 * Weights of arcs: `up` from the lower end to the higher, `down` back, and by way of
 * what: a lower rank, the first by way of which it weighs that, or a segment
 * (TVM_CCH_VIA_SEGMENT), or TVM_CCH_NONE where there is no way.  In a symmetric
 * hierarchy up and down are one array.
 */
typedef struct TvmCchWeights
{
	double	   *up;
	double	   *down;
	uint32_t   *up_via;
	uint32_t   *down_via;
} TvmCchWeights;

/* The arc is a segment; `reverse`: its a is the arc's higher end. */
#define TVM_CCH_VIA_SEGMENT(segment, reverse) (UINT32_C(0x80000000) | TVM_ARC(segment, reverse))
#define TVM_CCH_IS_SEGMENT(via) ((via) >> 31)
#define TVM_CCH_VIA_ARC(via) ((via) & UINT32_C(0x7fffffff))

/* The arcs of some nodes: the patch's number of a rank is where its arcs begin. */
typedef struct TvmCchRows
{
	TvmPatch	of;
	uint32_t	count;			/* of arcs */
	uint32_t	capacity;
	TvmCchWeights weights;
} TvmCchRows;

/*
 * The weights of one timeline and metric.  Many may share `all`, and differ from it
 * at the nodes that `shared` or `own` have: own before shared, shared before all.
 * Partial customization writes to `own` alone.
 */
typedef struct TvmCchMetric
{
	const TvmCch *cch;
	TvmCchWeights all;
	const TvmCchRows *shared;	/* NULL, or not empty */
	TvmCchRows	own;			/* empty until something changes */
} TvmCchMetric;

/* The weights of the arcs out of a rank, up_first[rank] being the first. */
static inline TvmCchWeights
tvm_cch_row(const TvmCchMetric *metric, uint32_t rank)
{
	const TvmCchWeights *from = &metric->all;
	uint32_t	at = TVM_PATCH_NONE;

	if (metric->own.of.group != NULL)
	{
		at = tvm_patch_find(&metric->own.of, rank);
		if (at != TVM_PATCH_NONE)
			from = &metric->own.weights;
	}
	if (metric->shared != NULL && at == TVM_PATCH_NONE)
	{
		at = tvm_patch_find(&metric->shared->of, rank);
		if (at != TVM_PATCH_NONE)
			from = &metric->shared->weights;
	}
	if (at == TVM_PATCH_NONE)
		at = metric->cch->up_first[rank];
	return (TvmCchWeights) {from->up + at, from->down + at, from->up_via + at, from->down_via + at};
}

/* The hierarchy of `topology` in the given order (tvm_order_dissect()). */
extern TvmStatus tvm_cch_build(TvmEnv *env, TvmCch *cch, const TvmTopology *topology,
							   const uint32_t *order);
extern void tvm_cch_free(TvmEnv *env, TvmCch *cch);

/* The arc between two ranks, low < high, that must be joined by one. */
extern uint32_t tvm_cch_find_arc(const TvmCch *cch, uint32_t low, uint32_t high);

/*
 * Customization: the least weight of every arc, into metric->all, from a weight for
 * each segment, finite and not negative, or INFINITY where it is closed.  A oneway
 * segment only counts from a to b.  Of ways of equal weight the first is kept where `other` is NULL.
 */
extern TvmStatus tvm_cch_customize(TvmEnv *env, TvmCchMetric *metric, const TvmCch *cch,
								   const TvmTopology *topology, const double *weight, const TvmCchOther *other);

/* Frees `all` and `own`, or `own` alone. */
extern void tvm_cch_metric_free(TvmEnv *env, TvmCchMetric *metric);
extern void tvm_cch_rows_free(TvmEnv *env, TvmCchRows *rows);

/*
 * Bring a metric up to date after `count` segments changed, in weight or in the other measure, given
 * the weights of all segments as they now are.  The answer is that of a full customization, bit
 * for bit.  changed_arcs, if not NULL, receives how many arcs changed.  Where ways tie, a few
 * segments may change what most arcs are worth and none of their weights: if gave_up is not NULL,
 * it receives whether all are better customized, which is to be done then.  After that, or a
 * failure, the metric is of no use.
 */
extern TvmStatus tvm_cch_recustomize(TvmEnv *env, TvmCchMetric *metric,
									 const TvmTopology *topology, const TvmWeights *weights,
									 const TvmCchOther *other, const uint32_t *segments, size_t count,
									 size_t *changed_arcs, bool *gave_up);

/*
 * Let a metric weigh no more than segments do that have come to weigh less: `count` of them, of all that weigh what `weights` say. What
 * others weigh more now it does not know, so it is a lower bound (potential.h).  Only
 * its weights may be asked for, not by way of what.  After a failure the metric is of no use.
 */
extern TvmStatus tvm_cch_lower(TvmEnv *env, TvmCchMetric *metric, const TvmTopology *topology, const TvmWeights *weights,
							   const uint32_t *segments, size_t count);

/*
 * All that `shared` and `own` have, own first, as one set of rows in the order of
 * ranks and without gaps, fit to be written down.  TVM_NOMEM.
 */
extern TvmStatus tvm_cch_rows_merge(TvmEnv *env, const TvmCchMetric *metric, TvmCchRows *rows);

/* Scratch of one search at a time; reused without allocation. */
typedef struct TvmCchQuery
{
	const TvmCch *cch;
	double	   *from_origin;	/* by depth */
	double	   *to_dest;
	uint32_t   *origin_arc;		/* the arc by which a depth was reached */
	uint32_t   *dest_arc;
	double	   *from_limit;		/* a sum of at most this is at least a tie: the distance and TVM_TIE of it */
	double	   *to_limit;
	uint8_t    *from_tied;		/* whether there is another way of equal cost */
	uint8_t    *to_tied;
	bool		meet_tied;		/* the same of the meeting point */
	double		best;
	const TvmCchOther *other;	/* NULL, or what ways of equal cost are told apart by: set before a search */
	uint32_t	meet;			/* depth where the best path turns, or NONE */
	uint32_t	origin;			/* ranks */
	uint32_t	dest;
} TvmCchQuery;

extern TvmStatus tvm_cch_query_init(TvmEnv *env, TvmCchQuery *query, const TvmCch *cch);
extern void tvm_cch_query_free(TvmEnv *env, TvmCchQuery *query);

/*
 * What some arcs are worth, as long as nothing below them changes: a table that begins small and is
 * doubled as it is used.  Who comes later to a place takes it, and without memory
 * less is remembered, which decides how long an answer takes and nothing else.
 */
typedef struct TvmCchMemo
{
	TvmEnv	   *env;
	uint32_t	bits;			/* 2^bits places; 0: none yet */
	uint64_t	kept;			/* since it has as many */
	uint64_t   *key;			/* 0: nothing */
	double	   *worth;
} TvmCchMemo;

/* Does not allocate. */
extern void tvm_cch_memo_init(TvmEnv *env, TvmCchMemo *memo);
extern void tvm_cch_memo_free(TvmCchMemo *memo);

/*
 * What an arc out of `tail` is worth: the sum over its segments, or what is remembered of them.
 * `upward` is from the tail.  INFINITY where it leads nowhere.
 */
extern double tvm_cch_other(const TvmCchMetric *metric, const TvmCchOther *other, TvmCchMemo *memo, uint32_t arc,
							uint32_t tail, bool upward);

/*
 * Let the query's meeting point and arcs be those of the best of the ways of equal cost that
 * the search found; tvm_cch_path() and tvm_cch_sum() do.  TVM_NOMEM, TVM_CANCELLED.
 */
extern TvmStatus tvm_cch_choose(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric);

/* The least cost between two nodes, INFINITY when there is no path.  Does not allocate. */
extern double tvm_cch_distance(TvmCchQuery *query, const TvmCchMetric *metric,
							   uint32_t origin, uint32_t dest);

/*
 * The path of the distance found last, as topology arcs (TVM_ARC) from origin to
 * dest, in an array that the caller frees.  TVM_NOMEM.
 */
extern TvmStatus tvm_cch_path(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric,
							  uint32_t **arcs, size_t *count);

/*
 * A label: the distances between a node and all its ancestors, by depth, and
 * who they are.  Two nodes' least cost is the least sum over the ancestors that
 * they share.  Arrays are the caller's, of cch->height elements.
 */
typedef struct TvmCchLabel
{
	uint32_t	count;
	double	   *distance;
	uint32_t   *ancestor;		/* ranks */
} TvmCchLabel;

/* From the node to its ancestors, or back from them to it. */
extern void tvm_cch_label(const TvmCchMetric *metric, uint32_t node, bool back, TvmCchLabel *label);
extern double tvm_cch_meet(const TvmCchLabel *from, const TvmCchLabel *to);

/*
 * Least costs from each origin to each dest, row by row, into costs[origins * dests].
 * Takes little memory beside them, however many there are.
 */
extern TvmStatus tvm_cch_matrix(TvmEnv *env, const TvmCchMetric *metric,
								const uint32_t *origins, size_t origin_count,
								const uint32_t *dests, size_t dest_count, double *costs);

#endif							/* TVM_CCH_H */
