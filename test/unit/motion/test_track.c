/*
 * test_track.c: tracks against the oracle: random questions, and streams that see a part only.
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/motion/track.h"
#include "oracle.h"

static bool
same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static bool
same_moment(const TvmMoment *a, const TvmMoment *b)
{
	return a->state == b->state && a->fix == b->fix && a->next == b->next && same(a->part, b->part) &&
		same(a->lon, b->lon) && same(a->lat, b->lat) && same(a->alt_m, b->alt_m) && same(a->speed_mps, b->speed_mps) &&
		same(a->heading_deg, b->heading_deg);
}

/* An instant at or near a fix, or anywhere. */
static int64_t
random_instant(TvmRng *rng, const TvmFix *fixes, int count)
{
	int			i = (int) (tvm_rng_double(rng) * count);
	double		length = count < 2 ? 1e9 : (double) (fixes[count - 1].t - fixes[0].t);

	switch ((int) (tvm_rng_double(rng) * 4))
	{
		case 0:
			return count == 0 ? 0 : fixes[i].t;
		case 1:
			return count == 0 ? 0 : fixes[i].t + (int64_t) (tvm_rng_double(rng) * 3) - 1;
		default:
			return (count == 0 ? 0 : fixes[0].t) + (int64_t) ((tvm_rng_double(rng) * 1.2 - 0.1) * length);
	}
}

static long double
angle_of_pair(const Oracle *oracle, const TvmMoment *moment)
{
	return oracle_metres(oracle->rules, &oracle->fixes[moment->fix], &oracle->fixes[moment->next]) / (long double) oracle->rules->radius_m;
}

/* The oracle says the same, as far as thresholds are not nearer than rounding. */
static void
hold(const Oracle *oracle, int64_t t, const TvmMoment *got)
{
	TvmMoment	wanted = oracle_at(oracle, t);
	TvmFix		a = {.lon = got->lon, .lat = got->lat};
	TvmFix		b = {.lon = wanted.lon, .lat = wanted.lat};

	if (got->state != wanted.state || got->fix != wanted.fix || got->next != wanted.next || isnan(got->lon) != isnan(wanted.lon))
		unit_fail(__FILE__, __LINE__, "at %lld: state %d, fixes %td and %td, not %d, %td and %td", (long long) t, got->state,
				  got->fix, got->next, wanted.state, wanted.fix, wanted.next);
	/* Between fixes that are nearly antipodes, rounding decides which way the circle goes. */
	else if (!isnan(got->lon) &&
			 !(oracle_metres(oracle->rules, &a, &b) < 1e-8L / (got->next < 0 ? 1 : fmaxl(1e-12L, sinl(fmaxl(1.5707963L, angle_of_pair(oracle, got)))))))
		unit_fail(__FILE__, __LINE__, "at %lld: %.3Lg m off: %.17g %.17g, not %.17g %.17g", (long long) t,
				  oracle_metres(oracle->rules, &a, &b), got->lon, got->lat, wanted.lon, wanted.lat);
	CHECK_NEAR(got->part, wanted.part, 1e-15);
}

/* A stream of a part of the fixes either says what the whole one says, or asks for more. */
static void
ask_parts(TvmRng *rng, const TvmMotionRules *rules, const TvmFix *fixes, int count, int64_t t, const TvmMoment *whole)
{
	int			from = (int) (tvm_rng_double(rng) * (count + 1));
	int			to = from + (int) (tvm_rng_double(rng) * (count - from + 1));

	for (int tries = 0;; tries++)
	{
		TvmStream	stream = {fixes + from, (size_t) (to - from), from == 0, to == count};
		TvmMoment	got;
		TvmNeed		need = tvm_motion_at(rules, &stream, t, &got);

		if (need == TVM_DECIDED)
		{
			got.fix += got.fix < 0 ? 0 : from;
			got.next += got.next < 0 ? 0 : from;
			if (!same_moment(&got, whole))
				unit_fail(__FILE__, __LINE__, "of fixes %d to %d: state %d, fixes %td and %td, not %d, %td and %td", from, to, got.state,
						  got.fix, got.next, whole->state, whole->fix, whole->next);
			return;
		}
		/* It asks for what there is. */
		CHECK(need == TVM_NEEDS_BEFORE ? from > 0 : to < count);
		if (need == TVM_NEEDS_BEFORE ? from == 0 : to == count)
			return;
		if (need == TVM_NEEDS_BEFORE)
			from--;
		else
			to++;
	}
}

