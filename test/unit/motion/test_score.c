/*
 * test_score.c: box scores, stops and proper time: right values, the oracle, and what must not change them.
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/motion/score.h"
#include "oracle.h"

#define SECONDS(s) ((int64_t) ((s) * 1e6))
#define EQUATOR_DEGREE_M (6371008.8 * 3.14159265358979323846 / 180)

static TvmFix
along(double seconds, double metres)
{
	return (TvmFix) {.t = SECONDS(seconds), .lon = metres / EQUATOR_DEGREE_M, .lat = 0, .alt_m = NAN, .speed_mps = NAN,
		.heading_deg = NAN, .fraction = NAN, .timeline_id = 1};
}

static void
score_all(const TvmMotionRules *rules, const TvmFix *fixes, size_t count, const int64_t *bounds, size_t intervals,
		  TvmScore *scores)
{
	TvmStream	stream = {fixes, count, true, true};
	TvmTrack	track;
	TvmEnv	   *env = unit_env();

	for (size_t i = 0; i < intervals; i++)
		tvm_score_init(&scores[i]);
	CHECK_EQ(tvm_track_create(env, rules, &stream, &track), TVM_OK);
	CHECK_EQ(tvm_track_score(env, &track, bounds, intervals, scores), TVM_OK);
	tvm_track_free(env, &track);
}

static TvmScore
score(const TvmMotionRules *rules, const TvmFix *fixes, size_t count, double from, double to)
{
	int64_t		bounds[] = {SECONDS(from), SECONDS(to)};
	TvmScore	out;

	score_all(rules, fixes, count, bounds, 1, &out);
	CHECK_EQ(out.moving_us + out.stopped_us + out.gap_us, bounds[1] - bounds[0]);
	return out;
}

/* Fixes at 0, 1, 2, 3, 4, 5, 15 and 25 minutes, moving from 2 to 5 at 1,000 m a minute: Traccar's own test. */
TEST(a_trip_between_two_stops)
{
	static const double minutes[] = {0, 1, 2, 3, 4, 5, 15, 25};
	TvmFix		fixes[8];
	TvmStream	stream = {fixes, 8, true, true};
	TvmMotionRules rules;
	TvmScore	s;
	TvmTrack	track;
	TvmStop		stop;
	TvmEnv	   *env = unit_env();
	size_t		cursor = 0;
	double		lon;
	double		lat;

	tvm_motion_rules_default(&rules);
	rules.stop_s = 120;
	rules.max_gap_s = 900;
	for (int i = 0; i < 8; i++)
		fixes[i] = along(minutes[i] * 60, 1000 * fmin(fmax(minutes[i] - 2, 0), 3));
	s = score(&rules, fixes, 8, 0, 1500);
	CHECK_EQ(s.moving_us, SECONDS(180));
	CHECK_EQ(s.stopped_us, SECONDS(1320));
	CHECK_EQ(s.gap_us, 0);
	CHECK_EQ(s.stops, 2);
	CHECK_NEAR(tvm_sum_read(&s.distance_m), 3000, 1e-8);
	CHECK_NEAR(s.max_speed_mps, 1000.0 / 60, 1e-10);
	CHECK(isnan(s.max_reported_speed_mps));
	/* The last one is not before the end. */
	CHECK(s.fixes == 7 && s.used == 7 && s.outliers == 0 && s.duplicates == 3);

	CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_OK);
	CHECK(tvm_track_stop(&track, &cursor, 0, SECONDS(1500), &stop));
	CHECK(stop.from == 0 && stop.to == SECONDS(120) && stop.begins && stop.ends && stop.fixes == 3);
	CHECK(tvm_track_stop(&track, &cursor, 0, SECONDS(1500), &stop));
	CHECK(stop.from == SECONDS(300) && stop.to == SECONDS(1500) && stop.begins && stop.ends && stop.fixes == 3);
	tvm_stop_place(&stop, &lon, &lat);
	CHECK_NEAR(lon, fixes[7].lon, 1e-12);
	CHECK_EQ(lat, 0);
	CHECK(!tvm_track_stop(&track, &cursor, 0, SECONDS(1500), &stop));
	/* Cut in the middle of the second. */
	cursor = 0;
	CHECK(tvm_track_stop(&track, &cursor, SECONDS(130), SECONDS(700), &stop));
	CHECK(stop.from == SECONDS(300) && stop.to == SECONDS(700) && stop.begins && !stop.ends && stop.fixes == 1);
	cursor = 0;
	{
		TvmStop		rest;

		CHECK(tvm_track_stop(&track, &cursor, SECONDS(700), SECONDS(1500), &rest));
		CHECK(!rest.begins && rest.ends);
		CHECK(tvm_stop_join(&stop, &rest));
		CHECK(stop.to == SECONDS(1500) && stop.ends && stop.fixes == 3);
		CHECK(!tvm_stop_join(&stop, &rest));
	}
	tvm_track_free(env, &track);
}

