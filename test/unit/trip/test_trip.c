/*
 * test_trip.c: the best order of stops against all orders, one by one; of more stops against a plain
 * search that gives up what is no better already; and how long an order takes to find.
 */
#include "unit.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "graph/random.h"
#include "kernel/trip/trip.h"

#define STOPS 60

/* A trip that owns its numbers. */
typedef struct RandomTrip
{
	TvmTrip		trip;
	double		cost[STOPS * STOPS];
	double		service[STOPS];
	double		opens[STOPS];
	double		closes[STOPS];
} RandomTrip;

static void
random_trip(TvmRng *rng, size_t count, RandomTrip *made)
{
	double		no_way = random_chance(rng, 0.5) ? random_between(rng, 0, 0.5) : 0;
	bool		whole = random_chance(rng, 0.5);
	double		wide = random_between(rng, 1, 60);

	memset(&made->trip, 0, sizeof(made->trip));
	for (size_t i = 0; i < count * count; i++)
	{
		made->cost[i] = whole ? random_below(rng, 10) : random_between(rng, 0, 10);
		if (i % (count + 1) == 0)
			made->cost[i] = 0;
		else if (random_chance(rng, no_way))
			made->cost[i] = INFINITY;
	}
	for (size_t i = 0; i < count; i++)
	{
		double		begin = random_chance(rng, 0.5) ? random_between(rng, 0, 5.0 * (double) count) : 0;

		made->service[i] = random_chance(rng, 0.5) ? random_between(rng, 0, 5) : 0;
		made->opens[i] = whole ? floor(begin) : begin;
		made->closes[i] = random_chance(rng, 0.4) ? INFINITY : made->opens[i] + random_between(rng, 0, wide);
	}
	made->trip.count = count;
	made->trip.cost = made->cost;
	made->trip.closed = random_chance(rng, 0.5);
	made->trip.fixed_end = random_chance(rng, 0.3);
	if (random_chance(rng, 0.5))
		made->trip.service = made->service;
	if (random_chance(rng, 0.5))
		made->trip.opens = made->opens;
	if (random_chance(rng, 0.5))
		made->trip.closes = made->closes;
}

/* The oracle: a clock that is walked on, stop by stop.  INFINITY: no such trip. */
static double
arrive(const RandomTrip *made, size_t at, size_t stop, double now)
{
	const TvmTrip *trip = &made->trip;

	if (stop != at)
		now += made->cost[at * trip->count + stop];
	if (trip->opens != NULL && now < made->opens[stop])
		now = made->opens[stop];
	if (trip->closes != NULL && now > made->closes[stop])
		return INFINITY;
	return trip->service != NULL ? now + made->service[stop] : now;
}

/* Try all that can come next; the least end of all. */
static double
try_all(const RandomTrip *made, bool *used, size_t done, size_t at, double now, bool give_up, double least)
{
	const TvmTrip *trip = &made->trip;
	double		end = now;

	if (now == INFINITY || (give_up && now >= least))
		return least;
	if (done == trip->count)
	{
		if (trip->closed && trip->count > 1)
			end += made->cost[at * trip->count];
		return end < least ? end : least;
	}
	for (size_t next = 1; next < trip->count; next++)
	{
		if (used[next] || (trip->fixed_end && next == trip->count - 1 && done != trip->count - 1))
			continue;
		used[next] = true;
		least = try_all(made, used, done + 1, next, arrive(made, at, next, now), give_up, least);
		used[next] = false;
	}
	return least;
}

static double
least_end(const RandomTrip *made, bool give_up)
{
	bool		used[STOPS] = {true};

	return try_all(made, used, 1, 0, arrive(made, 0, 0, 0), give_up, INFINITY);
}

/* An order has every stop once, the first first, and the last last if that is wanted. */
static bool
is_order(const TvmTrip *trip, const uint32_t *order)
{
	bool		seen[TVM_TRIP_MOST] = {false};

	for (size_t i = 0; i < trip->count; i++)
	{
		if (order[i] >= trip->count || seen[order[i]])
			return false;
		seen[order[i]] = true;
	}
	return order[0] == 0 && (!trip->fixed_end || order[trip->count - 1] == trip->count - 1);
}

