/*
 * meet.c: who was near whom; see meet.h.
 */
#include "kernel/motion/meet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/motion/approach.h"
#include "kernel/motion/ground.h"

#define WINDOW_US (60 * TVM_MICROSECONDS)
#define MOST_WINDOWS 20000
#define ROUNDS_BETWEEN_LOOKS 1024

/* What a vehicle went through in a window. */
typedef struct Box
{
	double		low[3];
	double		high[3];
	size_t		track;
	size_t		first;			/* the pair that it begins in */
} Box;

typedef struct Finder
{
	TvmEnv	   *env;
	const TvmTrack *const *tracks;
	TvmMeetings *meetings;
	double (**vectors)[3];		/* of each track's used fixes */
	size_t	   *at;				/* of each track, the pair in which the window begins */
	Box		   *boxes;
	size_t		box_count;
	double		square;			/* of the chord of within_m */
	double		within;			/* the chord */
	double		radius_m;
	size_t		a;				/* who is compared */
	size_t		b;
	size_t		work;
	TvmStatus	status;
} Finder;

static int64_t
time_of(const TvmTrack *track, size_t k)
{
	return tvm_track_fix(track, k)->t;
}

static bool
slides(const TvmTrack *track, size_t k)
{
	TvmPairKind kind = tvm_track_pair(track, k);

	return kind == TVM_PAIR_MOVING || kind == TVM_PAIR_STOPPED;
}

static void
receive(void *target, const TvmApproach *approach)
{
	Finder	   *finder = target;
	TvmMeetings *meetings = finder->meetings;
	TvmMeeting *last = meetings->count == 0 ? NULL : &meetings->list[meetings->count - 1];
	double		metres = 2 * asin(fmin(1, sqrt(approach->nearest) / 2)) * finder->radius_m;

	if (finder->status != TVM_OK)
		return;
	if (last != NULL && last->a == finder->a && last->b == finder->b && last->to == approach->from)
	{
		last->to = approach->to;
		if (metres < last->nearest_m)
		{
			last->nearest_m = metres;
			last->nearest_at = approach->nearest_at;
			memcpy(last->place, approach->place, sizeof(last->place));
		}
		return;
	}
	if (meetings->count >= meetings->most)
	{
		finder->status = tvm_fail(finder->env, TVM_LIMIT, "too many meetings", NULL, "There are more than %zu.", meetings->most);
		return;
	}
	if (meetings->count == meetings->capacity)
		finder->status = tvm_grow(finder->env, &meetings->list, meetings->count, &meetings->capacity, sizeof(TvmMeeting));
	if (finder->status != TVM_OK)
		return;
	last = &meetings->list[meetings->count++];
	*last = (TvmMeeting) {finder->a, finder->b, approach->from, approach->to, approach->nearest_at, metres, {0, 0, 0}};
	memcpy(last->place, approach->place, sizeof(last->place));
}

/* Two vehicles in a window: pair by pair, as far as both slide. */
static void
compare(Finder *finder, const Box *one, const Box *other, int64_t from, int64_t to)
{
	const TvmTrack *a;
	const TvmTrack *b;
	size_t		i = one->first;
	size_t		j = other->first;

	finder->a = one->track;
	finder->b = other->track;
	a = finder->tracks[finder->a];
	b = finder->tracks[finder->b];
	while (i + 1 < a->count && j + 1 < b->count && time_of(a, i) <= to && time_of(b, j) <= to)
	{
		int64_t		begin = time_of(a, i) > time_of(b, j) ? time_of(a, i) : time_of(b, j);
		int64_t		end = time_of(a, i + 1) < time_of(b, j + 1) ? time_of(a, i + 1) : time_of(b, j + 1);

		begin = begin > from ? begin : from;
		if (begin < (end < to ? end : to) && slides(a, i) && slides(b, j))
		{
			TvmCourse	of_a;
			TvmCourse	of_b;

			tvm_course(tvm_track_fix(a, i), tvm_track_fix(a, i + 1), &of_a);
			tvm_course(tvm_track_fix(b, j), tvm_track_fix(b, j + 1), &of_b);
			tvm_approaches(&of_a, &of_b, begin, end < to ? end : to, finder->square, receive, finder);
		}
		if (time_of(a, i + 1) == end)
			i++;
		if (time_of(b, j + 1) == end)
			j++;
		if (++finder->work % ROUNDS_BETWEEN_LOOKS == 0 && finder->status == TVM_OK && tvm_cancelled(finder->env))
			finder->status = TVM_CANCELLED;
		if (finder->status != TVM_OK)
			return;
	}
}

