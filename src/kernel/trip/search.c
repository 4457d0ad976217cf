/*
 * search.c: an order of many stops, made better step by step: stretches of up to three stops go elsewhere, turned
 * round or not (Or 1976), and stretches of any length are turned round (Croes 1958), each weighed over an asymmetric
 * matrix; from an order that none of it makes better two neighbouring stretches change places, and it begins again.
 *
 * A stretch of the order is a Piece: what it takes, how much of it is lateness, and when it may begin (Vidal, Crainic,
 * Gendreau and Prins, "A hybrid genetic algorithm with adaptive diversity management for a large class of vehicle
 * routing problems with time-windows", Computers & OR 40, 2013).  Two that follow each other are joined in constant time,
 * and so is each change weighed.  To be late, and to go where no way leads, is allowed on the way, at a price.
 *
 * Everything is scaled by a power of two, so that the largest number is at most 1.  What is random comes from a
 * constant seed, and how long it goes on is counted in pieces joined: the answer is the same on any machine.
 */
#include <string.h>

#include "kernel/rng.h"
#include "kernel/trip/parts.h"

#define LONGEST 3				/* stops that go elsewhere together */
#define STRETCH 30				/* stops that change places at most, each side */
#define PATIENCE 100			/* times without an order that is possible, until lateness costs twice as much */
#define LATE_LEAST 8.0
#define LATE_MOST 4096.0
#define TRAVEL_WORTH 1e-7		/* of a second of travel beside a second of the end */
#define NO_GAIN 1e-12
#define SEED 52

typedef struct Piece
{
	double		travel;
	double		duration;		/* waiting, which cannot be avoided, and services included */
	double		warp;			/* lateness */
	double		early;			/* it begins at the earliest, without waiting more */
	double		late;			/* and at the latest, without being later */
	uint32_t	first;			/* nodes */
	uint32_t	last;
} Piece;

/* A node is a stop; where the trip is closed, node trip->count is the return. */
typedef struct Search
{
	TvmEnv	   *env;
	const TvmTrip *trip;
	uint32_t	count;			/* nodes */
	uint32_t	low;			/* positions that can change, both ends included; high < low: none */
	uint32_t	high;
	bool		timed;
	double	   *cost;			/* [from * count + to], scaled */
	Piece	   *alone;			/* each node */
	uint32_t   *order;			/* the order, and when it was last good, and the best that is possible */
	uint32_t   *current;
	uint32_t   *best;
	TvmTripOrder best_walk;
	Piece	   *ahead;			/* [0 .. i] of the order */
	Piece	   *rest;			/* [i .. count - 1] */
	uint32_t   *queue;			/* nodes to be looked at, a ring */
	uint32_t	queue_first;
	uint32_t	queue_count;
	bool	   *queued;
	double		late_cost;
	double		value;			/* of the order */
	uint64_t	steps;			/* left */
	TvmRng		rng;
} Search;

/* Pieces -------------------------------------------------------------------- */

static inline Piece
join(Search *search, const Piece *a, const Piece *b)
{
	double		cost = search->cost[(size_t) a->last * search->count + b->first];
	Piece		both = {.travel = a->travel + cost + b->travel, .first = a->first, .last = b->last};

	search->steps -= search->steps > 0;
	if (search->timed)
	{
		double		apart = a->duration - a->warp + cost;
		double		wait = b->early - apart - a->late;
		double		warp = a->early + apart - b->late;

		wait = wait > 0 ? wait : 0;
		warp = warp > 0 ? warp : 0;
		both.duration = a->duration + cost + b->duration + wait;
		both.warp = a->warp + b->warp + warp;
		both.early = (b->early - apart > a->early ? b->early - apart : a->early) - wait;
		both.late = (b->late - apart < a->late ? b->late - apart : a->late) + warp;
	}
	return both;
}

static inline double
value_of(const Search *search, const Piece *whole)
{
	if (!search->timed)
		return whole->travel;
	return whole->duration - whole->warp + search->late_cost * whole->warp + TRAVEL_WORTH * whole->travel;
}

/* Of a piece and what stands from a position on, which may be nothing. */
static inline double
value_with_rest(Search *search, const Piece *piece, uint32_t position)
{
	Piece		whole;

	if (position == search->count)
		return value_of(search, piece);
	whole = join(search, piece, &search->rest[position]);
	return value_of(search, &whole);
}

static inline const Piece *
alone(const Search *search, uint32_t position)
{
	return &search->alone[search->order[position]];
}

