/*
 * test_motion.c: where a vehicle was, case by case: what positions.md says and what it must not do.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "kernel/motion/motion.h"

#define SECONDS(s) ((int64_t) ((s) * 1e6))
#define EQUATOR_DEGREE_M (6371008.8 * 3.14159265358979323846 / 180)

static TvmFix
fix(double seconds, double lon, double lat)
{
	return (TvmFix) {.t = SECONDS(seconds), .lon = lon, .lat = lat, .alt_m = NAN, .speed_mps = NAN,
		.heading_deg = NAN, .fraction = NAN, .timeline_id = 1};
}

/* So many metres along the equator. */
static TvmFix
along(double seconds, double metres)
{
	return fix(seconds, metres / EQUATOR_DEGREE_M, 0);
}

static TvmMoment
moment(const TvmMotionRules *rules, const TvmFix *fixes, size_t count, double seconds)
{
	TvmStream	stream = {fixes, count, true, true};
	TvmMoment	out;

	CHECK_EQ(tvm_motion_at(rules, &stream, SECONDS(seconds), &out), TVM_DECIDED);
	return out;
}

#define CHECK_POINT(moment, wanted_lon, wanted_lat, tolerance) \
	do { CHECK_NEAR(remainder((moment).lon - (wanted_lon), 360), 0, tolerance); \
		CHECK_NEAR((moment).lat, wanted_lat, tolerance); } while (0)

TEST(half_way_is_right_at_the_antimeridian_and_over_the_pole)
{
	TvmFix		dateline[] = {fix(0, 179.5, 0), fix(100, -179.5, 0)};
	TvmFix		tiny[] = {fix(0, 179.999999, 0), fix(100, -179.999999, 0)};
	TvmFix		pole[] = {fix(0, 0, 88), fix(100, 180, 88)};
	TvmMotionRules rules;
	TvmMoment	m;

	tvm_motion_rules_default(&rules);
	m = moment(&rules, dateline, 2, 50);
	CHECK_EQ(m.state, TVM_MOVING);
	CHECK_POINT(m, 180, 0, 1e-13);
	CHECK_POINT(moment(&rules, dateline, 2, 25), 179.75, 0, 1e-13);
	CHECK_NEAR(tvm_motion_metres(&rules, &dateline[0], &dateline[1]), 111195.080, 5e-4);
	CHECK_NEAR(tvm_motion_metres(&rules, &tiny[0], &tiny[1]), 0.2224, 5e-5);
	CHECK_NEAR(tvm_motion_metres(&rules, &pole[0], &pole[1]), 444780.321, 5e-3);
	CHECK_NEAR(moment(&rules, pole, 2, 50).lat, 90, 1e-13);
	CHECK_POINT(moment(&rules, pole, 2, 75), 180, 89, 1e-12);
}

TEST(at_a_fix_all_is_the_fix)
{
	TvmFix		fixes[] = {fix(0, 11.97, 57.7), fix(100, 12.1, 57.71), fix(200, 12.2, 57.72)};
	TvmMotionRules rules;
	TvmMoment	m;

	tvm_motion_rules_default(&rules);
	fixes[1].heading_deg = 12.3;
	m = moment(&rules, fixes, 3, 100);
	CHECK_EQ(m.state, TVM_MOVING);
	CHECK(m.lon == 12.1 && m.lat == 57.71 && m.heading_deg == 12.3 && isnan(m.speed_mps));
	CHECK(m.fix == 1 && m.next == 2 && m.part == 0);
	/* The last one: the state of the pair that ends there. */
	m = moment(&rules, fixes, 3, 200);
	CHECK(m.state == TVM_MOVING && m.lon == 12.2 && m.next == -1);
	/* Alone, and where only gaps touch it. */
	CHECK_EQ(moment(&rules, fixes, 1, 0).state, TVM_HELD);
	fixes[2].t = SECONDS(1000);
	m = moment(&rules, fixes, 3, 1000);
	CHECK(m.state == TVM_HELD && m.lon == 12.2);
	CHECK_EQ(moment(&rules, fixes, 3, 100).state, TVM_MOVING);
}

TEST(headings_take_the_shorter_turn_and_nothing_comes_of_nothing)
{
	TvmFix		fixes[] = {fix(0, 0, 0), fix(100, 0.1, 0), fix(200, 0.2, 0)};
	TvmMotionRules rules;
	TvmMoment	m;

	tvm_motion_rules_default(&rules);
	fixes[0].heading_deg = 350;
	fixes[1].heading_deg = 10;
	fixes[2].heading_deg = 340;
	fixes[0].alt_m = 100;
	fixes[1].alt_m = 200;
	fixes[1].speed_mps = 3;
	m = moment(&rules, fixes, 3, 50);
	CHECK_EQ(m.heading_deg, 0);
	CHECK_EQ(m.alt_m, 150);
	CHECK(isnan(m.speed_mps));
	m = moment(&rules, fixes, 3, 150);
	CHECK_EQ(m.heading_deg, 355);
	CHECK(isnan(m.alt_m));
}

