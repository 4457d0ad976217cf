/*
 * bound.h: a lower bound of what is left to the destination: what the hierarchy says,
 * where the graph has one (potential.h), or else from the angle between
 * points and the graph's smallest weight per radian; astar.h says why that
 * holds and that it is consistent.  It holds as well for any search whose
 * segments never cost less than their weights.
 *
 * And the search that it guides.  A bound is consistent only but for rounding, and where
 * costs are small beside what is left, rounding may be all that keys tell: keys tie, points
 * leave the heap in any order, and a search that expands a point again whenever it is
 * reached at less doubles its work with each diamond on the way.  So no point is:
 *
 *	1. Points leave by cost and bound, each at most once.  A point that is reached at less
 *	   after it has left is noted (`late`), and nothing else is done about it.
 *	   Where that does not happen, every label is final: let v be the first point of a
 *	   best path with a label too high; the point u before it has the right one and was not
 *	   late, so it either left with that and labelled v rightly, or is in the heap still,
 *	   by a key that is at most the answer but for rounding, while the search went on to a
 *	   billionth past it.
 *	2. Where it does, what was found is a way all the same, so the answer is no more.  Then
 *	   points leave by cost alone, as Dijkstra's do, those where cost and bound exceed that by
 *	   more than a billionth never: no point of a best path is among those.
 *	   Keys never fall, so no point is reached at less after it has left.
 *
 * Where the bound is what is left exactly, 2 is all there is, for the answer is known
 * at the origin.  So a point is settled at most once with a hierarchy whose
 * weights are the search's own, else at most twice, whatever the bound is.  Where the bound
 * is infinite no way leads on: such points are not looked at, and if the origin is
 * one there is no search.
 */
#ifndef TVM_BOUND_H
#define TVM_BOUND_H

#include "kernel/graph/search/query.h"

/* The bound of one search: a cone of weight per radian over each goal. */
typedef struct TvmBound
{
	const TvmGraph *graph;
	TvmPotential *potential;	/* of the query, or NULL */
	double		share;			/* by which all is multiplied; 1, but a search may lower it */
	bool		exact;			/* it is all that is left, but for rounding */
	double		limit;			/* what costs more, with the bound, is not looked at */
	bool		by_cost;		/* points leave the heap by cost alone */
	bool		late;			/* a point was reached at less after it had left */
	double		weight_per_radian;
	double		slack;
	uint32_t	count;
	struct
	{
		double		lat;
		double		lon;
		double		rest;		/* at least this from the goal to the destination */
	}			goals[TVM_MAX_SHORTCUTS + 1];	/* shortcuts' entrances, and last the destination */
} TvmBound;

/* `exact` is whether the graph has a metric, and it weighs no less.  Uses the query's potential until the next search. */
extern void tvm_bound_init(TvmBound *bound, TvmQuery *query, TvmPoint to);

/*
 * Label the point if that lowers its cost, and put it into the query's heap by its cost and
 * the bound from there.
 */
extern void tvm_bound_reach(TvmBound *bound, TvmQuery *query, TvmPoint point, double cost, uint32_t via);

/* Reaches whatever segments and gateways lead to from a settled point. */
typedef void (*TvmExpand) (void *search, TvmPoint point);

/*
 * Search from one point to another, or, where `to` is NULL and the bound 0, to all, by what
 * `expand` reaches, until that and all that costs as much but for a billionth is settled.
 */
extern TvmStatus tvm_bound_search(TvmEnv *env, TvmBound *bound, TvmQuery *query, TvmPoint from, const TvmPoint *to,
								  TvmExpand expand, void *search);

#endif							/* TVM_BOUND_H */
