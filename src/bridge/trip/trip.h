/*
 * trip.h: trips: a way through several stops, in their order or in the best one, with services and time
 * windows, leg by leg.
 *
 * A leg is the route from a stop to the next, as tv_route_find() finds it, so its totals are those of the route; each
 * begins at its place anew, whatever led there.  The best order is the kernel's (kernel/trip), over the costs that a matrix
 * tells between the stops of each two timelines.
 */
#ifndef TV_TRIP_TRIP_H
#define TV_TRIP_TRIP_H

#include "postgres.h"

#include "bridge/route/question.h"

typedef struct TvTripRequest
{
	TvRouteRequest route;		/* world, timeline and metric; its two places do not matter */
	uint32		count;			/* stops, at least one */
	const int64 *place_ids;
	const int64 *timeline_ids;
	bool		best;			/* in the best order; else in that which is given */
	bool		closed;			/* back to the first stop */
	bool		fixed_end;		/* the last stop stays the last */
	const double *service;		/* seconds, of each stop; NULL: none */
	const double *opens;		/* seconds from the beginning; NULL: no windows */
	const double *closes;
} TvTripRequest;

typedef struct TvTripStop
{
	uint32		stop;			/* index in the request */
	int64		world_id;
	const TvRoute *leg;			/* that leads there; NULL at the first */
	double		arrive;			/* seconds from the beginning */
	double		wait;
	double		service;
	double		leave;
	TvCost		so_far;			/* of the legs */
} TvTripStop;

typedef struct TvTrip
{
	TvMetric	metric;
	bool		exact;			/* no other order is better, for certain; where one was asked for */
	uint32		count;			/* one more than stops where it is closed */
	TvTripStop *stops;
} TvTrip;

/*
 * NULL where no way leads from a stop to the next, or where one would be late.  Seconds are those of the metric where that
 * is a clock, else of the clock of the first world's rules.  Everything lies in the memory of the environment.
 * Errors: those of tv_question_ask(); 22023 for windows where the metric is no clock; PT413 for too many stops.
 */
extern TvTrip *tv_trip_find(TvEnv *env, const TvTripRequest *request);

#endif							/* TV_TRIP_TRIP_H */
