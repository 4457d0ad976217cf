/*
 * ground.h: the courses of all segments that are near a track, in one grid.
 *
 * Courses are found by the index of segments, a box at a time; segments without one run straight from place to
 * place and are picked out of the network in one pass.  Whether a segment may be driven is for who
 * asks.  A line's fraction is as in geo/polyline.h.
 */
#ifndef TV_MATCH_GROUND_H
#define TV_MATCH_GROUND_H

#include "postgres.h"

#include "bridge/match/roads.h"
#include "kernel/matching/near.h"

typedef struct TvGround
{
	TvRoads    *roads;
	TvmNear		near;			/* owners are segments */
	uint8	   *loaded;			/* of each segment */
} TvGround;

/* All courses within `radius_m` of any of the positions, and some that are not.  Between SPI_connect() and SPI_finish(). */
extern void tv_ground_load(TvRoads *roads, const TvPosition *at, uint32 count, double radius_m, TvGround *ground);

#endif							/* TV_MATCH_GROUND_H */
