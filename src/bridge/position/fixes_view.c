/*
 * fixes_view.c: where the fixes that one owner shows are; see fixes_view.h.
 */
#include "postgres.h"

#include "bridge/server/compat.h"
#include "bridge/position/fixes_direct.h"
#include "bridge/position/fixes_rows.h"
#include "bridge/position/fixes_view.h"

/* Views --------------------------------------------------------------------- */

typedef struct Cells
{
	TvView	   *view;
	uint32		room;
} Cells;

static void
add_cell(TvFixes *fixes, Cells *cells, int64 timeline_id, TimestampTz from, TimestampTz to, int partition)
{
	TvView	   *view = cells->view;

	if (from >= to)
		return;
	if (view->count == cells->room)
		view->cells = tv_grow(fixes->env->context, view->cells, sizeof(TvCell), &cells->room);
	view->cells[view->count++] = (TvCell) {.timeline_id = timeline_id, .from = from, .to = to, .partition = partition};
}

/* A timeline's own interval, cut by the partitions. */
static void
add_line(TvFixes *fixes, Cells *cells, int64 timeline_id, TimestampTz from, TimestampTz to)
{
	const TvSpan *spans;
	uint32		count;

	if (fixes->direct == NULL)
	{
		add_cell(fixes, cells, timeline_id, from, to, TV_BY_STATEMENT);
		return;
	}
	spans = tv_direct_fixes_spans(fixes->direct, &count);
	for (uint32 i = count; i-- > 0 && spans[i].to > from;)
		if (spans[i].from < to)
			add_cell(fixes, cells, timeline_id, Max(from, spans[i].from), Min(to, spans[i].to), spans[i].partition);
}

TvView *
tv_fixes_view(TvFixes *fixes, uint32 owner)
{
	TvView	   *view = &fixes->views[owner];
	Cells		cells = {.view = view};
	TimestampTz to = fixes->asked.until;

	if (view->made)
		return view;
	for (uint32 i = owner; i < fixes->line_count; i++)
	{
		add_line(fixes, &cells, fixes->lines[i].id, fixes->lines[i].fork_at, to);
		to = Min(to, fixes->lines[i].fork_at);
	}
	view->made = true;
	return view;
}

