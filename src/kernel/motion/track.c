/*
 * track.c: fixes classified from left to right, and read in order of time; see track.h.
 */
#include "kernel/motion/track.h"

#include "kernel/motion/ground.h"
#include "kernel/motion/pair.h"
#include "kernel/motion/stops.h"

#define ROUNDS_BETWEEN_LOOKS 4096

static TvmStatus
invalid(TvmEnv *env, size_t i, const char *field, double value)
{
	TvmStatus	status = tvm_fail(env, TVM_INVALID, "not a position", NULL, "The value is %s.", tvm_number_text(value).text);

	tvm_fail_path(env, "fixes[%zu].%s", i, field);
	return status;
}

static TvmStatus
check_fix(TvmEnv *env, const TvmStream *stream, size_t i)
{
	const TvmFix *fix = &stream->fixes[i];

	if (!(fabs(fix->lon) <= 180))
		return invalid(env, i, "lon", fix->lon);
	if (!(fabs(fix->lat) <= 90))
		return invalid(env, i, "lat", fix->lat);
	if (i > 0 && fix->t <= fix[-1].t)
		return invalid(env, i, "t", (double) fix->t);
	return TVM_OK;
}

/* Fixes of which each one's cosine is known. */
static double
metres_between(const TvmTrack *track, const double *cosines, size_t a, size_t b)
{
	const TvmFix *from = &track->stream.fixes[a];
	const TvmFix *to = &track->stream.fixes[b];
	double		square = tvm_ground_square(from->lon, from->lat, cosines[a], to->lon, to->lat, cosines[b]);

	if (square < 0.5)
		return track->rules.radius_m * tvm_ground_of_square(square);
	return tvm_motion_metres(&track->rules, from, to);
}

static bool
impossible(const TvmTrack *track, size_t a, size_t b, double metres)
{
	const TvmFix *from = &track->stream.fixes[a];
	const TvmFix *to = &track->stream.fixes[b];

	return !tvm_motion_apart(from, to) && metres > track->rules.max_speed_mps * tvm_seconds(from->t, to->t);
}

/* What a pair is, stops apart. */
static uint8_t
pair_kind(const TvmTrack *track, size_t a, size_t b, double metres)
{
	const TvmFix *from = &track->stream.fixes[a];
	const TvmFix *to = &track->stream.fixes[b];
	double		seconds = tvm_seconds(from->t, to->t);

	if (tvm_motion_apart(from, to) || metres > track->rules.max_speed_mps * seconds)
		return TVM_PAIR_BREAK;
	if (seconds > track->rules.max_gap_s)
		return tvm_within_stop(&track->rules, metres) ? TVM_PAIR_STOPPED : TVM_PAIR_GAP;
	return TVM_PAIR_MOVING;
}

