/*
 * test_meet.c: who was near whom, against closed forms and against looking every so often.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "kernel/motion/meet.h"
#include "oracle.h"

#define SECONDS(s) ((int64_t) ((s) * 1e6))
#define EQUATOR_DEGREE_M (6371008.8 * 3.14159265358979323846 / 180)
#define VEHICLES 12
#define FIXES 20

static TvmFix
fix(double seconds, double east_m, double north_m)
{
	return (TvmFix) {.t = SECONDS(seconds), .lon = remainder(180 + east_m / EQUATOR_DEGREE_M, 360), .lat = north_m / EQUATOR_DEGREE_M, .alt_m = NAN,
		.speed_mps = NAN, .heading_deg = NAN, .timeline_id = 1};
}

static void
find(TvmEnv *env, const TvmMotionRules *rules, TvmFix (*fixes)[FIXES], size_t per, size_t count, double from, double to, double within,
	 TvmMeetings *meetings)
{
	TvmTrack	tracks[VEHICLES];
	const TvmTrack *all[VEHICLES] = {NULL};

	*meetings = (TvmMeetings) {.most = 1000000};
	for (size_t i = 0; i < count; i++)
	{
		TvmStream	stream = {fixes[i], per, true, true};

		CHECK_EQ(tvm_track_create(env, rules, &stream, &tracks[i]), TVM_OK);
		all[i] = &tracks[i];
	}
	CHECK_EQ(tvm_meetings_find(env, all, count, SECONDS(from), SECONDS(to), within, meetings), TVM_OK);
	tvm_meetings_join(meetings);
	for (size_t i = 0; i < count; i++)
		tvm_track_free(env, &tracks[i]);
}

/* One goes east along the equator at 10 m/s, over 180 degrees; the other north across it, 30 m before it; both at the crossing after 100 s. */
TEST(two_ways_that_cross)
{
	TvmFix		fixes[2][FIXES] = {{fix(0, -1000, 0), fix(100, 0, 0), fix(200, 1000, 0)}, {fix(0, 30, -1000), fix(100, 30, 0), fix(200, 30, 1000)}};
	TvmMotionRules rules;
	TvmMeetings meetings;
	TvmEnv	   *env = unit_env();
	double		half = sqrt(2 * 50 * 50 - 30 * 30) / 20;	/* of (10 s - 30)^2 + (10 s)^2 = 50^2, about s = 1.5 */

	tvm_motion_rules_default(&rules);
	find(env, &rules, fixes, 3, 2, 0, 200, 50, &meetings);
	CHECK_EQ(meetings.count, 1);
	CHECK(meetings.list[0].a == 0 && meetings.list[0].b == 1);
	CHECK_NEAR((double) meetings.list[0].nearest_at / 1e6, 101.5, 1e-4);
	CHECK_NEAR(meetings.list[0].nearest_m, 30 / sqrt(2), 1e-6);
	CHECK_NEAR((double) meetings.list[0].from / 1e6, 101.5 - half, 1e-4);
	CHECK_NEAR((double) meetings.list[0].to / 1e6, 101.5 + half, 1e-4);
	tvm_meetings_free(env, &meetings);
	/* Not so near; not in that time; and cut by it. */
	find(env, &rules, fixes, 3, 2, 0, 200, 21.2, &meetings);
	CHECK_EQ(meetings.count, 0);
	tvm_meetings_free(env, &meetings);
	find(env, &rules, fixes, 3, 2, 0, 90, 50, &meetings);
	CHECK_EQ(meetings.count, 0);
	tvm_meetings_free(env, &meetings);
	find(env, &rules, fixes, 3, 2, 0, 100, 50, &meetings);
	CHECK_EQ(meetings.count, 1);
	CHECK_EQ(meetings.list[0].to, SECONDS(100));
	CHECK_NEAR(meetings.list[0].nearest_m, 30, 1e-6);
	tvm_meetings_free(env, &meetings);
	/* Over a jump they do not meet. */
	fixes[1][2].kind = TVM_FIX_JUMP;
	find(env, &rules, fixes, 3, 2, 0, 200, 50, &meetings);
	CHECK_EQ(meetings.count, 1);
	CHECK_EQ(meetings.list[0].to, SECONDS(100));
	tvm_meetings_free(env, &meetings);
}

