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

#include "kernel/graph/topology.h"
#include "kernel/tvm.h"

#define TVM_CCH_NONE UINT32_MAX

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
 * Weights of one timeline and metric: `up` from the lower end to the higher, `down`
 * back.  In a symmetric hierarchy both are one array.
 */
typedef struct TvmCchMetric
{
	const TvmCch *cch;
	double	   *up;
	double	   *down;
	uint32_t   *up_middle;		/* the lowest rank by way of which it weighs that; NONE: a segment */
	uint32_t   *down_middle;
} TvmCchMetric;

/* The hierarchy of `topology` in the given order (tvm_order_dissect()). */
extern TvmStatus tvm_cch_build(TvmEnv *env, TvmCch *cch, const TvmTopology *topology,
							   const uint32_t *order);
extern void tvm_cch_free(TvmEnv *env, TvmCch *cch);

/* The arc between two ranks, low < high, that must be joined by one. */
extern uint32_t tvm_cch_find_arc(const TvmCch *cch, uint32_t low, uint32_t high);

/*
 * Customization: the least weight of every arc, from a weight for each segment,
 * finite and not negative, or INFINITY where it is closed.  A oneway segment
 * only counts from a to b.
 */
extern TvmStatus tvm_cch_customize(TvmEnv *env, TvmCchMetric *metric, const TvmCch *cch,
								   const TvmTopology *topology, const double *weight);
extern void tvm_cch_metric_free(TvmEnv *env, TvmCchMetric *metric);

/*
 * Bring a metric up to date after `count` segments changed, given the weights of
 * all segments as they now are.  The answer is that of a full customization, bit
 * for bit.  changed_arcs, if not NULL, receives how many arcs changed.
 */
extern TvmStatus tvm_cch_recustomize(TvmEnv *env, TvmCchMetric *metric,
									 const TvmTopology *topology, const double *weight,
									 const uint32_t *segments, size_t count,
									 size_t *changed_arcs);

/* Scratch of one search at a time; reused without allocation. */
typedef struct TvmCchQuery
{
	const TvmCch *cch;
	double	   *from_origin;	/* by depth */
	double	   *to_dest;
	uint32_t   *origin_arc;		/* the arc by which a depth was reached */
	uint32_t   *dest_arc;
	uint32_t	meet;			/* depth where the best path turns, or NONE */
	uint32_t	origin;			/* ranks */
	uint32_t	dest;
} TvmCchQuery;

extern TvmStatus tvm_cch_query_init(TvmEnv *env, TvmCchQuery *query, const TvmCch *cch);
extern void tvm_cch_query_free(TvmEnv *env, TvmCchQuery *query);

/* The least cost between two nodes, INFINITY when there is no path.  Does not allocate. */
extern double tvm_cch_distance(TvmCchQuery *query, const TvmCchMetric *metric,
							   uint32_t origin, uint32_t dest);

/*
 * The path of the distance found last, as topology arcs (TVM_ARC) from origin to
 * dest, in an array that the caller frees.  TVM_NOMEM.
 */
extern TvmStatus tvm_cch_path(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric,
							  const TvmTopology *topology, const double *weight,
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
 */
extern TvmStatus tvm_cch_matrix(TvmEnv *env, const TvmCchMetric *metric,
								const uint32_t *origins, size_t origin_count,
								const uint32_t *dests, size_t dest_count, double *costs);

#endif							/* TVM_CCH_H */
