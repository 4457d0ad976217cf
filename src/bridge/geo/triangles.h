/*
 * triangles.h: Delaunay's triangles over points, and areas made of rings, through PostGIS.
 */
#ifndef TV_GEO_TRIANGLES_H
#define TV_GEO_TRIANGLES_H

#include "postgres.h"

#include "bridge/server/env.h"

/*
 * Three indices of points a triangle, counter-clockwise, in the memory of the environment; *count of them.  The points are
 * distinct and ascend by (x, y), and not all of them are on a line.  `geometry` is PostGIS's type.
 */
extern uint32 *tv_triangles(TvEnv *env, Oid geometry, const double *x, const double *y, uint32 point_count, uint32 *count);

/* Polygons by their rings, closed; ends[] and polygons[] of each ring. */
typedef struct TvRings
{
	uint32		ring_count;
	uint32		polygon_count;
	const uint32 *ends;			/* the index after a ring's last vertex */
	const uint32 *polygons;		/* which polygon it is of; the first ring of one is its outline */
	const double *lon;			/* may be beyond 180 degrees, */
	const double *lat;			/* and beyond 90 */
} TvRings;

/*
 * A MULTIPOLYGON of SRID 4326 in the current context: what is beyond 180 degrees is cut there and
 * moved to the other side, what is beyond a pole is cut off.
 */
extern Datum tv_rings_make(Oid geometry, const TvRings *rings);

#endif							/* TV_GEO_TRIANGLES_H */
