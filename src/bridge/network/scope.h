/*
 * scope.h: which worlds, timelines and gateways a route depends on: the first step of
 * loading rows (rows.h).  Between SPI_connect() and SPI_finish().
 */
#ifndef TV_NETWORK_SCOPE_H
#define TV_NETWORK_SCOPE_H

#include "postgres.h"

#include "bridge/network/rows.h"

/*
 * Worlds, timelines and gateways, and what is supposed (NULL: nothing) of the origin's timeline.  PT404 if the world, the origin's timeline in
 * it, or the destination's timeline in any world is not there for the caller.
 */
extern TvRows *tv_load_scope(TvEnv *env, int64 world_id, int64 timeline_id, int64 dest_timeline_id, const TvWhatIf *what_if);

/* The same with every timeline that can be reached from the origin's, for who asks where one can get to. */
extern TvRows *tv_load_reach(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if);

#endif							/* TV_NETWORK_SCOPE_H */
