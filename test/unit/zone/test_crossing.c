/*
 * test_crossing.c: when ways are in areas, against looking at many moments of each one; over the 180th meridian, the poles and
 * the equator, along edges, through corners, and beside.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "kernel/rng.h"
#include "kernel/zone/crossing.h"

#define MOMENTS 2000
#define RADIANS (3.14159265358979323846 / 180)

static TvmVertex
oracle_at(TvmVertex from, TvmVertex to, double part)
{
	double		a[3] = {cos(from.lat * RADIANS) * cos(from.lon * RADIANS), cos(from.lat * RADIANS) * sin(from.lon * RADIANS), sin(from.lat * RADIANS)};
	double		b[3] = {cos(to.lat * RADIANS) * cos(to.lon * RADIANS), cos(to.lat * RADIANS) * sin(to.lon * RADIANS), sin(to.lat * RADIANS)};
	double		dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
	double		angle = acos(fmax(-1, fmin(1, dot)));
	double		wa = sin((1 - part) * angle);
	double		wb = sin(part * angle);

	return (TvmVertex) {
		.lon = atan2(wa * a[1] + wb * b[1], wa * a[0] + wb * b[0]) / RADIANS,
		.lat = atan2(wa * a[2] + wb * b[2], hypot(wa * a[0] + wb * b[0], wa * a[1] + wb * b[1])) / RADIANS
	};
}

static TvmInsides
insides_of(TvmEnv *env, const TvmArea *area, TvmVertex from, TvmVertex to)
{
	TvmInsides	insides = {0};
	TvmAtlas   *atlas = NULL;

	CHECK(tvm_atlas_make(env, area, 1, &atlas) == TVM_OK);
	CHECK(tvm_atlas_insides(env, atlas, 0, from, to, 1e-9, &insides) == TVM_OK);
	tvm_atlas_free(env, atlas);
	return insides;
}

/* A polygon around a middle, seen from which its vertices go round; within the map, cut by hand where it leads over its side. */
static uint32_t
star(TvmRng *rng, TvmVertex middle, double size, TvmVertex *vertices)
{
	uint32_t	count = 3 + (uint32_t) (tvm_rng_double(rng) * 8);

	for (uint32_t i = 0; i < count; i++)
	{
		double		angle = 2 * 3.14159265358979 * (i + 0.8 * tvm_rng_double(rng)) / count;
		double		radius = size * (0.3 + tvm_rng_double(rng));

		vertices[i] = (TvmVertex) {fmax(-180, fmin(180, middle.lon + radius * cos(angle))), fmax(-90, fmin(90, middle.lat + radius * sin(angle)))};
	}
	vertices[count] = vertices[0];
	return count + 1;
}

TEST(a_way_is_in_an_area_when_its_moments_are)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 7, 0);
	for (int round = 0; round < 400; round++)
	{
		double		size = pow(10, -3 + 5 * tvm_rng_double(&rng));
		TvmVertex	middle = {(tvm_rng_double(&rng) - 0.5) * 358, (tvm_rng_double(&rng) - 0.5) * 178};
		TvmVertex	vertices[16];
		uint32_t	end = star(&rng, middle, fmin(size, 60), vertices);
		uint32_t	polygon = 0;
		TvmArea		area = {1, end, &end, &polygon, vertices};
		TvmVertex	from = {middle.lon + size * 2 * (tvm_rng_double(&rng) - 0.5), middle.lat + size * 2 * (tvm_rng_double(&rng) - 0.5)};
		TvmVertex	to = {middle.lon + size * 2 * (tvm_rng_double(&rng) - 0.5), middle.lat + size * 2 * (tvm_rng_double(&rng) - 0.5)};
		TvmInsides	insides;
		int			wrong = 0;

		if (round % 5 == 0)
			to.lon = from.lon;
		if (round % 7 == 0)
			from = vertices[0];
		from = (TvmVertex) {remainder(from.lon, 360), fmax(-90, fmin(90, from.lat))};
		to = (TvmVertex) {remainder(to.lon, 360), fmax(-90, fmin(90, to.lat))};
		/* At a pole the oracle is nearly there. */
		if (from.lat == to.lat && fabs(from.lat) == 90)
			continue;
		insides = insides_of(env, &area, from, to);
		for (int i = 1; i < MOMENTS; i++)
		{
			double		part = (double) i / MOMENTS;
			TvmVertex	p = oracle_at(from, to, part);
			bool		told = false;
			bool		near = false;

			for (size_t k = 0; k < insides.count; k++)
			{
				told |= insides.parts[k].from <= part && part <= insides.parts[k].to;
				near |= fabs(insides.parts[k].from - part) < 1e-6 || fabs(insides.parts[k].to - part) < 1e-6;
			}
			/* Latitude loses digits of acos() in the oracle for near ends. */
			if (!near && told != tvm_area_covers(&area, p.lon, p.lat))
				wrong++;
		}
		CHECK(wrong <= (round % 5 == 0 || round % 7 == 0 ? MOMENTS / 50 : 0) || size < 0.01);
		tvm_insides_free(env, &insides);
	}
	CHECK_EQ(unit_env_live(), 0);
}

