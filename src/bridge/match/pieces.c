/*
 * pieces.c: what was matched, as rows; see pieces.h.
 *
 * Between two fixes a vehicle goes at constant speed along its road.  It never goes back: where a fix lies behind the one before,
 * which noise does to who stands, it waits there.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/match/pieces.h"
#include "bridge/server/compat.h"

#define MUCH_LONGER 1.5			/* than the shortest way */

/* What of a segment is driven, as rows are put together. */
typedef struct Drive
{
	TvTrellis  *trellis;
	TvMatch    *match;
	int64		piece;
	int64		seq;
	bool		open;			/* there is one in hand */
	bool		waited;			/* on one that was only touched, since t_from: the next begins then */
	uint32		arc;
	double		length_m;
	double		from_m;			/* in the direction of travel */
	double		at_m;
	int64		t_from;
	int64		t;
	double		confidence;

	/* From one fix to the next. */
	int64		t_begin;
	int64		t_end;
	double		whole_m;
	double		gone_m;
	uint32		path_capacity;
	uint32	   *path;
} Drive;

static TvMatchRow *
add_row(Drive *drive)
{
	TvMatch    *match = drive->match;

	if (match->count == match->capacity)
		match->rows = tv_grow(drive->trellis->env->context, match->rows, sizeof(TvMatchRow), &match->capacity);
	match->rows[match->count] = (TvMatchRow) {0};
	return &match->rows[match->count++];
}

static double
fraction_of(const Drive *drive, double at_m)
{
	double		part = drive->length_m > 0 ? Min(at_m / drive->length_m, 1) : 0;

	return TVM_ARC_REVERSE(drive->arc) ? 1 - part : part;
}

/*
 * A row of what is in hand.  Of a segment that was only touched there is none, unless it is all there is of a piece: the
 * time there is that of its neighbour.
 */
static void
close_row(Drive *drive, bool last)
{
	TvRoads    *roads = drive->trellis->ground->roads;
	TvMatchRow *row;
	TvRoad		road;

	if (!drive->open)
		return;
	drive->open = false;
	drive->waited = false;
	if (drive->at_m <= drive->from_m && !(last && drive->seq == 0))
	{
		if (drive->seq > 0)
			drive->match->rows[drive->match->count - 1].t_to = drive->t;
		else
			drive->waited = true;
		return;
	}
	row = add_row(drive);
	row->piece = drive->piece;
	row->seq = ++drive->seq;
	row->segment_id = tv_roads_id(roads, TVM_ARC_SEGMENT(drive->arc));
	row->forward = !TVM_ARC_REVERSE(drive->arc);
	row->closed = tv_roads_get(roads, TVM_ARC_SEGMENT(drive->arc), &road) && road.closed;
	row->t_from = drive->t_from;
	row->t_to = drive->t;
	row->fraction_from = fraction_of(drive, drive->from_m);
	row->fraction_to = fraction_of(drive, drive->at_m);
	row->distance_m = drive->at_m - drive->from_m;
	row->confidence = drive->confidence;
}

static void
open_row(Drive *drive, uint32 arc, double length_m, double at_m, int64 t, double confidence)
{
	close_row(drive, false);
	drive->open = true;
	drive->arc = arc;
	drive->length_m = length_m;
	drive->from_m = drive->at_m = at_m;
	if (!drive->waited)
		drive->t_from = t;
	drive->t = t;
	drive->confidence = confidence;
}

/* Go on along the segment in hand, as far as `to_m`. */
static void
go_along(Drive *drive, double to_m)
{
	if (to_m > drive->at_m)
	{
		drive->gone_m += to_m - drive->at_m;
		drive->at_m = to_m;
	}
	drive->t = drive->whole_m > 0
		? drive->t_begin + (int64) rint((drive->t_end - drive->t_begin) * Min(drive->gone_m / drive->whole_m, 1))
		: drive->t_begin;
}

/*
 * The fastest way, where it is not much longer than the shortest, by which distances were measured: nobody knows what was
 * driven between two fixes, and that is likelier.
 */
static const TvmLocal *
choose_way(Drive *drive, const TvState *from, const TvState *to, const TvmLocalLabel **label)
{
	TvTrellis  *trellis = drive->trellis;
	const TvmLocalLabel *fast;

	tv_check(trellis->env, tvm_local_run(&trellis->env->tvm, &trellis->fast, from->to, &to->from, 1, INFINITY));
	fast = tvm_local_label(&trellis->fast, to->from);
	if (fast == NULL || fast->length > MUCH_LONGER * (*label)->length)
		return &trellis->local;
	*label = fast;
	return &trellis->fast;
}

