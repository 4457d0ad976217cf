/*
 * cover.h: which areas cover a point, for one area and for many.
 *
 * An area is as outline.c leaves it: within -180 to 180 degrees, cut at the 180th meridian.  Areas are closed: a point
 * exactly on an edge, by the exact sign of orient.h, is covered.  (180, y) and (-180, y) are one
 * point, and so are all with latitude 90, or -90.
 */
#ifndef TVM_ZONE_COVER_H
#define TVM_ZONE_COVER_H

#include "kernel/zone/area.h"

/* Whether an area covers a point: each edge is looked at. */
extern bool tvm_area_covers(const TvmArea *area, double lon, double lat);

/*
 * An index of many areas: a grid of what is near, and of each polygon which edges are at a latitude.  It points to the
 * areas, which stay.  A question takes about as long as there are edges in a strip as thin as a few of them.
 */
typedef struct TvmAtlas TvmAtlas;

extern TvmStatus tvm_atlas_make(TvmEnv *env, const TvmArea *areas, uint32_t count, TvmAtlas **atlas);
extern void tvm_atlas_free(TvmEnv *env, TvmAtlas *atlas);

/* The areas that cover a point, ascending; `found` has room for all.  How many. */
extern uint32_t tvm_atlas_find(const TvmAtlas *atlas, double lon, double lat, uint32_t *found);

#endif							/* TVM_ZONE_COVER_H */