static void
expect(TvmVertex *vertices, uint32_t end, TvmVertex from, TvmVertex to, double enters, double leaves)
{
	TvmEnv	   *env = unit_env();
	uint32_t	polygon = 0;
	TvmArea		area = {1, end, &end, &polygon, vertices};
	TvmInsides	insides = insides_of(env, &area, from, to);

	CHECK_EQ(insides.count, enters < 0 ? 0 : 1);
	if (insides.count == 1 && enters >= 0)
	{
		CHECK_NEAR(insides.parts[0].from, enters, 1e-12);
		CHECK_NEAR(insides.parts[0].to, leaves, 1e-12);
	}
	tvm_insides_free(env, &insides);
}

TEST(ways_that_can_be_worked_out_by_hand)
{
	TvmVertex	square[] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}};
	TvmVertex	upper[] = {{-1, 0}, {1, 0}, {1, 1}, {-1, 1}, {-1, 0}};
	TvmVertex	cap[] = {{-180, 80}, {180, 80}, {180, 90}, {-180, 90}, {-180, 80}};
	TvmVertex	east[] = {{170, -10}, {180, -10}, {180, 10}, {170, 10}, {170, -10}};

	expect(square, 5, (TvmVertex) {-4, 0}, (TvmVertex) {4, 0}, 3 / 8.0, 5 / 8.0);
	expect(square, 5, (TvmVertex) {0, 0}, (TvmVertex) {4, 0}, 0, 1 / 4.0);
	expect(square, 5, (TvmVertex) {0, 0}, (TvmVertex) {0.5, 0.5}, 0, 1);
	expect(square, 5, (TvmVertex) {0, -3}, (TvmVertex) {0, 5}, 2 / 8.0, 4 / 8.0);
	/* Along an edge of it, which belongs to it; along a line through an edge; beside it. */
	expect(upper, 5, (TvmVertex) {-4, 0}, (TvmVertex) {4, 0}, 3 / 8.0, 5 / 8.0);
	expect(square, 5, (TvmVertex) {1, -3}, (TvmVertex) {1, 5}, 2 / 8.0, 4 / 8.0);
	expect(square, 5, (TvmVertex) {1.001, -3}, (TvmVertex) {1.001, 5}, -1, -1);
	/* A great circle bulges over an edge that both its ends are south of. */
	{
		TvmVertex	north[] = {{-50, 50}, {50, 50}, {50, 60}, {-50, 60}, {-50, 50}};
		double		crest = atan(tan(49 * RADIANS) / cos(40 * RADIANS)) / RADIANS;
		double		lon = acos(tan(50 * RADIANS) / tan(crest * RADIANS)) / RADIANS;
		TvmVertex	west = {-40, 49};
		double		whole = 2 * asin(sin(40 * RADIANS) * cos(49 * RADIANS));
		double		half = asin(sin(lon * RADIANS) * cos(50 * RADIANS));

		expect(north, 5, west, (TvmVertex) {40, 49}, 0.5 - half / whole, 0.5 + half / whole);
	}
	/* Over the pole, over the 180th meridian, and standing. */
	expect(cap, 5, (TvmVertex) {0, 70}, (TvmVertex) {180, 70}, 1 / 4.0, 3 / 4.0);
	expect(cap, 5, (TvmVertex) {0, 70}, (TvmVertex) {33, 90}, 1 / 2.0, 1);
	expect(east, 5, (TvmVertex) {178, 0}, (TvmVertex) {-178, 0}, 0, 1 / 2.0);
	expect(east, 5, (TvmVertex) {-178, 0}, (TvmVertex) {178, 0}, 1 / 2.0, 1);
	expect(square, 5, (TvmVertex) {1, 1}, (TvmVertex) {1, 1}, 0, 1);
	expect(square, 5, (TvmVertex) {1, 1.5}, (TvmVertex) {1, 1.5}, -1, -1);
	/* One end alone. */
	expect(square, 5, (TvmVertex) {1, 0}, (TvmVertex) {3, 0}, 0, 0);
	expect(square, 5, (TvmVertex) {3, 0}, (TvmVertex) {1, 0}, 1, 1);
}

