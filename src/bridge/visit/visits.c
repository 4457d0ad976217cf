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

#define MARGIN 2000				/* microseconds: is looked at on either side of a range, so that borders of it cut nothing */
#define APART 1000				/* less is not told apart */
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

/* What an area has of a stretch. */
typedef struct Part
{
	uint32		area;
	TimestampTz from;
	TimestampTz to;
	bool		fix_from;		/* there is a fix */
	bool		fix_to;
	bool		anew;			/* another zone of its layer has what is before it */
	bool		shut;			/* and after it */
} Part;

typedef struct Claim
{
	TimestampTz from;
	TimestampTz to;
} Claim;

struct TvVisiting
{
	TvEnv	   *env;
	TvFixes    *fixes;
	const TvZones *zones;
	TvmAtlas   *atlas;
	uint32	   *ranks;			/* of areas in their layers, the best is the least; NULL: no layer is exclusive */
	/* Of the vehicle in hand. */
	TimestampTz from;
	TimestampTz to;
	TimestampTz reached;		/* where the last stretch ended; DT_NOBEGIN: there was none */
	TimestampTz next;			/* where it would have ended */
	bool		goes_on;		/* it was cut by the end of the range */
	TvVisits   *visits;
	uint32	   *open;			/* visits that may go on, */
	uint32		open_count;
	uint32	   *of_area;		/* and for each area its visit and 1, or 0 */
	uint32	   *found;
	TvmInsides	insides;
	/* Of the stretch in hand. */
	Part	   *parts;
	uint32		part_count;
	uint32		part_room;
	Claim	   *claims;			/* of the layer in hand, ascending, one at most ends where the next begins */
	uint32		claim_count;
	uint32		claim_room;
};

typedef TvVisiting Looking;