TEST(a_gap_has_metres_of_its_own)
{
	TvmFix		fixes[] = {along(0, 0), along(7200, 13000), along(7300, 1e6), along(7400, 1e6)};
	TvmMotionRules rules;
	TvmScore	s;

	tvm_motion_rules_default(&rules);
	s = score(&rules, fixes, 2, 0, 7200);
	CHECK_EQ(s.gap_us, SECONDS(7200));
	CHECK_NEAR(tvm_sum_read(&s.gap_m), 13000, 1e-8);
	CHECK_EQ(tvm_sum_read(&s.distance_m), 0);
	CHECK(isnan(s.max_speed_mps));
	s = score(&rules, fixes, 2, 3600, 5400);
	CHECK_NEAR(tvm_sum_read(&s.gap_m), 3250, 1e-8);
	/* Before the first and after the last nothing is known. */
	s = score(&rules, fixes, 2, -100, 7300);
	CHECK_EQ(s.gap_us, SECONDS(7400));
	/* A jump has travelled nowhere. */
	fixes[2].kind = TVM_FIX_JUMP;
	s = score(&rules, fixes, 4, 7200, 7400);
	CHECK_EQ(tvm_sum_read(&s.gap_m), 0);
	CHECK_EQ(s.gap_us, SECONDS(100));
	CHECK_EQ(s.moving_us, SECONDS(100));
	s = score(&rules, NULL, 0, 0, 10);
	CHECK_EQ(s.gap_us, SECONDS(10));
}

TEST(an_outlier_at_the_origin_adds_nothing)
{
	TvmFix		fixes[5];
	TvmMotionRules rules;
	TvmScore	with;
	TvmScore	without;

	tvm_motion_rules_default(&rules);
	rules.max_speed_mps = 100;
	for (int i = 0; i < 5; i++)
	{
		fixes[i] = along(i * 60, i * 600 + 5e6);
		fixes[i].speed_mps = 10 + i;
	}
	fixes[2].lon = fixes[2].lat = 0;
	with = score(&rules, fixes, 5, 0, 241);
	fixes[2] = fixes[3];
	fixes[3] = fixes[4];
	without = score(&rules, fixes, 4, 0, 241);
	CHECK(with.outliers == 1 && with.used == 4 && with.fixes == 5);
	CHECK_EQ(tvm_sum_read(&with.distance_m), tvm_sum_read(&without.distance_m));
	CHECK_EQ(with.max_reported_speed_mps, 14);
}

TEST(speeds_are_over_a_second_at_least)
{
	TvmFix		fixes[40];
	TvmMotionRules rules;
	TvmScore	s;

	/* Every tenth of a second 1 m, and once 3 m: 12 m in the fastest second. */
	tvm_motion_rules_default(&rules);
	for (int i = 0; i < 40; i++)
		fixes[i] = along(i * 0.1, i + (i > 20 ? 2 : 0));
	s = score(&rules, fixes, 40, 0, 3.9);
	CHECK_NEAR(s.max_speed_mps, 12, 1e-7);
	s = score(&rules, fixes, 40, 0, 1);
	CHECK_NEAR(s.max_speed_mps, 10, 1e-7);
	s = score(&rules, fixes, 40, 1.5, 1.6);
	CHECK_NEAR(s.max_speed_mps, 12, 1e-7);
	/* In less than a second nothing is known. */
	s = score(&rules, fixes, 10, 0, 3);
	CHECK(isnan(s.max_speed_mps));
	s = score(&rules, fixes, 11, 0, 3);
	CHECK_NEAR(s.max_speed_mps, 10, 1e-7);
}

