/*
 * snap_direct.h: courses near a position by the indexes of segments, without statements.
 *
 * For callers whom the policies of tv_init() alone bind, and who see the world: they see all of it.
 */
#ifndef TV_ROUTE_SNAP_DIRECT_H
#define TV_ROUTE_SNAP_DIRECT_H

#include "postgres.h"

#include "bridge/route/snap/snapping.h"

/* Which segments of the world there may be. */
typedef enum TvSnapKind
{
	TV_SNAP_STRAIGHT,			/* without a course */
	TV_SNAP_UNMAPPED			/* courses that are on no map */
} TvSnapKind;

/* Called with each course, whose least distance in degrees is told, until it says false. */
typedef bool (*TvSnapDirectRow) (void *target, TvSnap *snap, Oid type, Datum course, double degrees);

/* NULL where it takes statements.  Between SPI_connect() and SPI_finish(), until tv_snap_direct_close(); an error closes it, too. */
extern TvSnapDirect *tv_snap_direct_open(TvEnv *env, int64 world_id, const TvIds *chain, Oid geometry);
extern void tv_snap_direct_close(TvSnapDirect *direct);

extern bool tv_snap_direct_has(TvSnapDirect *direct, TvSnapKind kind);

/* Those of the chain that have segments of their own. */
extern void tv_snap_direct_owners(TvSnapDirect *direct, TvIds *owners);

/*
 * Those of a map (0: from -180 degrees, 1: over the 180th meridian, from 0) and of a timeline, or of every one, by their
 * distance in degrees.
 */
extern void tv_snap_direct_look(TvSnapDirect *direct, int map, const int64 *timeline_id, TvPosition at, TvSnapDirectRow row, void *target);

/* Whether it is open on the chain, and its ends are there. */
extern bool tv_snap_direct_stands(TvSnapDirect *direct, const TvSnap *snap);

#endif							/* TV_ROUTE_SNAP_DIRECT_H */
