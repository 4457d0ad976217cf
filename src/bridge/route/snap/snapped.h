/*
 * snapped.h: where positions are put on segments.
 */
#ifndef TV_ROUTE_SNAPPED_H
#define TV_ROUTE_SNAPPED_H

#include "postgres.h"

#include "bridge/geo/polyline.h"

/* The position on a segment's course that is nearest to the one that was asked for. */
typedef struct TvSnap
{
	int64		segment_id;		/* first, for sorting by it */
	int64		a_place_id;
	int64		b_place_id;
	bool		oneway;
	double		fraction;		/* of the segment's course, from a to b */
	TvPosition	position;
	double		away;			/* radians on the sphere */
	double		distance_m;		/* on the world's sphere */
} TvSnap;

/* In the memory of the environment that found them; all zero: none. */
typedef struct TvSnaps
{
	uint32		count;
	uint32		capacity;
	TvSnap	   *snaps;
} TvSnaps;

#endif							/* TV_ROUTE_SNAPPED_H */