/* Boxes of all sizes, everywhere, at the map's sides and at the poles; ways from metres to half the globe. */
TEST(what_is_near_has_all_that_a_way_is_in)
{
	enum
	{
		BOXES = 400,
		WAYS = 3000
	};
	TvmEnv	   *env = unit_env();
	TvmAtlas   *atlas = NULL;
	TvmInsides	insides = {0};
	TvmRng		rng;
	static uint32_t end = 5;
	static uint32_t polygon = 0;
	static TvmVertex corners[BOXES][5];
	static TvmArea areas[BOXES];
	static uint32_t found[BOXES];
	uint64_t	near = 0;
	uint64_t	in = 0;
	int			missed = 0;
	int			disorder = 0;

	tvm_rng_init(&rng, 11, 0);
	for (int i = 0; i < BOXES; i++)
	{
		double		size = pow(10, -3 + 4 * tvm_rng_double(&rng));
		double		west = i % 7 == 0 ? -180 : i % 7 == 1 ? 180 - size : -180 + (360 - size) * tvm_rng_double(&rng);
		double		south = i % 11 == 0 ? -90 : i % 11 == 1 ? 90 - size : -90 + (180 - size) * tvm_rng_double(&rng);
		TvmVertex	box[] = {{west, south}, {west + size, south}, {west + size, south + size}, {west, south + size}, {west, south}};

		if (i % 7 == 1)
			box[1].lon = box[2].lon = 180;
		memcpy(corners[i], box, sizeof(box));
		areas[i] = (TvmArea) {1, 5, &end, &polygon, corners[i]};
	}
	CHECK(tvm_atlas_make(env, areas, BOXES, &atlas) == TVM_OK);
	for (int w = 0; w < WAYS; w++)
	{
		double		size = pow(10, -4 + 6 * tvm_rng_double(&rng));
		TvmVertex	from = {360 * tvm_rng_double(&rng) - 180, 180 * tvm_rng_double(&rng) - 90};
		TvmVertex	to;
		uint32_t	count;

		if (w % 3 == 0)
			from = corners[w % BOXES][w % 5];
		to = (TvmVertex) {remainder(from.lon + size * (tvm_rng_double(&rng) - 0.5), 360), fmax(-90, fmin(90, from.lat + size * (tvm_rng_double(&rng) - 0.5)))};
		if (w % 13 == 0)
			to = (TvmVertex) {remainder(from.lon + 180, 360), from.lat};
		count = tvm_atlas_near(atlas, from, to, found);
		for (uint32_t i = 0; i + 1 < count; i++)
			disorder += found[i] >= found[i + 1];
		near += size < 0.1 ? count : 0;
		for (uint32_t area = 0, next = 0; area < BOXES; area++)
		{
			bool		told = next < count && found[next] == area;

			next += told;
			CHECK(tvm_atlas_insides(env, atlas, area, from, to, 0, &insides) == TVM_OK);
			in += size < 0.1 && insides.count > 0;
			missed += insides.count > 0 && !told;
		}
	}
	CHECK_EQ(missed, 0);
	CHECK_EQ(disorder, 0);
	/* And not much more, for short ways. */
	CHECK(in > 5000 && near < 3 * in);
	tvm_insides_free(env, &insides);
	tvm_atlas_free(env, atlas);
	CHECK_EQ(unit_env_live(), 0);
}
