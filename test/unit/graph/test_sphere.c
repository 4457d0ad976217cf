/*
 * test_sphere.c: angles on the sphere against 300-bit vectors (MPFR), for
 * near, far, antipodal and polar points and across the antimeridian.
 */
#include "unit.h"

#include <math.h>
#include <mpfr.h>

#include "graph/random.h"
#include "kernel/graph/sphere.h"

#define BITS 300

/* (cos lat cos lon, cos lat sin lon, sin lat) */
static void
exact_vector(double lat, double lon, mpfr_t xyz[3])
{
	mpfr_t		phi;
	mpfr_t		lambda;
	mpfr_t		degree;

	mpfr_inits2(BITS, phi, lambda, degree, (mpfr_ptr) NULL);
	mpfr_const_pi(degree, MPFR_RNDN);
	mpfr_div_ui(degree, degree, 180, MPFR_RNDN);
	mpfr_mul_d(phi, degree, lat, MPFR_RNDN);
	mpfr_mul_d(lambda, degree, lon, MPFR_RNDN);
	mpfr_cos(xyz[0], lambda, MPFR_RNDN);
	mpfr_sin(xyz[1], lambda, MPFR_RNDN);
	mpfr_cos(xyz[2], phi, MPFR_RNDN);
	mpfr_mul(xyz[0], xyz[0], xyz[2], MPFR_RNDN);
	mpfr_mul(xyz[1], xyz[1], xyz[2], MPFR_RNDN);
	mpfr_sin(xyz[2], phi, MPFR_RNDN);
	mpfr_clears(phi, lambda, degree, (mpfr_ptr) NULL);
}

/* atan2(|a x b|, a . b) */
static double
exact_angle(double lat_a, double lon_a, double lat_b, double lon_b)
{
	mpfr_t		a[3];
	mpfr_t		b[3];
	mpfr_t		cross;
	mpfr_t		dot;
	mpfr_t		t;
	double		angle;

	for (int i = 0; i < 3; i++)
		mpfr_inits2(BITS, a[i], b[i], (mpfr_ptr) NULL);
	mpfr_inits2(BITS, cross, dot, t, (mpfr_ptr) NULL);
	exact_vector(lat_a, lon_a, a);
	exact_vector(lat_b, lon_b, b);
	mpfr_set_zero(cross, 1);
	mpfr_set_zero(dot, 1);
	for (int i = 0; i < 3; i++)
	{
		int			j = (i + 1) % 3;

		mpfr_fma(dot, a[i], b[i], dot, MPFR_RNDN);
		mpfr_fmms(t, a[i], b[j], a[j], b[i], MPFR_RNDN);
		mpfr_fma(cross, t, t, cross, MPFR_RNDN);
	}
	mpfr_sqrt(cross, cross, MPFR_RNDN);
	mpfr_atan2(t, cross, dot, MPFR_RNDN);
	angle = mpfr_get_d(t, MPFR_RNDN);
	for (int i = 0; i < 3; i++)
		mpfr_clears(a[i], b[i], (mpfr_ptr) NULL);
	mpfr_clears(cross, dot, t, (mpfr_ptr) NULL);
	return angle;
}

static void
check_angle(double lat_a, double lon_a, double lat_b, double lon_b)
{
	double		exact = exact_angle(lat_a, lon_a, lat_b, lon_b);
	double		got = tvm_sphere_angle(lat_a, lon_a, lat_b, lon_b);

	if (!(fabs(got - exact) <= 4e-15 * exact + 1e-60))
		unit_fail(__FILE__, __LINE__, "angle of (%.17g, %.17g) and (%.17g, %.17g) is %.17g, not %.17g",
				  lat_a, lon_a, lat_b, lon_b, got, exact);
}

TEST(angles_of_random_places_are_exact)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7, 0);
	for (int i = 0; i < 6000; i++)
	{
		RandomPlaces kind = i % PLACES_KINDS;
		double		lat[2];
		double		lon[2];

		random_place(&rng, kind, &lat[0], &lon[0]);
		random_place(&rng, kind, &lat[1], &lon[1]);
		check_angle(lat[0], lon[0], lat[1], lon[1]);

		/* Its antipode, nearly. */
		lat[1] = fmax(-90, -lat[0] + random_between(&rng, 0, 1e-6));
		lon[1] = lon[0] > 0 ? lon[0] - 180 : lon[0] + 180 - random_between(&rng, 0, 1e-6);
		check_angle(lat[0], lon[0], lat[1], lon[1]);
	}
}