/* Side by side for hours, which is many windows. */
TEST(a_long_meeting_is_one)
{
	TvmFix		fixes[2][FIXES];
	TvmMotionRules rules;
	TvmMeetings meetings;
	TvmEnv	   *env = unit_env();

	tvm_motion_rules_default(&rules);
	for (int i = 0; i < FIXES; i++)
	{
		fixes[0][i] = fix(i * 290, i * 2900, 0);
		fixes[1][i] = fix(i * 290, i * 2900, 7);
	}
	find(env, &rules, fixes, FIXES, 2, 0, 19 * 290, 10, &meetings);
	CHECK_EQ(meetings.count, 1);
	CHECK(meetings.list[0].from == 0 && meetings.list[0].to == SECONDS(19 * 290));
	CHECK_NEAR(meetings.list[0].nearest_m, 7, 1e-6);
	tvm_meetings_free(env, &meetings);
}

/* A dozen that drive about a small place, at the pole and elsewhere: at each instant those are within reach who the oracle says are. */
TEST(meetings_are_those_of_looking_every_second)
{
	TvmRng		rng;
	long		near = 0;
	long		far = 0;

	tvm_rng_init(&rng, 1954, 20);
	for (int round = 0; round < 40; round++)
	{
		TvmFix		fixes[VEHICLES][FIXES];
		TvmTrack	tracks[VEHICLES];
		TvmMotionRules rules;
		TvmMeetings meetings;
		TvmEnv	   *env = unit_env();
		double		size = pow(10, 2 + 4 * tvm_rng_double(&rng));
		double		within = size / 4;
		double		lat = round % 3 == 0 ? 90 : round % 3 == 1 ? 0 : -60;

		tvm_motion_rules_default(&rules);
		for (int v = 0; v < VEHICLES; v++)
		{
			TvmStream	stream = {fixes[v], FIXES, true, true};
			double		t = 100 * tvm_rng_double(&rng);

			for (int i = 0; i < FIXES; i++)
			{
				fixes[v][i] = fix(t, size * (tvm_rng_double(&rng) - 0.5), 0);
				fixes[v][i].lat = fmax(-90, fmin(90, lat + size * (tvm_rng_double(&rng) - 0.5) / EQUATOR_DEGREE_M));
				if (round % 3 == 0)
					fixes[v][i].lon = 360 * tvm_rng_double(&rng) - 180;
				t += tvm_rng_double(&rng) * (i % 7 == 3 ? 800 : 100);
			}
			CHECK_EQ(tvm_track_create(env, &rules, &stream, &tracks[v]), TVM_OK);
		}
		find(env, &rules, fixes, FIXES, VEHICLES, 50, 1500, within, &meetings);
		for (int look = 0; look < 300; look++)
		{
			int64_t		t = SECONDS(50) + (int64_t) (tvm_rng_double(&rng) * 1450e6);

			for (size_t a = 0; a < VEHICLES; a++)
				for (size_t b = a + 1; b < VEHICLES; b++)
				{
					size_t		cursor = 0;
					TvmMoment	of_a;
					TvmMoment	of_b;
					bool		slide;
					bool		met = false;
					TvmFix		at_a;
					TvmFix		at_b;
					double		metres;

					tvm_track_at(&tracks[a], &cursor, t, &of_a);
					cursor = 0;
					tvm_track_at(&tracks[b], &cursor, t, &of_b);
					slide = (of_a.state == TVM_MOVING || of_a.state == TVM_STOPPED) && (of_b.state == TVM_MOVING || of_b.state == TVM_STOPPED);
					at_a = (TvmFix) {.lon = of_a.lon, .lat = of_a.lat};
					at_b = (TvmFix) {.lon = of_b.lon, .lat = of_b.lat};
					metres = slide ? (double) oracle_metres(&rules, &at_a, &at_b) : INFINITY;
					for (size_t i = 0; i < meetings.count; i++)
					{
						const TvmMeeting *m = &meetings.list[i];

						if (m->a != a || m->b != b || t < m->from || t > m->to)
							continue;
						met = true;
						CHECK(metres >= m->nearest_m - 1e-6);
					}
					if (fabs(metres - within) < size * 1e-6)
						continue;
					CHECK_EQ(met, metres < within);
					near += met;
					far += !met;
				}
		}
		for (size_t i = 0; i < meetings.count; i++)
		{
			const TvmMeeting *m = &meetings.list[i];

			CHECK(m->from <= m->nearest_at && m->nearest_at <= m->to && m->nearest_m <= within * (1 + 1e-9));
			CHECK(i == 0 || m->a != m[-1].a || m->b != m[-1].b || m->from > m[-1].to);
		}
		tvm_meetings_free(env, &meetings);
		for (int v = 0; v < VEHICLES; v++)
			tvm_track_free(env, &tracks[v]);
	}
	CHECK(near > 10000 && far > 10000);
}

