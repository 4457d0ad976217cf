/*
 * steps.h: a route as its steps, and what they cost.
 *
 * The search says which way; what the way costs is then added up anew from the
 * segments and gateways along it, with compensation, on all clocks and for the
 * distance, so the totals do not carry the rounding of the search.  A turn is no step:
 * its penalty is part of what the step after it costs (tv_cost_penalty()).
 * Everything returned lies in the memory of the environment.
 */
#ifndef TV_ROUTE_STEPS_H
#define TV_ROUTE_STEPS_H

#include "postgres.h"

#include "bridge/network/cost.h"
#include "bridge/network/network.h"
#include "kernel/graph/search/query.h"

/* steps[0] is the origin, with neither segment nor gateway and no cost. */
typedef struct TvRouteStep
{
	int64		place_id;		/* where the step ends */
	int64		timeline_id;
	uint32		layer;			/* of the rows */
	uint32		node;			/* of the layer's prepared graph, if that is asked */
	double		lat;
	double		lon;
	int64		segment_id;		/* 0: none */
	int64		gateway_id;		/* 0: none */
	bool		reverse;		/* the segment is passed from b to a */
	bool		part;			/* only between these fractions of it, from a to b */
	double		from_fraction;
	double		to_fraction;
	bool		straight;		/* the segment is known to have no geom */
	double		turn_s;			/* of `step`, on all clocks: the penalty of the turn into it */
	TvCost		step;
	TvCost		so_far;
} TvRouteStep;

typedef struct TvRoute
{
	TvMetric	metric;
	TvmWorldRules rules;		/* of the origin's world */
	double		eta_seconds;	/* on the clock of those rules */
	uint32		step_count;
	TvRouteStep *steps;
	const TvCost *total;		/* of the last step; the same to the bit where there are none */
	uint32		segment_count;
	uint32		gateway_count;
	uint32		world_count;	/* worlds it visits, each time it enters one */
	double		ahead_s;		/* the penalty of a turn after the last step, of a path that ends within a junction */
} TvRoute;

/* The steps of a path that was found and what each costs; nothing is added up yet. */
extern TvRoute *tv_route_describe(TvNetwork *network, const TvmPath *path);

/* Fill in a route's totals, step by step, once its steps have their own costs. */
extern void tv_route_total(TvRoute *route, const TvRows *rows, TvMetric metric);

/* The index of a place of the world; PT404. */
extern uint32 tv_route_require_place(const TvWorldRows *world, int64 id);

#endif							/* TV_ROUTE_STEPS_H */
