/*
 * prepared_snap.h: which segments without a course may be the nearest to a position.
 *
 * They run straight from place to place and are in no index of PostGIS's, but the
 * prepared graph has their ends.
 */
#ifndef TV_ROUTE_PREPARED_SNAP_H
#define TV_ROUTE_PREPARED_SNAP_H

#include "postgres.h"

#include "bridge/server/ids.h"
#include "bridge/geo/polyline.h"
#include "bridge/network/network.h"
#include "bridge/route/snap/component.h"

/*
 * Add to `named` the ids of segments among which are all those without a course that are open on a
 * timeline and nearest to a position, if they are no farther than `within`
 * (radians); others too, so the rows must be asked about each.  chain: the
 * timeline and its ancestors, upwards; what_if: what is supposed of it, or NULL; component: only segments in it, or NULL.  False where the prepared graph cannot say.
 * Between SPI_connect() and SPI_finish(), not within a query on prepared graphs.
 */
extern bool tv_prepared_straight(TvEnv *env, int64 world_id, const TvmWorldRules *rules,
								 const TvIds *chain, const TvWhatIf *what_if, const TvProfile *profile,
								 TvMetric metric, const TvComponent *component,
								 TvPosition at, double within, TvIds *named);

#endif							/* TV_ROUTE_PREPARED_SNAP_H */
