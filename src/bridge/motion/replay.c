/*
 * replay.c: where vehicles were at many moments, in order of time; see replay.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/motion/moment.h"
#include "bridge/motion/replay.h"
#include "bridge/motion/track.h"
#include "bridge/server/error.h"

#define MOST_FRAMES 100000
#define MOST_ROWS 20000000

#define ROOM 400000				/* fixes that are read ahead, of all vehicles: 50 MB */
#define LEAST_ROOM 64			/* of each */
#define SPELL_FIXES 65536		/* of a vehicle at a time, where only its movements are looked for */
#define MANY_FIXES 6			/* a frame and vehicle: to look for two of them costs less than to read all */
#define FRAMES_LOOKED_UP 256	/* before it is tried again whether there are less by now */

/* Vehicles with their tracks of the frames ahead. */
typedef struct Seat
{
	const TvVehicle *vehicle;
	TvmMotionRules rules;
	TvTrack		track;
	TimestampTz until;			/* the track holds before it; from then on each frame is looked up by itself */
} Seat;

struct TvReplay
{
	TvFixes    *fixes;
	TvPlay		play;
	TvPiece    *pieces;
	uint32		piece_count;
	uint32		piece;
	TvFrameTime frame;
	bool		begun;
	TimestampTz ahead;			/* tracks hold before it */
	double		ahead_s;		/* how far the next ones are to reach */
	uint32		looked_up;		/* frames that there are to be no tracks for */
	Seat	   *seats;
	uint32		count;
	TvTrail		trail;			/* of moments that are looked up */
};

/* What moves when ----------------------------------------------------------- */

typedef struct Spells
{
	MemoryContext context;
	TvSpell    *spells;
	uint32		count;
	uint32		room;
} Spells;

static void
add_spell(Spells *list, TimestampTz from, TimestampTz to, double idle_s)
{
	TvSpell    *last = list->count == 0 ? NULL : &list->spells[list->count - 1];

	if (from > to)
		return;
	if (last != NULL && from - last->to <= idle_s * USECS_PER_SEC)
	{
		last->to = Max(last->to, to);
		return;
	}
	if (list->count == list->room)
		list->spells = tv_grow(list->context, list->spells, sizeof(TvSpell), &list->room);
	list->spells[list->count++] = (TvSpell) {.from = from, .to = to};
}

static void
add_moving(Spells *list, const TvmTrack *track, TimestampTz from, TimestampTz to, double idle_s)
{
	for (size_t k = 0; k + 1 < track->count; k++)
		if (tvm_track_pair(track, k) == TVM_PAIR_MOVING)
			add_spell(list, Max(from, tvm_track_fix(track, k)->t), Min(to, tvm_track_fix(track, k + 1)->t), idle_s);
}

/* All that one vehicle does, in pieces of a bounded number of fixes. */
static void
find_moving(TvReplay *replay, Seat *seat, Spells *list)
{
	for (uint32 i = 0; i < replay->piece_count; i++)
	{
		const TvPiece *piece = &replay->pieces[i];
		TimestampTz from = piece->from;

		while (from <= piece->to)
		{
			TimestampTz reached = tv_track_read(replay->fixes, &seat->track, seat->vehicle, &seat->rules, piece->owner,
												from, piece->to + 1, SPELL_FIXES);

			CHECK_FOR_INTERRUPTS();
			add_moving(list, &seat->track.track, from, Min(reached, piece->to), replay->play.idle_s);
			from = reached;
		}
	}
}

static void
plan_play(TvReplay *replay)
{
	Spells		list = {.context = tv_fixes_env(replay->fixes)->context};

	if (isinf(replay->play.idle_s))
		return;
	for (uint32 i = 0; i < replay->count; i++)
	{
		list.count = 0;
		find_moving(replay, &replay->seats[i], &list);
		tv_play_add(&replay->play, list.spells, list.count);
	}
	tv_play_make(&replay->play);
}

/* Opening ------------------------------------------------------------------- */

static void
require_few(double count, double most, const char *what)
{
	if (count > most)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("a replay is too long"),
				 errdetail("It needs %.0f %s, and may have %.0f.", count, what, most),
				 errhint("Take longer steps, a shorter range or fewer vehicles.")));
}

