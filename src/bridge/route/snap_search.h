/*
 * snap_search.h: the nearest of all courses that are on a map, by the index of segments.
 */
#ifndef TV_ROUTE_SNAP_SEARCH_H
#define TV_ROUTE_SNAP_SEARCH_H

#include "postgres.h"

#include "bridge/route/snapping.h"

extern void tv_snap_search(TvSnapping *snapping);

#endif							/* TV_ROUTE_SNAP_SEARCH_H */
