/*
 * isochrone.h: what can be reached from a place within a cost, on any timeline.
 */
#ifndef TV_ROUTE_ISOCHRONE_H
#define TV_ROUTE_ISOCHRONE_H

#include "postgres.h"

#include "bridge/network/network.h"

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
 * Everything lies in the memory of the environment.  `metric` NULL: the clock of
 * the world.  PT404, 22023, 22003, 54000, as routes.
 */
extern TvIsochrone *tv_isochrone_find(TvEnv *env, int64 world_id, int64 timeline_id, int64 place_id,
									  double limit, const char *metric);

#endif							/* TV_ROUTE_ISOCHRONE_H */
