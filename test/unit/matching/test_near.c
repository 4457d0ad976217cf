/*
 * test_near.c: lines near a point against all lines, measured by walking along them.
 */
#include "unit.h"

#include <math.h>

#include "graph/random.h"
#include "kernel/graph/sphere.h"
#include "kernel/matching/near.h"

#define RADIUS 6371008.8
#define LINES 60
#define PIECES 3
#define STEPS 400
#define DEGREE 0.017453292519943295

typedef struct Lines
{
	double		lat[LINES][PIECES + 1];
	double		lon[LINES][PIECES + 1];
} Lines;

/* Lines of short pieces around a point. */
static void
random_lines(TvmEnv *env, TvmRng *rng, double lat, double lon, Lines *lines, TvmNear *near)
{
	double		wide = 1 / fmax(cos(lat * DEGREE), 1e-3);

	CHECK(tvm_near_init(env, near, 100, LINES) == TVM_OK);
	for (uint32_t l = 0; l < LINES; l++)
		for (int i = 0; i <= PIECES; i++)
		{
			double		north = i == 0 ? random_between(rng, -0.004, 0.004) : lines->lat[l][i - 1] - lat + random_between(rng, -0.0004, 0.0004);
			double		east = i == 0 ? random_between(rng, -0.004, 0.004) * wide
				: remainder(lines->lon[l][i - 1] - lon, 360) + random_between(rng, -0.0004, 0.0004) * wide;

			lines->lat[l][i] = lat + north;
			lines->lon[l][i] = remainder(lon + east, 360);
			if (i > 0)
				CHECK(tvm_near_add(env, near, &(TvmNearPiece) {
					.a = tvm_near_point(RADIUS, lines->lat[l][i - 1], lines->lon[l][i - 1]),
					.b = tvm_near_point(RADIUS, lines->lat[l][i], lines->lon[l][i]),
					.from = (i - 1) / (double) PIECES,
					.to = i / (double) PIECES,
					.owner = l
				}) == TVM_OK);
		}
}

/* The least of many points along a line, by angles, and where it is. */
static double
walk(const Lines *lines, uint32_t line, double lat, double lon, double *fraction)
{
	double		least = INFINITY;

	for (int i = 0; i < PIECES; i++)
		for (int k = 0; k <= STEPS; k++)
		{
			double		part = k / (double) STEPS;
			double		east = remainder(lines->lon[line][i + 1] - lines->lon[line][i], 360);
			double		away = RADIUS * tvm_sphere_angle(lat, lon,
														 lines->lat[line][i] + part * (lines->lat[line][i + 1] - lines->lat[line][i]),
														 lines->lon[line][i] + part * east);

			if (away < least)
			{
				least = away;
				*fraction = (i + part) / PIECES;
			}
		}
	return least;
}

static void
check_around(TvmRng *rng, double lat, double lon)
{
	TvmEnv	   *env = unit_env();
	TvmNear		near;
	Lines		lines;

	random_lines(env, rng, lat, lon, &lines, &near);
	for (int round = 0; round < 20; round++)
	{
		double		at_lat = lat + random_between(rng, -0.003, 0.003);
		double		at_lon = remainder(lon + random_between(rng, -0.003, 0.003) / fmax(cos(lat * DEGREE), 1e-3), 360);
		double		radius = random_between(rng, 20, 300);
		bool		found[LINES] = {false};

		CHECK(tvm_near_find(env, &near, tvm_near_point(RADIUS, at_lat, at_lon), radius, LINES) == TVM_OK);
		for (size_t h = 0; h < near.hit_count; h++)
		{
			const TvmNearHit *hit = &near.hits[h];
			double		fraction;
			double		away = walk(&lines, hit->owner, at_lat, at_lon, &fraction);

			CHECK(!found[hit->owner]);
			found[hit->owner] = true;
			CHECK(hit->away_m <= radius);
			CHECK(h == 0 || near.hits[h - 1].away_m <= hit->away_m);
			CHECK_NEAR(hit->away_m, away, 0.2);
			if (away > 1)
				CHECK(fabs(hit->fraction - fraction) < 0.02 || fabs(hit->away_m - away) < 0.02);
		}
		for (uint32_t l = 0; l < LINES; l++)
		{
			double		fraction;

			if (!found[l])
				CHECK(walk(&lines, l, at_lat, at_lon, &fraction) > radius - 0.2);
		}
		CHECK(tvm_near_find(env, &near, tvm_near_point(RADIUS, at_lat, at_lon), radius, 3) == TVM_OK);
		CHECK(near.hit_count <= 3);
	}
	tvm_near_free(env, &near);
}

TEST(near_finds_the_lines_within_a_radius_wherever_they_are)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7511, 0);
	for (int round = 0; round < 5; round++)
	{
		check_around(&rng, 57.7, 11.97);
		check_around(&rng, 0, 180);
		check_around(&rng, -16.8, -179.999);
		check_around(&rng, 89.9, 40);
	}
}

TEST(near_of_nothing_and_without_memory)
{
	TvmEnv	   *env = unit_env();
	TvmNear		near;
	TvmRng		rng;
	Lines		lines;

	CHECK(tvm_near_init(env, &near, 100, 5) == TVM_OK);
	CHECK(tvm_near_find(env, &near, tvm_near_point(RADIUS, 1, 2), 50, 10) == TVM_OK);
	CHECK(near.hit_count == 0);
	tvm_near_free(env, &near);
	tvm_rng_init(&rng, 7512, 0);
	random_lines(env, &rng, 10, 10, &lines, &near);
	/* Searches are counted in 32 bits, and begin again. */
	near.search = UINT32_MAX - 1;
	for (int i = 0; i < 4; i++)
		CHECK(tvm_near_find(env, &near, near.pieces[0].a, 1, LINES) == TVM_OK && near.hits[0].owner == near.pieces[0].owner);
	tvm_near_free(env, &near);
	for (long fail_at = 1; fail_at < 12; fail_at++)
	{
		TvmStatus	status;

		unit_env_fail_at(fail_at);
		status = tvm_near_init(env, &near, 100, 5);
		for (int i = 0; i < 50 && status == TVM_OK; i++)
			status = tvm_near_add(env, &near, &(TvmNearPiece) {.a = {1e6, 2, i}, .b = {1e6, 3, i}, .owner = 1});
		if (status == TVM_OK)
			status = tvm_near_find(env, &near, (TvmNearPoint) {1e6, 2, 2}, 50, 10);
		CHECK(status == TVM_OK || status == TVM_NOMEM);
		tvm_near_free(env, &near);
		CHECK(unit_env_live() == 0);
	}
	unit_env_fail_at(0);
}
