/*
 * timed.h: the route that arrives first, where speeds follow the hour of the week.
 *
 * The rows of network/rows.h and, besides them, speed_profiles and segment_profiles, read
 * as the caller: what of them is hidden does not exist.  Hours are those of UTC,
 * the first of them from midnight to one o'clock on Monday.
 */
#ifndef TV_ROUTE_TIMED_H
#define TV_ROUTE_TIMED_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "bridge/route/route.h"

/*
 * The earliest arrival on the local clock (the request's metric is not looked at);
 * NULL where no way leads there.  Steps and totals are those of this departure on
 * all clocks, each stretch at the speed of its hour.  depart_at is finite.
 * Errors: as tv_route_find(); 22003 also where a profile takes a segment to c.
 */
extern TvRoute *tv_timed_find(TvEnv *env, const TvRouteRequest *request, TimestampTz depart_at);

#endif							/* TV_ROUTE_TIMED_H */
