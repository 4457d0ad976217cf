/*
 * score.c: box scores, stops and clocks of a vehicle; see score.h.
 *
 * A range is cut at the forks, and where there are many fixes; tracks of the pieces are read one after the
 * other, and what they say is added up.
 */
#include "postgres.h"

#include "bridge/motion/score.h"
#include "kernel/relativity/orbit.h"

#define MOST_FIXES 100000		/* of a track, about 12 MB */

/* What is done with each piece of [from, to). */
typedef void (*Receive) (TvEnv *env, void *target, const TvmTrack *track, TimestampTz from, TimestampTz to);

static void
walk(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
	 TimestampTz from, TimestampTz to, Receive receive, void *target)
{
	TvPiece    *pieces;
	uint32		count;

	if (from >= to)
		return;
	count = tv_fixes_pieces(fixes, from, to - 1, &pieces);
	for (uint32 i = 0; i < count; i++)
	{
		/* In whole microseconds: a fork is its parent's. */
		TimestampTz at = i == 0 ? pieces[i].from : pieces[i].from + 1;
		TimestampTz end = pieces[i].to + 1;

		while (at < end)
		{
			TimestampTz reached = tv_track_read(fixes, track, vehicle, rules, pieces[i].owner, at, end, MOST_FIXES);

			CHECK_FOR_INTERRUPTS();
			receive(tv_fixes_env(fixes), target, &track->track, at, reached);
			at = reached;
		}
	}
	pfree(pieces);
}

/* Box scores ---------------------------------------------------------------- */

typedef struct Scores
{
	const TimestampTz *bounds;
	uint32		count;
	uint32		at;				/* the interval in which the next piece begins */
	TvmScore   *scores;
	int64_t    *cut;			/* the bounds within a piece; room for all and two more */
} Scores;

static void
add_piece(TvEnv *env, void *target, const TvmTrack *track, TimestampTz from, TimestampTz to)
{
	Scores	   *scores = target;
	uint32		first;
	uint32		count = 0;

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
			  const TimestampTz *bounds, uint32 count, TvmScore *scores)
{
	Scores		all = {.bounds = bounds, .count = count, .scores = scores};

	for (uint32 i = 0; i < count; i++)
		tvm_score_init(&scores[i]);
	all.cut = MemoryContextAlloc(tv_fixes_env(fixes)->context, sizeof(int64_t) * (count + 2));
	walk(fixes, track, vehicle, rules, bounds[0], bounds[count], add_piece, &all);
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

	walk(fixes, track, vehicle, rules, from, to, add_stops, &stops);
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
