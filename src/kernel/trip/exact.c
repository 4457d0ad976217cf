/*
 * exact.c: the best order of few stops, by dynamic programming over sets (Held and Karp, "A Dynamic
 * Programming Approach to Sequencing Problems", J. SIAM 10, 1962).
 *
 * Of all ways to have served a set of stops, the last of them being j, the one that leaves j first is kept.
 * That is right with windows, too: who leaves a stop earlier arrives no later at the next, for a leg takes the
 * same whenever it begins; and waiting, who arrives earlier leaves no later.  So whatever follows the one that
 * is kept, the same after another one ends no earlier, and is late wherever it would be.  Of equal ones the last that
 * is found is kept, so that stops with large numbers come late, and what is already in a best order stays so.
 *
 * 14 stops that can change places have 229,376 pairs of a set and a last stop, each with at most 13 that follow.
 */
#include "kernel/trip/parts.h"

/* The stops that can change places are 1 .. free; place k of a set is stop k + 1. */
typedef struct Sets
{
	const TvmTrip *trip;
	uint32_t	free;
	double	   *leave;			/* [set * free + last] */
	uint8_t    *previous;		/* the last one before */
} Sets;

static double
cost(const TvmTrip *trip, uint32_t from, uint32_t to)
{
	return trip->cost[(size_t) from * trip->count + to];
}

/* All that can follow a set with its last stop. */
static void
extend(Sets *sets, uint32_t set, uint32_t last)
{
	double		from = sets->leave[(size_t) set * sets->free + last];

	if (from == INFINITY)
		return;
	for (uint32_t k = 0; k < sets->free; k++)
	{
		size_t		next = (size_t) (set | 1u << k) * sets->free + k;
		double		then;

		if (set >> k & 1)
			continue;
		then = tvm_trip_leave(sets->trip, k + 1, from + cost(sets->trip, last + 1, k + 1));
		if (then <= sets->leave[next])
		{
			sets->leave[next] = then;
			sets->previous[next] = (uint8_t) last;
		}
	}
}

/* When a trip ends that has served all of them, this one last. */
static double
finish(const Sets *sets, uint32_t last)
{
	const TvmTrip *trip = sets->trip;
	uint32_t	stop = last + 1;
	double		end = sets->leave[(((size_t) 1 << sets->free) - 1) * sets->free + last];

	if (trip->fixed_end)
	{
		end = tvm_trip_leave(trip, (uint32_t) trip->count - 1, end + cost(trip, stop, (uint32_t) trip->count - 1));
		stop = (uint32_t) trip->count - 1;
	}
	return trip->closed ? end + cost(trip, stop, 0) : end;
}

static void
collect(const Sets *sets, uint32_t *order)
{
	uint32_t	set = (1u << sets->free) - 1;
	uint32_t	last = 0;

	for (uint32_t k = 1; k < sets->free; k++)
		if (finish(sets, k) <= finish(sets, last))
			last = k;
	/* Where there is no way, nothing led to the last, and what is read has no meaning: the order stays as it is. */
	if (finish(sets, last) == INFINITY)
		return;
	for (uint32_t i = sets->free; i > 0; i--)
	{
		uint32_t	before = sets->previous[(size_t) set * sets->free + last];

		order[i] = last + 1;
		set &= ~(1u << last);
		last = before;
	}
}

TvmStatus
tvm_trip_exact(TvmEnv *env, const TvmTrip *trip, uint32_t *order)
{
	Sets		sets = {.trip = trip, .free = (uint32_t) (trip->count - 1 - trip->fixed_end)};
	size_t		states = ((size_t) 1 << sets.free) * sets.free;
	TvmStatus	status = TVM_NOMEM;

	if (sets.free == 0)
		return TVM_OK;
	sets.leave = tvm_alloc(env, states, sizeof(double));
	sets.previous = tvm_alloc_zero(env, states, 1);
	if (sets.leave != NULL && sets.previous != NULL)
	{
		double		begin = tvm_trip_leave(trip, 0, 0);

		status = TVM_OK;
		for (size_t i = 0; i < states; i++)
			sets.leave[i] = INFINITY;
		for (uint32_t k = 0; k < sets.free; k++)
			sets.leave[((size_t) 1 << k) * sets.free + k] = tvm_trip_leave(trip, k + 1, begin + cost(trip, 0, k + 1));
		for (uint32_t set = 1; set < 1u << sets.free && status == TVM_OK; set++)
		{
			if (set % 64 == 0 && tvm_cancelled(env))
				status = TVM_CANCELLED;
			for (uint32_t last = 0; last < sets.free; last++)
				if (set >> last & 1)
					extend(&sets, set, last);
		}
		if (status == TVM_OK)
			collect(&sets, order);
	}
	tvm_free(env, sets.leave);
	tvm_free(env, sets.previous);
	return status;
}
