/*
 * fuzz_motion.c: any bytes as a vehicle's fixes: a track and a stream say the same of each moment, a part of them says so
 * too or asks for more, and box scores close.
 */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/motion/score.h"

#define MOST_FIXES 200
#define BYTES 8					/* of a fix */

static void *
lent_alloc(void *ctx, size_t size)
{
	(void) ctx;
	return malloc(size);
}

static void
lent_free(void *ctx, void *block)
{
	(void) ctx;
	free(block);
}

static bool
never(void *ctx)
{
	(void) ctx;
	return false;
}

/* Steps in time and place, from microseconds to weeks and from nothing to all round. */
static size_t
read_fixes(const uint8_t *data, size_t size, TvmFix *fixes)
{
	size_t		count = 0;
	int64_t		t = 0;
	double		lon = 0;
	double		lat = 0;

	for (; (count + 1) * BYTES <= size && count < MOST_FIXES; count++)
	{
		const uint8_t *b = data + count * BYTES;
		int16_t		east;
		int16_t		north;

		memcpy(&east, b + 2, sizeof(east));
		memcpy(&north, b + 4, sizeof(north));
		t += 1 + (int64_t) (ldexp(1 + b[0], b[1] % 40) * 10);
		lon = remainder(lon + ldexp(east, b[6] % 16) * 1e-7, 360);
		lat = fmax(-90, fmin(90, lat + ldexp(north, b[6] / 16) * 1e-7));
		fixes[count] = (TvmFix) {.t = t, .lon = lon, .lat = lat, .alt_m = NAN, .speed_mps = b[7], .heading_deg = NAN, .timeline_id = b[7] / 64,
			.kind = b[7] % 32 == 1 ? TVM_FIX_JUMP : b[7] % 32 == 2 ? TVM_FIX_END : TVM_FIX};
	}
	return count;
}

static bool
same(const TvmMoment *a, const TvmMoment *b, size_t offset)
{
	return a->state == b->state && (a->fix < 0 ? b->fix < 0 : a->fix + (ptrdiff_t) offset == b->fix) &&
		(a->lon == b->lon || (isnan(a->lon) && isnan(b->lon))) && (a->lat == b->lat || (isnan(a->lat) && isnan(b->lat)));
}

/* Each moment at and half-way between fixes. */
static void
ask(const TvmMotionRules *rules, const TvmStream *stream, const TvmTrack *track)
{
	size_t		cursor = 0;

	for (size_t i = 0; i < 2 * stream->count; i++)
	{
		const TvmFix *fix = &stream->fixes[i / 2];
		int64_t		t = i % 2 == 0 ? fix->t : i / 2 + 1 < stream->count ? fix->t + (fix[1].t - fix->t) / 2 : fix->t + 5000000;
		size_t		from = i / 4;
		TvmStream	part = {stream->fixes + from, stream->count - from - i / 8, false, false};
		TvmMoment	of_stream;
		TvmMoment	of_track;
		TvmMoment	of_part;

		if (tvm_motion_at(rules, stream, t, &of_stream) != TVM_DECIDED)
			abort();
		tvm_track_at(track, &cursor, t, &of_track);
		if (!same(&of_track, &of_stream, 0) || fabs(of_track.lat) > 90 || fabs(of_track.lon) > 180.0000001)
			abort();
		if (tvm_motion_at(rules, &part, t, &of_part) == TVM_DECIDED && !same(&of_part, &of_stream, from))
			abort();
	}
}

int
fuzz_motion(const uint8_t *data, size_t size)
{
	TvmEnv		env = {.alloc = lent_alloc, .free = lent_free, .cancelled = never};
	TvmFix		fixes[MOST_FIXES];
	TvmStream	stream = {fixes, 0, true, true};
	TvmMotionRules rules;
	TvmTrack	track;
	TvmScore	score;

	tvm_motion_rules_default(&rules);
	if (size > 0 && data[0] % 2 == 1)
		rules.max_speed_mps = data[0];
	stream.count = size == 0 ? 0 : read_fixes(data + 1, size - 1, fixes);
	if (tvm_track_create(&env, &rules, &stream, &track) != TVM_OK)
		abort();
	ask(&rules, &stream, &track);
	if (stream.count > 1)
	{
		int64_t		bounds[] = {fixes[0].t - 7, fixes[stream.count - 1].t + 7};
		size_t		cursor = 0;
		TvmStop		stop;
		int64_t		stops = 0;

		tvm_score_init(&score);
		if (tvm_track_score(&env, &track, bounds, 1, &score) != TVM_OK || score.fixes != (int64_t) stream.count ||
			score.used + score.outliers != score.fixes || score.gap_us < 14 ||
			score.moving_us + score.stopped_us + score.gap_us != bounds[1] - bounds[0] || !(tvm_sum_read(&score.distance_m) >= 0) ||
			!(tvm_sum_read(&score.traveler_minus_local_s) <= 0))
			abort();
		while (tvm_track_stop(&track, &cursor, bounds[0], bounds[1], &stop))
		{
			stops++;
			if (!stop.begins || !stop.ends || (double) (stop.to - stop.from) / 1e6 < rules.stop_s)
				abort();
		}
		if (stops != score.stops)
			abort();
	}
	tvm_track_free(&env, &track);
	return 0;
}