TvReplay *
tv_replay_open(TvFixes *fixes, const TvVehicle *vehicles, uint32 count, const TvReplayAsked *asked)
{
	MemoryContext context = tv_fixes_env(fixes)->context;
	TvReplay   *replay = MemoryContextAllocZero(context, sizeof(TvReplay));
	double		frames;

	replay->fixes = fixes;
	tv_play_begin(&replay->play, context, asked->from, asked->to, asked->step_s, asked->idle_s);
	/* Where nothing is shortened it is known before anything is read. */
	frames = isinf(asked->idle_s) ? tv_play_count(&replay->play, MOST_FRAMES) : 0;
	require_few(frames, MOST_FRAMES, "frames");
	require_few(frames * count, MOST_ROWS, "rows");
	replay->piece_count = tv_fixes_pieces(fixes, asked->from, asked->to, &replay->pieces);
	replay->count = count;
	replay->seats = MemoryContextAllocExtended(context, sizeof(Seat) * Max(count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < count; i++)
	{
		replay->seats[i].vehicle = &vehicles[i];
		replay->seats[i].rules = tv_fixes_rules(fixes, &vehicles[i]);
		replay->seats[i].rules.max_gap_s = asked->max_gap_s;
	}
	plan_play(replay);
	frames = tv_play_count(&replay->play, MOST_FRAMES);
	require_few(frames, MOST_FRAMES, "frames");
	require_few(frames * count, MOST_ROWS, "rows");
	replay->ahead = asked->from;
	replay->ahead_s = (double) ROOM / Max(count, 1);	/* about a fix a second */
	return replay;
}

/* Frames -------------------------------------------------------------------- */

/* Which moment tracks from this frame on are to reach, itself not: in its piece, and as far as fixes fill the room. */
static TimestampTz
reach(const TvReplay *replay)
{
	TimestampTz end = replay->pieces[replay->piece].to;
	double		ahead = replay->ahead_s * USECS_PER_SEC;

	return end - replay->frame.t < ahead ? end + 1 : replay->frame.t + (TimestampTz) ahead + 1;
}

/* Read the tracks of the frames from this one on. */
static void
read_ahead(TvReplay *replay)
{
	size_t		most = Max(ROOM / Max(replay->count, 1) * 4, LEAST_ROOM);
	TimestampTz to;
	double		fixes = 1;
	double		frames;

	while (replay->frame.t > replay->pieces[replay->piece].to)
		replay->piece++;
	to = reach(replay);
	for (uint32 i = 0; i < replay->count; i++)
	{
		Seat	   *seat = &replay->seats[i];

		CHECK_FOR_INTERRUPTS();
		seat->until = tv_track_read(replay->fixes, &seat->track, seat->vehicle, &seat->rules,
									replay->pieces[replay->piece].owner, replay->frame.t, to, most);
		fixes += seat->track.trail.stream.count;
	}
	replay->ahead = to;
	replay->ahead_s = Max(replay->ahead_s * Min(ROOM / fixes, 8) * 0.75, replay->play.step_s);
	frames = 1 + (to - replay->frame.t) / (replay->play.step_s * USECS_PER_SEC);
	if (fixes > MANY_FIXES * frames * replay->count)
		replay->looked_up = FRAMES_LOOKED_UP;
}

/* No tracks for this frame. */
static void
look_up(TvReplay *replay)
{
	replay->looked_up--;
	for (uint32 i = 0; i < replay->count; i++)
		replay->seats[i].until = replay->frame.t;
}

bool
tv_replay_next(TvReplay *replay)
{
	if (!replay->begun)
	{
		replay->begun = true;
		tv_play_first(&replay->play, &replay->frame);
	}
	else if (!tv_play_next(&replay->play, &replay->frame))
		return false;
	if (replay->frame.t < replay->ahead)
		return true;
	if (replay->looked_up > 0)
		look_up(replay);
	else
		read_ahead(replay);
	return true;
}

const TvFrameTime *
tv_replay_frame(const TvReplay *replay)
{
	return &replay->frame;
}

const TvmFix *
tv_replay_at(TvReplay *replay, uint32 i, TvmMoment *moment)
{
	Seat	   *seat = &replay->seats[i];

	if (replay->frame.t < seat->until)
	{
		tvm_track_at(&seat->track.track, &seat->track.cursor, replay->frame.t, moment);
		return seat->track.trail.stream.fixes;
	}
	tv_moment_find(replay->fixes, &replay->trail, seat->vehicle, &seat->rules, replay->frame.t, moment);
	return replay->trail.stream.fixes;
}
