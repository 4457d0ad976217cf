/*
 * trip.h: in which order to visit stops: the travelling salesman's problem over an asymmetric
 * matrix of costs, with a fixed first stop, and with services and time windows.
 *
 * A trip begins at stop 0 at time 0.  At a stop one waits until its window opens, is late where it has closed
 * when service would begin, and leaves when service is over; the end of a trip is when its last
 * service is over, or, where it is closed, when one is back at stop 0.  Without windows that is the sum of costs
 * and services, which need then not be seconds.
 *
 * The kernel reads a trip and owns none of it.
 */
#ifndef TVM_TRIP_H
#define TVM_TRIP_H

#include "kernel/tvm.h"

#define TVM_TRIP_EXACT 15		/* stops up to which the best order is found for certain */
#define TVM_TRIP_MOST 1000		/* stops that are ordered at all */

/* One is late who is later than this part of the moment: two sums of the same way differ by rounding. */
#define TVM_TRIP_LATE 1e-9

typedef struct TvmTrip
{
	size_t		count;
	const double *cost;			/* [from * count + to], >= 0; INFINITY: no way */
	const double *service;		/* of each stop, finite and >= 0; NULL: none */
	const double *opens;		/* finite and >= 0; NULL: windows have no begin */
	const double *closes;		/* >= 0, INFINITY: never; NULL: windows have no end */
	bool		closed;			/* it returns to stop 0 */
	bool		fixed_end;		/* the last stop is visited last (before it returns) */
} TvmTrip;

typedef struct TvmTripOrder
{
	bool		found;			/* false: there is none, or (not exact) none was found */
	bool		exact;			/* there is no better one, for certain */
	double		end;
	double		travel;			/* the sum of the costs alone */
} TvmTripOrder;

/* When a trip in this order ends; found says whether there is a way, and nobody is late. */
extern TvmTripOrder tvm_trip_walk(const TvmTrip *trip, const uint32_t *order);

/*
 * The order that ends first; of those that end equally early one with little travel.  order[count] begins with 0.
 * Costs are rounded to 40 bits, so that what costs the same one way and the other is equal however it was summed.
 * The answer is a function of the trip alone.  TVM_LIMIT, TVM_NOMEM, TVM_CANCELLED.
 */
extern TvmStatus tvm_trip_solve(TvmEnv *env, const TvmTrip *trip, uint32_t *order, TvmTripOrder *result);

#endif							/* TVM_TRIP_H */
