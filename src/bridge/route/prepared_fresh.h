/*
 * prepared_fresh.h: routes from prepared graphs where rules for turns stand at places that the graph has not split.
 */
#ifndef TV_ROUTE_PREPARED_FRESH_H
#define TV_ROUTE_PREPARED_FRESH_H

#include "postgres.h"

#include "bridge/route/question.h"

/* The best route of a question on one layer without links, which has such rules; false where only the rows can tell. */
extern bool tv_prepared_fresh_route(TvQuestion *question);

#endif							/* TV_ROUTE_PREPARED_FRESH_H */
