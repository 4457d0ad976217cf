/*
 * prepared_route.h: routes from prepared graphs.
 */
#ifndef TV_ROUTE_PREPARED_ROUTE_H
#define TV_ROUTE_PREPARED_ROUTE_H

#include "postgres.h"

#include "bridge/route/prepared/prepared_steps.h"
#include "bridge/route/question.h"

/* The best way from a point to a point, or false, and then the steps are no way. */
extern bool tv_prepared_way(TvPrepared *prepared, TvmPoint from, TvmPoint to, TvSteps *steps);

/* The best route of a question from hierarchies, without its totals; false where only the rows can tell. */
extern bool tv_prepared_route(TvQuestion *question);

#endif							/* TV_ROUTE_PREPARED_ROUTE_H */
