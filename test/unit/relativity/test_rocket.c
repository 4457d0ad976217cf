/*
 * test_rocket.c: constant proper acceleration against the textbook in
 * many bits, and against an integration of the equations of motion.
 */
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "exact.h"
#include "kernel/relativity/rocket.h"
#include "kernel/rng.h"

#define C 299792458.0
#define LIGHT_YEAR 9460730472580800.0
#define ONE_ROUNDING 1.1103e-16

enum
{
	COORDINATE, PROPER, OFFSET, SPEED, BELOW_C, GAMMA, GAMMA_MINUS_ONE, RAPIDITY, FIELDS
};

static const char *const names[FIELDS] = {
	"coordinate_s", "proper_s", "proper_minus_coordinate_s", "peak_speed_mps", "peak_below_c_mps",
	"peak_gamma", "peak_gamma_minus_one", "peak_rapidity"
};

static double worst[FIELDS];

/* The textbook: t = sqrt((d/c)^2 + 2d/a), tau = (c/a) acosh(1 + a d/c^2), v = a t / sqrt(1 + (a t/c)^2). */
static void
check_rocket(double distance, double a, bool turnaround, int bits)
{
	TvmEnv	   *env = unit_env();
	TvmRocket	rocket;
	double		legs = turnaround ? 2 : 1;
	Exact		wanted[FIELDS];
	double		got[FIELDS];
	Exact		c;
	Exact		d;
	Exact		t;
	Exact		tau;

	exact_reset(bits);
	c = exact(C);
	d = exact_div(exact(distance), exact(legs));
	t = exact_sqrt(exact_add(exact_square(exact_div(d, c)), exact_div(exact_mul(exact(2), d), exact(a))));
	wanted[GAMMA_MINUS_ONE] = exact_div(exact_mul(exact(a), d), exact_square(c));
	wanted[GAMMA] = exact_add(exact(1), wanted[GAMMA_MINUS_ONE]);
	wanted[RAPIDITY] = exact_acosh(wanted[GAMMA]);
	tau = exact_mul(exact_div(c, exact(a)), wanted[RAPIDITY]);
	wanted[COORDINATE] = exact_mul(exact(legs), t);
	wanted[PROPER] = exact_mul(exact(legs), tau);
	wanted[OFFSET] = exact_sub(wanted[PROPER], wanted[COORDINATE]);
	wanted[SPEED] = exact_div(exact_mul(exact(a), t),
							  exact_sqrt(exact_add(exact(1), exact_square(exact_div(exact_mul(exact(a), t), c)))));
	wanted[BELOW_C] = exact_sub(c, wanted[SPEED]);

	CHECK_EQ(tvm_rocket(env, distance, a, turnaround, &rocket), TVM_OK);
	got[COORDINATE] = rocket.coordinate_s;
	got[PROPER] = rocket.proper_s;
	got[OFFSET] = rocket.proper_minus_coordinate_s;
	got[SPEED] = rocket.peak_speed_mps;
	got[BELOW_C] = rocket.peak_below_c_mps;
	got[GAMMA] = rocket.peak_gamma;
	got[GAMMA_MINUS_ONE] = rocket.peak_gamma_minus_one;
	got[RAPIDITY] = rocket.peak_rapidity;
	CHECK(got[SPEED] < C);
	for (int i = 0; i < FIELDS; i++)
	{
		double		error = exact_error(got[i], wanted[i]);

		if (i == SPEED && got[i] == nextafter(C, 0))
			continue;			/* the nearest double may be c itself */
		if (error > worst[i])
			worst[i] = error;
		if (!(error <= ONE_ROUNDING))
			unit_fail(__FILE__, __LINE__, "%s of tvm_rocket(%.17g, %.17g, %d) is %.17g: error %.3g",
					  names[i], distance, a, turnaround, got[i], error);
	}
}

