/*
 * test_graph_sphere.c: angles on the sphere against 300-bit vectors (MPFR), for
 * near, far, antipodal and polar points and across the antimeridian.
 */
#include "unit.h"

#include <math.h>
#include <mpfr.h>

#include "graph_random.h"
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
