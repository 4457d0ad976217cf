/*
 * isochrone_area.h: what can be reached from a place within some costs, as areas around it.
 */
#ifndef TV_ROUTE_ISOCHRONE_AREA_H
#define TV_ROUTE_ISOCHRONE_AREA_H

#include "postgres.h"

#include "bridge/network/metric.h"
#include "bridge/route/area_field.h"
#include "bridge/route/question.h"

typedef struct TvIsochroneArea
{
	TvMetric	metric;
	double		radius_m;		/* of the world */
	TvField		field;
	uint32		reached_count;
	double	   *reached;		/* what places cost, ascending, as far as the largest limit */
} TvIsochroneArea;

/*
 * The area of the request's timeline as far as the largest of its limits, >= 0.  `geometry` is PostGIS's type.  Errors: as
 * tv_isochrone_find().
 */
extern TvIsochroneArea *tv_isochrone_area_find(TvEnv *env, const TvRouteRequest *request, double limit, Oid geometry);

/* What of it a limit, at most that one, takes in: how many places, how large it is, and a MULTIPOLYGON in the current context. */
typedef struct TvIsochroneRing
{
	uint32		places;
	double		area_m2;
	Datum		geom;
} TvIsochroneRing;

extern void tv_isochrone_area_at(TvIsochroneArea *area, double limit, Oid geometry, TvIsochroneRing *ring);

#endif							/* TV_ROUTE_ISOCHRONE_AREA_H */
