/*
 * prepared_point_route.h: routes from and to positions between places, from prepared graphs.
 */
#ifndef TV_ROUTE_PREPARED_POINT_ROUTE_H
#define TV_ROUTE_PREPARED_POINT_ROUTE_H

#include "postgres.h"

#include "bridge/route/question.h"
#include "bridge/route/snap/snapped.h"

/* The nearest segments of both positions, and where on them; or a place. */
typedef struct TvSnappedEnds
{
	int64		from_place;		/* 0: no place */
	int64		to_place;
	TvSnaps		from;
	TvSnaps		to;
} TvSnappedEnds;

/* The best route between the ends, without its totals; false where they cannot say: then the rows are split. */
extern bool tv_prepared_point_route(TvQuestion *question, const TvSnappedEnds *ends);

#endif							/* TV_ROUTE_PREPARED_POINT_ROUTE_H */
