/*
 * reverse_direct.h: what is at a point, by indexes and without statements.
 *
 * For callers whom the policies of tv_init() alone bind, and who see the world: they see all of it.
 */
#ifndef TV_PLACE_REVERSE_DIRECT_H
#define TV_PLACE_REVERSE_DIRECT_H

#include "postgres.h"

#include "bridge/geo/polyline.h"
#include "bridge/place/found.h"

/* What is read of a segment; NULL is as in rows. */
typedef enum TvAtSegment
{
	TV_AT_NAME, TV_AT_A_NAME, TV_AT_B_NAME, TV_AT_A_LAT, TV_AT_A_LON, TV_AT_B_LAT, TV_AT_B_LON, TV_AT_COURSE, TV_AT_SEGMENT
} TvAtSegment;

typedef struct TvReverseDirect TvReverseDirect;

/* NULL where it takes statements.  Between SPI_connect() and SPI_finish(). */
extern TvReverseDirect *tv_reverse_direct_open(TvEnv *env, int64 world_id, Oid geometry);
extern void tv_reverse_direct_close(TvReverseDirect *direct);

/* False where it, or one of its places, is not there. */
extern bool tv_reverse_direct_segment(TvReverseDirect *direct, int64 id, Datum values[TV_AT_SEGMENT], bool nulls[TV_AT_SEGMENT]);

/* The nearest place with a name, no farther than `most` radians, of equally near ones that with the smallest id; false: none. */
extern bool tv_reverse_direct_place(TvReverseDirect *direct, TvPosition at, double most, TvFound *place);

#endif							/* TV_PLACE_REVERSE_DIRECT_H */
