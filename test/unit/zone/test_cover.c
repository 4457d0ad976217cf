/*
 * test_cover.c: which areas cover a point, against an oracle that counts what a line to the north crosses
 * in exact arithmetic (MPFR), where the kernel goes east and has its own.
 *
 * Rings are any closed lines, also such as cross themselves: odd and even do not ask.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "exact.h"
#include "kernel/rng.h"
#include "kernel/zone/cover.h"
#include "kernel/zone/orient.h"

#define RINGS 4
#define VERTICES 12

typedef struct Sample
{
	TvmVertex	vertices[RINGS * VERTICES];
	uint32_t	ends[RINGS];
	uint32_t	polygons[RINGS];
	TvmArea		area;
} Sample;

static TvmRng rng;

static int
exact_side(TvmVertex a, TvmVertex b, TvmVertex p)
{
	Exact		side;

	exact_reset(4200);
	side = exact_sub(exact_mul(exact_sub(exact(b.lon), exact(a.lon)), exact_sub(exact(p.lat), exact(a.lat))),
					 exact_mul(exact_sub(exact(b.lat), exact(a.lat)), exact_sub(exact(p.lon), exact(a.lon))));
	return mpfr_sgn(side);
}

static bool
oracle_polygon(const TvmArea *area, uint32_t polygon, TvmVertex p)
{
	bool		odd = false;

	for (uint32_t ring = 0; ring < area->ring_count; ring++)
		for (uint32_t i = tvm_ring_begin(area, ring); area->polygons[ring] == polygon && i + 1 < area->ends[ring]; i++)
		{
			TvmVertex	a = area->vertices[i];
			TvmVertex	b = area->vertices[i + 1];
			int			side = exact_side(a, b, p);

			if (side == 0 && fmin(a.lon, b.lon) <= p.lon && p.lon <= fmax(a.lon, b.lon) &&
				fmin(a.lat, b.lat) <= p.lat && p.lat <= fmax(a.lat, b.lat))
				return true;
			if ((a.lon <= p.lon) != (b.lon <= p.lon))
				odd ^= (side > 0) != (b.lon > a.lon);
		}
	return odd;
}

static bool
oracle_covers(const TvmArea *area, TvmVertex p)
{
	for (uint32_t i = 0; i < tvm_area_polygons(area); i++)
		if (oracle_polygon(area, i, p) || (fabs(p.lon) == 180 && oracle_polygon(area, i, (TvmVertex) {-p.lon, p.lat})))
			return true;
	return false;
}

/* Few different numbers, so that points lie on edges and vertices; or any at all. */
static TvmVertex
random_vertex(bool coarse)
{
	if (coarse)
		return (TvmVertex) {tvm_rng_double(&rng) < 0.1 ? 180 : floor(tvm_rng_double(&rng) * 8) * 0.3, floor(tvm_rng_double(&rng) * 8) * 0.1};
	return (TvmVertex) {tvm_rng_double(&rng) * 10 - 5, tvm_rng_double(&rng) * 10 - 5};
}

static void
make_sample(Sample *sample, bool coarse)
{
	uint32_t	rings = 1 + (uint32_t) (tvm_rng_double(&rng) * RINGS);

	sample->area = (TvmArea) {.ends = sample->ends, .polygons = sample->polygons, .vertices = sample->vertices};
	for (uint32_t ring = 0; ring < rings; ring++)
	{
		uint32_t	begin = sample->area.vertex_count;
		uint32_t	count = 3 + (uint32_t) (tvm_rng_double(&rng) * (VERTICES - 3));

		for (uint32_t i = 0; i < count; i++)
			sample->vertices[begin + i] = random_vertex(coarse);
		sample->vertices[begin + count] = sample->vertices[begin];
		sample->area.vertex_count += count + 1;
		sample->ends[ring] = sample->area.vertex_count;
		sample->polygons[ring] = ring == 0 ? 0 : sample->polygons[ring - 1] + (tvm_rng_double(&rng) < 0.5);
		sample->area.ring_count++;
	}
}

/* A vertex, a point on an edge as far as rounding lets it be, or anywhere. */
static TvmVertex
random_point(const Sample *sample, bool coarse)
{
	uint32_t	i = (uint32_t) (tvm_rng_double(&rng) * sample->area.vertex_count);
	TvmVertex	a = sample->vertices[i];
	TvmVertex	b = sample->vertices[i == 0 ? 1 : i - 1];
	double		part = tvm_rng_double(&rng);

	if (part < 0.2)
		return a;
	if (part < 0.5)
		return (TvmVertex) {a.lon + (b.lon - a.lon) * 0.5, a.lat + (b.lat - a.lat) * 0.5};
	if (part < 0.7)
		return (TvmVertex) {a.lon + (b.lon - a.lon) * part, a.lat + (b.lat - a.lat) * part};
	return random_vertex(coarse);
}

TEST(a_point_is_covered_as_exact_arithmetic_says)
{
	TvmEnv	   *env = unit_env();

	tvm_rng_init(&rng, 1, 0);
	for (int round = 0; round < 300; round++)
	{
		bool		coarse = round % 2 == 0;
		Sample		samples[5];
		TvmArea		areas[5];
		TvmAtlas   *atlas = NULL;

		for (int i = 0; i < 5; i++)
		{
			make_sample(&samples[i], coarse);
			areas[i] = samples[i].area;
		}
		CHECK(tvm_atlas_make(env, areas, 5, &atlas) == TVM_OK);
		for (int i = 0; i < 60; i++)
		{
			TvmVertex	p = random_point(&samples[i % 5], coarse);
			uint32_t	found[5];
			uint32_t	count = tvm_atlas_find(atlas, p.lon, p.lat, found);
			uint32_t	at = 0;

			for (uint32_t a = 0; a < 5; a++)
			{
				bool		wanted = oracle_covers(&areas[a], p);

				CHECK_EQ(tvm_area_covers(&areas[a], p.lon, p.lat), wanted);
				CHECK_EQ(at < count && found[at] == a, wanted);
				at += at < count && found[at] == a;
			}
			CHECK_EQ(at, count);
		}
		tvm_atlas_free(env, atlas);
	}
	CHECK_EQ(unit_env_live(), 0);
}

