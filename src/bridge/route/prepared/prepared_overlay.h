/*
 * prepared_overlay.h: overlays over the links of a query, kept for the next one.
 */
#ifndef TV_ROUTE_PREPARED_OVERLAY_H
#define TV_ROUTE_PREPARED_OVERLAY_H

#include "postgres.h"

#include "bridge/route/prepared/prepared.h"
#include "kernel/graph/search/overlay.h"

/* The overlay over all links, kept for the next query. */
extern TvmOverlay *tv_prepared_overlay(TvPrepared *prepared);

/* The links of an overlay that is kept for just these layers and gateways, if there is one. */
extern bool tv_prepared_kept_links(TvPrepared *prepared);

#endif							/* TV_ROUTE_PREPARED_OVERLAY_H */
