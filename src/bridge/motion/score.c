/*
 * score.c: box scores, stops and clocks of a vehicle; see score.h.
 *
 * Tracks of pieces of the range are read one after the other, and what they say is added up.
 */
#include "postgres.h"

#include "bridge/motion/score.h"
#include "kernel/relativity/orbit.h"

/* Box scores ---------------------------------------------------------------- */

typedef struct Scores
{
	const TimestampTz *bounds;
	uint32		count;
	uint32		at;				/* the interval in which the next piece begins */
	TvmScore   *scores;
	int64_t    *cut;			/* the bounds within a piece; room for all and two more */
	const TvWatch *watch;
} Scores;

static void
add_piece(TvEnv *env, void *target, const TvmTrack *track, TimestampTz from, TimestampTz to)
{
	Scores	   *scores = target;
	uint32		first;
	uint32		count = 0;

	if (scores->watch != NULL)
		scores->watch->receive(env, scores->watch->target, track, from, to);
	from = Max(from, scores->bounds[0]);
	to = Min(to, scores->bounds[scores->count]);
	if (from >= to)
		return;
	while (scores->bounds[scores->at + 1] <= from)
		scores->at++;
	first = scores->at;
	scores->cut[0] = from;
	while (scores->bounds[first + count + 1] < to)
	{
		scores->cut[count + 1] = scores->bounds[first + count + 1];
		count++;
	}
	scores->cut[++count] = to;
	tv_check(env, tvm_track_score(&env->tvm, track, scores->cut, count, scores->scores + first));
}

void
tv_score_find(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
			  const TimestampTz *bounds, uint32 count, TvmScore *scores, const TvWatch *watch)
{
	Scores		all = {.bounds = bounds, .count = count, .scores = scores, .watch = watch};
	TimestampTz from = watch != NULL ? watch->from : bounds[0];
	TimestampTz to = watch != NULL ? watch->to : bounds[count];

	for (uint32 i = 0; i < count; i++)
		tvm_score_init(&scores[i]);
	all.cut = MemoryContextAlloc(tv_fixes_env(fixes)->context, sizeof(int64_t) * (count + 2));
	tv_track_walk(fixes, track, vehicle, rules, from, to, add_piece, &all);
	pfree(all.cut);
}

/* Stops --------------------------------------------------------------------- */

typedef struct Stops
{
	const TvVehicle *vehicle;
	TvReceiveStop receive;
	void	   *target;
	bool		any;
	TvmStop		last;			/* it may go on in the next piece */
} Stops;

static void
add_stops(TvEnv *env, void *target, const TvmTrack *track, TimestampTz from, TimestampTz to)
{
	Stops	   *stops = target;
	TvmStop		stop;
	size_t		cursor = 0;

	while (tvm_track_stop(track, &cursor, from, to, &stop))
	{
		CHECK_FOR_INTERRUPTS();
		if (stops->any && tvm_stop_join(&stops->last, &stop))
			continue;
		if (stops->any)
			stops->receive(stops->target, stops->vehicle, &stops->last);
		stops->any = true;
		stops->last = stop;
	}
}

void
tv_stops_find(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
			  TimestampTz from, TimestampTz to, TvReceiveStop receive, void *target)
{
	Stops		stops = {.vehicle = vehicle, .receive = receive, .target = target};

	tv_track_walk(fixes, track, vehicle, rules, from, to, add_stops, &stops);
	if (stops.any)
		receive(target, vehicle, &stops.last);
}

/* Clocks -------------------------------------------------------------------- */

void
tv_score_clocks(TvEnv *env, const TvmWorldRules *world, double seconds, const TvmScore *score, TvmClocks *out)
{
	memset(out, 0, sizeof(*out));
	out->local_s = out->coordinate_s = seconds;
	if (world->gr)
	{
		tv_check(env, tvm_gr_coordinate_seconds(&env->tvm, seconds, world->gm, world->r, &out->coordinate_s));
		tv_check(env, tvm_gr_coordinate_offset_seconds(&env->tvm, seconds, world->gm, world->r, &out->coordinate_minus_local_s));
	}
	if (world->sr)
		out->traveler_minus_local_s = tvm_sum_read(&score->traveler_minus_local_s);
	out->traveler_s = seconds + out->traveler_minus_local_s;
}
