/*
 * bound.h: a lower bound of what is left to the destination, from the angle
 * between points and the graph's smallest weight per radian; astar.h says why it
 * holds and that it is consistent.  It holds as well for any search whose
 * segments never cost less than their weights.
 */
#ifndef TVM_BOUND_H
#define TVM_BOUND_H

#include "kernel/graph/query.h"

/* The bound of one search: a cone of weight per radian over each goal. */
typedef struct TvmBound
{
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

extern void tvm_bound_init(TvmBound *bound, const TvmGraph *graph, TvmPoint to);

/* At least this is left from a point on the sphere. */
extern double tvm_bound_at(const TvmBound *bound, double lat, double lon);

/*
 * Label the point if that lowers its cost, and put it into the query's heap (again)
 * by its cost and the bound from there.
 */
extern void tvm_bound_reach(const TvmBound *bound, TvmQuery *query, TvmPoint point, double cost,
							uint32_t via);

#endif							/* TVM_BOUND_H */
