/*
 * trail.c: stretches of a vehicle's fixes, which grow on need; see fixes.h.
 *
 * A trail's fixes stand somewhere in the middle of its room, so that it grows on both sides.
 */
#include "postgres.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/position/fixes.h"
#include "bridge/position/fixes_view.h"

#define LEAST_GROWTH 4			/* fixes */
#define MOST_AT_FIRST 2048
#define ABOUT_A_STOP (INT64CONST(180) * USECS_PER_SEC)
#define MOST_AROUND 1000000		/* fixes */
#define CHUNK 4096				/* fixes that a range takes at a time */

/* Room ---------------------------------------------------------------------- */

static TvmFix *
first_of(TvTrail *trail)
{
	return trail->room + (trail->stream.fixes - trail->room);
}

/* Room for so many before and after those that there are. */
static void
make_room(TvFixes *fixes, TvTrail *trail, size_t before, size_t after)
{
	size_t		offset = trail->room == NULL ? 0 : trail->stream.fixes - trail->room;
	size_t		count = trail->stream.count;

	if (trail->room != NULL && offset >= before && trail->capacity - offset - count >= after)
		return;
	if (trail->capacity < before + count + after)
	{
		size_t		need = before + count + after;
		size_t		capacity = need + need / 2 + 8;
		TvmFix	   *room = MemoryContextAllocHuge(fixes->env->context, sizeof(TvmFix) * capacity);

		if (count > 0)
			memcpy(room + before, trail->stream.fixes, sizeof(TvmFix) * count);
		if (trail->room != NULL)
			pfree(trail->room);
		trail->room = room;
		trail->capacity = capacity;
	}
	else if (count > 0)
		memmove(trail->room + before, trail->stream.fixes, sizeof(TvmFix) * count);
	trail->stream.fixes = trail->room + before;
}

/* Reading ------------------------------------------------------------------- */

/* Up to `limit` more before what there is; `t` is the time of the first, or where to begin. */
static size_t
read_before(TvFixes *fixes, TvTrail *trail, TimestampTz to, size_t limit)
{
	TvView	   *view = tv_fixes_view(fixes, trail->owner);
	TvmFix	   *out;
	size_t		count = 0;

	make_room(fixes, trail, limit, 0);
	/* They come backward: to the beginning of the gap, and then turned round. */
	out = first_of(trail) - limit;
	for (uint32 i = tv_view_find(view, to); i < view->count && count < limit; i++)
	{
		count += tv_cell_read(fixes, &view->cells[i], trail->vehicle->id, DT_NOBEGIN, to, true, out + count, limit - count);
		tv_interrupts_at(i);
	}
	for (size_t i = 0; i < count / 2; i++)
	{
		TvmFix		other = out[i];

		out[i] = out[count - 1 - i];
		out[count - 1 - i] = other;
	}
	if (count < limit && count > 0)
		memmove(out + (limit - count), out, sizeof(TvmFix) * count);
	trail->stream.fixes -= count;
	trail->stream.count += count;
	trail->stream.starts = count < limit;
	return count;
}

/* Up to `limit` more of from < t <= to after what there is. */
static size_t
read_after(TvFixes *fixes, TvTrail *trail, TimestampTz from, TimestampTz to, size_t limit)
{
	TvView	   *view = tv_fixes_view(fixes, trail->owner);
	TvmFix	   *out;
	size_t		count = 0;

	if (from >= to)
		return 0;
	make_room(fixes, trail, 0, limit);
	out = first_of(trail) + trail->stream.count;
	for (uint32 i = Min(tv_view_find(view, from + 1) + 1, view->count); i-- > 0 && count < limit && view->cells[i].from < to;)
	{
		count += tv_cell_read(fixes, &view->cells[i], trail->vehicle->id, from, to, false, out + count, limit - count);
		tv_interrupts_at(i);
	}
	trail->stream.count += count;
	return count;
}

