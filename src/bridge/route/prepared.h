/*
 * prepared.h: routes from prepared graphs, exact under the active snapshot.
 *
 * Each of these says false where the prepared graph cannot answer: for a caller
 * whom policies of his own bind, a snapshot older than the files, places and changes that
 * the hierarchy cannot hold, or a disk that refuses.  Then the rows are asked.
 */
#ifndef TV_ROUTE_PREPARED_H
#define TV_ROUTE_PREPARED_H

#include "postgres.h"

#include "bridge/access/policies.h"
#include "bridge/route/route.h"

/*
 * The route of a request whose scope has been loaded; false also where a place is
 * not known, or may have gone.  *route is NULL where no way leads there.  Between SPI_connect() and SPI_finish().
 */
extern bool tv_prepared_route(TvEnv *env, const TvRows *rows, const TvRouteRequest *request,
							  TvMetric metric, TvRoute **route);

#endif							/* TV_ROUTE_PREPARED_H */
