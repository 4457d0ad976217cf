/*
 * prepared_links.h: the ways of a query that no hierarchy has: gateways, and segments that it does not know.
 */
#ifndef TV_ROUTE_PREPARED_LINKS_H
#define TV_ROUTE_PREPARED_LINKS_H

#include "postgres.h"

#include "bridge/route/prepared/prepared.h"

/* After tv_prepared_layers(); false where a gateway leads to a place that no hierarchy knows. */
extern bool tv_prepared_links(TvPrepared *prepared);

#endif							/* TV_ROUTE_PREPARED_LINKS_H */