TEST(proper_time_is_that_of_the_textbook)
{
	TvmFix		hour[] = {along(0, 0), along(3600, 100000)};
	TvmFix		half[] = {along(0, 0), along(1800, 100000), along(3600, 100000)};
	TvmFix		light[] = {along(0, 0), along(10, 1.79875474e9)};
	TvmMotionRules rules;
	TvmScore	s;

	tvm_motion_rules_default(&rules);
	rules.max_gap_s = 3600;
	s = score(&rules, hour, 2, 0, 3600);
	CHECK_NEAR(tvm_sum_read(&s.traveler_minus_local_s) * 1e12, -15.453, 5e-4);
	s = score(&rules, half, 3, 0, 3600);
	CHECK_NEAR(tvm_sum_read(&s.traveler_minus_local_s) * 1e12, -30.907, 5e-4);
	/* A gap is crossed in some way: the least that it can be. */
	rules.max_gap_s = 300;
	s = score(&rules, hour, 2, 0, 3600);
	CHECK_NEAR(tvm_sum_read(&s.traveler_minus_local_s) * 1e12, -15.453, 5e-4);
	/* On a sphere that is large enough. */
	rules.radius_m = 1e12;
	light[1].lon = 1.798754748e9 / 1e12 * 180 / 3.14159265358979323846;
	s = score(&rules, light, 2, 0, 10);
	CHECK_NEAR(tvm_sum_read(&s.traveler_minus_local_s), -2, 1e-13);
	/* Who jumps has not aged by moving. */
	light[1].kind = TVM_FIX_JUMP;
	s = score(&rules, light, 2, 0, 10);
	CHECK_EQ(tvm_sum_read(&s.traveler_minus_local_s), 0);
}

TEST(sums_keep_what_rounding_takes)
{
	TvmSum		sum = {0, 0};

	tvm_sum_add(&sum, 1e16);
	for (int i = 0; i < 1000; i++)
		tvm_sum_add(&sum, 0.5);
	tvm_sum_add(&sum, -1e16);
	CHECK_EQ(tvm_sum_read(&sum), 500);
}

/* By the oracle's states, a microsecond of arithmetic at a time. */
static void
oracle_score(const Oracle *oracle, int64_t from, int64_t to, TvmScore *out, long double *distance, long double *gap, long double *behind)
{
	tvm_score_init(out);
	*distance = *gap = *behind = 0;
	out->gap_us = to - from;
	for (int i = 0; i < oracle->count; i++)
	{
		const TvmFix *fix = &oracle->fixes[i];
		const TvmFix *next = oracle->next[i] < 0 ? NULL : &oracle->fixes[oracle->next[i]];
		int64_t		begin = fix->t > from ? fix->t : from;
		int64_t		end;
		long double metres;
		long double seconds;
		long double part;
		long double beta;

		if (fix->t >= from && fix->t < to)
		{
			bool		stop_before = false;

			out->fixes++;
			out->used += oracle->used[i];
			out->outliers += !oracle->used[i];
			for (int j = 0; j < i && oracle->used[i]; j++)
			{
				const TvmFix *other = &oracle->fixes[j];

				if (oracle->next[j] != i)
					continue;
				out->duplicates += other->lon == fix->lon && other->lat == fix->lat && other->speed_mps == fix->speed_mps &&
					other->heading_deg == fix->heading_deg;
				stop_before = oracle->stop[j];
			}
			if (oracle->used[i])
				out->max_reported_speed_mps = fmax(out->max_reported_speed_mps, fix->speed_mps);
			out->stops += oracle->used[i] && oracle->stop[i] && !stop_before;
		}
		if (!oracle->used[i] || next == NULL)
			continue;
		end = next->t < to ? next->t : to;
		if (end <= begin)
			continue;
		metres = oracle_metres(oracle->rules, fix, next);
		seconds = ((long double) next->t - fix->t) / 1e6L;
		part = (end - begin) / 1e6L / seconds;
		beta = metres / seconds / 299792458;
		if (oracle->state[i] == ORACLE_MOVING)
		{
			out->moving_us += end - begin;
			out->gap_us -= end - begin;
			*distance += metres * part;
			if (seconds >= 1)
				out->max_speed_mps = fmax(out->max_speed_mps, (double) (metres / seconds));
		}
		else if (oracle->state[i] == ORACLE_STOPPED)
		{
			out->stopped_us += end - begin;
			out->gap_us -= end - begin;
		}
		else if (oracle->state[i] == ORACLE_GAP)
			*gap += metres * part;
		if (oracle->state[i] == ORACLE_MOVING || oracle->state[i] == ORACLE_GAP)
			*behind += seconds * part * (sqrtl((1 - beta) * (1 + beta)) - 1);
	}
}

