/*
 * reverse.h: what is at a point: the nearest road, the nearest place with a name, the zones that cover it.
 */
#ifndef TV_PLACE_REVERSE_H
#define TV_PLACE_REVERSE_H

#include "postgres.h"

#include "bridge/place/found.h"
#include "bridge/route/snap/snapped.h"

/* On which side of a course a point lies, as one goes from a to b. */
typedef enum TvSide
{
	TV_SIDE_ON, TV_SIDE_LEFT, TV_SIDE_RIGHT
} TvSide;

typedef struct TvReverse
{
	double		radius_m;		/* of the world */
	bool		has_segment;
	TvSnap		snap;
	TvSide		side;
	const char *segment_name;	/* these are NULL where there is none */
	const char *a_name;
	const char *b_name;
	bool		has_place;
	TvFound		place;
	uint32		zone_count;		/* the smallest first */
	int64	   *zone_ids;
	Datum	   *zone_names;		/* text; 0: none */
	const char *address;		/* in one line */
} TvReverse;

/*
 * All as the caller sees it.  PT404 where the world, or the timeline in it, is not there for him.  A road counts wherever it
 * is, but is in the address within `most_m` alone, as is a place.  Between SPI_connect() and SPI_finish().
 */
extern void tv_reverse_find(TvEnv *env, int64 world_id, int64 timeline_id, TvPosition at, double most_m, Oid geometry, TvReverse *found);

#endif							/* TV_PLACE_REVERSE_H */
