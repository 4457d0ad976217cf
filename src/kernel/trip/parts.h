/*
 * parts.h: what the parts of the search for an order share: walk.c, which adds an order up, exact.c
 * and search.c, which find one, and trip.c, which asks them.
 */
#ifndef TVM_TRIP_PARTS_H
#define TVM_TRIP_PARTS_H

#include <math.h>

#include "kernel/trip/trip.h"

static inline double
tvm_trip_service(const TvmTrip *trip, uint32_t stop)
{
	return trip->service == NULL ? 0 : trip->service[stop];
}

static inline double
tvm_trip_opens(const TvmTrip *trip, uint32_t stop)
{
	return trip->opens == NULL ? 0 : trip->opens[stop];
}

static inline double
tvm_trip_closes(const TvmTrip *trip, uint32_t stop)
{
	return trip->closes == NULL ? INFINITY : trip->closes[stop];
}

/* When one leaves a stop who arrives then; INFINITY who is late. */
static inline double
tvm_trip_leave(const TvmTrip *trip, uint32_t stop, double arrive)
{
	double		begin = fmax(arrive, tvm_trip_opens(trip, stop));

	if (begin > tvm_trip_closes(trip, stop) * (1 + TVM_TRIP_LATE))
		return INFINITY;
	return begin + tvm_trip_service(trip, stop);
}

/* Whether one order is to be taken rather than another: it ends earlier, or as early with less travel. */
extern bool tvm_trip_better(const TvmTripOrder *a, const TvmTripOrder *b);

/* The order that ends first, by dynamic programming over sets. */
extern TvmStatus tvm_trip_exact(TvmEnv *env, const TvmTrip *trip, uint32_t *order);

/*
 * Make an order better by local search; with so many steps at most, from one local optimum to others.
 * On return `order` is the best that was seen, and the one given if none was better.
 */
extern TvmStatus tvm_trip_search(TvmEnv *env, const TvmTrip *trip, uint64_t steps, uint32_t *order);

#endif							/* TVM_TRIP_PARTS_H */