/* Add the order up anew. */
static void
add_up(Search *search)
{
	uint32_t	last = search->count - 1;

	search->ahead[0] = *alone(search, 0);
	for (uint32_t i = 1; i <= last; i++)
		search->ahead[i] = join(search, &search->ahead[i - 1], alone(search, i));
	search->rest[last] = *alone(search, last);
	for (uint32_t i = last; i-- > 0;)
		search->rest[i] = join(search, alone(search, i), &search->rest[i + 1]);
	search->value = value_of(search, &search->ahead[last]);
}

/* Changes ------------------------------------------------------------------- */

static void
look_at(Search *search, uint32_t position)
{
	uint32_t	node;

	if (position < search->low || position > search->high)
		return;
	node = search->order[position];
	if (search->queued[node])
		return;
	search->queued[node] = true;
	search->queue[(search->queue_first + search->queue_count++) % search->count] = node;
}

static void
turn_round(uint32_t *order, uint32_t from, uint32_t to)
{
	for (; from < to; from++, to--)
	{
		uint32_t	node = order[from];

		order[from] = order[to];
		order[to] = node;
	}
}

/* What stands in [first, middle) and in [middle, end) change places. */
static void
change_places(uint32_t *order, uint32_t first, uint32_t middle, uint32_t end)
{
	turn_round(order, first, middle - 1);
	turn_round(order, middle, end - 1);
	turn_round(order, first, end - 1);
}

/* The order has changed in [from, to]. */
static void
changed(Search *search, uint32_t from, uint32_t to)
{
	add_up(search);
	look_at(search, from - 1);
	look_at(search, from);
	look_at(search, to);
	look_at(search, to + 1);
}

static bool
gains(const Search *search, double value)
{
	return value < search->value - NO_GAIN * (1 + fabs(search->value));
}

/* Turn round what begins or ends at a position. */
static bool
try_turns(Search *search, uint32_t at)
{
	Piece		turned = *alone(search, at);

	for (uint32_t j = at + 1; j <= search->high; j++)
	{
		Piece		piece;

		turned = join(search, alone(search, j), &turned);
		piece = join(search, &search->ahead[at - 1], &turned);
		if (!gains(search, value_with_rest(search, &piece, j + 1)))
			continue;
		turn_round(search->order, at, j);
		changed(search, at, j);
		return true;
	}
	turned = *alone(search, at);
	for (uint32_t i = at; i-- > search->low;)
	{
		Piece		piece;

		turned = join(search, &turned, alone(search, i));
		piece = join(search, &search->ahead[i - 1], &turned);
		if (!gains(search, value_with_rest(search, &piece, at + 1)))
			continue;
		turn_round(search->order, i, at);
		changed(search, i, at);
		return true;
	}
	return false;
}

/* The stops [from, from + length) go behind what stands at a position after them, or before them. */
static bool
try_behind(Search *search, uint32_t from, uint32_t length, const Piece *moved, bool turn)
{
	uint32_t	next = from + length;
	Piece		piece = search->ahead[from - 1];

	for (uint32_t j = next; j <= search->high; j++)
	{
		Piece		with;

		piece = join(search, &piece, alone(search, j));
		with = join(search, &piece, moved);
		if (!gains(search, value_with_rest(search, &with, j + 1)))
			continue;
		if (turn)
			turn_round(search->order, from, next - 1);
		change_places(search->order, from, next, j + 1);
		look_at(search, j - length);
		look_at(search, j + 1 - length);
		changed(search, from, j);
		return true;
	}
	return false;
}

static bool
try_before(Search *search, uint32_t from, uint32_t length, const Piece *moved, bool turn)
{
	uint32_t	next = from + length;
	Piece		between;

	for (uint32_t j = from; j-- > search->low;)
	{
		Piece		piece = join(search, &search->ahead[j - 1], moved);

		between = j + 1 == from ? *alone(search, j) : join(search, alone(search, j), &between);
		piece = join(search, &piece, &between);
		if (!gains(search, value_with_rest(search, &piece, next)))
			continue;
		if (turn)
			turn_round(search->order, from, next - 1);
		change_places(search->order, j, from, next);
		look_at(search, j + length - 1);
		look_at(search, j + length);
		changed(search, j, next - 1);
		return true;
	}
	return false;
}

static bool
try_moves(Search *search, uint32_t from)
{
	Piece		moved = *alone(search, from);
	Piece		turned = moved;

	for (uint32_t length = 1; length <= LONGEST && from + length - 1 <= search->high; length++)
	{
		if (length > 1)
		{
			moved = join(search, &moved, alone(search, from + length - 1));
			turned = join(search, alone(search, from + length - 1), &turned);
		}
		if (try_behind(search, from, length, &moved, false) || try_before(search, from, length, &moved, false))
			return true;
		if (length > 1 &&
			(try_behind(search, from, length, &turned, true) || try_before(search, from, length, &turned, true)))
			return true;
	}
	return false;
}