uint32
tv_view_find(const TvView *view, TimestampTz t)
{
	uint32		low = 0;
	uint32		high = view->count;

	while (low < high)
	{
		uint32		middle = (low + high) / 2;

		if (view->cells[middle].from < t)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Cells --------------------------------------------------------------------- */

#define MOST_LUCK 8
#define MOST_NEAR 2048			/* fixes; who asks for more reads all of a range */

static bool
is_direct(TvFixes *fixes, const TvCell *cell)
{
	return cell->partition != TV_BY_STATEMENT && tv_direct_fixes_usable(fixes->direct, cell->partition);
}

static void
look(TvFixes *fixes, TvCell *cell)
{
	cell->looked = true;
	if (is_direct(fixes, cell))
	{
		tv_direct_fixes_look(fixes->direct, cell);
		return;
	}
	cell->partition = TV_BY_STATEMENT;
	cell->lowest = PG_INT64_MIN;
	cell->highest = tv_fixes_rows_any(&fixes->asked, cell) ? PG_INT64_MAX : PG_INT64_MIN;
	if (cell->highest == PG_INT64_MIN)
		cell->lowest = PG_INT64_MAX;
}

/* Whether a cell may have fixes of a vehicle, as far as is known after one look at it. */
static bool
may_have(TvFixes *fixes, TvCell *cell, int64 vehicle_id)
{
	if (!cell->looked)
		look(fixes, cell);
	return vehicle_id >= cell->lowest && vehicle_id <= cell->highest;
}

/*
 * The last fix at or before a moment, up to which the vehicle may have reported at the pace of others, as up to a fork; or
 * may have been silent, which costs a second look.
 */
static size_t
read_last(TvFixes *fixes, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to, TvmFix *out)
{
	TimestampTz near = Max(from, to - fixes->window - 1);

	if (fixes->near_luck >= 0 && near > from)
	{
		bool		found = tv_direct_fixes_read(fixes->direct, cell, vehicle_id, near, to, true, out, 1) == 1;

		fixes->near_luck = found ? MOST_LUCK : fixes->near_luck - 1;
		if (found)
			return 1;
		to = near;
	}
	return tv_direct_fixes_read(fixes->direct, cell, vehicle_id, from, to, true, out, 1);
}

/*
 * Some fixes of a range that may be long: an index looks at all of its entries on a page, so first at no more of them than it
 * takes at the pace of others.
 */
static size_t
read_some(TvFixes *fixes, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
		  bool backward, TvmFix *out, size_t limit)
{
	uint64		near = (limit + 1) * (uint64) fixes->window;
	TimestampTz middle;
	size_t		count;

	if (limit == 1 || limit > MOST_NEAR || TIMESTAMP_NOT_FINITE(backward ? to : from) || (uint64) to - (uint64) from <= near)
		return tv_direct_fixes_read(fixes->direct, cell, vehicle_id, from, to, backward, out, limit);
	middle = backward ? to - (int64) near : from + (int64) near;
	count = tv_direct_fixes_read(fixes->direct, cell, vehicle_id, backward ? middle : from, backward ? to : middle,
								 backward, out, limit);
	if (count < limit)
		count += tv_direct_fixes_read(fixes->direct, cell, vehicle_id, backward ? from : middle, backward ? middle : to,
									  backward, out + count, limit - count);
	return count;
}

size_t
tv_cell_read(TvFixes *fixes, TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
			 bool backward, TvmFix *out, size_t limit)
{
	from = Max(from, cell->from);
	to = Min(to, cell->to);
	if (from >= to || limit == 0 || !may_have(fixes, cell, vehicle_id))
		return 0;
	if (cell->partition == TV_BY_STATEMENT)
		return tv_fixes_rows_read(&fixes->asked, cell, vehicle_id, from, to, backward, out, limit);
	if (backward && limit == 1)
		return read_last(fixes, cell, vehicle_id, from, to, out);
	return read_some(fixes, cell, vehicle_id, from, to, backward, out, limit);
}

/* Moments ------------------------------------------------------------------- */

#define LEAST_WINDOW USECS_PER_SEC
#define MOST_WINDOW (INT64CONST(900) * USECS_PER_SEC)

/*
 * An index gives the fixes of a page that may be wanted one by one, so what is asked of it is narrow: a little more than the
 * pace of the vehicles that were asked about before.  Of a vehicle that has been silent it finds nothing.
 */
static void
follow_pace(TvFixes *fixes, TimestampTz t, const TvAround *around)
{
	int64		wanted = fixes->window;

	if (around->found == (TV_FOUND_BEFORE | TV_FOUND_AFTER))
		wanted = (around->after.t - around->before.t) / 4 * 5;
	else if (around->found == TV_FOUND_BEFORE && t >= fixes->asked.until)
		wanted = (t - around->before.t) / 4 * 5;
	else if (around->found == TV_TOO_MANY)
		wanted = fixes->window / 2;
	else
		wanted = fixes->window / 4 * 5;
	/* Wider at once, and narrower by and by. */
	if (wanted < fixes->window)
		wanted = fixes->window - (fixes->window - wanted) / 16;
	fixes->window = Max(LEAST_WINDOW, Min(MOST_WINDOW, wanted));
}

/* The last fix of a cell may be before the moment: then it is the one, and there is none after it. */
static void
look_at_last(TvFixes *fixes, const TvCell *cell, int64 vehicle_id, TimestampTz t, TvAround *out)
{
	TvmFix		last;
	size_t		count = tv_direct_fixes_read(fixes->direct, cell, vehicle_id, cell->from, cell->to, true, &last, 1);

	if (count == 1 && last.t > t)
		return;
	out->none_after = cell->to;
	if (count == 0)
		out->none_before = cell->from;
	else
	{
		out->before = last;
		out->found = TV_FOUND_BEFORE;
	}
}

void
tv_view_around(TvFixes *fixes, TvView *view, int64 vehicle_id, TimestampTz t, TvAround *out)
{
	uint32		i = tv_view_find(view, t);
	TvCell	   *cell = &view->cells[i];
	TimestampTz from;
	TimestampTz to;

	out->found = 0;
	out->none_before = out->none_after = t;
	if (i == view->count || cell->to < t)
		return;
	if (!may_have(fixes, cell, vehicle_id))
	{
		out->none_before = cell->from;
		out->none_after = cell->to;
		return;
	}
	if (cell->partition == TV_BY_STATEMENT)
		return;
	from = Max(cell->from, t - fixes->window - 1);
	to = Min(cell->to, t + fixes->window);
	out->found = tv_direct_fixes_around(fixes->direct, cell, vehicle_id, from, t, to, &out->before, &out->after);
	follow_pace(fixes, t, out);
	if (out->found == TV_TOO_MANY)
		return;
	out->none_before = from;
	out->none_after = to;
	if (out->found == 0)
		look_at_last(fixes, cell, vehicle_id, t, out);
}