static void
close_visit(Looking *looking, uint32 place, TvEnded ended)
{
	TvVisit    *visit = &looking->visits->visits[looking->open[place]];

	visit->ended = visit->shut ? TV_ENDED_LEFT : ended;
	looking->of_area[visit->area] = 0;
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
take(Looking *looking, const Stretch *stretch, const Part *part)
{
	TvVisits   *visits = looking->visits;
	bool		fix = part->fix_from || part->fix_to;

	if (looking->of_area[part->area] != 0)
	{
		TvVisit    *visit = &visits->visits[looking->of_area[part->area] - 1];

		if (part->from <= visit->to + APART && !part->anew && !visit->shut)
		{
			visit->to = Max(visit->to, part->to);
			visit->fix |= fix;
			visit->shut = part->shut;
			return;
		}
		for (uint32 i = 0; i < looking->open_count; i++)
			if (looking->open[i] == looking->of_area[part->area] - 1)
			{
				close_visit(looking, i, TV_ENDED_LEFT);
				break;
			}
	}
	if (visits->count == visits->room)
		visits->visits = tv_grow(looking->env->context, visits->visits, sizeof(TvVisit), &visits->room);
	visits->visits[visits->count] = (TvVisit) {
		.area = part->area, .from = part->from, .to = part->to, .fix = fix, .shut = part->shut,
		.began = part->anew || part->from > stretch->begin || stretch->begin <= looking->reached ? TV_BEGAN_ENTERED
		: stretch->before && part->from == looking->from ? TV_BEGAN_INSIDE : TV_BEGAN_APPEARED
	};
	looking->open[looking->open_count++] = visits->count;
	looking->of_area[part->area] = ++visits->count;
}

static void
add_part(Looking *looking, Part part)
{
	if (looking->part_count == looking->part_room)
		looking->parts = tv_grow(looking->env->context, looking->parts, sizeof(Part), &looking->part_room);
	looking->parts[looking->part_count++] = part;
}

static void
look_at_area(Looking *looking, const Stretch *stretch, uint32 area)
{
	TvmVertex	from = {stretch->from->lon, stretch->from->lat};
	TvmVertex	to = {stretch->to->lon, stretch->to->lat};
	double		length = (double) (stretch->to->t - stretch->from->t);

	if (stretch->from == stretch->to)
	{
		add_part(looking, (Part) {.area = area, .from = stretch->begin, .to = stretch->end, .fix_from = stretch->from->t >= stretch->begin});
		return;
	}
	tv_check(looking->env, tvm_atlas_insides(&looking->env->tvm, looking->atlas, area, from, to, TOUCH / length, &looking->insides));
	for (size_t i = 0; i < looking->insides.count; i++)
	{
		TvmInside	inside = looking->insides.parts[i];
		Part		part = {
			.area = area,
			.from = Max(stretch->begin, stretch->from->t + (TimestampTz) rint(inside.from * length)),
			.to = Min(stretch->end, stretch->from->t + (TimestampTz) rint(inside.to * length)),
			.fix_from = inside.from == 0 && stretch->from->t >= stretch->begin,
			.fix_to = inside.to == 1 && stretch->to->t <= stretch->end
		};

		/* A moment alone is a fix. */
		if (part.from < part.to || (part.from == part.to && (part.fix_from || part.fix_to)))
			add_part(looking, part);
	}
}

/* Exclusive layers ---------------------------------------------------------- */

static bool
is_exclusive(const Looking *looking, const Part *part)
{
	return looking->zones->zones[part->area].exclusive;
}

/* By layers, the best zone first; what is of no exclusive layer before them. */
static int
compare_claims(const void *a, const void *b, void *of)
{
	const Looking *looking = of;
	const Part *x = a;
	const Part *y = b;

	if (is_exclusive(looking, x) != is_exclusive(looking, y))
		return is_exclusive(looking, x) ? 1 : -1;
	if (looking->ranks[x->area] != looking->ranks[y->area])
		return looking->ranks[x->area] < looking->ranks[y->area] ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static int
compare_parts(const void *a, const void *b)
{
	const Part *x = a;
	const Part *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static void
add_claim(Looking *looking, TimestampTz from, TimestampTz to)
{
	uint32		place = looking->claim_count;

	if (looking->claim_count == looking->claim_room)
		looking->claims = tv_grow(looking->env->context, looking->claims, sizeof(Claim), &looking->claim_room);
	while (place > 0 && looking->claims[place - 1].from >= to)
		place--;
	memmove(&looking->claims[place + 1], &looking->claims[place], sizeof(Claim) * (looking->claim_count++ - place));
	looking->claims[place] = (Claim) {from, to};
}

/*
 * What better zones have left of a part.  Where one begins within what is no time of another's end, they are neighbours, and
 * there is nothing in between.
 */
static void
take_claims(Looking *looking, Part part)
{
	uint32		count = looking->claim_count;
	Part		rest = part;
	uint32		first = looking->part_count;
	bool		any = false;

	for (uint32 i = 0; i < count && looking->claims[i].from <= part.to + TOUCH; i++)
	{
		Claim		claim = looking->claims[i];

		if (claim.to < rest.from - TOUCH)
			continue;
		any = true;
		if (claim.from > rest.from)
		{
			Part		before = rest;

			before.to = claim.from;
			before.fix_to = false;
			before.shut = true;
			add_part(looking, before);
		}
		rest.from = claim.to;
		rest.fix_from = false;
		rest.anew = true;
		if (claim.from >= part.to || claim.to >= part.to)
		{
			rest.to = rest.from;
			break;
		}
	}
	if (!any || rest.from < rest.to)
		add_part(looking, rest);
	for (uint32 i = first; i < looking->part_count; i++)
		add_claim(looking, looking->parts[i].from, looking->parts[i].to);
}

static void
share(Looking *looking)
{
	uint32		count = looking->part_count;
	uint32		kept;

	qsort_arg(looking->parts, count, sizeof(Part), compare_claims, looking);
	for (kept = 0; kept < count && !is_exclusive(looking, &looking->parts[kept]); kept++)
		;
	looking->claim_count = 0;
	for (uint32 i = kept; i < count; i++)
	{
		Part		part = looking->parts[i];

		tv_interrupts_at(i);
		if (i > kept && looking->zones->zones[part.area].layer != looking->zones->zones[looking->parts[i - 1].area].layer)
			looking->claim_count = 0;
		take_claims(looking, part);
	}
	memmove(&looking->parts[kept], &looking->parts[count], sizeof(Part) * (looking->part_count - count));
	looking->part_count -= count - kept;
	qsort(looking->parts, looking->part_count, sizeof(Part), compare_parts);
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
	looking->part_count = 0;
	for (uint32 i = 0; i < count; i++)
		look_at_area(looking, stretch, looking->found[i]);
	if (looking->part_count > 1 && looking->ranks != NULL)
		share(looking);
	for (uint32 i = 0; i < looking->part_count; i++)
		take(looking, stretch, &looking->parts[i]);
	close_before(looking, stretch->end - APART);
	looking->reached = Max(looking->reached, stretch->end);
	looking->next = stretch->to->t;
	looking->goes_on = stretch->after && stretch->end == looking->to;
}

/* Tracks -------------------------------------------------------------------- */

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
look_at_track(TvEnv *env, void *target, const TvmTrack *track, TimestampTz from, TimestampTz reached)
{
	Looking    *looking = target;
	TimestampTz to = Min(reached, looking->to);
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

/* To the range that was asked for. */
static void
cut(TvVisits *visits, TimestampTz from, TimestampTz to)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < visits->count; i++)
	{
		TvVisit		visit = visits->visits[i];

		if (visit.from > to || visit.to < from)
			continue;
		if (visit.from < from)
		{
			visit.from = from;
			visit.began = TV_BEGAN_INSIDE;
		}
		if (visit.to > to)
		{
			visit.to = to;
			visit.ended = TV_ENDED_INSIDE;
		}
		visits->visits[kept++] = visit;
	}
	visits->count = kept;
}

static void
begin(Looking *looking, TimestampTz from, TimestampTz to, TvVisits *visits)
{
	looking->from = Max(from - MARGIN, MIN_TIMESTAMP);
	looking->to = Min(to + MARGIN, END_TIMESTAMP - 2);
	looking->reached = DT_NOBEGIN;
	looking->next = DT_NOBEGIN;
	looking->goes_on = false;
	looking->visits = visits;
	visits->count = 0;
}

static void
end(Looking *looking, TimestampTz from, TimestampTz to)
{
	close_all(looking, looking->goes_on ? TV_ENDED_INSIDE : TV_ENDED_LOST);
	drop_touches(looking->visits);
	cut(looking->visits, from, to);
	qsort(looking->visits->visits, looking->visits->count, sizeof(TvVisit), compare_visits);
}

void
tv_visits_find(TvVisiting *visiting, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
			   TimestampTz from, TimestampTz to, TvVisits *visits)
{
	begin(visiting, from, to, visits);
	if (visiting->zones->count > 0)
		tv_track_walk(visiting->fixes, track, vehicle, rules, visiting->from, visiting->to + 1, look_at_track, visiting);
	end(visiting, from, to);
}

void
tv_visits_settle(TvVisiting *visiting, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules, TvVisits *visits)
{
	TimestampTz next = visiting->next;
	TimestampTz to = visiting->to;
	TvVisits	later = {0};
	bool		any = false;

	for (uint32 i = 0; i < visits->count; i++)
		any |= visits->visits[i].ended == TV_ENDED_INSIDE && !visits->visits[i].fix;
	if (!any || next <= to)
		return;
	tv_visits_find(visiting, track, vehicle, rules, to, next, &later);
	for (uint32 i = 0; i < visits->count; i++)
		for (uint32 k = 0; k < later.count && visits->visits[i].ended == TV_ENDED_INSIDE; k++)
			if (later.visits[k].area == visits->visits[i].area && later.visits[k].began == TV_BEGAN_INSIDE)
				visits->visits[i].fix |= later.visits[k].fix;
	if (later.visits != NULL)
		pfree(later.visits);
}

/* Counts -------------------------------------------------------------------- */

/* The interval of a moment; `count` where it is in none. */
static uint32
find_interval(const TimestampTz *bounds, uint32 count, TimestampTz t)
{
	uint32		low = 0;
	uint32		high = count;

	if (t < bounds[0])
		return count;
	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (bounds[middle + 1] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
tv_visits_score(TvVisiting *visiting, TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
				const TimestampTz *bounds, uint32 count, TvmScore *scores, TvCrossings *crossings)
{
	TvVisits	visits = {0};
	TvWatch		watch = {.receive = look_at_track, .target = visiting};

	memset(crossings, 0, sizeof(TvCrossings) * count);
	if (visiting == NULL)
	{
		tv_score_find(fixes, track, vehicle, rules, bounds, count, scores, NULL);
		return;
	}
	begin(visiting, bounds[0], bounds[count], &visits);
	watch.from = visiting->from;
	watch.to = visiting->to + 1;
	tv_score_find(fixes, track, vehicle, rules, bounds, count, scores, &watch);
	end(visiting, bounds[0], bounds[count]);
	tv_visits_settle(visiting, track, vehicle, rules, &visits);
	for (uint32 i = 0; i < visits.count; i++)
	{
		const TvVisit *visit = &visits.visits[i];
		uint32		entered = visit->began == TV_BEGAN_ENTERED ? find_interval(bounds, count, visit->from) : count;
		uint32		left = visit->ended == TV_ENDED_LEFT ? find_interval(bounds, count, visit->to) : count;

		tv_interrupts_at(i);
		if (entered < count)
		{
			crossings[entered].entered++;
			crossings[entered].crossed += !visit->fix;
		}
		if (left < count)
			crossings[left].left++;
	}
	if (visits.visits != NULL)
		pfree(visits.visits);
}

/* Opening ------------------------------------------------------------------- */

static int
compare_zones(const void *a, const void *b, void *of)
{
	const TvZones *zones = of;
	const TvZone *x = &zones->zones[*(const uint32 *) a];
	const TvZone *y = &zones->zones[*(const uint32 *) b];

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static uint32 *
make_ranks(TvEnv *env, const TvZones *zones)
{
	bool		any = false;
	uint32	   *order;
	uint32	   *ranks;

	for (uint32 i = 0; i < zones->count && zones->zones != NULL; i++)
		any |= zones->zones[i].exclusive;
	if (!any)
		return NULL;
	order = tv_env_take(env, sizeof(uint32) * zones->count);
	ranks = tv_env_take(env, sizeof(uint32) * zones->count);
	for (uint32 i = 0; i < zones->count; i++)
		order[i] = i;
	qsort_arg(order, zones->count, sizeof(uint32), compare_zones, unconstify(TvZones *, zones));
	for (uint32 i = 0; i < zones->count; i++)
		ranks[order[i]] = i;
	return ranks;
}

TvVisiting *
tv_visiting_open(TvFixes *fixes, const TvZones *zones)
{
	TvEnv	   *env = tv_fixes_env(fixes);
	TvVisiting *visiting = tv_env_take(env, sizeof(TvVisiting));
	Size		room = sizeof(uint32) * (Size) Max(zones->count, 1);

	*visiting = (TvVisiting) {
		.env = env, .fixes = fixes, .zones = zones, .ranks = make_ranks(env, zones),
		.open = MemoryContextAllocHuge(env->context, room), .found = MemoryContextAllocHuge(env->context, room),
		.of_area = MemoryContextAllocExtended(env->context, room, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO)
	};
	tv_check(env, tvm_atlas_make(&env->tvm, zones->areas, zones->count, &visiting->atlas));
	return visiting;
}