/* The box of a vehicle in a window, all of the pairs that reach into it; false where it is nowhere. */
static bool
make_box(Finder *finder, size_t t, int64_t from, int64_t to, Box *box)
{
	const TvmTrack *track = finder->tracks[t];
	size_t		k = finder->at[t];
	bool		any = false;

	while (k + 1 < track->count && time_of(track, k + 1) <= from)
		k++;
	finder->at[t] = box->first = k;
	box->track = t;
	for (int i = 0; i < 3; i++)
	{
		box->low[i] = INFINITY;
		box->high[i] = -INFINITY;
	}
	for (; k + 1 < track->count && time_of(track, k) < to; k++)
	{
		double		angle = track->metres[k] / finder->radius_m;
		/* A great circle leaves the box of its ends by its sagitta. */
		double		margin = finder->within / 2 + angle * angle / 8 + 1e-12;

		if (!slides(track, k))
			continue;
		any = true;
		for (int i = 0; i < 3; i++)
		{
			box->low[i] = fmin(box->low[i], fmin(finder->vectors[t][k][i], finder->vectors[t][k + 1][i]) - margin);
			box->high[i] = fmax(box->high[i], fmax(finder->vectors[t][k][i], finder->vectors[t][k + 1][i]) + margin);
		}
	}
	return any;
}

static int
by_low(const void *left, const void *right, int axis)
{
	const Box  *a = left;
	const Box  *b = right;

	return a->low[axis] < b->low[axis] ? -1 : a->low[axis] > b->low[axis];
}

static int
by_x(const void *left, const void *right)
{
	return by_low(left, right, 0);
}

static int
by_y(const void *left, const void *right)
{
	return by_low(left, right, 1);
}

static int
by_z(const void *left, const void *right)
{
	return by_low(left, right, 2);
}

/* The axis along which they are the farthest apart. */
static int
choose_axis(const Finder *finder)
{
	int			best = 0;
	double		most = -1;

	for (int axis = 0; axis < 3; axis++)
	{
		double		sum = 0;
		double		squares = 0;

		for (size_t i = 0; i < finder->box_count; i++)
		{
			double		x = finder->boxes[i].low[axis] - finder->boxes[0].low[axis];

			sum += x;
			squares += x * x;
		}
		squares -= sum * sum / (double) finder->box_count;
		if (squares > most)
		{
			most = squares;
			best = axis;
		}
	}
	return best;
}

static bool
touch(const Box *a, const Box *b)
{
	return a->low[0] <= b->high[0] && b->low[0] <= a->high[0] && a->low[1] <= b->high[1] && b->low[1] <= a->high[1] &&
		a->low[2] <= b->high[2] && b->low[2] <= a->high[2];
}

static void
sweep(Finder *finder, size_t count, int64_t from, int64_t to)
{
	int			axis;

	finder->box_count = 0;
	for (size_t t = 0; t < count; t++)
		finder->box_count += make_box(finder, t, from, to, &finder->boxes[finder->box_count]);
	if (finder->box_count < 2)
		return;
	axis = choose_axis(finder);
	qsort(finder->boxes, finder->box_count, sizeof(Box), axis == 0 ? by_x : axis == 1 ? by_y : by_z);
	for (size_t i = 0; i < finder->box_count; i++)
		for (size_t j = i + 1; j < finder->box_count && finder->boxes[j].low[axis] <= finder->boxes[i].high[axis]; j++)
		{
			const Box  *a = &finder->boxes[i];
			const Box  *b = &finder->boxes[j];

			if (++finder->work % ROUNDS_BETWEEN_LOOKS == 0 && tvm_cancelled(finder->env))
				finder->status = TVM_CANCELLED;
			if (finder->status != TVM_OK)
				return;
			if (touch(a, b))
				compare(finder, a->track < b->track ? a : b, a->track < b->track ? b : a, from, to);
		}
}