static uint32_t
position_of(const Search *search, uint32_t node)
{
	uint32_t	position = search->low;

	while (search->order[position] != node)
		position++;
	return position;
}

/* Until nothing in the queue gains. */
static TvmStatus
descend(Search *search)
{
	while (search->queue_count > 0 && search->steps > 0)
	{
		uint32_t	node = search->queue[search->queue_first];
		uint32_t	position = position_of(search, node);

		if (tvm_cancelled(search->env))
			return TVM_CANCELLED;
		if (try_turns(search, position) || try_moves(search, position))
			continue;
		search->queue_first = (search->queue_first + 1) % search->count;
		search->queue_count--;
		search->queued[node] = false;
	}
	return TVM_OK;
}

/* The whole ----------------------------------------------------------------- */

static void
copy_order(const Search *search, uint32_t *to, const uint32_t *from)
{
	memcpy(to, from, sizeof(uint32_t) * search->count);
}

/* Remember the order if it is possible, and better than what is. */
static bool
keep_best(Search *search)
{
	TvmTripOrder walk = tvm_trip_walk(search->trip, search->order);

	if (!tvm_trip_better(&walk, &search->best_walk))
		return false;
	search->best_walk = walk;
	copy_order(search, search->best, search->order);
	return true;
}

static uint32_t
below(Search *search, uint32_t bound)
{
	return tvm_rng_u32(&search->rng) % bound;
}

static void
shake(Search *search)
{
	uint32_t	free = search->high - search->low + 1;
	uint32_t	most = free / 2 < STRETCH ? free / 2 : STRETCH;
	uint32_t	left = 1 + below(search, most);
	uint32_t	right = 1 + below(search, most);
	uint32_t	first = search->low + below(search, free - left - right + 1);

	change_places(search->order, first, first + left, first + left + right);
	look_at(search, first + right - 1);
	look_at(search, first + right);
	changed(search, first, first + left + right - 1);
}

/* The stops from the first, each time the nearest that is left. */
static void
go_nearest(Search *search)
{
	uint32_t   *order = search->order;

	for (uint32_t i = search->low; i < search->high; i++)
	{
		const double *costs = search->cost + (size_t) order[i - 1] * search->count;
		uint32_t	nearest = i;
		uint32_t	node;

		for (uint32_t j = i + 1; j <= search->high; j++)
			if (costs[order[j]] < costs[order[nearest]])
				nearest = j;
		node = order[i];
		order[i] = order[nearest];
		order[nearest] = node;
	}
}

/* The stops by when their windows close; those that close together by number. */
static void
go_by_closing(Search *search)
{
	uint32_t   *order = search->order;

	for (uint32_t i = search->low + 1; i <= search->high; i++)
	{
		uint32_t	node = order[i];
		uint32_t	j = i;

		for (; j > search->low && search->alone[order[j - 1]].late > search->alone[node].late; j--)
			order[j] = order[j - 1];
		order[j] = node;
	}
}

/* Begin with the best of the given order and of some that suggest themselves. */
static void
begin(Search *search)
{
	double		least;

	add_up(search);
	least = search->value;
	copy_order(search, search->current, search->order);
	for (int i = 0; i < 1 + search->timed; i++)
	{
		copy_order(search, search->order, search->best);
		(i == 0 ? go_nearest : go_by_closing)(search);
		add_up(search);
		if (search->value >= least)
			continue;
		least = search->value;
		copy_order(search, search->current, search->order);
	}
	copy_order(search, search->order, search->current);
	add_up(search);
	(void) keep_best(search);
	for (uint32_t i = search->low; i <= search->high; i++)
		look_at(search, i);
}

static TvmStatus
run(Search *search)
{
	TvmStatus	status;
	uint32_t	in_vain = 0;

	begin(search);
	status = descend(search);
	(void) keep_best(search);
	copy_order(search, search->current, search->order);
	while (status == TVM_OK && search->steps > 0 && search->high - search->low >= 3)
	{
		double		before = search->value;

		shake(search);
		status = descend(search);
		(void) keep_best(search);
		if (search->value <= before)
			copy_order(search, search->current, search->order);
		else
			copy_order(search, search->order, search->current);
		if (!search->best_walk.found && ++in_vain % PATIENCE == 0 && search->late_cost < LATE_MOST)
			search->late_cost *= 2;
		add_up(search);
	}
	return status;
}

