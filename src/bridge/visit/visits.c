/*
 * visits.c: when vehicles were in zones; see visits.h.
 *
 * A track is a row of stretches: a vehicle moves from one fix to the next, stands at one while it is held, or is known
 * at one moment alone.  Stretches that meet are one stay; between others nothing is known.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "bridge/visit/visits.h"

#define MOST_FIXES 100000		/* of a track, about 12 MB */
#define APART 1000				/* microseconds: less is not told apart */
#define TOUCH 100				/* and this is no time at all */

typedef struct Stretch
{
	const TvmFix *from;
	const TvmFix *to;			/* the same: it stands */
	TimestampTz begin;			/* cut to the piece in hand */
	TimestampTz end;
	bool		before;			/* it had begun before */
	bool		after;			/* and goes on */
} Stretch;

typedef struct Looking
{
	TvEnv	   *env;
	TvmAtlas   *atlas;
	TimestampTz from;
	TimestampTz to;
	TimestampTz reached;		/* where the last stretch ended; DT_NOBEGIN: there was none */
	bool		goes_on;		/* the last one was cut by the end of the range */
	TvVisits   *visits;
	uint32	   *open;			/* visits that may go on, */
	uint32		open_count;
	uint32	   *of_area;		/* and for each area its visit and 1, or 0 */
	uint32	   *found;
	TvmInsides	insides;
} Looking;

static void
close_visit(Looking *looking, uint32 place, TvEnded ended)
{
	uint32		number = looking->open[place];

	looking->visits->visits[number].ended = ended;
	looking->of_area[looking->visits->visits[number].area] = 0;
	looking->open[place] = looking->open[--looking->open_count];
}

/* All that do not go on until then. */
static void
close_before(Looking *looking, TimestampTz t)
{
	for (uint32 i = looking->open_count; i-- > 0;)
		if (looking->visits->visits[looking->open[i]].to < t)
			close_visit(looking, i, TV_ENDED_LEFT);
}

static void
close_all(Looking *looking, TvEnded ended)
{
	close_before(looking, looking->reached);
	while (looking->open_count > 0)
		close_visit(looking, looking->open_count - 1, ended);
}

static void
take(Looking *looking, const Stretch *stretch, uint32 area, TimestampTz from, TimestampTz to, bool fix)
{
	TvVisits   *visits = looking->visits;

	if (looking->of_area[area] != 0)
	{
		TvVisit    *visit = &visits->visits[looking->of_area[area] - 1];

		if (from <= visit->to + APART)
		{
			visit->to = Max(visit->to, to);
			visit->fix |= fix;
			return;
		}
		for (uint32 i = 0; i < looking->open_count; i++)
			if (looking->open[i] == looking->of_area[area] - 1)
			{
				close_visit(looking, i, TV_ENDED_LEFT);
				break;
			}
	}
	if (visits->count == visits->room)
		visits->visits = tv_grow(looking->env->context, visits->visits, sizeof(TvVisit), &visits->room);
	visits->visits[visits->count] = (TvVisit) {
		.area = area, .from = from, .to = to, .fix = fix,
		.began = from > stretch->begin || stretch->begin <= looking->reached ? TV_BEGAN_ENTERED
		: stretch->before && from == looking->from ? TV_BEGAN_INSIDE : TV_BEGAN_APPEARED
	};
	looking->open[looking->open_count++] = visits->count;
	looking->of_area[area] = ++visits->count;
}

static void
look_at_area(Looking *looking, const Stretch *stretch, uint32 area)
{
	TvmVertex	from = {stretch->from->lon, stretch->from->lat};
	TvmVertex	to = {stretch->to->lon, stretch->to->lat};
	double		length = (double) (stretch->to->t - stretch->from->t);

	if (stretch->from == stretch->to)
	{
		take(looking, stretch, area, stretch->begin, stretch->end, stretch->from->t >= stretch->begin);
		return;
	}
	tv_check(looking->env, tvm_atlas_insides(&looking->env->tvm, looking->atlas, area, from, to, TOUCH / length, &looking->insides));
	for (size_t i = 0; i < looking->insides.count; i++)
	{
		TvmInside	inside = looking->insides.parts[i];
		TimestampTz begin = stretch->from->t + (TimestampTz) rint(inside.from * length);
		TimestampTz end = stretch->from->t + (TimestampTz) rint(inside.to * length);
		bool		fix = (inside.from == 0 && stretch->from->t >= stretch->begin) || (inside.to == 1 && stretch->to->t <= stretch->end);

		begin = Max(begin, stretch->begin);
		end = Min(end, stretch->end);
		/* A moment alone is a fix. */
		if (begin < end || (begin == end && fix))
			take(looking, stretch, area, begin, end, fix);
	}
}

