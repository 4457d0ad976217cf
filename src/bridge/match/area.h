/*
 * area.h: the ground around a track: boxes that hold every position with what is within a radius of it, and
 * a raster that says of other boxes whether they touch one of them.
 *
 * Longitudes of boxes are relative to the track's first position, so that the 180th meridian is on
 * the other side of the Earth.
 */
#ifndef TV_MATCH_AREA_H
#define TV_MATCH_AREA_H

#include "postgres.h"

#include "bridge/geo/polyline.h"
#include "kernel/graph/sphere.h"

#define TV_AREA_CELLS 256		/* along each side of the raster */

typedef struct TvArea
{
	double		lon;			/* that boxes are relative to */
	uint32		count;
	uint32		capacity;
	TvmBox	   *boxes;
	TvmBox		all;
	bool		marked[TV_AREA_CELLS][TV_AREA_CELLS];	/* by latitude and longitude within `all` */
} TvArea;

/* In `context`; angle: the radius, in radians. */
extern TvArea *tv_area_make(MemoryContext context, const TvPosition *at, uint32 count, double angle);

/* Whether a straight line between two positions may come near. */
extern bool tv_area_touches(const TvArea *area, TvPosition a, TvPosition b);

#endif							/* TV_MATCH_AREA_H */