static void
follow(Drive *drive, const TvState *from, const TvState *to, const TvmLocalLabel *label, double confidence)
{
	TvTrellis  *trellis = drive->trellis;
	const TvmLocal *local = choose_way(drive, from, to, &label);
	size_t		count = tvm_local_path(local, label, drive->path, drive->path_capacity);

	while (count > drive->path_capacity)
	{
		drive->path = tv_grow(trellis->env->context, drive->path, sizeof(uint32), &drive->path_capacity);
		(void) tvm_local_path(local, label, drive->path, drive->path_capacity);
	}
	drive->whole_m = from->length_m - drive->at_m + label->length + to->at_m;
	go_along(drive, from->length_m);
	for (size_t i = count; i-- > 0;)
	{
		uint32		arc = tv_roads_passed(trellis->ground->roads, drive->path[i]);
		TvRoad		road;

		if (arc == TV_NONE)
			continue;
		(void) tv_roads_get(trellis->ground->roads, TVM_ARC_SEGMENT(arc), &road);
		open_row(drive, arc, road.length_m, 0, drive->t, confidence);
		go_along(drive, road.length_m);
	}
	open_row(drive, to->arc, to->length_m, 0, drive->t, confidence);
	go_along(drive, to->at_m);
}

/* From a sight to the next one. */
static void
drive_on(Drive *drive, const TvmMatchAnswer *answer, uint32 sight)
{
	TvTrellis  *trellis = drive->trellis;
	const TvState *from = &trellis->states[trellis->first[sight] + answer->state[sight]];
	const TvState *to = &trellis->states[trellis->first[sight + 1] + answer->state[sight + 1]];
	double		confidence = Min(answer->posterior[sight], answer->posterior[sight + 1]);
	const TvmLocalLabel *label;
	double		distance;

	drive->t_begin = Max(trellis->sights[sight].leaves, drive->t);
	drive->t_end = trellis->sights[sight + 1].arrives;
	drive->gone_m = 0;
	tv_check(trellis->env, tvm_local_run(&trellis->env->tvm, &trellis->local, from->to, &to->from, 1,
										 tv_trellis_farthest(trellis, sight)));
	label = tvm_local_label(&trellis->local, to->from);
	switch (tv_trellis_leads(trellis, sight, from, to, label, &distance))
	{
		case TV_HOW_NOT:
			Assert(false);
			break;
		case TV_HOW_ALONG:
			drive->whole_m = to->at_m - drive->at_m;
			go_along(drive, to->at_m);
			break;
		case TV_HOW_TURNING:
			/* Where the farther of the two is. */
			drive->whole_m = fabs(from->length_m - drive->at_m - to->at_m);
			go_along(drive, Max(from->length_m - to->at_m, drive->at_m));
			open_row(drive, to->arc, to->length_m, Min(from->length_m - drive->at_m, to->at_m), drive->t, confidence);
			go_along(drive, to->at_m);
			break;
		case TV_HOW_AROUND:
			follow(drive, from, to, label, confidence);
			break;
	}
	drive->t = drive->t_end;
	/* A sight at a crossing may as well be on another road; of those on a segment, the surest counts. */
	drive->confidence = Max(drive->confidence, answer->posterior[sight + 1]);
}

static void
begin_piece(Drive *drive, const TvmMatchAnswer *answer, uint32 sight)
{
	TvTrellis  *trellis = drive->trellis;
	const TvState *state = &trellis->states[trellis->first[sight] + answer->state[sight]];

	drive->piece++;
	drive->seq = 0;
	drive->waited = false;
	open_row(drive, state->arc, state->length_m, state->at_m, trellis->sights[sight].arrives,
			 answer->posterior[sight]);
}

static void
add_cut(Drive *drive, int64 t_from, int64 t_to, TvMatchCut cut)
{
	TvMatchRow *row = add_row(drive);

	row->t_from = t_from;
	row->t_to = t_to;
	row->cut = cut;
}

static void
end_piece(Drive *drive, uint32 sight)
{
	drive->t = Max(drive->t, drive->trellis->sights[sight].leaves);
	close_row(drive, true);
}

void
tv_pieces_describe(TvTrellis *trellis, const TvmMatchAnswer *answer, TvMatch *match)
{
	Drive		drive = {.trellis = trellis, .match = match};
	const TvMatchFix *fixes = trellis->fixes;

	if (trellis->fix_count == 0)
		return;
	if (trellis->count == 0)
	{
		add_cut(&drive, fixes[0].t, fixes[trellis->fix_count - 1].t, TV_MATCH_NO_ROAD);
		return;
	}
	if (trellis->sights[0].first > 0)
		add_cut(&drive, fixes[0].t, fixes[trellis->sights[0].first].t, TV_MATCH_NO_ROAD);
	for (uint32 i = 0; i < trellis->count; i++)
	{
		tv_interrupts_at(i);
		if (answer->begins[i])
		{
			if (i > 0)
			{
				end_piece(&drive, i - 1);
				add_cut(&drive, drive.t, trellis->sights[i].arrives, trellis->sights[i - 1].cut);
			}
			begin_piece(&drive, answer, i);
		}
		if (i + 1 < trellis->count && !answer->begins[i + 1])
			drive_on(&drive, answer, i);
	}
	end_piece(&drive, trellis->count - 1);
	/* Beyond the last road. */
	if (trellis->missed)
		add_cut(&drive, drive.t, fixes[trellis->fix_count - 1].t, TV_MATCH_NO_ROAD);
}