TEST(the_side_of_a_line_is_exact)
{
	tvm_rng_init(&rng, 2, 0);
	for (int i = 0; i < 20000; i++)
	{
		double		scale = pow(10, -floor(tvm_rng_double(&rng) * 20));
		TvmVertex	a = {(tvm_rng_double(&rng) - 0.5) * 360, (tvm_rng_double(&rng) - 0.5) * 180};
		TvmVertex	b = {a.lon + (tvm_rng_double(&rng) - 0.5) * scale, a.lat + (tvm_rng_double(&rng) - 0.5) * scale};
		double		part = tvm_rng_double(&rng) * 2;
		TvmVertex	p = {a.lon + (b.lon - a.lon) * part, a.lat + (b.lat - a.lat) * part};
		double		side = tvm_orient(a, b, p);

		CHECK_EQ((side > 0) - (side < 0), exact_side(a, b, p));
	}
	CHECK(tvm_orient((TvmVertex) {0, 0}, (TvmVertex) {1e-30, 1e-30}, (TvmVertex) {180, 90}) < 0);
	CHECK_EQ(tvm_orient((TvmVertex) {0, 0}, (TvmVertex) {1e-30, 1e-30}, (TvmVertex) {90, 90}), 0);
}

/* Every point of a tiling is in one tile at least, and on borders in those that share them. */
TEST(tiles_leave_nothing_between_them)
{
	enum
	{
		SIDE = 9
	};
	TvmEnv	   *env = unit_env();
	TvmVertex	corners[SIDE + 1][SIDE + 1];
	TvmVertex	vertices[SIDE * SIDE][5];
	uint32_t	end = 5;
	uint32_t	polygon = 0;
	TvmArea		areas[SIDE * SIDE];
	TvmAtlas   *atlas = NULL;

	tvm_rng_init(&rng, 3, 0);
	for (int y = 0; y <= SIDE; y++)
		for (int x = 0; x <= SIDE; x++)
			corners[y][x] = (TvmVertex) {-180 + 40 * x + (x % SIDE == 0 ? 0 : 15 * tvm_rng_double(&rng)), -90 + 20 * y + (y % SIDE == 0 ? 0 : 9 * tvm_rng_double(&rng))};
	for (int i = 0; i < SIDE * SIDE; i++)
	{
		int			y = i / SIDE;
		int			x = i % SIDE;
		TvmVertex	ring[5] = {corners[y][x], corners[y][x + 1], corners[y + 1][x + 1], corners[y + 1][x], corners[y][x]};

		for (int k = 0; k < 5; k++)
			vertices[i][k] = ring[k];
		areas[i] = (TvmArea) {1, 5, &end, &polygon, vertices[i]};
	}
	CHECK(tvm_atlas_make(env, areas, SIDE * SIDE, &atlas) == TVM_OK);
	for (int i = 0; i < 64800; i++)
	{
		uint32_t	found[SIDE * SIDE];

		CHECK(tvm_atlas_find(atlas, -180 + i % 360, -90 + i / 360, found) >= 1);
	}
	for (int i = 0; i < 20000; i++)
	{
		int			y = (int) (tvm_rng_double(&rng) * SIDE);
		int			x = 1 + (int) (tvm_rng_double(&rng) * (SIDE - 1));
		double		part = tvm_rng_double(&rng);
		uint32_t	found[SIDE * SIDE];

		CHECK(tvm_atlas_find(atlas, corners[y][x].lon + (corners[y + 1][x].lon - corners[y][x].lon) * part,
							 corners[y][x].lat + (corners[y + 1][x].lat - corners[y][x].lat) * part, found) >= 1);
	}
	/* All at once at a pole, whatever the longitude; two on the 180th meridian, by both its names. */
	{
		uint32_t	found[SIDE * SIDE];

		CHECK_EQ(tvm_atlas_find(atlas, 17, 90, found), SIDE);
		CHECK_EQ(tvm_atlas_find(atlas, 180, corners[4][0].lat + 0.5 * (corners[5][0].lat - corners[4][0].lat), found), 2);
		CHECK_EQ(tvm_atlas_find(atlas, -180, corners[4][0].lat + 0.5 * (corners[5][0].lat - corners[4][0].lat), found), 2);
	}
	tvm_atlas_free(env, atlas);
}

TEST(an_atlas_gives_back_what_it_took_when_memory_is_out)
{
	Sample		sample;
	TvmEnv	   *env = unit_env();

	tvm_rng_init(&rng, 4, 0);
	make_sample(&sample, false);
	for (long fail_at = 1;; fail_at++)
	{
		TvmAtlas   *atlas = NULL;
		TvmStatus	status;

		env = unit_env();
		unit_env_fail_at(fail_at);
		status = tvm_atlas_make(env, &sample.area, 1, &atlas);
		tvm_atlas_free(env, atlas);
		CHECK_EQ(unit_env_live(), 0);
		if (status == TVM_OK)
			break;
		CHECK_EQ(status, TVM_NOMEM);
	}
}