static void
hold(const Oracle *oracle, int64_t from, int64_t to, const TvmScore *got)
{
	TvmScore	wanted;
	long double distance;
	long double gap;
	long double behind;

	oracle_score(oracle, from, to, &wanted, &distance, &gap, &behind);
	if (got->fixes != wanted.fixes || got->used != wanted.used || got->outliers != wanted.outliers ||
		got->duplicates != wanted.duplicates || got->stops != wanted.stops)
		unit_fail(__FILE__, __LINE__, "%lld fixes, %lld used, %lld outliers, %lld duplicates, %lld stops, not %lld, %lld, %lld, %lld, %lld",
				  (long long) got->fixes, (long long) got->used, (long long) got->outliers, (long long) got->duplicates, (long long) got->stops,
				  (long long) wanted.fixes, (long long) wanted.used, (long long) wanted.outliers, (long long) wanted.duplicates, (long long) wanted.stops);
	if (got->moving_us != wanted.moving_us || got->stopped_us != wanted.stopped_us || got->gap_us != wanted.gap_us)
		unit_fail(__FILE__, __LINE__, "moving %lld, stopped %lld, gap %lld, not %lld, %lld, %lld", (long long) got->moving_us,
				  (long long) got->stopped_us, (long long) got->gap_us, (long long) wanted.moving_us, (long long) wanted.stopped_us,
				  (long long) wanted.gap_us);
	CHECK_NEAR(tvm_sum_read(&got->distance_m), distance, 1e-7 + 1e-13 * (double) distance);
	CHECK_NEAR(tvm_sum_read(&got->gap_m), gap, 1e-7 + 1e-13 * (double) gap);
	CHECK_NEAR(tvm_sum_read(&got->traveler_minus_local_s), behind, 1e-12 * fabs((double) behind) + 1e-15);
	/* A part of a second, where fixes come faster, is in the kernel alone. */
	if (!isnan(wanted.max_speed_mps))
		CHECK(got->max_speed_mps >= wanted.max_speed_mps * (1 - 1e-9) - 1e-8);
	CHECK(got->max_reported_speed_mps == wanted.max_reported_speed_mps || (isnan(got->max_reported_speed_mps) && isnan(wanted.max_reported_speed_mps)));
}

#define MOST_BOUNDS 12

static int
by_time(const void *left, const void *right)
{
	const int64_t *a = left;
	const int64_t *b = right;

	return *a < *b ? -1 : *a > *b;
}

TEST(scores_of_random_tracks_are_the_oracles_and_additive)
{
	TvmRng		rng;
	long		asked = 0;

	tvm_rng_init(&rng, 1954, 10);
	while (asked < 100000)
	{
		TvmFix		fixes[ORACLE_MOST];
		TvmMotionRules rules;
		int			count = random_track(&rng, 12, fixes, &rules);
		int64_t		bounds[MOST_BOUNDS];
		TvmScore	scores[MOST_BOUNDS];
		TvmScore	whole;
		TvmScore	sum;
		Oracle		oracle;
		double		length = count < 2 ? 1e9 : (double) (fixes[count - 1].t - fixes[0].t);

		oracle_make(&oracle, &rules, fixes, count);
		if (oracle.close)
			continue;
		for (int i = 0; i < MOST_BOUNDS; i++)
		{
			bounds[i] = (count == 0 ? 0 : fixes[0].t) + (int64_t) ((tvm_rng_double(&rng) * 1.2 - 0.1) * length);
			if (count > 0 && tvm_rng_double(&rng) < 0.3)
				bounds[i] = fixes[(int) (tvm_rng_double(&rng) * count)].t;
		}
		qsort(bounds, MOST_BOUNDS, sizeof(bounds[0]), by_time);
		score_all(&rules, fixes, (size_t) count, bounds, MOST_BOUNDS - 1, scores);
		tvm_score_init(&sum);
		for (int i = 0; i + 1 < MOST_BOUNDS; i++, asked++)
		{
			hold(&oracle, bounds[i], bounds[i + 1], &scores[i]);
			sum.fixes += scores[i].fixes;
			sum.used += scores[i].used;
			sum.outliers += scores[i].outliers;
			sum.duplicates += scores[i].duplicates;
			sum.stops += scores[i].stops;
			sum.moving_us += scores[i].moving_us;
			sum.stopped_us += scores[i].stopped_us;
			sum.gap_us += scores[i].gap_us;
			tvm_sum_add(&sum.distance_m, tvm_sum_read(&scores[i].distance_m));
			tvm_sum_add(&sum.gap_m, tvm_sum_read(&scores[i].gap_m));
			sum.max_speed_mps = fmax(sum.max_speed_mps, scores[i].max_speed_mps);
			sum.max_reported_speed_mps = fmax(sum.max_reported_speed_mps, scores[i].max_reported_speed_mps);
		}
		score_all(&rules, fixes, (size_t) count, (int64_t[]) {bounds[0], bounds[MOST_BOUNDS - 1]}, 1, &whole);
		CHECK(whole.fixes == sum.fixes && whole.used == sum.used && whole.outliers == sum.outliers &&
			  whole.duplicates == sum.duplicates && whole.stops == sum.stops);
		CHECK(whole.moving_us == sum.moving_us && whole.stopped_us == sum.stopped_us && whole.gap_us == sum.gap_us);
		CHECK_NEAR(tvm_sum_read(&whole.distance_m), tvm_sum_read(&sum.distance_m), 1e-14 * tvm_sum_read(&whole.distance_m) + 1e-12);
		CHECK_NEAR(tvm_sum_read(&whole.gap_m), tvm_sum_read(&sum.gap_m), 1e-14 * tvm_sum_read(&whole.gap_m) + 1e-12);
		CHECK(whole.max_speed_mps == sum.max_speed_mps || (isnan(whole.max_speed_mps) && isnan(sum.max_speed_mps)) ||
			  fabs(whole.max_speed_mps / sum.max_speed_mps - 1) < 1e-9);
		CHECK(whole.max_reported_speed_mps == sum.max_reported_speed_mps || isnan(whole.max_reported_speed_mps));
	}
}