static TvmStatus
prepare(Finder *finder, size_t count)
{
	TvmEnv	   *env = finder->env;

	finder->vectors = tvm_alloc_zero(env, count, sizeof(*finder->vectors));
	finder->at = tvm_alloc_zero(env, count, sizeof(size_t));
	finder->boxes = tvm_alloc(env, count, sizeof(Box));
	if (finder->vectors == NULL || finder->at == NULL || finder->boxes == NULL)
		return TVM_NOMEM;
	for (size_t t = 0; t < count; t++)
	{
		finder->vectors[t] = tvm_alloc(env, finder->tracks[t]->count + 1, sizeof(finder->vectors[t][0]));
		if (finder->vectors[t] == NULL)
			return TVM_NOMEM;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (size_t k = 0; k < finder->tracks[t]->count; k++)
		{
			const TvmFix *fix = tvm_track_fix(finder->tracks[t], k);

			tvm_ground_vector(fix->lon, fix->lat, finder->vectors[t][k]);
		}
	}
	return TVM_OK;
}

TvmStatus
tvm_meetings_find(TvmEnv *env, const TvmTrack *const *tracks, size_t count, int64_t from, int64_t to,
				  double within_m, TvmMeetings *meetings)
{
	Finder		finder = {.env = env, .tracks = tracks, .meetings = meetings};
	int64_t		window = (to - from) / MOST_WINDOWS > WINDOW_US ? (to - from) / MOST_WINDOWS : WINDOW_US;

	if (count < 2 || from >= to)
		return TVM_OK;
	finder.radius_m = tracks[0]->rules.radius_m;
	finder.within = 2 * sin(fmin(within_m / finder.radius_m / 2, TVM_GROUND_DEGREE * 90));
	finder.square = finder.within * finder.within;
	finder.status = prepare(&finder, count);
	for (int64_t at = from; at < to && finder.status == TVM_OK;)
	{
		int64_t		end = to - at > window ? at + window : to;

		if (tvm_cancelled(env))
			finder.status = TVM_CANCELLED;
		else
			sweep(&finder, count, at, end);
		at = end;
	}
	for (size_t t = 0; finder.vectors != NULL && t < count; t++)
		tvm_free(env, finder.vectors[t]);
	tvm_free(env, finder.vectors);
	tvm_free(env, finder.at);
	tvm_free(env, finder.boxes);
	return finder.status;
}

static int
by_pair(const void *left, const void *right)
{
	const TvmMeeting *a = left;
	const TvmMeeting *b = right;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}

void
tvm_meetings_join(TvmMeetings *meetings)
{
	size_t		kept = 0;

	if (meetings->count == 0)
		return;
	qsort(meetings->list, meetings->count, sizeof(TvmMeeting), by_pair);
	for (size_t i = 1; i < meetings->count; i++)
	{
		TvmMeeting *last = &meetings->list[kept];
		const TvmMeeting *next = &meetings->list[i];

		if (last->a != next->a || last->b != next->b || last->to != next->from)
		{
			meetings->list[++kept] = *next;
			continue;
		}
		last->to = next->to;
		if (next->nearest_m < last->nearest_m)
		{
			last->nearest_m = next->nearest_m;
			last->nearest_at = next->nearest_at;
			memcpy(last->place, next->place, sizeof(last->place));
		}
	}
	meetings->count = kept + 1;
}

void
tvm_meetings_free(TvmEnv *env, TvmMeetings *meetings)
{
	tvm_free(env, meetings->list);
	meetings->list = NULL;
	meetings->count = meetings->capacity = 0;
}
