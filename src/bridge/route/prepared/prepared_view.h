/*
 * prepared_view.h: prepared graphs as the kernel searches them: a TvmGraph over
 * the mapped topologies, the layers' weights and the links, without a copy of any.
 *
 * For the questions that no hierarchy answers by itself.  It takes time for layers
 * and links, not for segments; what a search takes is its own.  A view is good
 * while tv_prepared_ask() calls its answer.
 */
#ifndef TV_ROUTE_PREPARED_VIEW_H
#define TV_ROUTE_PREPARED_VIEW_H

#include "postgres.h"

#include "bridge/route/prepared/prepared_steps.h"
#include "kernel/graph/search/query.h"

/*
 * After tv_prepared_links(): its gateways are the links, and where there are none A* is guided
 * by the hierarchy.  54000 for a search's memory.
 */
extern void tv_prepared_view(TvPrepared *prepared, TvmGraph *graph);

/* The steps of a path over the view, without their totals. */
extern TvRoute *tv_prepared_describe(TvPrepared *prepared, const TvmPath *path);

#endif							/* TV_ROUTE_PREPARED_VIEW_H */