/* When one ends who goes in this order. */
static double
end_of(const RandomTrip *made, const uint32_t *order)
{
	const TvmTrip *trip = &made->trip;
	double		now = arrive(made, 0, 0, 0);

	for (size_t i = 1; i < trip->count; i++)
		now = arrive(made, order[i - 1], order[i], now);
	if (trip->closed && trip->count > 1)
		now += made->cost[order[trip->count - 1] * trip->count];
	return now;
}

static void
compare(const RandomTrip *made, double wanted, bool exact)
{
	TvmEnv	   *env = unit_env();
	uint32_t	order[STOPS];
	TvmTripOrder found;

	CHECK(tvm_trip_solve(env, &made->trip, order, &found) == TVM_OK);
	CHECK(found.exact == exact);
	CHECK(found.found == (wanted < INFINITY));
	CHECK(is_order(&made->trip, order));
	if (found.found && wanted < INFINITY)
	{
		CHECK_NEAR(found.end, wanted, 1e-9 * (1 + wanted));
		CHECK_NEAR(end_of(made, order), wanted, 1e-9 * (1 + wanted));
	}
	CHECK(unit_env_live() == 0);
}

TEST(trips_to_nine_stops_end_as_early_as_the_best_of_all_orders)
{
	TvmRng		rng;
	RandomTrip	made;
	int			without = 0;

	tvm_rng_init(&rng, 1, 0);
	for (int i = 0; i < 3000; i++)
	{
		size_t		count = i % 100 == 0 ? 9 : 1 + random_below(&rng, 7);
		double		wanted;

		random_trip(&rng, count, &made);
		wanted = least_end(&made, false);
		without += wanted == INFINITY;
		compare(&made, wanted, true);
	}
	CHECK(without > 300 && without < 2000);
}

TEST(trips_to_twelve_stops_end_as_early_as_a_plain_search_finds)
{
	TvmRng		rng;
	RandomTrip	made;

	tvm_rng_init(&rng, 2, 0);
	for (int i = 0; i < 60; i++)
	{
		random_trip(&rng, 10 + i % 3, &made);
		compare(&made, least_end(&made, true), true);
	}
}

static double
seconds(void)
{
	return (double) clock() / CLOCKS_PER_SEC;
}

/* What is said about time holds without sanitizers, too; with them it is some times as long. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 12
#else
#define SLOWER 1
#endif

TEST(an_order_of_more_stops_is_searched_for_and_said_to_be)
{
	TvmRng		rng;
	RandomTrip	made;
	int			found_count = 0;

	tvm_rng_init(&rng, 3, 0);
	for (int i = 0; i < 6; i++)
	{
		size_t		count = TVM_TRIP_EXACT + 1 + random_below(&rng, 44);
		uint32_t	order[STOPS];
		uint32_t	again[STOPS];
		TvmTripOrder found;
		double		begun = seconds();

		random_trip(&rng, count, &made);
		CHECK(tvm_trip_solve(unit_env(), &made.trip, order, &found) == TVM_OK);
		CHECK(seconds() - begun < SLOWER);
		CHECK(!found.exact);
		CHECK(is_order(&made.trip, order));
		if (found.found)
			CHECK_NEAR(end_of(&made, order), found.end, 1e-9 * (1 + found.end));
		found_count += found.found;
		CHECK(tvm_trip_solve(unit_env(), &made.trip, again, &found) == TVM_OK);
		CHECK(memcmp(order, again, sizeof(uint32_t) * count) == 0);
		CHECK(unit_env_live() == 0);
	}
	CHECK(found_count >= 2);
}

/* Windows around the moments at which a certain order would be there. */
TEST(an_order_that_meets_narrow_windows_is_found)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 4, 0);
	for (int i = 0; i < 6; i++)
	{
		RandomTrip	made;
		double		now = 0;
		uint32_t	order[STOPS];
		TvmTripOrder found;

		random_trip(&rng, 40, &made);
		made.trip.closed = made.trip.fixed_end = false;
		made.trip.service = made.service;
		made.trip.opens = made.opens;
		made.trip.closes = made.closes;
		for (size_t stop = 0; stop < 40; stop++)
		{
			/* The order is by number turned round, the first but for. */
			size_t		here = stop == 0 ? 0 : 40 - stop;

			if (stop > 0)
			{
				size_t		before = stop == 1 ? 0 : here + 1;

				if (made.cost[before * 40 + here] == INFINITY)
					made.cost[before * 40 + here] = 4;
				now += made.cost[before * 40 + here];
			}
			made.opens[here] = random_chance(&rng, 0.5) ? 0 : fmax(0, now - random_between(&rng, 0, 30));
			made.closes[here] = now + random_between(&rng, 0, 30);
			now += made.service[here];
		}
		CHECK(tvm_trip_solve(unit_env(), &made.trip, order, &found) == TVM_OK);
		CHECK(found.found);
		CHECK(found.end <= now * (1 + 1e-9));
		CHECK(end_of(&made, order) < INFINITY);
	}
}

