/*
 * bound.h: a lower bound of what is left to the destination: what the hierarchy says,
 * where the graph has one (potential.h), or else from the angle between
 * points and the graph's smallest weight per radian; astar.h says why that
 * holds and that it is consistent.  It holds as well for any search whose
 * segments never cost less than their weights.
 */
#ifndef TVM_BOUND_H
#define TVM_BOUND_H

#include "kernel/graph/query.h"

/* The bound of one search: a cone of weight per radian over each goal. */
typedef struct TvmBound
{
	const TvmGraph *graph;
	TvmPotential *potential;	/* of the query, or NULL */
	double		share;			/* by which all is multiplied; 1, but a search may lower it */
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

/* Uses the query's potential until the next search. */
extern void tvm_bound_init(TvmBound *bound, TvmQuery *query, TvmPoint to);

/*
 * Label the point if that lowers its cost, and put it into the query's heap (again)
 * by its cost and the bound from there.
 */
extern void tvm_bound_reach(const TvmBound *bound, TvmQuery *query, TvmPoint point, double cost,
							uint32_t via);

#endif							/* TVM_BOUND_H */
