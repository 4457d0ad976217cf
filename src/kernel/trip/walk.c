/*
 * walk.c: an order, added up stop by stop; see trip.h.
 */
#include "kernel/trip/parts.h"

TvmTripOrder
tvm_trip_walk(const TvmTrip *trip, const uint32_t *order)
{
	TvmTripOrder walk = {.end = tvm_trip_leave(trip, order[0], 0)};

	for (size_t i = 1; i < trip->count; i++)
	{
		double		cost = trip->cost[(size_t) order[i - 1] * trip->count + order[i]];

		walk.travel += cost;
		walk.end = tvm_trip_leave(trip, order[i], walk.end + cost);
	}
	if (trip->closed)
	{
		double		cost = trip->cost[(size_t) order[trip->count - 1] * trip->count + order[0]];

		walk.travel += cost;
		walk.end += cost;
	}
	walk.found = walk.end < INFINITY;
	return walk;
}

bool
tvm_trip_better(const TvmTripOrder *a, const TvmTripOrder *b)
{
	if (a->found != b->found)
		return a->found;
	return a->end < b->end || (a->end == b->end && a->travel < b->travel);
}
