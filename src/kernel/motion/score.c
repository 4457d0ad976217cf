/*
 * score.c: box scores; see score.h.
 */
#include "kernel/motion/score.h"

#include <math.h>

#include "kernel/motion/ground.h"
#include "kernel/motion/pair.h"

#define ROUNDS_BETWEEN_LOOKS 4096

void
tvm_sum_add(TvmSum *sum, double x)
{
	double		total = sum->high + x;

	sum->low += fabs(sum->high) >= fabs(x) ? (sum->high - total) + x : (x - total) + sum->high;
	sum->high = total;
}

void
tvm_score_init(TvmScore *score)
{
	*score = (TvmScore) {.max_speed_mps = NAN, .max_reported_speed_mps = NAN};
}

static void
raise_to(double *most, double x)
{
	if (!(*most >= x) && !isnan(x))
		*most = x;
}

/* The intervals at hand, and the one that the last question was about. */
typedef struct Intervals
{
	const int64_t *bounds;
	size_t		count;
	size_t		at;
	TvmScore   *scores;
} Intervals;

/* The first interval that ends after t, where instants do not go back by more than an interval or so. */
static size_t
find_interval(Intervals *intervals, int64_t t)
{
	size_t		at = intervals->at;

	while (at > 0 && intervals->bounds[at] > t)
		at--;
	while (at < intervals->count && intervals->bounds[at + 1] <= t)
		at++;
	return intervals->at = at;
}