static void
begin(TvTrail *trail, const TvVehicle *vehicle, uint32 owner)
{
	trail->vehicle = vehicle;
	trail->owner = owner;
	trail->stream.fixes = trail->room == NULL ? NULL : trail->room + trail->capacity / 2;
	trail->stream.count = 0;
	trail->grown = 0;
	trail->stream.starts = false;
	trail->stream.ends = false;
}

void
tv_trail_at(TvFixes *fixes, TvTrail *trail, const TvVehicle *vehicle, TimestampTz t)
{
	TvAround	around;

	begin(trail, vehicle, tv_fixes_owner(fixes, t));
	make_room(fixes, trail, 1, 1);
	tv_view_around(fixes, tv_fixes_view(fixes, trail->owner), vehicle->id, t, &around);
	if (around.found & TV_FOUND_BEFORE)
	{
		first_of(trail)[0] = around.before;
		trail->stream.count = 1;
	}
	else
		(void) read_before(fixes, trail, around.none_before, 1);
	if (around.found & TV_FOUND_AFTER)
		first_of(trail)[trail->stream.count++] = around.after;
	else
		trail->stream.ends = read_after(fixes, trail, around.none_after, DT_NOEND, 1) == 0;
}

/* The same by way of a buffer that all trails share: how many there are is not known before. */
static size_t
read_chunk(TvFixes *fixes, TvTrail *trail, TimestampTz from, TimestampTz to, size_t limit)
{
	TvTrail		chunk = {.vehicle = trail->vehicle, .owner = trail->owner};
	size_t		count;

	if (fixes->chunk == NULL)
		fixes->chunk = MemoryContextAlloc(fixes->env->context, sizeof(TvmFix) * CHUNK);
	chunk.room = fixes->chunk;
	chunk.capacity = CHUNK;
	chunk.stream.fixes = chunk.room;
	count = read_after(fixes, &chunk, from, to, limit);
	make_room(fixes, trail, 0, count);
	memcpy(first_of(trail) + trail->stream.count, fixes->chunk, sizeof(TvmFix) * count);
	trail->stream.count += count;
	return count;
}

TimestampTz
tv_trail_range(TvFixes *fixes, TvTrail *trail, const TvVehicle *vehicle, uint32 owner,
			   TimestampTz from, TimestampTz to, size_t most)
{
	TimestampTz reached = from;
	size_t		before;

	begin(trail, vehicle, owner);
	before = read_before(fixes, trail, from, 1);
	for (;;)
	{
		size_t		wanted = Min(CHUNK, most + before - trail->stream.count);

		if (read_chunk(fixes, trail, reached, to, wanted) < wanted)
			break;
		reached = trail->stream.fixes[trail->stream.count - 1].t;
		if (trail->stream.count == most + before)
			return reached;
	}
	trail->stream.ends = read_after(fixes, trail, to, DT_NOEND, 1) == 0;
	return to;
}

/* What is asked for beyond two fixes is nearly always whether they are in a stop: as many as vehicles of this pace report in one. */
static size_t
first_growth(const TvFixes *fixes)
{
	return Max(LEAST_GROWTH, Min(MOST_AT_FIRST, ABOUT_A_STOP / (fixes->window / 5 * 4) + 2));
}

/*
 * As much again as it has grown already: a long range needs a few fixes more at an end, and a moment may need many.
 */
void
tv_trail_grow(TvFixes *fixes, TvTrail *trail, TvmNeed need)
{
	TvmStream  *stream = &trail->stream;
	size_t		more = Max(trail->grown, first_growth(fixes));

	if (trail->grown + more > MOST_AROUND)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("too many fixes decide about one moment"),
				 errdetail("Vehicle %lld has more than %d around it of which none can be judged without the others.",
						   (long long) trail->vehicle->id, MOST_AROUND)));
	if (need == TVM_NEEDS_BEFORE)
		trail->grown += read_before(fixes, trail, stream->fixes[0].t - 1, more);
	else
	{
		size_t		found = read_after(fixes, trail, stream->fixes[stream->count - 1].t, DT_NOEND, more);

		stream->ends = found < more;
		trail->grown += found;
	}
}
