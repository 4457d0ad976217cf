/*
 * route.h: the best route from a place to a place.
 */
#ifndef TV_ROUTE_ROUTE_H
#define TV_ROUTE_ROUTE_H

#include "postgres.h"

#include "bridge/route/question.h"

/*
 * NULL where no way leads there; in the memory of the environment.  PT404, 22023 (metric), 22003, 54000.
 */
extern TvRoute *tv_route_find(TvEnv *env, const TvRouteRequest *request);

/* The best way over a question's graph, from point to point, as its route; whether there is one. */
extern bool tv_route_search(TvQuestion *question);

#endif							/* TV_ROUTE_ROUTE_H */