/* Memory and scale ----------------------------------------------------------- */

static double
larger_finite(double a, double b)
{
	return b < INFINITY && b > a ? b : a;
}

/* A power of two that nothing exceeds. */
static double
scale_of(const TvmTrip *trip)
{
	double		most = 0;
	int			exponent;

	for (size_t i = 0; i < trip->count * trip->count; i++)
		most = larger_finite(most, trip->cost[i]);
	for (uint32_t i = 0; i < trip->count; i++)
	{
		most = larger_finite(most, tvm_trip_service(trip, i));
		most = larger_finite(most, tvm_trip_opens(trip, i));
		most = larger_finite(most, tvm_trip_closes(trip, i));
	}
	if (most == 0)
		return 1;
	(void) frexp(most, &exponent);
	return ldexp(1, exponent < 1023 ? exponent : 1023);
}

static void
fill(Search *search)
{
	const TvmTrip *trip = search->trip;
	double		scale = scale_of(trip);
	double		no_way = 4.0 * search->count;

	for (uint32_t i = 0; i < search->count; i++)
		for (uint32_t j = 0; j < search->count; j++)
		{
			double		cost = trip->cost[(i % trip->count) * trip->count + j % trip->count];

			search->cost[(size_t) i * search->count + j] = cost < INFINITY ? cost / scale : no_way;
		}
	for (uint32_t i = 0; i < search->count; i++)
		search->alone[i] = i == trip->count ? (Piece) {.late = INFINITY, .first = i, .last = i} : (Piece)
	{
		.duration = tvm_trip_service(trip, i) / scale,
			.early = tvm_trip_opens(trip, i) / scale,
			.late = tvm_trip_closes(trip, i) * (1 + TVM_TRIP_LATE) / scale,
			.first = i,
			.last = i
	};
	/* One begins there at 0, and waits. */
	search->alone[0].duration += search->alone[0].early;
	search->alone[0].early = search->alone[0].late = 0;
}

static bool
take_memory(Search *search)
{
	TvmEnv	   *env = search->env;
	uint32_t	count = search->count;

	search->cost = tvm_alloc(env, (size_t) count * count, sizeof(double));
	search->alone = tvm_alloc(env, count, sizeof(Piece));
	search->ahead = tvm_alloc(env, count, sizeof(Piece));
	search->rest = tvm_alloc(env, count, sizeof(Piece));
	search->order = tvm_alloc(env, count, sizeof(uint32_t));
	search->current = tvm_alloc(env, count, sizeof(uint32_t));
	search->best = tvm_alloc(env, count, sizeof(uint32_t));
	search->queue = tvm_alloc(env, count, sizeof(uint32_t));
	search->queued = tvm_alloc_zero(env, count, sizeof(bool));
	return search->cost != NULL && search->alone != NULL && search->ahead != NULL && search->rest != NULL &&
		search->order != NULL && search->current != NULL && search->best != NULL && search->queue != NULL &&
		search->queued != NULL;
}

static void
give_memory_back(Search *search)
{
	TvmEnv	   *env = search->env;

	tvm_free(env, search->cost);
	tvm_free(env, search->alone);
	tvm_free(env, search->ahead);
	tvm_free(env, search->rest);
	tvm_free(env, search->order);
	tvm_free(env, search->current);
	tvm_free(env, search->best);
	tvm_free(env, search->queue);
	tvm_free(env, search->queued);
}

TvmStatus
tvm_trip_search(TvmEnv *env, const TvmTrip *trip, uint64_t steps, uint32_t *order)
{
	Search		search = {
		.env = env, .trip = trip, .count = (uint32_t) trip->count + trip->closed, .low = 1,
		.high = (uint32_t) trip->count - 1 - trip->fixed_end,
		.timed = trip->opens != NULL || trip->closes != NULL, .late_cost = LATE_LEAST, .steps = steps
	};
	TvmStatus	status = TVM_NOMEM;

	if (search.high < search.low + 1)
		return TVM_OK;
	tvm_rng_init(&search.rng, SEED, 0);
	if (take_memory(&search))
	{
		fill(&search);
		for (uint32_t i = 0; i < trip->count; i++)
			search.order[i] = order[i];
		if (trip->closed)
			search.order[trip->count] = (uint32_t) trip->count;
		copy_order(&search, search.best, search.order);
		search.best_walk = tvm_trip_walk(trip, order);
		status = run(&search);
		if (status == TVM_OK)
			memcpy(order, search.best, sizeof(uint32_t) * trip->count);
	}
	give_memory_back(&search);
	return status;
}
