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

size_t
tv_cell_read(TvFixes *fixes, TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
			 bool backward, TvmFix *out, size_t limit)
{
	from = Max(from, cell->from);
	to = Min(to, cell->to);
	if (from >= to || limit == 0 || !may_have(fixes, cell, vehicle_id))
		return 0;
	return cell->partition == TV_BY_STATEMENT
		? tv_fixes_rows_read(&fixes->asked, cell, vehicle_id, from, to, backward, out, limit)
		: tv_direct_fixes_read(fixes->direct, cell, vehicle_id, from, to, backward, out, limit);
}

/* Moments ------------------------------------------------------------------- */

#define LEAST_WINDOW USECS_PER_SEC
#define MOST_WINDOW (INT64CONST(900) * USECS_PER_SEC)

/*
 * An index gives the fixes of a page that may be wanted one by one, so what is asked of it is narrow: a little more than the
 * pace of the vehicles that were asked about before.
 */
static void
follow_pace(TvFixes *fixes, int found, const TvmFix *before, const TvmFix *after)
{
	int64		wanted = found == (TV_FOUND_BEFORE | TV_FOUND_AFTER) ? (after->t - before->t) * 5 / 4 : fixes->window * 2;

	/* Wider at once, and narrower by and by. */
	if (wanted < fixes->window)
		wanted = fixes->window - (fixes->window - wanted) / 16;
	fixes->window = Max(LEAST_WINDOW, Min(MOST_WINDOW, wanted));
}

int
tv_view_around(TvFixes *fixes, TvView *view, int64 vehicle_id, TimestampTz t, TvmFix *before, TvmFix *after)
{
	uint32		i = tv_view_find(view, t);
	TvCell	   *cell = &view->cells[i];
	int			found;

	if (i == view->count || cell->to < t || cell->partition == TV_BY_STATEMENT || !may_have(fixes, cell, vehicle_id) ||
		cell->partition == TV_BY_STATEMENT)
		return 0;
	found = tv_direct_fixes_around(fixes->direct, cell, vehicle_id, Max(cell->from, t - fixes->window - 1), t,
								   Min(cell->to, t + fixes->window), before, after);
	follow_pace(fixes, found, before, after);
	return found;
}
