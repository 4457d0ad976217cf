/*
 * route.h: the best route from a place to a place.
 */
#ifndef TV_ROUTE_ROUTE_H
#define TV_ROUTE_ROUTE_H

#include "postgres.h"

#include "bridge/route/steps.h"

typedef struct TvRouteRequest
{
	int64		world_id;
	int64		timeline_id;
	int64		origin_place_id;
	int64		dest_place_id;
	int64		dest_timeline_id;
	const char *metric;			/* NULL: the clock of the origin's world */
	bool		total_only;		/* the route need not have steps, nor counts of them */
} TvRouteRequest;

/* NULL where no way leads there; in the memory of the environment.  PT404, 22023 (metric), 22003, 54000. */
extern TvRoute *tv_route_find(TvEnv *env, const TvRouteRequest *request);

#endif							/* TV_ROUTE_ROUTE_H */