/* Where a vehicle moves, a fix more on its way is one fix more, and nothing else. */
TEST(a_fix_on_the_way_changes_nothing_but_counts)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 1954, 11);
	for (int round = 0; round < 3000; round++)
	{
		TvmFix		fixes[21];
		TvmFix		more[22];
		int			at = 1 + (int) (tvm_rng_double(&rng) * 19);
		double		step = pow(10, tvm_rng_double(&rng) * 2 - 1);
		double		t = 0;
		TvmMotionRules rules;
		TvmMoment	between;
		TvmScore	a;
		TvmScore	b;

		tvm_motion_rules_default(&rules);
		rules.stop_m = 0.01;
		for (int i = 0; i < 21; i++)
		{
			fixes[i] = (TvmFix) {.t = SECONDS(t), .lon = 179.99 + i * 1e-3 * (1 + tvm_rng_double(&rng)) * step, .lat = 57 + tvm_rng_double(&rng) * 1e-3 * step,
				.alt_m = 1, .speed_mps = NAN, .heading_deg = NAN, .timeline_id = 1};
			fixes[i].lon = remainder(fixes[i].lon, 360);
			t += step * (0.5 + tvm_rng_double(&rng));
		}
		memcpy(more, fixes, sizeof(TvmFix) * (size_t) at);
		memcpy(more + at + 1, fixes + at, sizeof(TvmFix) * (size_t) (21 - at));
		more[at] = fixes[at];
		more[at].t = fixes[at - 1].t + 1 + (int64_t) (tvm_rng_double(&rng) * (double) (fixes[at].t - fixes[at - 1].t - 2));
		tvm_motion_between(&fixes[at - 1], &fixes[at], more[at].t, &between);
		more[at].lon = between.lon;
		more[at].lat = between.lat;
		a = score(&rules, fixes, 21, -1, 1e5);
		b = score(&rules, more, 22, -1, 1e5);
		CHECK(b.fixes == a.fixes + 1 && b.used == a.used + 1 && b.outliers == 0 && a.stops == 0 && b.stops == 0);
		CHECK(a.moving_us == b.moving_us && a.gap_us == b.gap_us && a.stopped_us == b.stopped_us);
		CHECK_NEAR(tvm_sum_read(&a.distance_m), tvm_sum_read(&b.distance_m), 1e-8);
		CHECK_NEAR(a.max_speed_mps, b.max_speed_mps, 1e-7 * a.max_speed_mps);
		CHECK_NEAR(tvm_sum_read(&a.traveler_minus_local_s), tvm_sum_read(&b.traveler_minus_local_s),
				   1e-6 * fabs(tvm_sum_read(&a.traveler_minus_local_s)));
	}
}

TEST(scores_are_cancelled)
{
	TvmFix		fixes[] = {along(0, 0), along(100, 1000)};
	TvmStream	stream = {fixes, 2, true, true};
	int64_t		bounds[] = {0, SECONDS(100)};
	TvmMotionRules rules;
	TvmTrack	track;
	TvmScore	out;
	TvmEnv	   *env = unit_env();

	tvm_motion_rules_default(&rules);
	tvm_score_init(&out);
	CHECK_EQ(tvm_track_create(env, &rules, &stream, &track), TVM_OK);
	CHECK_EQ(tvm_track_score(env, &track, bounds, 0, &out), TVM_OK);
	unit_env_cancel_after(0);
	CHECK_EQ(tvm_track_score(env, &track, bounds, 1, &out), TVM_CANCELLED);
	tvm_track_free(env, &track);
}