TEST(rocket_matches_the_textbook_in_400_bits)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 1960, 0);
	for (int i = 0; i < FIELDS; i++)
		worst[i] = 0;
	for (int i = 0; i < 20000; i++)
	{
		/* By k = a d/c^2 from 1e-30 (a car pulling away: 1e-14) to 1e12 (across the universe: 1e10). */
		double		k = pow(10, -30 + 42 * tvm_rng_double(&rng));
		double		a = pow(10, -6 + 12 * tvm_rng_double(&rng));

		check_rocket(k * C * C / a, a, i % 2, 400);
	}
	for (int i = 0; i < 300; i++)
	{
		double		k = pow(10, -280 + 560 * tvm_rng_double(&rng));
		double		a = pow(10, -8 + 16 * tvm_rng_double(&rng));

		check_rocket(k * C * C / a, a, i % 2, 4000);
	}
	/* Where the ways to compute change over. */
	for (int i = 0; i < 200; i++)
	{
		double		phi = 0.7 + (i - 100) * 1e-4;

		check_rocket((cosh(phi) - 1) * C * C, 1, false, 400);
		check_rocket((cosh(2 * phi) - 1) * C * C, 1, false, 400);
		check_rocket(1e-100 * C * C * (0.9 + i * 1e-3), 1, false, 1600);
	}
	for (int i = 0; i < FIELDS; i++)
		printf("# largest relative error of tvm_rocket.%s: %.4g\n", names[i], worst[i]);
}

/* The motion in units of c and c/a: of proper time, dw = +-gamma, dx = w, d(t - tau) = gamma - 1. */
typedef struct Motion
{
	long double w;				/* celerity gamma v, which does not stop at c */
	long double x;
	long double lag;			/* t - tau */
} Motion;

static Motion
slope(Motion at, long double push)
{
	long double gamma = sqrtl(1 + at.w * at.w);
	Motion		result = {push * gamma, at.w, at.w * at.w / (1 + gamma)};

	return result;
}

static Motion
along(Motion at, Motion slope, long double step)
{
	at.w += slope.w * step;
	at.x += slope.x * step;
	at.lag += slope.lag * step;
	return at;
}

/* One step of Runge and Kutta's fourth-order method. */
static Motion
advance(Motion at, long double push, long double step)
{
	Motion		a = slope(at, push);
	Motion		b = slope(along(at, a, step / 2), push);
	Motion		c = slope(along(at, b, step / 2), push);
	Motion		d = slope(along(at, c, step), push);

	at = along(at, a, step / 6);
	at = along(at, b, step / 3);
	at = along(at, c, step / 3);
	return along(at, d, step / 6);
}

static void
check_motion(double distance, double a, bool turnaround)
{
	long double length = (long double) a * distance / ((long double) C * C);
	long double turn = turnaround ? length / 2 : length;
	/* About 4,000 steps, by the longer of Newton's time and the logarithm of gamma. */
	long double step = (turn < 1 ? sqrtl(2 * turn) : 2 + log1pl(turn)) / 4000;
	Motion		at = {0, 0, 0};
	Motion		peak;
	long double tau = 0;
	long double second = (long double) C / a;
	TvmRocket	rocket;

	/* Up to the turn, or the end: whole steps, then Newton steps in x. */
	for (Motion next = advance(at, 1, step); next.x < turn; next = advance(at, 1, step))
	{
		at = next;
		tau += step;
	}
	for (int i = 0; i < 6 && at.w > 0; i++)
	{
		long double rest = (turn - at.x) / at.w;

		if (fabsl(rest) > step)
			rest = step;
		at = advance(at, 1, rest);
		tau += rest;
	}
	peak = at;
	if (turnaround)
	{
		for (Motion next = advance(at, -1, step); next.w > 0; next = advance(at, -1, step))
		{
			at = next;
			tau += step;
		}
		for (int i = 0; i < 6; i++)
		{
			long double rest = at.w / sqrtl(1 + at.w * at.w);

			at = advance(at, -1, rest);
			tau += rest;
		}
		/* It has stopped where it was to stop. */
		CHECK_NEAR(at.x / length, 1, 1e-11);
	}

	CHECK_EQ(tvm_rocket(unit_env(), distance, a, turnaround, &rocket), TVM_OK);
	CHECK_NEAR(rocket.proper_s / (tau * second), 1, 1e-11);
	CHECK_NEAR(rocket.coordinate_s / ((tau + at.lag) * second), 1, 1e-11);
	CHECK_NEAR(rocket.proper_minus_coordinate_s / (at.lag * second), -1, 1e-11);
	CHECK_NEAR(rocket.peak_gamma_minus_one / (peak.w * peak.w / (1 + sqrtl(1 + peak.w * peak.w))), 1, 1e-11);
	CHECK_NEAR(rocket.peak_speed_mps / (C * peak.w / sqrtl(1 + peak.w * peak.w)), 1, 1e-11);
	CHECK_NEAR(rocket.peak_rapidity / asinhl(peak.w), 1, 1e-11);
}

