/*
 * snap.h: the open segments of a timeline that are nearest to a position.
 */
#ifndef TV_ROUTE_SNAP_H
#define TV_ROUTE_SNAP_H

#include "postgres.h"

#include "bridge/network/profile.h"
#include "bridge/network/rules.h"
#include "bridge/network/what_if.h"
#include "bridge/server/env.h"
#include "bridge/server/ids.h"
#include "bridge/geo/polyline.h"
#include "bridge/route/snap/snapped.h"

/* Which segments come into question. */
typedef enum TvSnapTo
{
	TV_SNAP_TO_ANY,
	TV_SNAP_TO_LARGEST			/* both ends in the largest strongly connected component (component.h) */
} TvSnapTo;

/* 22023 for a name that is none; NULL: "any". */
extern TvSnapTo tv_snap_to_parse(const char *name);

/*
 * All segments that are nearest, to a micrometre on the Earth, by id, into `found`, however
 * many; none if the timeline has no open segment.  Several are where they meet, or where
 * one runs beside another on the same course.  Reads as the caller, between
 * SPI_connect() and SPI_finish(), but not within a query on prepared graphs.  `geometry` is
 * PostGIS's type; `metric`, or NULL, is the one that routes will be asked for; segments
 * that `profile` (NULL: none) may not use are as if they were closed.  PT404 if the
 * world, or the timeline in it, is not there for the caller; 54000 if more are equally near
 * than timevmaps.graph_memory holds.  `what_if`: what is supposed of the timeline, as tv_suppose() has it, or NULL.
 */
extern void tv_snap_find(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if, TvPosition at,
						 TvSnapTo to, const char *metric, const TvProfile *profile, Oid geometry, TvSnaps *found);

/*
 * The same with what a caller supposes, not held against the rows yet, and a profile by its name, or (NULL) by the world's
 * default; PT404 where the timeline has none of the name.
 */
extern void tv_snap_find_named(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if, TvPosition at,
							   TvSnapTo to, const char *metric, const char *profile, Oid geometry, TvSnaps *found);

/* The same of any segments, where the chain has been found already (chain.h). */
extern void tv_snap_find_on(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain, TvPosition at, Oid geometry, TvSnaps *found);

/*
 * A segment by its id, at a fraction of its course from a to b, 0 to 1, into `found`; none where the
 * timeline does not have it open.  `at` is what the distance is measured from.  Otherwise as tv_snap_find().
 */
extern void tv_snap_spot(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if, int64 segment_id, double fraction,
						 TvPosition at, const TvProfile *profile, Oid geometry, TvSnaps *found);

#endif							/* TV_ROUTE_SNAP_H */