/* Which fixes are used, and what their pairs are, stops apart. */
static TvmStatus
classify(TvmEnv *env, TvmTrack *track, double *cosines)
{
	const TvmStream *stream = &track->stream;
	double		ahead = -1;		/* metres from fix i to the next; -1: not known */

	for (size_t i = 0; i < stream->count; i++)
	{
		TvmStatus	status = check_fix(env, stream, i);

		if (status != TVM_OK)
			return status;
		if (i % ROUNDS_BETWEEN_LOOKS == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		cosines[i] = tvm_ground_cosine(stream->fixes[i].lat);
	}
	while (track->first < stream->count && !tvm_stream_sure(&track->rules, stream, (ptrdiff_t) track->first))
		track->first++;
	track->end = track->first;
	for (size_t i = track->first; i < stream->count; i++)
	{
		size_t		last = track->count == 0 ? i : track->used[track->count - 1];
		double		metres = 0;

		if (i % ROUNDS_BETWEEN_LOOKS == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (track->count > 0)
		{
			metres = last + 1 == i && ahead >= 0 ? ahead : metres_between(track, cosines, last, i);
			ahead = -1;
			if (impossible(track, last, i, metres))
			{
				if (i + 1 == stream->count && !stream->ends)
					return TVM_OK;
				if (i + 1 < stream->count)
				{
					ahead = metres_between(track, cosines, i, i + 1);
					if (impossible(track, i, i + 1, ahead))
					{
						ahead = -1;
						track->end = i + 1;
						continue;
					}
				}
			}
			track->metres[track->count - 1] = metres;
			track->pair[track->count - 1] = pair_kind(track, last, i, metres);
		}
		track->used[track->count++] = i;
		track->end = i + 1;
	}
	return TVM_OK;
}

TvmStatus
tvm_track_create(TvmEnv *env, const TvmMotionRules *rules, const TvmStream *stream, TvmTrack *track)
{
	double	   *cosines = tvm_alloc(env, stream->count + 1, sizeof(double));
	TvmStatus	status = TVM_NOMEM;

	*track = (TvmTrack) {.rules = *rules, .stream = *stream};
	track->used = tvm_alloc(env, stream->count + 1, sizeof(size_t));
	track->pair = tvm_alloc(env, stream->count + 1, sizeof(uint8_t));
	track->metres = tvm_alloc(env, stream->count + 1, sizeof(double));
	if (cosines != NULL && track->used != NULL && track->pair != NULL && track->metres != NULL)
		status = classify(env, track, cosines);
	if (status == TVM_OK)
		status = tvm_track_find_stops(env, track, cosines);
	tvm_free(env, cosines);
	if (status != TVM_OK)
		tvm_track_free(env, track);
	return status;
}

void
tvm_track_free(TvmEnv *env, TvmTrack *track)
{
	tvm_free(env, track->used);
	tvm_free(env, track->pair);
	tvm_free(env, track->metres);
	track->used = NULL;
	track->pair = NULL;
	track->metres = NULL;
	track->count = 0;
}

ptrdiff_t
tvm_track_find(const TvmTrack *track, int64_t t)
{
	size_t		low = 0;
	size_t		high = track->count;	/* the first that is known to be after t */

	while (low < high)
	{
		size_t		middle = low + (high - low) / 2;

		if (tvm_track_fix(track, middle)->t <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return (ptrdiff_t) low - 1;
}

/* What it needs --------------------------------------------------------------- */

static bool
is_break(const TvmTrack *track, size_t k)
{
	return tvm_track_pair(track, k) == TVM_PAIR_BREAK;
}

static int64_t
moved(int64_t t, int64_t by)
{
	if (by < 0)
		return t < INT64_MIN - by ? INT64_MIN : t + by;
	return t > INT64_MAX - by ? INT64_MAX : t + by;
}

/* Whether a window with a pair near one end of the track could reach beyond that end. */
static bool
window_leaves(const TvmTrack *track, size_t from, size_t to)
{
	const TvmFix *a = tvm_track_fix(track, from);
	const TvmFix *b = tvm_track_fix(track, to);

	if (tvm_seconds(a->t, b->t) >= track->rules.stop_s ||
		!tvm_within_stop(&track->rules, tvm_motion_metres(&track->rules, a, b)))
		return false;
	for (size_t k = from; k < to; k++)
	{
		if (is_break(track, k) || !tvm_within_stop(&track->rules, track->metres[k]))
			return false;
	}
	return true;
}

TvmNeed
tvm_track_needs(const TvmTrack *track, int64_t from, int64_t to)
{
	/* A second more on either side, for speeds over a second; then the fixes around. */
	ptrdiff_t	before = tvm_track_find(track, moved(moved(from, -TVM_MICROSECONDS), -1));
	ptrdiff_t	after = tvm_track_find(track, moved(moved(to, TVM_MICROSECONDS), -1)) + 1;
	bool		starts = track->stream.starts && track->first == 0;
	bool		ends = track->stream.ends && track->end == track->stream.count;

	if (!starts)
	{
		if (before < 0)
			return TVM_NEEDS_BEFORE;
		if ((size_t) before + 1 < track->count && window_leaves(track, 0, (size_t) before + 1))
			return TVM_NEEDS_BEFORE;
	}
	if (!ends)
	{
		if (after >= (ptrdiff_t) track->count)
			return TVM_NEEDS_AFTER;
		if (after > 0 && window_leaves(track, (size_t) after - 1, track->count - 1))
			return TVM_NEEDS_AFTER;
	}
	return TVM_DECIDED;
}

/* Moments --------------------------------------------------------------------- */

static bool
slides(const TvmTrack *track, size_t k)
{
	TvmPairKind kind = tvm_track_pair(track, k);

	return kind == TVM_PAIR_MOVING || kind == TVM_PAIR_STOPPED;
}

static TvmMotionState
sliding_state(const TvmTrack *track, size_t k)
{
	return tvm_track_pair(track, k) == TVM_PAIR_STOPPED ? TVM_STOPPED : TVM_MOVING;
}

/* The number of the last used fix at or before t, from the cursor on in few steps; the caller knows that there is one. */
static size_t
advance(const TvmTrack *track, size_t cursor, int64_t t)
{
	size_t		step = 1;
	size_t		high;

	if (cursor >= track->count || tvm_track_fix(track, cursor)->t > t)
		return (size_t) tvm_track_find(track, t);
	while (cursor + step < track->count && tvm_track_fix(track, cursor + step)->t <= t)
	{
		cursor += step;
		step *= 2;
	}
	high = cursor + step < track->count ? cursor + step : track->count;
	while (cursor + 1 < high)
	{
		size_t		middle = cursor + (high - cursor) / 2;

		if (tvm_track_fix(track, middle)->t <= t)
			cursor = middle;
		else
			high = middle;
	}
	return cursor;
}

void
tvm_track_at(const TvmTrack *track, size_t *cursor, int64_t t, TvmMoment *out)
{
	const TvmFix *fix;
	size_t		k;
	bool		next;

	*out = (TvmMoment) {TVM_BEFORE, NAN, NAN, NAN, NAN, NAN, -1, -1, 0};
	if (track->count == 0 || tvm_track_fix(track, 0)->t > t)
	{
		out->next = track->count > 0 ? (ptrdiff_t) track->used[0] : -1;
		return;
	}
	*cursor = k = advance(track, *cursor, t);
	next = k + 1 < track->count;
	fix = tvm_track_fix(track, k);
	out->fix = (ptrdiff_t) track->used[k];
	out->next = next ? (ptrdiff_t) track->used[k + 1] : -1;
	if (fix->t == t)
	{
		tvm_motion_copy(fix, out);
		out->state = next && slides(track, k) ? sliding_state(track, k)
			: k > 0 && slides(track, k - 1) ? sliding_state(track, k - 1) : TVM_HELD;
	}
	else if (next && !is_break(track, k))
	{
		out->state = slides(track, k) ? sliding_state(track, k) : TVM_GAP;
		if (out->state != TVM_GAP)
			tvm_motion_between(fix, tvm_track_fix(track, k + 1), t, out);
	}
	else
		tvm_motion_hold(&track->rules, fix, t, out);
}
