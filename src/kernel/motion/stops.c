/*
 * stops.c: the pairs of a track that are in windows: at least stop_s, in a circle of the diameter stop_m.
 *
 * A window of which no smaller one takes stop_s begins at the last fix from which its end is stop_s away, or ends
 * at the first that is stop_s after its beginning.  There are at most two for each fix, and both
 * their ends only ever move on; every window is a union of such ones.  What a circle has
 * been found for is not looked at again: while new fixes are in it the next window fits, and
 * while the two or three fixes that hold one too large are in the next window it does not.
 * So a parked vehicle takes one circle, and a moving one a distance, for each fix.
 *
 * Circles are sought among the corners of hulls (hulls.h), so that long windows are cheap, too.
 */
#include "kernel/motion/stops.h"

#include "kernel/motion/circle.h"
#include "kernel/motion/ground.h"
#include "kernel/motion/hulls.h"
#include "kernel/motion/pair.h"

#define ROUNDS_BETWEEN_LOOKS 4096
#define POINTS_BETWEEN_LOOKS 1000000

typedef struct Finder
{
	TvmEnv	   *env;
	TvmTrack   *track;
	const double *cosines;
	double		most;			/* the square of the largest radius, in radii of the sphere */
	/* A circle that is small enough for the used fixes from one to another. */
	bool		held;
	TvmGroundFrame frame;
	double		centre[3];
	size_t		from;
	size_t		to;
	/* One that is too large for a window, by the fixes that hold it. */
	TvmCircle	too_large;
	TvmHulls	hulls;
	size_t		work;			/* points looked at since the last look */
	TvmStatus	status;
} Finder;

static double
square_between(const Finder *finder, size_t a, size_t b)
{
	const TvmFix *from = tvm_track_fix(finder->track, a);
	const TvmFix *to = tvm_track_fix(finder->track, b);

	return tvm_ground_square(from->lon, from->lat, finder->cosines[finder->track->used[a]],
							 to->lon, to->lat, finder->cosines[finder->track->used[b]]);
}

static bool
is_too_large(const Finder *finder, size_t begin, size_t end)
{
	const TvmCircle *circle = &finder->too_large;

	for (int i = 0; i < circle->count; i++)
	{
		if (circle->id[i] < begin || circle->id[i] > end)
			return false;
	}
	return circle->count > 0;
}

/* Whether all up to `end` are in the circle at hand. */
static bool
extend(Finder *finder, size_t end)
{
	while (finder->to < end)
	{
		const TvmFix *fix = tvm_track_fix(finder->track, finder->to + 1);
		double		point[3];

		tvm_ground_local(&finder->frame, fix->lon, fix->lat, point);
		if (tvm_circle_square(point, finder->centre) > finder->most)
		{
			finder->held = false;
			return false;
		}
		finder->to++;
	}
	return true;
}

/* The smallest circle around a window, kept as what it is good for. */
static bool
solve(Finder *finder, size_t begin, size_t end)
{
	const TvmHullPoint *points;
	size_t		count;
	TvmCircle	circle;
	TvmGroundFrame frame;

	finder->status = tvm_hulls_window(finder->env, &finder->hulls, finder->track, begin, end, &frame, &points, &count);
	if (finder->status != TVM_OK)
		return false;
	/* From the last on, for what holds one too large should stay in windows for long. */
	tvm_circle_start(&circle, points[count - 1].xyz, points[count - 1].id);
	for (;;)
	{
		size_t		far = 0;
		double		farthest = -1;

		for (size_t i = count; i-- > 0;)
		{
			double		square = tvm_circle_square(points[i].xyz, circle.centre);

			if (square > farthest)
			{
				farthest = square;
				far = i;
			}
		}
		finder->work += count;
		/* As small as it gets: then it serves longest. */
		if (farthest <= circle.square * (1 + 1e-9) || !tvm_circle_take(&circle, points[far].xyz, points[far].id))
		{
			finder->held = farthest <= finder->most;
			break;
		}
		if (circle.square > finder->most)
		{
			finder->held = false;
			break;
		}
	}
	if (finder->work > POINTS_BETWEEN_LOOKS)
	{
		finder->work = 0;
		if (tvm_cancelled(finder->env))
			finder->status = TVM_CANCELLED;
	}
	if (!finder->held)
	{
		finder->too_large = circle;
		return false;
	}
	finder->frame = frame;
	for (int i = 0; i < 3; i++)
		finder->centre[i] = circle.centre[i];
	finder->from = begin;
	finder->to = end;
	return true;
}

static bool
fits(Finder *finder, size_t begin, size_t end)
{
	if (square_between(finder, begin, end) > finder->most || is_too_large(finder, begin, end))
		return false;
	if (finder->held && finder->from <= begin && extend(finder, end))
		return true;
	return solve(finder, begin, end);
}

/* Of a run of fixes without a break, each pair of which is within stop_m. */
static void
find_in_run(Finder *finder, size_t first, size_t last)
{
	TvmTrack   *track = finder->track;
	double		stop_s = track->rules.stop_s;
	size_t		begin = first;	/* the last from which the fix before `end` is stop_s away */
	size_t		marked = first; /* the pairs before it that are in windows are marked */
	bool		any = false;

	for (size_t end = first + 1; end <= last; end++)
	{
		int64_t		t = tvm_track_fix(track, end)->t;
		size_t		candidate = any ? begin + 1 : first;

		if (end % ROUNDS_BETWEEN_LOOKS == 0 && tvm_cancelled(finder->env))
			finder->status = TVM_CANCELLED;
		if (finder->status != TVM_OK)
			return;
		if (!any && tvm_seconds(tvm_track_fix(track, first)->t, t) < stop_s)
			continue;
		any = true;
		while (begin + 1 < end && tvm_seconds(tvm_track_fix(track, begin + 1)->t, t) >= stop_s)
			begin++;
		for (candidate = candidate < begin ? candidate : begin; candidate <= begin; candidate++)
		{
			if (!fits(finder, candidate, end))
				continue;
			for (size_t k = candidate > marked ? candidate : marked; k < end; k++)
				track->pair[k] = TVM_PAIR_STOPPED | TVM_PAIR_IN_STOP;
			marked = end;
			break;
		}
	}
}

TvmStatus
tvm_track_find_stops(TvmEnv *env, TvmTrack *track, const double *cosines)
{
	Finder		finder = {.env = env, .track = track, .cosines = cosines, .most = tvm_stop_square(&track->rules)};
	size_t		first = 0;

	tvm_hulls_init(&finder.hulls);
	for (size_t k = 0; k < track->count && finder.status == TVM_OK; k++)
	{
		bool		goes_on = k + 1 < track->count && tvm_track_pair(track, k) != TVM_PAIR_BREAK &&
			tvm_within_stop(&track->rules, track->metres[k]);

		if (goes_on)
			continue;
		if (tvm_seconds(tvm_track_fix(track, first)->t, tvm_track_fix(track, k)->t) >= track->rules.stop_s)
			find_in_run(&finder, first, k);
		first = k + 1;
	}
	tvm_hulls_free(env, &finder.hulls);
	return finder.status;
}