TEST(meetings_survive_failed_allocations_cancellation_and_limits)
{
	TvmFix		fixes[2][3] = {{fix(0, -1000, 0), fix(100, 0, 0), fix(200, 1000, 0)}, {fix(0, 30, -1000), fix(100, 30, 0), fix(200, 30, 1000)}};
	TvmTrack	tracks[2];
	const TvmTrack *all[] = {&tracks[0], &tracks[1]};
	TvmMotionRules rules;
	TvmMeetings meetings = {.most = 1};
	TvmEnv	   *env = unit_env();
	long		allocations;
	long		live;

	tvm_motion_rules_default(&rules);
	for (int i = 0; i < 2; i++)
	{
		TvmStream	stream = {fixes[i], 3, true, true};

		CHECK_EQ(tvm_track_create(env, &rules, &stream, &tracks[i]), TVM_OK);
	}
	live = unit_env_live();
	unit_env_fail_at(0);
	CHECK_EQ(tvm_meetings_find(env, all, 2, 0, SECONDS(200), 50, &meetings), TVM_OK);
	allocations = unit_env_allocations();
	tvm_meetings_free(env, &meetings);
	for (long n = 1; n <= allocations; n++)
	{
		unit_env_fail_at(n);
		CHECK_EQ(tvm_meetings_find(env, all, 2, 0, SECONDS(200), 50, &meetings), TVM_NOMEM);
		tvm_meetings_free(env, &meetings);
		CHECK_EQ(unit_env_live(), live);
	}
	unit_env_fail_at(0);
	for (long calls = 0; calls < 3; calls++)
	{
		unit_env_cancel_after(calls);
		CHECK_EQ(tvm_meetings_find(env, all, 2, 0, SECONDS(200), 50, &meetings), TVM_CANCELLED);
		tvm_meetings_free(env, &meetings);
	}
	unit_env_cancel_after(-1);
	meetings.most = 0;
	CHECK_EQ(tvm_meetings_find(env, all, 2, 0, SECONDS(200), 50, &meetings), TVM_LIMIT);
	for (int i = 0; i < 2; i++)
		tvm_track_free(env, &tracks[i]);
}

/* A great circle leaves the box of its ends: half-way along the 60th parallel's it is 111 km north of it. */
TEST(who_stands_on_a_long_way_is_met)
{
	TvmFix		fixes[2][FIXES] = {{{.t = 0, .lon = -16, .lat = 60}, {.t = SECONDS(200), .lon = 16, .lat = 60}}, {{.t = 0}, {.t = SECONDS(200)}}};
	TvmMotionRules rules;
	TvmMoment	half;
	TvmMeetings meetings;
	TvmEnv	   *env = unit_env();

	tvm_motion_rules_default(&rules);
	tvm_motion_between(&fixes[0][0], &fixes[0][1], SECONDS(100), &half);
	CHECK(half.lat > 60.9);
	for (int i = 0; i < 2; i++)
	{
		fixes[1][i].lon = half.lon;
		fixes[1][i].lat = half.lat;
	}
	find(env, &rules, fixes, 2, 2, 0, 200, 10, &meetings);
	CHECK_EQ(meetings.count, 1);
	CHECK(meetings.count == 1 && meetings.list[0].nearest_m < 1e-3);
	CHECK(meetings.count == 1 && llabs(meetings.list[0].nearest_at - SECONDS(100)) <= 1);
	tvm_meetings_free(env, &meetings);
}