TEST(rocket_matches_an_integration_of_its_motion)
{
	static const double distances[] = {1, 1e5, 1e13, 4.367 * LIGHT_YEAR, 100 * LIGHT_YEAR, 26000 * LIGHT_YEAR};

	for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++)
	{
		check_motion(distances[i], 9.80665, true);
		check_motion(distances[i], 9.80665, false);
	}
	check_motion(LIGHT_YEAR, 1e-3, true);
	check_motion(1e3, 1e12, true);
}

TEST(rocket_to_the_nearest_star)
{
	TvmRocket	rocket;
	double		year = 365.25 * 86400;

	CHECK_EQ(tvm_rocket(unit_env(), 4.367 * LIGHT_YEAR, 9.80665, true, &rocket), TVM_OK);
	CHECK_NEAR(rocket.coordinate_s / year, 6.0, 0.05);
	CHECK_NEAR(rocket.proper_s / year, 3.6, 0.05);
	CHECK_NEAR(rocket.peak_speed_mps / C, 0.95, 0.005);
}

TEST(rocket_outside_the_domain)
{
	static const double bad_distances[] = {NAN, INFINITY, -INFINITY, -1, -DBL_MIN};
	static const double bad_accelerations[] = {NAN, INFINITY, -INFINITY, -9.8, 0, -0.0};
	static const double extremes[] = {0, 0x1p-1074, 1e-300, 1e-150, 1, 1e150, 1e300, DBL_MAX};
	TvmRocket	rocket;

	for (int i = 0; i < 5; i++)
		CHECK_EQ(tvm_rocket(unit_env(), bad_distances[i], 1, true, &rocket), TVM_DOMAIN);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(tvm_rocket(unit_env(), 1, bad_accelerations[i], true, &rocket), TVM_DOMAIN);
	for (int i = 0; i < 8; i++)
		for (int j = 1; j < 8; j++)
		{
			TvmEnv	   *env = unit_env();
			TvmStatus	status = tvm_rocket(env, extremes[i], extremes[j], i % 2, &rocket);

			if (status == TVM_OK)
				CHECK(isfinite(rocket.coordinate_s) && isfinite(rocket.proper_s) &&
					  isfinite(rocket.proper_minus_coordinate_s) && rocket.peak_speed_mps < C &&
					  rocket.peak_below_c_mps >= 0 && isfinite(rocket.peak_gamma) &&
					  isfinite(rocket.peak_gamma_minus_one) && isfinite(rocket.peak_rapidity));
			else
				CHECK(status == TVM_DOMAIN && env->error.hint != NULL);
		}
	/* At rest and staying there. */
	CHECK_EQ(tvm_rocket(unit_env(), 0, 9.8, true, &rocket), TVM_OK);
	CHECK_EQ(rocket.coordinate_s, 0);
	CHECK_EQ(rocket.proper_s, 0);
	CHECK_EQ(rocket.peak_gamma, 1);
	CHECK_EQ(rocket.peak_below_c_mps, C);
}
