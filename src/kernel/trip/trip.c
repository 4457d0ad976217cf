/*
 * trip.c: the best order of a trip's stops: exact where they are few, else searched for; see trip.h.
 */
#include "kernel/trip/parts.h"

#define SEARCH_STEPS 60000000	/* about a third of a second */
#define POLISH_STEPS 1000000

/* To 40 bits. */
static double
round_cost(double cost)
{
	int			exponent;
	double		mantissa;

	if (!(cost < INFINITY))
		return INFINITY;
	mantissa = frexp(cost, &exponent);
	return ldexp(rint(ldexp(mantissa, 40)), exponent - 40);
}

/* The order that was found, unless another is better. */
static TvmStatus
search(TvmEnv *env, const TvmTrip *trip, uint32_t *order, TvmTripOrder *result)
{
	TvmStatus	status = TVM_OK;
	bool		exact = trip->count <= TVM_TRIP_EXACT;

	for (uint32_t i = 0; i < trip->count; i++)
		order[i] = i;
	if (exact)
		status = tvm_trip_exact(env, trip, order);
	*result = tvm_trip_walk(trip, order);
	/* Waiting leaves many orders that end at the same moment, some of which wander about meanwhile. */
	if (status == TVM_OK && (!exact || (result->found && trip->opens != NULL)))
		status = tvm_trip_search(env, trip, exact ? POLISH_STEPS : SEARCH_STEPS, order);
	*result = tvm_trip_walk(trip, order);
	result->exact = exact;
	return status;
}

TvmStatus
tvm_trip_solve(TvmEnv *env, const TvmTrip *trip, uint32_t *order, TvmTripOrder *result)
{
	TvmTrip		rounded = *trip;
	size_t		pairs = trip->count * trip->count;
	double	   *cost;
	TvmStatus	status;

	*result = (TvmTripOrder) {.found = false};
	if (trip->count > TVM_TRIP_MOST)
		return tvm_fail(env, TVM_LIMIT, "too many stops for the best order", NULL,
						"There are %zu; at most %d are ordered.", trip->count, TVM_TRIP_MOST);
	if (trip->count == 0)
		return TVM_OK;
	cost = tvm_alloc(env, pairs, sizeof(double));
	if (cost == NULL)
		return TVM_NOMEM;
	for (size_t i = 0; i < pairs; i++)
		cost[i] = round_cost(trip->cost[i]);
	rounded.cost = cost;
	rounded.fixed_end = trip->fixed_end && trip->count > 1;
	status = search(env, &rounded, order, result);
	tvm_free(env, cost);
	return status;
}
