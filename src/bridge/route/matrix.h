/*
 * matrix.h: the least costs from places to places.
 */
#ifndef TV_ROUTE_MATRIX_H
#define TV_ROUTE_MATRIX_H

#include "postgres.h"

#include "bridge/server/env.h"

/*
 * A matrix of least costs from places to places on one timeline; costs[o * dest_count + d]
 * is infinite where no way leads there.  metric NULL: the world's clock.
 */
extern double *tv_route_matrix(TvEnv *env, int64 world_id, int64 timeline_id, const char *metric,
							   const int64 *origins, uint32 origin_count,
							   const int64 *dests, uint32 dest_count);

#endif							/* TV_ROUTE_MATRIX_H */