/* The same of tracks: what needs nothing says what the whole says. */
static void
ask_part_tracks(TvmEnv *env, TvmRng *rng, const TvmMotionRules *rules, const TvmFix *fixes, int count, const TvmTrack *whole)
{
	int64_t		a = random_instant(rng, fixes, count);
	int64_t		b = random_instant(rng, fixes, count);
	int			from = (int) (tvm_rng_double(rng) * (count + 1));
	int			to = from + (int) (tvm_rng_double(rng) * (count - from + 1));
	int64_t		begin = a < b ? a : b;
	int64_t		end = a < b ? b : a;

	for (;;)
	{
		TvmStream	stream = {fixes + from, (size_t) (to - from), from == 0, to == count};
		TvmTrack	track;
		TvmNeed		need;
		size_t		cursor = 0;
		size_t		other = 0;

		CHECK_EQ(tvm_track_create(env, rules, &stream, &track), TVM_OK);
		need = tvm_track_needs(&track, begin, end);
		for (int i = 0; i < 5 && need == TVM_DECIDED && end > begin; i++)
		{
			int64_t		t = begin + (int64_t) (tvm_rng_double(rng) * (double) (end - begin));
			TvmMoment	got;
			TvmMoment	wanted;

			tvm_track_at(&track, &cursor, t, &got);
			tvm_track_at(whole, &other, t, &wanted);
			got.fix += got.fix < 0 ? 0 : from;
			got.next += got.next < 0 ? 0 : from;
			if (!same_moment(&got, &wanted))
				unit_fail(__FILE__, __LINE__, "of fixes %d to %d: state %d, fixes %td and %td, not %d, %td and %td", from, to, got.state,
						  got.fix, got.next, wanted.state, wanted.fix, wanted.next);
		}
		tvm_track_free(env, &track);
		if (need == TVM_DECIDED)
			return;
		CHECK(need == TVM_NEEDS_BEFORE ? from > 0 : to < count);
		if (need == TVM_NEEDS_BEFORE ? from == 0 : to == count)
			return;
		if (need == TVM_NEEDS_BEFORE)
			from--;
		else
			to++;
	}
}

TEST(a_hundred_thousand_random_questions_are_answered_as_by_the_oracle)
{
	TvmRng		rng;
	long		asked = 0;
	long		close = 0;
	long		of_state[6] = {0};

	tvm_rng_init(&rng, 1954, 0);
	while (asked < 100000)
	{
		TvmEnv	   *env = unit_env();
		TvmFix		fixes[ORACLE_MOST];
		TvmMotionRules rules;
		int			count = random_track(&rng, asked % 50 == 0 ? 24 : 12, fixes, &rules);
		TvmStream	stream = {fixes, (size_t) count, true, true};
		Oracle		oracle;
		TvmTrack	track;
		size_t		cursor = 0;

		oracle_make(&oracle, &rules, fixes, count);
		if (oracle.close)
		{
			close++;
			continue;
		}
		CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_OK);
		CHECK_EQ(tvm_track_needs(&track, INT64_MIN, INT64_MAX), TVM_DECIDED);
		for (int i = 0; i < 40; i++, asked++)
		{
			int64_t		t = random_instant(&rng, fixes, count);
			TvmMoment	at;
			TvmMoment	of_track;

			CHECK_EQ(tvm_motion_at(&rules, &stream, t, &at), TVM_DECIDED);
			hold(&oracle, t, &at);
			tvm_track_at(&track, &cursor, t, &of_track);
			if (!same_moment(&at, &of_track))
				unit_fail(__FILE__, __LINE__, "a track says %d, a stream %d", of_track.state, at.state);
			ask_parts(&rng, &rules, fixes, count, t, &at);
			of_state[at.state]++;
		}
		ask_part_tracks(env, &rng, &rules, fixes, count, &track);
		tvm_track_free(env, &track);
	}
	printf("# before %ld, moving %ld, stopped %ld, gap %ld, held %ld, after %ld; %ld tracks too close to a threshold\n", of_state[0],
		   of_state[1], of_state[2], of_state[3], of_state[4], of_state[5], close);
	for (int i = 0; i < 6; i++)
		CHECK(of_state[i] > 2000);
	CHECK(close < 1000);
}

