/*
 * test_outline.c: areas as they are drawn, unrolled: boxes, sizes by a fine sum, meridians at which neighbours fit, and memory.
 */
#include "unit.h"

#include <math.h>

#include "kernel/rng.h"
#include "kernel/zone/area.h"

#define RADIANS (3.14159265358979323846 / 180)

static TvmOutline
make(TvmEnv *env, TvmVertex *vertices, uint32_t count)
{
	static uint32_t end;
	static uint32_t polygon = 0;
	TvmArea		drawn = {1, count, &end, &polygon, vertices};
	TvmOutline	outline;

	end = count;
	CHECK(tvm_outline_make(env, &drawn, &outline) == TVM_OK);
	return outline;
}

/* A triangle by strips of equal latitude: the width of each on the sphere. */
static double
triangle_steradians(TvmVertex a, TvmVertex b, TvmVertex c)
{
	double		sum = 0;
	double		south = fmin(a.lat, fmin(b.lat, c.lat));
	double		north = fmax(a.lat, fmax(b.lat, c.lat));
	const int	steps = 20000;

	for (int i = 0; i < steps; i++)
	{
		double		lat = south + (north - south) * (i + 0.5) / steps;
		double		west = INFINITY;
		double		east = -INFINITY;
		TvmVertex	ends[3][2] = {{a, b}, {b, c}, {c, a}};

		for (int k = 0; k < 3; k++)
			if ((ends[k][0].lat <= lat) != (ends[k][1].lat <= lat))
			{
				double		lon = ends[k][0].lon + (ends[k][1].lon - ends[k][0].lon) * (lat - ends[k][0].lat) / (ends[k][1].lat - ends[k][0].lat);

				west = fmin(west, lon);
				east = fmax(east, lon);
			}
		if (west < east)
			sum += (east - west) * RADIANS * cos(lat * RADIANS) * (north - south) * RADIANS / steps;
	}
	return sum;
}

TEST(an_area_has_the_size_of_its_strips)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 1, 0);
	for (int i = 0; i < 20; i++)
	{
		TvmVertex	ring[4];
		TvmOutline	outline;
		double		wanted;

		for (int k = 0; k < 3; k++)
			ring[k] = (TvmVertex) {tvm_rng_double(&rng) * 100 - 50, tvm_rng_double(&rng) * 178 - 89};
		ring[3] = ring[0];
		wanted = triangle_steradians(ring[0], ring[1], ring[2]);
		outline = make(env, ring, 4);
		CHECK_NEAR(outline.steradians, wanted, 1e-5 * wanted + 1e-9);
		tvm_outline_free(env, &outline);
		/* The same size wherever it is round the globe. */
		for (int k = 0; k < 4; k++)
			ring[k].lon += ring[k].lon > 0 ? -180 : 180;
		outline = make(env, ring, 4);
		CHECK_NEAR(outline.steradians, wanted, 1e-5 * wanted + 1e-9);
		CHECK(outline.beyond || outline.flat.vertex_count == 4);
		tvm_outline_free(env, &outline);
	}
}

TEST(an_edge_is_cut_at_the_same_point_from_both_sides)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 2, 0);
	for (int i = 0; i < 1000; i++)
	{
		TvmVertex	a = {180 - tvm_rng_double(&rng) * 80, tvm_rng_double(&rng) * 160 - 80};
		TvmVertex	b = {-180 + tvm_rng_double(&rng) * 80, tvm_rng_double(&rng) * 160 - 80};
		TvmVertex	one[4] = {a, b, {b.lon, 85}, a};
		TvmVertex	other[4] = {b, a, {a.lon, -85}, b};
		TvmOutline	first = make(env, one, 4);
		TvmOutline	second = make(env, other, 4);

		CHECK_EQ(first.flat.vertices[1].lon, 180);
		CHECK_EQ(second.flat.vertices[1].lon, -180);
		CHECK_EQ(first.flat.vertices[1].lat, second.flat.vertices[1].lat);
		CHECK(first.box.west > first.box.east);
		tvm_outline_free(env, &first);
		tvm_outline_free(env, &second);
	}
}

TEST(a_cap_is_whole_between_two_meridians_wherever_it_was_begun)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 3, 0);
	for (int i = 0; i < 100; i++)
	{
		double		first = floor(tvm_rng_double(&rng) * 360) - 180;
		double		sign = i % 2 == 0 ? 1 : -1;
		TvmVertex	ring[13];
		TvmOutline	outline;
		double		size = 0;

		for (int k = 0; k < 12; k++)
		{
			double		lon = first + (i % 3 == 0 ? -30 : 30) * k;

			ring[k] = (TvmVertex) {lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon, sign * (60 + (k == i % 12 ? 20 : 0))};
		}
		ring[12] = ring[0];
		outline = make(env, ring, 13);
		CHECK_EQ(outline.flat.ring_count, 0);
		CHECK_EQ(outline.caps.ring_count, 1);
		CHECK_EQ(outline.box.west, -180);
		CHECK_EQ(outline.box.east, 180);
		CHECK_EQ(sign > 0 ? outline.box.north : outline.box.south, sign * 90);
		CHECK(outline.caps.vertices[0].lon >= -180 && outline.caps.vertices[0].lon <= 180);
		/* The cap of 60 degrees without a tooth of two triangles' shape. */
		size = 2 * 180 * RADIANS * (1 - sin(60 * RADIANS));
		CHECK(outline.steradians < size && outline.steradians > 0.9 * size);
		tvm_outline_free(env, &outline);
	}
}

TEST(what_is_drawn_is_refused_or_taken_when_memory_is_out)
{
	TvmVertex	vertices[] = {{170, 60}, {-170, 60}, {-170, 70}, {170, 60}, {0, 80}, {120, 80}, {-120, 80}, {0, 80}, {10, 85}, {20, 85}, {20, 86}, {10, 85}};
	uint32_t	ends[] = {4, 8, 12};
	uint32_t	polygons[] = {0, 1, 1};
	TvmArea		drawn = {3, 12, ends, polygons, vertices};

	for (long fail_at = 1;; fail_at++)
	{
		TvmEnv	   *env = unit_env();
		TvmOutline	outline;
		TvmStatus	status;

		unit_env_fail_at(fail_at);
		status = tvm_outline_make(env, &drawn, &outline);
		if (status == TVM_OK)
			tvm_outline_free(env, &outline);
		CHECK_EQ(unit_env_live(), 0);
		if (status == TVM_OK)
			break;
		CHECK_EQ(status, TVM_NOMEM);
	}
}
