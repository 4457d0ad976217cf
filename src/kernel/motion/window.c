/*
 * window.c: whether a pair of fixes is in a stop, from the stream around it.
 *
 * All of a window is within stop_m of both fixes of the pair, so only what is near them counts,
 * as far as the first used fix on either side that is not, or a break.  Of the windows that
 * begin at one fix and hold the pair the shortest decides, for what is in a window is in a circle.
 */
#include "kernel/motion/circle.h"
#include "kernel/motion/ground.h"
#include "kernel/motion/pair.h"

typedef struct Search
{
	const TvmMotionRules *rules;
	const TvmStream *stream;
	ptrdiff_t	from;			/* the pair */
	ptrdiff_t	to;
	TvmGroundFrame frame;		/* of `from` */
	double		most;			/* the square of the largest radius */
	TvmCircle	too_large;		/* around points that were in no window */
} Search;

double
tvm_stop_square(const TvmMotionRules *rules)
{
	double		half = rules->stop_m / 2 / rules->radius_m;
	double		radius = half < TVM_GROUND_DEGREE * 90 ? sin(half) : 2;

	radius += TVM_STOP_SLACK_M / 2 / rules->radius_m;
	return radius * radius;
}

static const TvmFix *
fix_at(const Search *search, ptrdiff_t i)
{
	return &search->stream->fixes[i];
}

static bool
near(const Search *search, ptrdiff_t i)
{
	const TvmFix *fix = fix_at(search, i);

	return tvm_motion_near(search->rules, fix, fix_at(search, search->from)) &&
		tvm_motion_near(search->rules, fix, fix_at(search, search->to));
}

/* The used fix after a used one, -1 where there is none; within what is known to be decided. */
static ptrdiff_t
next_used(const Search *search, ptrdiff_t i)
{
	ptrdiff_t	next;

	tvm_stream_next(search->rules, search->stream, i, i + 1, &next);
	return next;
}

/* From a used fix on, the first that is stop_s after `begin` with nothing far or broken before it; or -1. */
static TvmNeed
window_end(const Search *search, ptrdiff_t begin, ptrdiff_t *end)
{
	while (tvm_seconds(fix_at(search, begin)->t, fix_at(search, *end)->t) < search->rules->stop_s)
	{
		ptrdiff_t	next;
		TvmNeed		need = tvm_stream_next(search->rules, search->stream, *end, *end + 1, &next);

		if (next < 0 || tvm_motion_breaks(search->rules, fix_at(search, *end), fix_at(search, next)) || !near(search, next))
		{
			*end = -1;
			return need;
		}
		*end = next;
	}
	return TVM_DECIDED;
}

/* Whether the used fixes from one to another are in a circle of the diameter stop_m. */
static bool
fits(Search *search, ptrdiff_t begin, ptrdiff_t end)
{
	TvmCircle	circle;
	double		point[3];
	int			seen = 0;

	for (int i = 0; i < search->too_large.count; i++)
		seen += search->too_large.id[i] >= (size_t) begin && search->too_large.id[i] <= (size_t) end;
	if (seen > 0 && seen == search->too_large.count)
		return false;
	tvm_ground_local(&search->frame, fix_at(search, begin)->lon, fix_at(search, begin)->lat, point);
	tvm_circle_start(&circle, point, (size_t) begin);
	for (;;)
	{
		double		farthest = -1;
		double		far[3] = {0, 0, 0};
		ptrdiff_t	far_id = begin;

		for (ptrdiff_t i = begin;; i = next_used(search, i))
		{
			double		square;

			tvm_ground_local(&search->frame, fix_at(search, i)->lon, fix_at(search, i)->lat, point);
			square = tvm_circle_square(point, circle.centre);
			if (square > farthest)
			{
				farthest = square;
				far[0] = point[0];
				far[1] = point[1];
				far[2] = point[2];
				far_id = i;
			}
			if (i == end)
				break;
		}
		if (farthest <= search->most)
			return true;
		if (!tvm_circle_take(&circle, far, (size_t) far_id) || circle.square > search->most)
		{
			search->too_large = circle;
			return false;
		}
	}
}

/*
 * A sure fix from which on all can matter: not near, or stop_s before the end of the pair, or after a
 * break.  False where the stream begins before there is one: then the first sure one in it.
 */
static bool
find_sure(const Search *search, ptrdiff_t *sure)
{
	const TvmMotionRules *rules = search->rules;
	const TvmStream *stream = search->stream;
	ptrdiff_t	first = search->from;

	for (ptrdiff_t i = search->from; i >= 0; i--)
	{
		const TvmFix *fix = fix_at(search, i);

		if (!tvm_stream_sure(rules, stream, i))
			continue;
		*sure = first = i;
		if ((i == 0 && stream->starts) || fix->kind == TVM_FIX_JUMP ||
			tvm_seconds(fix->t, fix_at(search, search->to)->t) >= rules->stop_s || !near(search, i))
			return true;
	}
	*sure = first;
	return false;
}

/* The first fix that a window with the pair can begin with. */
static ptrdiff_t
find_begin(const Search *search, ptrdiff_t sure)
{
	ptrdiff_t	begin = near(search, sure) ? sure : -1;

	for (ptrdiff_t i = sure; i != search->from;)
	{
		ptrdiff_t	next = next_used(search, i);

		if (!near(search, next))
			begin = -1;
		else if (begin < 0 || tvm_motion_breaks(search->rules, fix_at(search, i), fix_at(search, next)))
			begin = next;
		i = next;
	}
	/* The fix itself is near, if it is anywhere. */
	return begin < 0 ? search->from : begin;
}

TvmNeed
tvm_stream_stops(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t from, ptrdiff_t to, bool *stops)
{
	Search		search = {.rules = rules, .stream = stream, .from = from, .to = to, .most = tvm_stop_square(rules)};
	ptrdiff_t	sure;
	ptrdiff_t	end = to;
	TvmNeed		after;
	bool		reached;

	tvm_ground_frame(stream->fixes[from].lon, stream->fixes[from].lat, &search.frame);
	/* Of most that are parked, the first window that is looked at. */
	after = window_end(&search, from, &end);
	*stops = end >= 0 && fits(&search, from, end);
	if (*stops)
		return TVM_DECIDED;
	reached = find_sure(&search, &sure);
	end = to;
	for (ptrdiff_t i = find_begin(&search, sure); i != from && end >= 0;)
	{
		ptrdiff_t	next = next_used(&search, i);

		/* Of those that end with the pair only the last. */
		if (next == from || tvm_seconds(stream->fixes[next].t, stream->fixes[to].t) < rules->stop_s)
		{
			window_end(&search, i, &end);
			*stops = end >= 0 && fits(&search, i, end);
			if (*stops)
				return TVM_DECIDED;
		}
		i = next;
	}
	return after != TVM_DECIDED ? after : reached ? TVM_DECIDED : TVM_NEEDS_BEFORE;
}
