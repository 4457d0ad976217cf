/*
 * matrix.h: the least costs from places to places.
 */
#ifndef TV_ROUTE_MATRIX_H
#define TV_ROUTE_MATRIX_H

#include "postgres.h"

#include "bridge/route/question.h"

/*
 * A matrix of least costs from places on the request's timeline to places on the one where it ends;
 * costs[o * dest_count + d] is infinite where no way leads there.  Its own two places do not matter.
 * Errors: those of tv_question_ask().
 */
extern double *tv_route_matrix(TvEnv *env, const TvRouteRequest *request,
							   const int64 *origins, uint32 origin_count,
							   const int64 *dests, uint32 dest_count);

#endif							/* TV_ROUTE_MATRIX_H */