/* Of 24 fixes that drift and rest about the threshold, each window is tried. */
TEST(stops_are_those_of_all_windows)
{
	TvmRng		rng;
	long		in_stop = 0;
	long		not_in_one = 0;
	TvmEnv	   *env = unit_env();

	tvm_rng_init(&rng, 1954, 1);
	for (int round = 0; round < 100; round++)
	{
		TvmFix		fixes[ORACLE_MOST];
		TvmMotionRules rules;
		TvmStream	stream = {fixes, 24, true, true};
		Oracle		oracle;
		TvmTrack	track;
		double		drift = tvm_rng_double(&rng) * 3e-4;
		double		noise = tvm_rng_double(&rng) * 4e-4;
		double		lon = round % 3 == 0 ? 179.9999 : 12;
		double		lat = round % 5 == 0 ? 89.9995 : 57.7;

		tvm_motion_rules_default(&rules);
		for (int i = 0; i < 24; i++)
		{
			fixes[i] = (TvmFix) {.t = i * INT64_C(25000000) + (int64_t) (tvm_rng_double(&rng) * 9e6), .timeline_id = 1};
			lon += drift * tvm_rng_double(&rng) / cos(lat * 0.017453292519943295);
			fixes[i].lon = remainder(lon + noise * (tvm_rng_double(&rng) - 0.5), 360);
			fixes[i].lat = fmin(90, lat + noise * (tvm_rng_double(&rng) - 0.5));
		}
		oracle_make(&oracle, &rules, fixes, 24);
		CHECK(!oracle.close);
		CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_OK);
		for (size_t k = 0; k + 1 < track.count; k++)
		{
			bool		stop = (track.pair[k] & TVM_PAIR_IN_STOP) != 0;

			if (stop != oracle.stop[track.used[k]])
				unit_fail(__FILE__, __LINE__, "round %d, pair %zu: %d", round, k, stop);
			in_stop += stop;
			not_in_one += !stop;
		}
		tvm_track_free(env, &track);
	}
	printf("# %ld pairs in stops, %ld not\n", in_stop, not_in_one);
	CHECK(in_stop > 400 && not_in_one > 400);
}

static long looks;

static bool
count_looks(void *ctx)
{
	(void) ctx;
	looks++;
	return false;
}

/* A look is taken every million points of circles and every few thousand fixes: parked or drifting for long, that is not many. */
TEST(long_rests_and_drifts_take_time_in_proportion)
{
	enum
	{
		COUNT = 200000
	};
	static const char *const names[] = {"at rest", "at rest with noise", "drifting about the threshold", "round a circle",
	"drifting about the threshold of an hour"};
	TvmFix	   *fixes = malloc(COUNT * sizeof(TvmFix));
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	env->cancelled = count_looks;
	tvm_rng_init(&rng, 1954, 2);
	for (int kind = 0; kind < 5; kind++)
	{
		TvmMotionRules rules;
		TvmStream	stream = {fixes, COUNT, true, true};
		TvmTrack	track;
		long		in_stop = 0;

		tvm_motion_rules_default(&rules);
		if (kind == 4)
			rules.stop_s = 3600;
		for (int i = 0; i < COUNT; i++)
		{
			double		metres = kind == 2 ? i * 0.1 * 49.6 / 180 : kind == 4 ? i * 0.1 * 48 / 3600 : 0;
			double		noise = kind == 1 || kind == 4 ? 2 : kind == 2 ? 0.5 : 0;
			double		x = metres + noise * (tvm_rng_double(&rng) - 0.5);
			double		y = noise * (tvm_rng_double(&rng) - 0.5);

			if (kind == 3)
				x = 25 * cos(i * 0.01), y = 25 * sin(i * 0.01);
			fixes[i] = (TvmFix) {.t = i * INT64_C(100000), .timeline_id = 1, .lon = x / 111195, .lat = y / 111195};
		}
		looks = 0;
		CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_OK);
		for (size_t k = 0; k + 1 < track.count; k++)
			in_stop += (track.pair[k] & TVM_PAIR_IN_STOP) != 0;
		printf("# %s: %ld of %d pairs in stops, %ld looks\n", names[kind], in_stop, COUNT - 1, looks);
		CHECK(looks < 400);
		tvm_track_free(env, &track);
	}
	free(fixes);
}

