/*
 * isochrone.h: what can be reached from a place within a cost, on any timeline.
 */
#ifndef TV_ROUTE_ISOCHRONE_H
#define TV_ROUTE_ISOCHRONE_H

#include "postgres.h"

#include "bridge/route/question.h"

typedef struct TvReached
{
	int64		place_id;
	int64		timeline_id;
	double		lat;
	double		lon;
	double		cost;			/* <= the limit */
} TvReached;

typedef struct TvIsochrone
{
	TvMetric	metric;
	uint32		count;
	TvReached  *reached;		/* nearest first */
} TvIsochrone;

/*
 * From the origin of a request, which has no destination.  Everything lies in the memory of
 * the environment.  PT404, 22023, 22003, 54000, as routes.
 */
extern TvIsochrone *tv_isochrone_find(TvEnv *env, const TvRouteRequest *request, double limit);

#endif							/* TV_ROUTE_ISOCHRONE_H */
