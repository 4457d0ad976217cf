/*
 * snap_search.h: the nearest of all courses that are on a map, by the index of segments.
 */
#ifndef TV_ROUTE_SNAP_SEARCH_H
#define TV_ROUTE_SNAP_SEARCH_H

#include "postgres.h"

#include "bridge/route/snap/snapping.h"

extern void tv_snap_search(TvSnapping *snapping);

/* A border of a box that the index is asked about, in the direction of `sign`; see there. */
extern double tv_snap_outward(double border, double sign);

#endif							/* TV_ROUTE_SNAP_SEARCH_H */