TEST(fifteen_stops_take_some_hundredths_of_a_second)
{
	TvmRng		rng;
	RandomTrip	made;
	uint32_t	order[STOPS];
	TvmTripOrder found;
	double		begun;

	tvm_rng_init(&rng, 5, 0);
	random_trip(&rng, TVM_TRIP_EXACT, &made);
	made.trip.fixed_end = false;
	begun = seconds();
	CHECK(tvm_trip_solve(unit_env(), &made.trip, order, &found) == TVM_OK);
	CHECK(found.exact);
	CHECK(seconds() - begun < 0.1 * SLOWER);
}

TEST(a_trip_of_too_many_stops_or_none_and_one_without_memory_or_patience)
{
	TvmEnv	   *env = unit_env();
	TvmTrip		many = {.count = TVM_TRIP_MOST + 1};
	TvmTrip		none = {.count = 0};
	TvmRng		rng;
	RandomTrip	made;
	uint32_t	order[STOPS];
	TvmTripOrder found;
	long		allocations;

	CHECK(tvm_trip_solve(env, &many, order, &found) == TVM_LIMIT);
	CHECK(tvm_trip_solve(env, &none, order, &found) == TVM_OK && !found.found);
	tvm_rng_init(&rng, 6, 0);
	for (int i = 0; i < 2; i++)
	{
		random_trip(&rng, i == 0 ? 10 : 20, &made);
		made.trip.opens = made.opens;
		env = unit_env();
		CHECK(tvm_trip_solve(env, &made.trip, order, &found) == TVM_OK);
		allocations = unit_env_allocations();
		for (long at = 1; at <= allocations; at++)
		{
			env = unit_env();
			unit_env_fail_at(at);
			CHECK(tvm_trip_solve(env, &made.trip, order, &found) == TVM_NOMEM);
			CHECK(unit_env_live() == 0);
		}
		for (long calls = 0; calls < 2; calls++)
		{
			env = unit_env();
			unit_env_cancel_after(calls);
			CHECK(tvm_trip_solve(env, &made.trip, order, &found) == TVM_CANCELLED);
			CHECK(unit_env_live() == 0);
		}
	}
}

/* Nothing but zeros, nothing but the largest numbers, nothing but ways that there are not. */
TEST(trips_of_odd_numbers_end)
{
	static const double odd[] = {0, 5e-324, 1, 1e308, INFINITY};

	for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++)
		for (size_t count = 1; count <= 18; count += 17)
		{
			RandomTrip	made = {.trip = {.count = count, .closed = true, .cost = made.cost, .closes = made.closes}};
			uint32_t	order[STOPS];
			TvmTripOrder found;

			for (size_t i = 0; i < count * count; i++)
				made.cost[i] = odd[k];
			for (size_t i = 0; i < count; i++)
				made.closes[i] = k % 2 == 0 ? INFINITY : 1e308;
			CHECK(tvm_trip_solve(unit_env(), &made.trip, order, &found) == TVM_OK);
			CHECK(is_order(&made.trip, order));
			CHECK(found.found == (odd[k] * (double) count < INFINITY) || odd[k] == 1e308 || count == 1);
		}
}