TEST(before_held_and_after)
{
	TvmFix		fixes[] = {fix(0, 0, 0), fix(100, 0.1, 0)};
	TvmMotionRules rules;
	TvmMoment	m;

	tvm_motion_rules_default(&rules);
	m = moment(&rules, fixes, 2, -1e-6);
	CHECK(m.state == TVM_BEFORE && isnan(m.lon) && m.fix == -1 && m.next == 0);
	m = moment(&rules, fixes, 2, 400);
	CHECK(m.state == TVM_HELD && m.lon == 0.1 && m.fix == 1);
	m = moment(&rules, fixes, 2, 400.000001);
	CHECK(m.state == TVM_AFTER && isnan(m.lon) && m.fix == 1);
	fixes[1].kind = TVM_FIX_END;
	CHECK_EQ(moment(&rules, fixes, 2, 100).state, TVM_MOVING);
	CHECK_EQ(moment(&rules, fixes, 2, 100.000001).state, TVM_AFTER);
	CHECK_EQ(moment(&rules, fixes, 0, 5).state, TVM_BEFORE);
}

TEST(a_long_pause_is_a_gap_unless_it_ends_where_it_began)
{
	TvmFix		fixes[] = {along(0, 0), along(7200, 13000)};
	TvmFix		parked[] = {along(0, 0), along(7200, 50)};
	TvmMotionRules rules;
	TvmMoment	m;

	tvm_motion_rules_default(&rules);
	m = moment(&rules, fixes, 2, 3600);
	CHECK(m.state == TVM_GAP && isnan(m.lat) && m.fix == 0 && m.next == 1);
	fixes[1].t = SECONDS(300);
	CHECK_EQ(moment(&rules, fixes, 2, 150).state, TVM_MOVING);
	m = moment(&rules, parked, 2, 3600);
	CHECK_EQ(m.state, TVM_STOPPED);
	CHECK_NEAR(m.lon * EQUATOR_DEGREE_M, 25, 1e-6);
	parked[1] = along(7200, 50.001);
	CHECK_EQ(moment(&rules, parked, 2, 3600).state, TVM_GAP);
	/* A pause longer than max_gap_s and shorter than stop_s. */
	rules.max_gap_s = 60;
	parked[1] = along(100, 50);
	CHECK_EQ(moment(&rules, parked, 2, 50).state, TVM_STOPPED);
}

TEST(over_a_break_nothing_slides)
{
	TvmFix		fixes[] = {along(0, 0), along(100, 1000), along(500, 2000), along(600, 3000)};
	TvmMotionRules rules;

	tvm_motion_rules_default(&rules);
	for (int kind = 0; kind < 3; kind++)
	{
		TvmFix		cut[4];
		TvmMoment	m;

		memcpy(cut, fixes, sizeof(fixes));
		if (kind == 0)
			cut[2].kind = TVM_FIX_JUMP;
		else if (kind == 1)
			cut[2].timeline_id = cut[3].timeline_id = 2;
		else
			cut[2] = along(500, 2e6), cut[3] = along(600, 2.001e6), rules.max_speed_mps = 100;
		m = moment(&rules, cut, 4, 400);
		CHECK(m.state == TVM_HELD && m.lon == cut[1].lon && m.fix == 1 && m.next == 2);
		CHECK_EQ(moment(&rules, cut, 4, 400.000001).state, TVM_GAP);
		CHECK_EQ(moment(&rules, cut, 4, 550).state, TVM_MOVING);
	}
	fixes[1].kind = TVM_FIX_END;
	CHECK_EQ(moment(&rules, fixes, 4, 101).state, TVM_GAP);
}

