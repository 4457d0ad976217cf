/*
 * matrix.h: the least costs from places to places.
 */
#ifndef TV_ROUTE_MATRIX_H
#define TV_ROUTE_MATRIX_H

#include "postgres.h"

#include "bridge/route/question.h"

/*
 * A matrix of least costs from places to places on one timeline; costs[o * dest_count + d]
 * is infinite where no way leads there.  The request says which timeline and what else, its
 * destination's being the same, and no places.
 */
extern double *tv_route_matrix(TvEnv *env, const TvRouteRequest *request,
							   const int64 *origins, uint32 origin_count,
							   const int64 *dests, uint32 dest_count);

#endif							/* TV_ROUTE_MATRIX_H */
