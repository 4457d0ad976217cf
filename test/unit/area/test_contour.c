/*
 * test_contour.c: rings of what costs at most a limit, against what a line to the east crosses.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "kernel/area/contour.h"
#include "kernel/rng.h"

#define SIDE 13
#define POINTS (SIDE * SIDE)
#define TRIANGLES ((SIDE - 1) * (SIDE - 1) * 2)

/* A crooked lattice, whose rim costs infinitely much. */
typedef struct Ground
{
	double		x[POINTS];
	double		y[POINTS];
	double		value[POINTS];
	uint32_t	corner[TRIANGLES * 3];
	uint8_t		road[TRIANGLES * 3];
	TvmMesh		mesh;
	TvmField	field;
} Ground;

static Ground ground;

static void
make_ground(TvmEnv *env, TvmRng *rng)
{
	uint32_t	at = 0;

	for (int i = 0; i < POINTS; i++)
	{
		int			row = i / SIDE;
		int			column = i % SIDE;
		bool		rim = row == 0 || column == 0 || row == SIDE - 1 || column == SIDE - 1;

		ground.x[i] = 10 + 0.01 * (column + 0.6 * tvm_rng_double(rng));
		ground.y[i] = 50 + 0.01 * (row + 0.6 * tvm_rng_double(rng));
		ground.value[i] = rim || tvm_rng_double(rng) < 0.1 ? INFINITY : floor(100 * tvm_rng_double(rng));
	}
	for (int row = 0; row + 1 < SIDE; row++)
		for (int column = 0; column + 1 < SIDE; column++)
		{
			uint32_t	a = row * SIDE + column;
			uint32_t	b = a + 1;
			uint32_t	c = a + SIDE;
			uint32_t	d = c + 1;
			double		turn_d = (ground.x[b] - ground.x[a]) * (ground.y[d] - ground.y[a]) -
				(ground.y[b] - ground.y[a]) * (ground.x[d] - ground.x[a]);
			double		turn_c = (ground.x[d] - ground.x[a]) * (ground.y[c] - ground.y[a]) -
				(ground.y[d] - ground.y[a]) * (ground.x[c] - ground.x[a]);
			/* The diagonal that is inside of the quadrangle. */
			uint32_t	across[2][6] = {{a, b, d, a, d, c}, {a, b, c, b, d, c}};

			for (int i = 0; i < 6; i++)
				ground.corner[at++] = across[turn_d > 0 && turn_c > 0 ? 0 : 1][i];
		}
	ground.mesh = (TvmMesh) {
		.point_count = POINTS, .x = ground.x, .y = ground.y, .triangle_count = TRIANGLES, .corner = ground.corner
	};
	CHECK_EQ(tvm_mesh_join(env, &ground.mesh), TVM_OK);
	for (uint32_t e = 0; e < ground.mesh.edge_count; e++)
		ground.road[e] = tvm_rng_double(rng) < 0.3;
	ground.field = (TvmField) {.value = ground.value, .road = ground.road, .width = 0.0002, .beyond = 1.25};
}

/* How often rings of a polygon, or of all (-1), go round a point, by those that a line to the east crosses. */
static bool
covers(const TvmContour *contour, int polygon, double x, double y)
{
	bool		odd = false;

	for (uint32_t r = 0, i = 0; r < contour->ring_count; r++, i++)
		for (; i + 1 < contour->ends[r]; i++)
			if ((polygon < 0 || contour->polygons[r] == (uint32_t) polygon) &&
				(contour->y[i] <= y) != (contour->y[i + 1] <= y) &&
				contour->x[i] + (y - contour->y[i]) / (contour->y[i + 1] - contour->y[i]) *
				(contour->x[i + 1] - contour->x[i]) > x)
				odd = !odd;
	return odd;
}

static double
ring_area(const TvmContour *contour, uint32_t ring)
{
	uint32_t	begin = ring == 0 ? 0 : contour->ends[ring - 1];
	double		twice = 0;

	for (uint32_t i = begin; i + 1 < contour->ends[ring]; i++)
		twice += (contour->x[i] - contour->x[begin]) * (contour->y[i + 1] - contour->y[begin]) -
			(contour->x[i + 1] - contour->x[begin]) * (contour->y[i] - contour->y[begin]);
	return twice;
}

static void
check_rings(const TvmContour *contour)
{
	for (uint32_t r = 0, begin = 0; r < contour->ring_count; begin = contour->ends[r++])
	{
		bool		outline = r == 0 || contour->polygons[r] != contour->polygons[r - 1];

		CHECK(contour->ends[r] - begin >= 4);
		CHECK_EQ(contour->x[begin], contour->x[contour->ends[r] - 1]);
		CHECK_EQ(contour->y[begin], contour->y[contour->ends[r] - 1]);
		CHECK(outline ? ring_area(contour, r) > 0 : ring_area(contour, r) < 0);
		CHECK(r == 0 || contour->polygons[r] == contour->polygons[r - 1] + outline);
		if (!outline)
		{
			uint32_t	first = r;
			TvmContour	alone = *contour;

			while (first > 0 && contour->polygons[first - 1] == contour->polygons[r])
				first--;
			alone.ring_count = first + 1;
			CHECK(covers(&alone, (int) contour->polygons[r], contour->x[begin], contour->y[begin]));
		}
	}
	CHECK_EQ(contour->polygon_count, contour->ring_count == 0 ? 0 : contour->polygons[contour->ring_count - 1] + 1);
}

