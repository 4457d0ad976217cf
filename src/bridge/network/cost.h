/*
 * cost.h: what a way costs: metres and the seconds of all clocks, summed with compensation.
 */
#ifndef TV_NETWORK_COST_H
#define TV_NETWORK_COST_H

#include "postgres.h"

#include "bridge/network/metric.h"

/* What a way costs, by itself or so far. */
typedef struct TvCost
{
	double		distance_m;
	double		distance_low;	/* what distance_m lacks to the exact sum */
	TvmClocks	clocks;
} TvCost;

/* Add a step to a sum; 22003 where that is beyond a double. */
extern void tv_cost_add(TvCost *sum, const TvCost *step);

/* The same without asking; and whether a sum is a double.  What was beyond it once stays so. */
extern void tv_cost_join(TvCost *sum, const TvCost *step);
extern void tv_cost_check(const TvCost *sum);

/* A penalty, of a gateway or a turn, as part of what a step costs: every clock counts it. */
extern void tv_cost_penalty(TvCost *step, double penalty_s);

/* What a total is worth in a metric. */
extern double tv_cost_read(const TvCost *cost, TvMetric metric);

#endif							/* TV_NETWORK_COST_H */