static void
look(Looking *looking, const Stretch *stretch)
{
	TvmVertex	from = {stretch->from->lon, stretch->from->lat};
	TvmVertex	to = {stretch->to->lon, stretch->to->lat};
	uint32		count;

	if (stretch->begin > stretch->end)
		return;
	if (stretch->begin > looking->reached)
		close_all(looking, TV_ENDED_LOST);
	if (stretch->from == stretch->to)
		count = tvm_atlas_find(looking->atlas, from.lon, from.lat, looking->found);
	else
		count = tvm_atlas_near(looking->atlas, from, to, looking->found);
	for (uint32 i = 0; i < count; i++)
		look_at_area(looking, stretch, looking->found[i]);
	close_before(looking, stretch->end - APART);
	looking->reached = Max(looking->reached, stretch->end);
	looking->goes_on = stretch->after && stretch->end == looking->to;
}

/* The fix, and what comes after it until the next one. */
static void
look_from(Looking *looking, const TvmTrack *track, size_t k, TimestampTz from, TimestampTz to)
{
	const TvmFix *fix = tvm_track_fix(track, k);
	const TvmFix *next = k + 1 < track->count ? tvm_track_fix(track, k + 1) : NULL;
	TvmPairKind kind = next != NULL ? tvm_track_pair(track, k) : TVM_PAIR_BREAK;
	TimestampTz end = fix->t;
	Stretch		stretch = {.from = fix, .to = fix};

	if (kind == TVM_PAIR_MOVING || kind == TVM_PAIR_STOPPED)
	{
		stretch.to = next;
		end = next->t;
	}
	else if (kind == TVM_PAIR_BREAK && fix->kind != TVM_FIX_END)
	{
		double		held = track->rules.max_gap_s * 1e6;

		end = next != NULL && next->t - fix->t <= held ? next->t
			: held < (double) (DT_NOEND - 1 - fix->t) ? fix->t + (TimestampTz) held : DT_NOEND - 1;
	}
	stretch.begin = Max(fix->t, from);
	stretch.end = Min(end, to);
	stretch.before = fix->t < from;
	stretch.after = end > to;
	look(looking, &stretch);
}

static void
look_at_track(Looking *looking, const TvmTrack *track, TimestampTz from, TimestampTz to)
{
	ptrdiff_t	first = tvm_track_find(track, from);

	for (size_t k = first < 0 ? 0 : (size_t) first; k < track->count && tvm_track_fix(track, k)->t <= to; k++)
	{
		tv_interrupts_at(k);
		look_from(looking, track, k, from, to);
	}
}

/* What only touches a border between fixes, as far as can be told, is none. */
static void
drop_touches(TvVisits *visits)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < visits->count; i++)
	{
		const TvVisit *visit = &visits->visits[i];

		if (visit->fix || visit->to - visit->from >= TOUCH || visit->began == TV_BEGAN_INSIDE || visit->ended == TV_ENDED_INSIDE)
			visits->visits[kept++] = *visit;
	}
	visits->count = kept;
}

static int
compare_visits(const void *a, const void *b)
{
	const TvVisit *x = a;
	const TvVisit *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (x->area > y->area) - (x->area < y->area);
}

void
tv_visits_find(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
			   TvmAtlas *atlas, uint32 area_count, TimestampTz from, TimestampTz to, TvVisits *visits)
{
	TvEnv	   *env = tv_fixes_env(fixes);
	Size		room = sizeof(uint32) * Max(area_count, 1);
	Looking		looking = {
		.env = env, .atlas = atlas, .from = from, .to = to, .reached = DT_NOBEGIN, .visits = visits,
		.open = MemoryContextAllocHuge(env->context, room), .found = MemoryContextAllocHuge(env->context, room),
		.of_area = MemoryContextAllocExtended(env->context, room, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO)
	};
	TvPiece    *pieces;
	uint32		count;

	visits->count = 0;
	count = area_count == 0 ? 0 : tv_fixes_pieces(fixes, from, to, &pieces);
	for (uint32 i = 0; i < count; i++)
	{
		/* In whole microseconds: a fork is its parent's. */
		TimestampTz at = i == 0 ? pieces[i].from : pieces[i].from + 1;
		TimestampTz end = pieces[i].to + 1;

		while (at < end)
		{
			TimestampTz reached = tv_track_read(fixes, track, vehicle, rules, pieces[i].owner, at, end, MOST_FIXES);

			CHECK_FOR_INTERRUPTS();
			look_at_track(&looking, &track->track, at, Min(reached, to));
			at = reached;
		}
	}
	close_all(&looking, looking.goes_on ? TV_ENDED_INSIDE : TV_ENDED_LOST);
	drop_touches(visits);
	qsort(visits->visits, visits->count, sizeof(TvVisit), compare_visits);
	tvm_insides_free(&env->tvm, &looking.insides);
	pfree(looking.open);
	pfree(looking.found);
	pfree(looking.of_area);
}
