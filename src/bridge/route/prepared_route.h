/*
 * prepared_route.h: routes from prepared graphs.
 */
#ifndef TV_ROUTE_PREPARED_ROUTE_H
#define TV_ROUTE_PREPARED_ROUTE_H

#include "postgres.h"

#include "bridge/route/prepared_steps.h"
#include "bridge/route/route.h"

/* The best way from a point to a point, or false, and then the steps are no way. */
extern bool tv_prepared_way(TvPrepared *prepared, TvmPoint from, TvmPoint to, TvSteps *steps);

/*
 * The route of a request whose scope has been loaded; false also where a place is
 * not known, or may have gone.  *route is NULL where no way leads there.  Between SPI_connect() and SPI_finish().
 */
extern bool tv_prepared_route(TvEnv *env, const TvRows *rows, const TvRouteRequest *request,
							  TvMetric metric, TvRoute **route);

#endif							/* TV_ROUTE_PREPARED_ROUTE_H */