TEST(a_track_survives_failed_allocations_and_cancellation)
{
	enum
	{
		COUNT = 6000
	};
	TvmFix	   *fixes = malloc(COUNT * sizeof(TvmFix));
	TvmStream	stream = {fixes, COUNT, true, true};
	TvmMotionRules rules;
	TvmTrack	track;
	TvmEnv	   *env = unit_env();
	long		allocations;

	/* About the threshold, so that hulls are made. */
	tvm_motion_rules_default(&rules);
	for (int i = 0; i < COUNT; i++)
		fixes[i] = (TvmFix) {.t = i * INT64_C(100000), .timeline_id = 1, .lon = i * 0.1 * 49.9 / 180 / 111195, .lat = i % 7 * 1e-6};
	unit_env_fail_at(0);
	CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_OK);
	tvm_track_free(env, &track);
	allocations = unit_env_allocations();
	CHECK(allocations > 8);
	for (long n = 1; n <= allocations; n++)
	{
		unit_env_fail_at(n);
		CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_NOMEM);
		CHECK_EQ(unit_env_live(), 0);
	}
	unit_env_fail_at(0);
	for (long calls = 0; calls < 3; calls++)
	{
		unit_env_cancel_after(calls);
		CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_CANCELLED);
		CHECK_EQ(unit_env_live(), 0);
	}
	unit_env_cancel_after(-1);
	free(fixes);
}

TEST(what_is_no_track_is_refused_with_its_place)
{
	static const double no_lons[] = {NAN, INFINITY, -INFINITY, 180.0000001, 1e300};
	TvmMotionRules rules;
	TvmTrack	track;
	TvmEnv	   *env = unit_env();

	tvm_motion_rules_default(&rules);
	for (int i = 0; i < 7; i++)
	{
		TvmFix		fixes[] = {{.t = 0}, {.t = 1}, {.t = 2}};
		TvmStream	stream = {fixes, 3, true, true};

		if (i < 5)
			fixes[2].lon = no_lons[i];
		else if (i == 5)
			fixes[2].lat = -90.1;
		else
			fixes[2].t = 1;
		CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_INVALID);
		CHECK(strcmp(env->error.path, i < 5 ? "fixes[2].lon" : i == 5 ? "fixes[2].lat" : "fixes[2].t") == 0);
	}
}

/* With nonsense nothing is promised but to come back, with rules of nonsense, too. */
TEST(nonsense_comes_to_an_end)
{
	static const double values[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 0, 1, -1, 180, 5e-324};
	TvmRng		rng;

	tvm_rng_init(&rng, 1954, 3);
	for (int round = 0; round < 20000; round++)
	{
		TvmFix		fixes[8];
		TvmMotionRules rules;
		TvmStream	stream = {fixes, (size_t) (tvm_rng_double(&rng) * 9), tvm_rng_double(&rng) < 0.5, tvm_rng_double(&rng) < 0.5};
		TvmMoment	out;
		TvmTrack	track;
		TvmEnv	   *env = unit_env();
		double	   *rule = &rules.radius_m;
		bool		sane = round % 2 == 0;

		tvm_motion_rules_default(&rules);
		for (int i = 0; i < 5; i++)
		{
			if (tvm_rng_double(&rng) < 0.3)
				rule[i] = values[(int) (tvm_rng_double(&rng) * 10)];
		}
		for (int i = 0; i < 8; i++)
		{
			fixes[i] = (TvmFix) {.t = i < 1 ? INT64_MIN : i > 6 ? INT64_MAX : i * INT64_C(100000000), .kind = (uint8_t) (tvm_rng_double(&rng) * 4)};
			fixes[i].lon = sane ? tvm_rng_double(&rng) * 1e-4 : values[(int) (tvm_rng_double(&rng) * 10)];
			fixes[i].lat = sane ? tvm_rng_double(&rng) * 1e-4 : values[(int) (tvm_rng_double(&rng) * 10)];
		}
		(void) tvm_motion_at(&rules, &stream, (int64_t) (tvm_rng_double(&rng) * 1e9), &out);
		(void) tvm_motion_at(&rules, &stream, INT64_MAX, &out);
		(void) tvm_motion_at(&rules, &stream, INT64_MIN, &out);
		if (tvm_track_create(env, &rules, &stream, &track) == TVM_OK)
		{
			size_t		cursor = 0;

			(void) tvm_track_needs(&track, INT64_MIN, INT64_MAX);
			tvm_track_at(&track, &cursor, 350000000, &out);
			tvm_track_free(env, &track);
		}
		CHECK_EQ(unit_env_live(), 0);
	}
}