TEST(a_point_is_in_the_area_if_it_costs_at_most_the_limit)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			holes = 0;

	tvm_rng_init(&rng, 58, 0);
	for (int round = 0; round < 60; round++)
	{
		make_ground(env, &rng);
		for (double limit = 0; limit < 110; limit += 7)
		{
			TvmContour	contour;

			CHECK_EQ(tvm_contour_trace(env, &ground.mesh, &ground.field, limit, &contour), TVM_OK);
			check_rings(&contour);
			holes += (int) (contour.ring_count - contour.polygon_count);
			for (int i = 0; i < POINTS; i++)
				CHECK_EQ(covers(&contour, -1, ground.x[i], ground.y[i]), ground.value[i] <= limit);
			tvm_contour_free(env, &contour);
		}
		tvm_mesh_free(env, &ground.mesh);
	}
	CHECK(holes > 1000);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(an_area_is_in_that_of_every_higher_limit)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			inner = 0;

	tvm_rng_init(&rng, 59, 0);
	for (int round = 0; round < 20; round++)
	{
		make_ground(env, &rng);
		for (double limit = 5; limit < 100; limit += 13)
		{
			TvmContour	low;
			TvmContour	high;

			CHECK_EQ(tvm_contour_trace(env, &ground.mesh, &ground.field, limit, &low), TVM_OK);
			CHECK_EQ(tvm_contour_trace(env, &ground.mesh, &ground.field, limit * (1 + tvm_rng_double(&rng)), &high), TVM_OK);
			for (int i = 0; i < 2000; i++)
			{
				double		x = 10 + 0.01 * SIDE * tvm_rng_double(&rng);
				double		y = 50 + 0.01 * SIDE * tvm_rng_double(&rng);

				inner += covers(&high, -1, x, y);
				CHECK(covers(&high, -1, x, y) || !covers(&low, -1, x, y));
			}
			tvm_contour_free(env, &low);
			tvm_contour_free(env, &high);
		}
		tvm_mesh_free(env, &ground.mesh);
	}
	CHECK(inner > 10000);
}

/* Two triangles on each side of a road from (0, 0) to (0.01, 0) in a square. */
static TvmStatus
trace_road(TvmEnv *env, double far, bool road, double limit, TvmContour *contour)
{
	static const double x[] = {0, 0.01, -0.05, 0.06, 0.06, -0.05};
	static const double y[] = {0, 0, -0.05, -0.05, 0.05, 0.05};
	static const uint32_t corner[] = {0, 2, 3, 0, 3, 1, 1, 3, 4, 0, 1, 4, 0, 4, 5, 0, 5, 2};
	double		value[] = {0, far, INFINITY, INFINITY, INFINITY, INFINITY};
	uint8_t		roads[18] = {0};
	TvmField	field = {.value = value, .road = roads, .width = 0.001, .beyond = 1.25};
	TvmMesh		mesh = {.point_count = 6, .x = x, .y = y, .triangle_count = 6, .corner = corner};
	TvmStatus	status = tvm_mesh_join(env, &mesh);

	if (status != TVM_OK)
		return status;
	roads[tvm_mesh_edge(&mesh, 1, 0)] = road;
	status = tvm_contour_trace(env, &mesh, &field, limit, contour);
	tvm_mesh_free(env, &mesh);
	return status;
}

/* How far east an area reaches. */
static double
reach(double far, bool road, double limit)
{
	TvmEnv	   *env = unit_env();
	TvmContour	contour;
	double		east = -1;

	CHECK_EQ(trace_road(env, far, road, limit, &contour), TVM_OK);
	for (uint32_t i = 0; i < contour.vertex_count; i++)
		if (fabs(contour.y[i]) < 1e-9)
			east = fmax(east, contour.x[i]);
	tvm_contour_free(env, &contour);
	return east;
}

TEST(a_road_is_in_the_area_as_far_as_it_is_reached)
{
	CHECK_NEAR(reach(100, true, 50), 0.005, 1e-12);
	CHECK_NEAR(reach(100, true, 20), 0.002, 1e-12);
	CHECK_NEAR(reach(100, true, 0), 0.001, 1e-12);	/* the width */
	CHECK_NEAR(reach(100, true, 99.9), 0.01 * (1 - 1.0 / 256), 1e-12);	/* what is outside stays so */
	CHECK_NEAR(reach(100, false, 90), 0.009, 1e-12);
	CHECK_NEAR(reach(100, false, 50), 0.001, 1e-12);	/* no road leads there, and it is far beyond */
	CHECK_NEAR(reach(INFINITY, true, 50), 0.001, 1e-12);
}

