/*
 * point_route.h: routes from and to positions between places.
 *
 * Each is put on the nearest open segments of its timeline (snap.h), or where it is known to be on
 * one; these are split there: a place of no row, and parts of segments, in that
 * timeline only.  An end may be a place, too.  The rest is as for any route.
 */
#ifndef TV_ROUTE_POINT_ROUTE_H
#define TV_ROUTE_POINT_ROUTE_H

#include "postgres.h"

#include "bridge/route/question.h"
#include "bridge/route/prepared/steps.h"
#include "bridge/route/snap/snap.h"

/* Where a route is to begin or end: the first of these that is said. */
typedef struct TvEndPoint
{
	bool		nowhere;		/* there is no route */
	int64		place_id;		/* 0: none */
	int64		segment_id;		/* 0: none; where the timeline has it open, at this fraction of it */
	double		fraction;		/* from a to b */
	TvPosition	at;
} TvEndPoint;

typedef struct TvPointRequest
{
	int64		world_id;
	int64		timeline_id;
	int64		dest_timeline_id;
	TvEndPoint	from;
	TvEndPoint	to;
	const char *metric;			/* as of TvRouteRequest, with the next two */
	const char *profile;
	const TvWhatIf *what_if;
	TvSnapTo	snap_to;		/* both, each on its own timeline */
} TvPointRequest;

/* Where the route leaves or enters the network. */
typedef struct TvRouteEnd
{
	int64		segment_id;		/* 0: a place, and a gateway or nothing beside it */
	double		fraction;		/* from a to b */
	double		distance_m;		/* from the position that was asked for to the segment; not part of the route */
} TvRouteEnd;

typedef struct TvPointRoute
{
	TvRoute    *route;			/* ends that are no places have the place 0; steps on parts of segments have those segments' ids */
	TvRouteEnd	from;
	TvRouteEnd	to;
} TvPointRoute;

/*
 * NULL where there is no open segment or no way.  `geometry` is PostGIS's type.
 * From a place to itself the route has one step.  Everything lies in the memory of the environment.  Errors as tv_route_find().
 */
extern TvPointRoute *tv_point_route_find(TvEnv *env, const TvPointRequest *request, Oid geometry);

#endif							/* TV_ROUTE_POINT_ROUTE_H */