static bool
equal_or_not_said(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool
duplicates(const TvmFix *fix, const TvmFix *earlier)
{
	return fix->lon == earlier->lon && fix->lat == earlier->lat && equal_or_not_said(fix->alt_m, earlier->alt_m) &&
		equal_or_not_said(fix->speed_mps, earlier->speed_mps) && equal_or_not_said(fix->heading_deg, earlier->heading_deg);
}

/* What used fix k counts for, and the outliers between it and the next. */
static void
count_fixes(const TvmTrack *track, size_t k, Intervals *intervals)
{
	const TvmFix *fix = tvm_track_fix(track, k);
	size_t		next = k + 1 < track->count ? track->used[k + 1] : track->end;
	int64_t		first = intervals->bounds[0];
	int64_t		end = intervals->bounds[intervals->count];

	if (fix->t >= first && fix->t < end)
	{
		TvmScore   *score = &intervals->scores[find_interval(intervals, fix->t)];

		score->fixes++;
		score->used++;
		score->duplicates += k > 0 && duplicates(fix, tvm_track_fix(track, k - 1));
		raise_to(&score->max_reported_speed_mps, fix->speed_mps);
		score->stops += (track->pair[k] & TVM_PAIR_IN_STOP) != 0 && k + 1 < track->count &&
			(k == 0 || (track->pair[k - 1] & TVM_PAIR_IN_STOP) == 0);
	}
	for (size_t i = track->used[k] + 1; i < next; i++)
	{
		int64_t		t = track->stream.fixes[i].t;

		if (t >= first && t < end)
		{
			TvmScore   *score = &intervals->scores[find_interval(intervals, t)];

			score->fixes++;
			score->outliers++;
		}
	}
}

/* Proper minus local seconds of uniform motion: -s x / (1 + sqrt(1 - x)), x = (v/c)^2, which loses no digits. */
static double
dilation(double seconds, double metres)
{
	double		beta = metres / seconds / TVM_MOTION_C;
	double		x = beta < 1 ? beta * beta : 1;

	return -seconds * x / (1 + sqrt(1 - x));
}

/* What the pair of used fixes k and k + 1 adds. */
static void
add_pair(const TvmTrack *track, size_t k, Intervals *intervals)
{
	int64_t		from = tvm_track_fix(track, k)->t;
	int64_t		to = tvm_track_fix(track, k + 1)->t;
	double		seconds = tvm_seconds(from, to);
	TvmPairKind kind = tvm_track_pair(track, k);
	double		behind = kind == TVM_PAIR_MOVING || kind == TVM_PAIR_GAP ? dilation(seconds, track->metres[k]) : 0;

	for (size_t i = find_interval(intervals, from); i < intervals->count && intervals->bounds[i] < to; i++)
	{
		TvmScore   *score = &intervals->scores[i];
		int64_t		begin = from > intervals->bounds[i] ? from : intervals->bounds[i];
		int64_t		end = to < intervals->bounds[i + 1] ? to : intervals->bounds[i + 1];
		double		part = begin == from && end == to ? 1 : tvm_seconds(begin, end) / seconds;

		if (end <= begin)
			continue;
		switch (kind)
		{
			case TVM_PAIR_MOVING:
				score->moving_us += end - begin;
				tvm_sum_add(&score->distance_m, track->metres[k] * part);
				if (seconds >= 1)
					raise_to(&score->max_speed_mps, track->metres[k] / seconds);
				break;
			case TVM_PAIR_STOPPED:
				score->stopped_us += end - begin;
				break;
			case TVM_PAIR_GAP:
				tvm_sum_add(&score->gap_m, track->metres[k] * part);
				break;
			case TVM_PAIR_BREAK:
				break;
		}
		if (behind != 0)
			tvm_sum_add(&score->traveler_minus_local_s, behind * part);
	}
}

/* Speeds over a second where fixes come faster ---------------------------------- */

static bool
moves(const TvmTrack *track, size_t k)
{
	return k + 1 < track->count && tvm_track_pair(track, k) == TVM_PAIR_MOVING;
}

static int64_t
time_of(const TvmTrack *track, size_t k)
{
	return tvm_track_fix(track, k)->t;
}

/* Metres of pair k that lie between two instants of it. */
static double
way(const TvmTrack *track, size_t k, int64_t from, int64_t to)
{
	return track->metres[k] * (tvm_seconds(from, to) / tvm_seconds(time_of(track, k), time_of(track, k + 1)));
}

static void
raise_second(Intervals *intervals, int64_t from, double metres)
{
	for (size_t i = find_interval(intervals, from);
		 i < intervals->count && intervals->bounds[i] < from + TVM_MICROSECONDS; i++)
		raise_to(&intervals->scores[i].max_speed_mps, metres);
}

/*
 * Of a run of moving pairs, each second that begins or ends at a fix: the greatest way within a second begins or ends at one.
 * Both ends of the second go on with the fixes; what lies between them is a difference of two sums.
 */
static void
score_seconds(const TvmTrack *track, size_t first, size_t last, Intervals *intervals)
{
	size_t		end = first;	/* of the pair that holds the end of the second */
	double		to_begin = 0;	/* metres from `first` to the beginning's fix, and to fix `end` */
	double		to_end = 0;

	for (size_t k = first; k < last && time_of(track, k) <= time_of(track, last) - TVM_MICROSECONDS; k++)
	{
		int64_t		t = time_of(track, k) + TVM_MICROSECONDS;

		while (time_of(track, end + 1) < t)
			to_end += track->metres[end++];
		if (end > k)
			raise_second(intervals, time_of(track, k), to_end - to_begin + way(track, end, time_of(track, end), t));
		to_begin += track->metres[k];
	}
	end = first;
	to_begin = to_end = 0;
	for (size_t k = first + 1; k <= last; k++)
	{
		int64_t		t = time_of(track, k) - TVM_MICROSECONDS;

		to_begin += track->metres[k - 1];
		if (t < time_of(track, first))
			continue;
		while (time_of(track, end + 1) <= t)
			to_end += track->metres[end++];
		/* Now `end` is the pair in which the second begins. */
		if (end + 1 < k)
			raise_second(intervals, t, to_begin - to_end - way(track, end, time_of(track, end), t));
	}
}

/* From the last used fix on that is a second before the first interval. */
static void
score_speeds(const TvmTrack *track, size_t begin, Intervals *intervals)
{
	int64_t		end = intervals->bounds[intervals->count];

	for (size_t k = begin; k < track->count && time_of(track, k) < end;)
	{
		size_t		last = k;
		bool		quick = false;

		/* As far as a second that begins in the last interval reaches. */
		while (moves(track, last) && (time_of(track, last) < end || time_of(track, last) - end < TVM_MICROSECONDS))
		{
			quick = quick || time_of(track, last + 1) - time_of(track, last) < TVM_MICROSECONDS;
			last++;
		}
		intervals->at = 0;
		if (quick)
			score_seconds(track, k, last, intervals);
		k = last > k ? last : k + 1;
	}
}

/* ------------------------------------------------------------------------------ */

static int64_t
moved(int64_t t, int64_t by)
{
	if (by < 0)
		return t < INT64_MIN - by ? INT64_MIN : t + by;
	return t > INT64_MAX - by ? INT64_MAX : t + by;
}

TvmStatus
tvm_track_score(TvmEnv *env, const TvmTrack *track, const int64_t *bounds, size_t count, TvmScore *scores)
{
	Intervals	intervals = {bounds, count, 0, scores};
	ptrdiff_t	first = count == 0 ? -1 : tvm_track_find(track, bounds[0]);
	ptrdiff_t	earlier = count == 0 ? -1 : tvm_track_find(track, moved(bounds[0], -TVM_MICROSECONDS));
	bool		quick = false;

	if (count == 0)
		return TVM_OK;
	for (size_t i = 0; i < count; i++)
		scores[i].gap_us += scores[i].moving_us + scores[i].stopped_us;
	for (size_t k = earlier < 0 ? 0 : (size_t) earlier;
		 k < track->count && time_of(track, k) < moved(bounds[count], TVM_MICROSECONDS); k++)
	{
		if (k % ROUNDS_BETWEEN_LOOKS == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		quick = quick || (moves(track, k) && tvm_seconds(time_of(track, k), time_of(track, k + 1)) < 1);
		if ((ptrdiff_t) k < first || time_of(track, k) >= bounds[count])
			continue;
		count_fixes(track, k, &intervals);
		if (k + 1 < track->count)
			add_pair(track, k, &intervals);
	}
	if (quick)
		score_speeds(track, earlier < 0 ? 0 : (size_t) earlier, &intervals);
	/* What is left of the interval. */
	for (size_t i = 0; i < count; i++)
		scores[i].gap_us += bounds[i + 1] - bounds[i] - scores[i].moving_us - scores[i].stopped_us;
	return TVM_OK;
}

/* Stops ------------------------------------------------------------------------ */

static bool
in_stop(const TvmTrack *track, size_t k)
{
	return k + 1 < track->count && (track->pair[k] & TVM_PAIR_IN_STOP) != 0;
}

/* The vector to the middle of what lies between two instants of pair k, times the seconds. */
static void
add_place(const TvmTrack *track, size_t k, int64_t from, int64_t to, double place[3])
{
	TvmMoment	middle;
	double		xyz[3];

	if (to <= from)
		return;
	tvm_motion_between(tvm_track_fix(track, k), tvm_track_fix(track, k + 1), from + (to - from) / 2, &middle);
	tvm_ground_vector(middle.lon, middle.lat, xyz);
	for (int i = 0; i < 3; i++)
		place[i] += xyz[i] * tvm_seconds(from, to);
}

bool
tvm_track_stop(const TvmTrack *track, size_t *cursor, int64_t from, int64_t to, TvmStop *out)
{
	size_t		k = *cursor;
	ptrdiff_t	before = tvm_track_find(track, from);

	if (before > 0 && k < (size_t) before)
		k = (size_t) before;
	while (k < track->count && time_of(track, k) < to && !in_stop(track, k))
		k++;
	*cursor = k;
	if (k >= track->count || time_of(track, k) >= to)
		return false;
	/* Where it begins exactly at `from`, the pair before says whether it does. */
	out->begins = time_of(track, k) >= from && (k == 0 || !in_stop(track, k - 1));
	out->from = time_of(track, k) > from ? time_of(track, k) : from;
	out->fixes = 0;
	for (int i = 0; i < 3; i++)
		out->place[i] = 0;
	for (; in_stop(track, k) && time_of(track, k) < to; k++)
	{
		int64_t		end = time_of(track, k + 1);

		out->fixes += time_of(track, k) >= from;
		add_place(track, k, time_of(track, k) > from ? time_of(track, k) : from, end < to ? end : to, out->place);
	}
	*cursor = k;
	out->ends = !in_stop(track, k) && time_of(track, k) <= to;
	out->to = time_of(track, k) < to ? time_of(track, k) : to;
	out->fixes += out->ends;
	return true;
}

bool
tvm_stop_join(TvmStop *stop, const TvmStop *next)
{
	if (stop->ends || next->begins || stop->to != next->from)
		return false;
	stop->to = next->to;
	stop->ends = next->ends;
	stop->fixes += next->fixes;
	for (int i = 0; i < 3; i++)
		stop->place[i] += next->place[i];
	return true;
}

void
tvm_stop_place(const TvmStop *stop, double *lon, double *lat)
{
	const double *p = stop->place;

	*lat = atan2(p[2], sqrt(p[0] * p[0] + p[1] * p[1])) / TVM_GROUND_DEGREE;
	*lon = atan2(p[1], p[0]) / TVM_GROUND_DEGREE;
}