TEST(what_areas_are_large_on_the_globe)
{
	double		x[] = {0, 90, 90, 0, 0};
	double		y[] = {0, 0, 90, 90, 0};
	uint32_t	ends[] = {5, 10};
	uint32_t	polygons[] = {0, 0};
	TvmContour	contour = {.ring_count = 1, .vertex_count = 5, .polygon_count = 1, .ends = ends, .polygons = polygons, .x = x, .y = y};
	double		tiny_x[] = {20, 20.001, 20.001, 20, 20, 20.0002, 20.0002, 20.0004, 20.0004, 20.0002};
	double		tiny_y[] = {60, 60, 60.001, 60.001, 60, 60.0002, 60.0004, 60.0004, 60.0002, 60.0002};
	double		degree = acos(-1) / 180;

	CHECK_NEAR(tvm_contour_steradians(&contour), acos(-1) / 2, 1e-14);
	contour.x = tiny_x;
	contour.y = tiny_y;
	CHECK_NEAR(tvm_contour_steradians(&contour) / (0.001 * degree * 0.001 * degree * cos(60.0005 * degree)), 1, 1e-9);
	contour.ring_count = 2;
	CHECK_NEAR(tvm_contour_steradians(&contour) / (0.96e-6 * degree * degree * cos(60.0005 * degree)), 1, 1e-6);
	/* A slope: from the equator to 60 degrees while longitude goes from 0 to 60. */
	contour.ring_count = 1;
	ends[0] = 4;
	contour.x = (double[]) {0, 60, 60, 0};
	contour.y = (double[]) {0, 0, 60, 0};
	CHECK_NEAR(tvm_contour_steradians(&contour), 0.5, 1e-14);	/* the integral of sin from 0 to 60 degrees */
}

TEST(triangles_that_do_not_fit_are_an_error)
{
	static const double x[] = {0, 1, 0};
	static const double y[] = {0, 0, 1};
	static const double value[] = {0, 9, 9};
	static const uint32_t corner[] = {0, 1, 2};
	static const uint32_t wrong[] = {0, 1, 3};
	static const uint8_t road[3];
	TvmEnv	   *env = unit_env();
	TvmMesh		mesh = {.point_count = 3, .x = x, .y = y, .triangle_count = 1, .corner = corner};
	TvmField	field = {.value = value, .road = road, .width = 0.1, .beyond = 1};
	TvmContour	contour;

	CHECK_EQ(tvm_mesh_join(env, &mesh), TVM_OK);
	CHECK_EQ(mesh.edge_count, 3);
	CHECK_EQ(tvm_mesh_edge(&mesh, 2, 1), tvm_mesh_edge(&mesh, 1, 2));
	CHECK_EQ(tvm_contour_trace(env, &mesh, &field, 5, &contour), TVM_INVALID);
	CHECK_EQ(tvm_contour_trace(env, &mesh, &field, 9, &contour), TVM_OK);
	CHECK_EQ(contour.ring_count, 0);
	tvm_contour_free(env, &contour);
	tvm_mesh_free(env, &mesh);
	mesh.corner = wrong;
	CHECK_EQ(tvm_mesh_join(env, &mesh), TVM_INVALID);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(a_contour_without_memory_or_time_leaves_nothing)
{
	TvmEnv	   *env = unit_env();
	TvmContour	contour;
	long		most;

	CHECK_EQ(trace_road(env, 100, true, 50, &contour), TVM_OK);
	most = unit_env_allocations();
	tvm_contour_free(env, &contour);
	for (long i = 1; i <= most; i++)
	{
		env = unit_env();
		unit_env_fail_at(i);
		CHECK_EQ(trace_road(env, 100, true, 50, &contour), TVM_NOMEM);
		CHECK_EQ(unit_env_live(), 0);
	}
	for (long i = 0; i < 5; i++)
	{
		env = unit_env();
		unit_env_cancel_after(i);
		CHECK_EQ(trace_road(env, 100, true, 50, &contour), TVM_CANCELLED);
		CHECK_EQ(unit_env_live(), 0);
	}
}

TEST(the_circle_through_a_triangle)
{
	static const double x[] = {0, 4, 0, 2};
	static const double y[] = {0, 0, 2, 0};
	static const uint32_t corner[] = {0, 1, 2, 0, 3, 1};
	TvmMesh		mesh = {.point_count = 4, .x = x, .y = y, .triangle_count = 2, .corner = corner};
	double		cx;
	double		cy;

	CHECK_NEAR(tvm_mesh_circle(&mesh, 0, &cx, &cy), sqrt(5), 1e-15);
	CHECK_NEAR(cx, 2, 1e-15);
	CHECK_NEAR(cy, 1, 1e-15);
	CHECK(isinf(tvm_mesh_circle(&mesh, 1, &cx, &cy)));
	CHECK_EQ(cx, 2);
	CHECK_EQ(cy, 0);
}
