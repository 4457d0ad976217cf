/*
 * prepared_ties.h: of ways of equal cost over views of prepared graphs, which is taken.
 */
#ifndef TV_ROUTE_PREPARED_TIES_H
#define TV_ROUTE_PREPARED_TIES_H

#include "postgres.h"

#include "bridge/route/prepared/prepared.h"
#include "kernel/graph/search/ties.h"

/* What is prepared must stay. */
extern TvmTies tv_ties_of_prepared(TvPrepared *prepared);

#endif							/* TV_ROUTE_PREPARED_TIES_H */