TEST(angles_of_special_places_are_exact)
{
	static const double special[] = {0, 1e-9, 45, 60, 89.9999999, 90};
	double		places[200][2];
	int			count = 0;

	for (int i = 0; i < 6; i++)
	{
		for (int j = 0; j < 6; j++)
		{
			for (int sign = 0; sign < 4; sign++)
			{
				places[count][0] = sign & 1 ? -special[i] : special[i];
				places[count++][1] = sign & 2 ? -2 * special[j] : 2 * special[j];
			}
		}
	}
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; j < count; j += 3)
		{
			double		a = tvm_sphere_angle(places[i][0], places[i][1], places[j][0], places[j][1]);
			double		exact = exact_angle(places[i][0], places[i][1], places[j][0], places[j][1]);

			CHECK_NEAR(a, exact, 4e-15 * exact + 1e-30);
			CHECK_EQ(a, tvm_sphere_angle(places[j][0], places[j][1], places[i][0], places[i][1]));
		}
		CHECK_EQ(tvm_sphere_angle(places[i][0], 180, places[i][0], -180), 0);
	}
}

/* By vectors, as a textbook has it. */
static double
plain_angle(double lat_a, double lon_a, double lat_b, double lon_b)
{
	double		degree = acos(-1) / 180;
	double		a[3] = {cos(lat_a * degree) * cos(lon_a * degree), cos(lat_a * degree) * sin(lon_a * degree), sin(lat_a * degree)};
	double		b[3] = {cos(lat_b * degree) * cos(lon_b * degree), cos(lat_b * degree) * sin(lon_b * degree), sin(lat_b * degree)};
	double		x = a[1] * b[2] - a[2] * b[1];
	double		y = a[2] * b[0] - a[0] * b[2];
	double		z = a[0] * b[1] - a[1] * b[0];

	return atan2(sqrt(x * x + y * y + z * z), a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

/* The short way round, in longitude. */
static double
unwrapped(double lon_a, double lon_b)
{
	return lon_b - lon_a > 180 ? lon_b - 360 : lon_b - lon_a < -180 ? lon_b + 360 : lon_b;
}

TEST(nearest_points_of_pieces_are_those_of_many_samples)
{
	static const int samples = 4000;
	TvmRng		rng;

	tvm_rng_init(&rng, 11, 0);
	for (int i = 0; i < 1500; i++)
	{
		RandomPlaces kind = i % PLACES_KINDS;
		double		lat[3];
		double		lon[3];
		double		part;
		double		got;
		double		least = INFINITY;
		double		step;

		for (int j = 0; j < 3; j++)
			random_place(&rng, j == 2 && i % 4 == 0 ? PLACES_ANYWHERE : kind, &lat[j], &lon[j]);
		got = tvm_sphere_nearest(lat[2], lon[2], lat[0], lon[0], lat[1], lon[1], &part);
		lon[1] = unwrapped(lon[0], lon[1]);
		for (int k = 0; k <= samples; k++)
		{
			double		t = (double) k / samples;

			least = fmin(least, plain_angle(lat[2], lon[2], lat[0] + t * (lat[1] - lat[0]), lon[0] + t * (lon[1] - lon[0])));
		}
		CHECK(part >= 0 && part <= 1);
		CHECK_NEAR(plain_angle(lat[2], lon[2], lat[0] + part * (lat[1] - lat[0]), lon[0] + part * (lon[1] - lon[0])), got, 1e-13);
		/* Between two samples there is a little less at most, and never more. */
		step = hypot(lat[1] - lat[0], lon[1] - lon[0]) / samples * acos(-1) / 180;
		if (!(got <= least + 1e-13 && got >= least - step - 1e-13))
			unit_fail(__FILE__, __LINE__, "(%.17g, %.17g) to (%.17g, %.17g)-(%.17g, %.17g) is %.17g, sampled %.17g",
					  lat[2], lon[2], lat[0], lon[0], lat[1], lon[1], got, least);
	}
}

TEST(nearest_points_of_special_pieces)
{
	double		degree = acos(-1) / 180;
	double		part;

	/* Over the 180th meridian along a parallel, from beside it: straight up. */
	CHECK_NEAR(tvm_sphere_nearest(-16.79, 179.95, -16.8, 179.9, -16.8, -179.9, &part), 0.01 * degree, 1e-9);
	CHECK_NEAR(part, 0.25, 1e-5);
	CHECK_NEAR(tvm_sphere_nearest(-16.79, -179.95, -16.8, 179.9, -16.8, -179.9, &part), 0.01 * degree, 1e-9);
	CHECK_NEAR(part, 0.75, 1e-5);
	/* A ring around the pole is as far everywhere. */
	CHECK_NEAR(tvm_sphere_nearest(90, 0, 89, -90, 89, 90, &part), degree, 1e-15);
	/* From the other side of the pole its ends are the nearest, and beside it not. */
	CHECK_NEAR(tvm_sphere_nearest(89.99, 180, 89.99, -1, 89.99, 1, &part), tvm_sphere_angle(89.99, 180, 89.99, 1), 1e-15);
	CHECK(part == 0 || part == 1);
	CHECK_NEAR(tvm_sphere_nearest(89.99, 0, 89.98, -1, 89.98, 1, &part), 0.01 * degree, 1e-15);
	CHECK_NEAR(part, 0.5, 1e-6);
	/* A line of no length, an end, and a point on the line. */
	CHECK_EQ(tvm_sphere_nearest(1, 2, 3, 4, 3, 4, &part), tvm_sphere_angle(1, 2, 3, 4));
	CHECK_EQ(tvm_sphere_nearest(0, 11, 0, 0, 0, 10, &part), tvm_sphere_angle(0, 10, 0, 11));
	CHECK_EQ(part, 1);
	CHECK(tvm_sphere_nearest(0, 5, 0, 0, 0, 10, &part) < 1e-15);
	CHECK(isnan(tvm_sphere_nearest(0, 5, NAN, 0, NAN, 10, &part)));
}

TEST(caps_and_boxes_lose_nothing)
{
	TvmRng		rng;
	int			missed = 0;
	int			outside = 0;

	tvm_rng_init(&rng, 13, 0);
	for (int i = 0; i < 20000; i++)
	{
		RandomPlaces kind = i % PLACES_KINDS;
		double		lat[3];
		double		lon[3];
		double		part;
		double		away;
		TvmCap		cap;
		TvmBox		box;

		for (int j = 0; j < 3; j++)
			random_place(&rng, j == 2 && i % 4 == 0 ? PLACES_ANYWHERE : kind, &lat[j], &lon[j]);
		away = tvm_sphere_nearest(lat[2], lon[2], lat[0], lon[0], lat[1], lon[1], &part);
		cap = tvm_cap(lat[2], lon[2], away);
		CHECK(!tvm_cap_misses(&cap, lat[0], lon[0], lat[1], lon[1]));
		cap = tvm_cap(lat[2], lon[2], away / 3);
		missed += tvm_cap_misses(&cap, lat[0], lon[0], lat[1], lon[1]);

		lon[1] = unwrapped(lon[0], lon[1]);
		box = (TvmBox) {fmin(lat[0], lat[1]), fmax(lat[0], lat[1]), fmin(lon[0], lon[1]), fmax(lon[0], lon[1])};
		/* No farther than any point of it, and as far as its border somewhere. */
		if (i < 2000)
		{
			double		got = tvm_sphere_box_angle(lat[2], lon[2], &box);
			double		least = INFINITY;
			double		x = lon[2] < box.west ? lon[2] + 360 : lon[2] > box.east ? lon[2] - 360 : lon[2];
			bool		inside = lat[2] >= box.south && lat[2] <= box.north && x >= box.west && x <= box.east;

			for (int k = 0; k <= 400; k++)
			{
				double		y = box.south + k / 400.0 * (box.north - box.south);
				double		z = box.west + k / 400.0 * (box.east - box.west);

				least = fmin(least, fmin(plain_angle(lat[2], lon[2], y, box.west), plain_angle(lat[2], lon[2], y, box.east)));
				least = fmin(least, fmin(plain_angle(lat[2], lon[2], box.south, z), plain_angle(lat[2], lon[2], box.north, z)));
			}
			outside += !inside;
			CHECK(got <= least + 1e-13);
			CHECK(inside ? got == 0 : got >= least - hypot(box.north - box.south, box.east - box.west) / 400 * acos(-1) / 180 - 1e-13);
		}
	}
	CHECK(missed > 3000);
	CHECK(outside > 500);
	CHECK_EQ(tvm_cap(10, 20, INFINITY).lon_reach, 180);
}