TEST(what_is_impossible_with_both_neighbours_is_left_out)
{
	TvmFix		fixes[] = {along(0, 0), along(100, 1000), fix(150, 80, 40), along(200, 2000), fix(300, 80, 40)};
	TvmMotionRules rules;
	TvmMoment	m;

	tvm_motion_rules_default(&rules);
	rules.max_speed_mps = 50;
	m = moment(&rules, fixes, 5, 150);
	CHECK(m.state == TVM_MOVING && m.fix == 1 && m.next == 3);
	CHECK_NEAR(m.lon * EQUATOR_DEGREE_M, 1500, 1e-6);
	/* The last one has no other neighbour: a new track begins. */
	m = moment(&rules, fixes, 5, 300);
	CHECK(m.state == TVM_HELD && m.lon == 80 && m.fix == 4);
	CHECK_EQ(moment(&rules, fixes, 5, 250).state, TVM_HELD);
	/* A jump is never an outlier, nor what comes after an end. */
	fixes[2].kind = TVM_FIX_JUMP;
	CHECK_EQ(moment(&rules, fixes, 5, 150).fix, 2);
	fixes[2].kind = TVM_FIX;
	fixes[1].kind = TVM_FIX_END;
	CHECK_EQ(moment(&rules, fixes, 5, 150).fix, 2);
	/* The limit itself is possible. */
	fixes[1].kind = TVM_FIX;
	rules.max_speed_mps = tvm_motion_metres(&rules, &fixes[0], &fixes[1]) / 100;
	CHECK_EQ(moment(&rules, fixes, 2, 50).state, TVM_MOVING);
	rules.max_speed_mps = nextafter(rules.max_speed_mps, 0);
	CHECK_EQ(moment(&rules, fixes, 2, 50).state, TVM_HELD);
}

/* Fixes at 0, 1, 2, 3, 4, 5, 15 and 25 minutes, moving from 2 to 5 at 1,000 m a minute. */
TEST(a_stop_is_a_window_in_a_circle)
{
	static const double minutes[] = {0, 1, 2, 3, 4, 5, 15, 25};
	TvmFix		fixes[8];
	TvmMotionRules rules;

	tvm_motion_rules_default(&rules);
	rules.stop_s = 120;
	rules.max_gap_s = 900;
	for (int i = 0; i < 8; i++)
		fixes[i] = along(minutes[i] * 60, 1000 * fmin(fmax(minutes[i] - 2, 0), 3));
	CHECK_EQ(moment(&rules, fixes, 8, 30).state, TVM_STOPPED);
	CHECK_EQ(moment(&rules, fixes, 8, 90).state, TVM_STOPPED);
	CHECK_EQ(moment(&rules, fixes, 8, 150).state, TVM_MOVING);
	CHECK_EQ(moment(&rules, fixes, 8, 270).state, TVM_MOVING);
	CHECK_EQ(moment(&rules, fixes, 8, 400).state, TVM_STOPPED);
	rules.stop_s = 121;
	CHECK_EQ(moment(&rules, fixes, 8, 30).state, TVM_MOVING);
	CHECK_EQ(moment(&rules, fixes, 8, 90).state, TVM_MOVING);
}

/* Three points each 49 m from the others do not fit in a circle of 50 m, though each pair does. */
TEST(pairs_that_fit_do_not_make_a_stop)
{
	TvmFix		fixes[] = {along(0, 0), along(100, 49), fix(200, 24.5 / EQUATOR_DEGREE_M, 49 * sqrt(0.75) / EQUATOR_DEGREE_M)};
	TvmMotionRules rules;

	tvm_motion_rules_default(&rules);
	CHECK_EQ(moment(&rules, fixes, 3, 50).state, TVM_MOVING);
	rules.stop_m = 49 * 2 / sqrt(3) + 1e-3;
	CHECK_EQ(moment(&rules, fixes, 3, 50).state, TVM_STOPPED);
	CHECK_EQ(moment(&rules, fixes, 3, 150).state, TVM_STOPPED);
	rules.stop_m -= 2e-3;
	CHECK_EQ(moment(&rules, fixes, 3, 50).state, TVM_MOVING);
}

TEST(the_usual_case_is_decided_from_two_fixes)
{
	TvmFix		fixes[] = {along(0, 0), along(100, 1000)};
	TvmStream	stream = {fixes, 2, false, false};
	TvmMotionRules rules;
	TvmMoment	m;

	tvm_motion_rules_default(&rules);
	CHECK_EQ(tvm_motion_at(&rules, &stream, SECONDS(50), &m), TVM_DECIDED);
	CHECK_EQ(m.state, TVM_MOVING);
	CHECK_EQ(tvm_motion_at(&rules, &stream, SECONDS(0), &m), TVM_DECIDED);
	CHECK_EQ(tvm_motion_at(&rules, &stream, SECONDS(-1), &m), TVM_NEEDS_BEFORE);
	CHECK_EQ(tvm_motion_at(&rules, &stream, SECONDS(101), &m), TVM_NEEDS_AFTER);
	fixes[1] = along(200, 10);
	CHECK_EQ(tvm_motion_at(&rules, &stream, SECONDS(50), &m), TVM_DECIDED);
	CHECK_EQ(m.state, TVM_STOPPED);
	fixes[1] = along(100, 10);
	CHECK(tvm_motion_at(&rules, &stream, SECONDS(50), &m) != TVM_DECIDED);
}
