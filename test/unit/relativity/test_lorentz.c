/*
 * test_lorentz.c: the Lorentz factor, clocks in a field and on orbits, against
 * the textbook's formulas in 400 bits and more, over the whole domain.
 *
 * Every function must be within one rounding of the exact value: half a unit in
 * the last place is at most 2^-53 = 1.1102e-16 of the value.
 */
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "exact.h"
#include "kernel/relativity/lorentz.h"
#include "kernel/relativity/orbit.h"
#include "kernel/rng.h"

#define ONE_ROUNDING 1.1103e-16
#define SAMPLES 20000

#define C 299792458.0
#define GM_EARTH 3.986004418e14

static TvmRng rng;

/* The largest error of one function over a test, reported as a comment of the TAP. */
typedef struct Worst
{
	const char *name;
	double		error;
} Worst;

static void
hold(Worst *worst, TvmStatus status, double got, Exact wanted, double a, double b, double c)
{
	double		error = status == TVM_OK ? exact_error(got, wanted) : INFINITY;

	if (error > worst->error)
		worst->error = error;
	if (!(error <= ONE_ROUNDING))
		unit_fail(__FILE__, __LINE__, "%s(%.17g, %.17g, %.17g) is %.17g: status %d, error %.3g",
				  worst->name, a, b, c, got, (int) status, error);
}

static void
report(const Worst *worst)
{
	printf("# largest relative error of %s: %.4g\n", worst->name, worst->error);
}

static double
between(double lo, double hi)
{
	return lo + (hi - lo) * tvm_rng_double(&rng);
}

static double
log_between(double lo, double hi)
{
	return exp(between(log(lo), log(hi)));
}

/* Speeds over the whole domain: slow, middling, close to c, a few units from c; either sign. */
static double
random_speed(void)
{
	double		v;

	switch (tvm_rng_u64(&rng) % 5)
	{
		case 0:
			v = C * log_between(1e-9, 0.5);
			break;
		case 1:
			v = C * between(0, 1);
			break;
		case 2:
			v = C - C * log_between(1e-12, 0.5);
			break;
		case 3:
			v = between(0.1, 100);
			break;
		default:
			v = C - ldexp((double) (1 + tvm_rng_u64(&rng) % 1000), -25);
			break;
	}
	v = fmin(fabs(v), nextafter(C, 0));
	return tvm_rng_u64(&rng) % 2 ? v : -v;
}

/* The textbook: beta = v/c, gamma = 1/sqrt(1 - beta^2). */
static Exact
textbook_gamma(double v)
{
	Exact		beta = exact_div(exact(v), exact(C));

	return exact_div(exact(1), exact_sqrt(exact_sub(exact(1), exact_square(beta))));
}

/* 2 gm / (r c^2) */
static Exact
textbook_potential(double gm, double r)
{
	return exact_div(exact_mul(exact(2), exact(gm)), exact_mul(exact(r), exact_square(exact(C))));
}

static Exact
textbook_rate(double gm, double r, double v)
{
	return exact_div(exact_sqrt(exact_sub(exact(1), textbook_potential(gm, r))), textbook_gamma(v));
}

static void
check_lorentz(Worst worst[6], double v, double seconds)
{
	TvmEnv	   *env = unit_env();
	Exact		one = exact(1);
	Exact		gamma = textbook_gamma(v);
	Exact		time = exact(seconds);
	TvmStatus	status;
	double		got;

	status = tvm_gamma(env, v, &got);
	hold(&worst[0], status, got, gamma, v, 0, 0);
	status = tvm_gamma_minus_one(env, v, &got);
	hold(&worst[1], status, got, exact_sub(gamma, one), v, 0, 0);
	status = tvm_sr_proper_seconds(env, seconds, v, &got);
	hold(&worst[2], status, got, exact_div(time, gamma), seconds, v, 0);
	status = tvm_sr_proper_offset_seconds(env, seconds, v, &got);
	hold(&worst[3], status, got, exact_sub(exact_div(time, gamma), time), seconds, v, 0);
	status = tvm_sr_coordinate_seconds(env, seconds, v, &got);
	hold(&worst[4], status, got, exact_mul(time, gamma), seconds, v, 0);
	status = tvm_sr_coordinate_offset_seconds(env, seconds, v, &got);
	hold(&worst[5], status, got, exact_sub(exact_mul(time, gamma), time), seconds, v, 0);
}

TEST(moving_clocks_match_the_textbook_in_400_bits)
{
	Worst		worst[6] = {{"tvm_gamma", 0}, {"tvm_gamma_minus_one", 0}, {"tvm_sr_proper_seconds", 0},
	{"tvm_sr_proper_offset_seconds", 0}, {"tvm_sr_coordinate_seconds", 0}, {"tvm_sr_coordinate_offset_seconds", 0}};
	static const double edges[] = {0, 1e-5, 1, C / 2, C * 0.6, C * 0.8, C - 1, C - 1e-3, C - 0x1p-23, C - 0x1p-24};

	tvm_rng_init(&rng, 1905, 0);
	for (int i = 0; i < SAMPLES; i++)
	{
		exact_reset(400);
		check_lorentz(worst, random_speed(), log_between(1e-6, 1e12));
	}
	/* Where squares underflow and times are the largest: more bits for the textbook. */
	for (int i = 0; i < 400; i++)
	{
		exact_reset(3000);
		check_lorentz(worst, log_between(1e-300, 1e-3), 1);
		check_lorentz(worst, log_between(1e-130, 1e7), log_between(1e-40, 1e300));
	}
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
	{
		exact_reset(400);
		check_lorentz(worst, edges[i], 1);
		check_lorentz(worst, -edges[i], 0);
	}
	for (int i = 0; i < 6; i++)
		report(&worst[i]);
}

static void
check_velocities(Worst worst[4], double u, double v)
{
	TvmEnv	   *env = unit_env();
	Exact		sum = exact_add(exact(u), exact(v));
	Exact		uv = exact_div(exact_mul(exact(u), exact(v)), exact_square(exact(C)));
	Exact		wanted = exact_div(sum, exact_add(exact(1), uv));
	Exact		factor = exact_sqrt(exact_div(exact_sub(exact(C), exact(v)), exact_add(exact(C), exact(v))));
	TvmStatus	status;
	double		got;

	status = tvm_velocity_add(env, u, v, &got);
	CHECK(fabs(got) < C);
	/* Next to c the nearest double may be c itself; then the one before it is due. */
	if (fabs(got) < nextafter(C, 0))
		hold(&worst[0], status, got, wanted, u, v, 0);
	else
		CHECK(mpfr_cmpabs(wanted, exact(nextafter(nextafter(C, 0), 0))) > 0);
	status = tvm_velocity_add_offset(env, u, v, &got);
	hold(&worst[1], status, got, exact_sub(wanted, sum), u, v, 0);
	status = tvm_doppler(env, v, &got);
	hold(&worst[2], status, got, factor, v, 0, 0);
	status = tvm_doppler_minus_one(env, v, &got);
	hold(&worst[3], status, got, exact_sub(factor, exact(1)), v, 0, 0);
}

TEST(velocities_and_doppler_match_the_textbook_in_400_bits)
{
	Worst		worst[4] = {{"tvm_velocity_add", 0}, {"tvm_velocity_add_offset", 0}, {"tvm_doppler", 0},
	{"tvm_doppler_minus_one", 0}};

	tvm_rng_init(&rng, 1905, 1);
	for (int i = 0; i < SAMPLES; i++)
	{
		double		u = random_speed();
		double		v = i % 4 == 0 ? nextafter(-u, random_speed()) : random_speed();

		exact_reset(400);
		check_velocities(worst, u, v);
	}
	for (int i = 0; i < 4; i++)
		report(&worst[i]);
}

/* Radii from one unit in the last place outside r_s (`multiple` gm/c^2) to far away. */
static double
random_radius(double gm, double multiple)
{
	double		rs = multiple * gm / TVM_C2_HI;

	switch (tvm_rng_u64(&rng) % 4)
	{
		case 0:
			return rs * (1 + log_between(1e-15, 1)) * (1 + 4 * DBL_EPSILON);
		case 1:
			return rs * log_between(2, 1e30);
		case 2:
			return rs * log_between(1e7, 1e11);
		default:
			return nextafter(nextafter(rs, INFINITY), INFINITY);
	}
}

static void
check_field(Worst worst[6], double gm, double r, double seconds)
{
	TvmEnv	   *env = unit_env();
	Exact		one = exact(1);
	Exact		factor = textbook_rate(gm, r, 0);
	Exact		time = exact(seconds);
	TvmStatus	status;
	double		got;

	status = tvm_gr_factor(env, gm, r, &got);
	hold(&worst[0], status, got, factor, gm, r, 0);
	status = tvm_gr_factor_minus_one(env, gm, r, &got);
	hold(&worst[1], status, got, exact_sub(factor, one), gm, r, 0);
	status = tvm_gr_proper_seconds(env, seconds, gm, r, &got);
	hold(&worst[2], status, got, exact_mul(time, factor), seconds, gm, r);
	status = tvm_gr_proper_offset_seconds(env, seconds, gm, r, &got);
	hold(&worst[3], status, got, exact_sub(exact_mul(time, factor), time), seconds, gm, r);
	status = tvm_gr_coordinate_seconds(env, seconds, gm, r, &got);
	hold(&worst[4], status, got, exact_div(time, factor), seconds, gm, r);
	status = tvm_gr_coordinate_offset_seconds(env, seconds, gm, r, &got);
	hold(&worst[5], status, got, exact_sub(exact_div(time, factor), time), seconds, gm, r);
}

TEST(clocks_at_rest_in_a_field_match_the_textbook_in_400_bits)
{
	Worst		worst[6] = {{"tvm_gr_factor", 0}, {"tvm_gr_factor_minus_one", 0}, {"tvm_gr_proper_seconds", 0},
	{"tvm_gr_proper_offset_seconds", 0}, {"tvm_gr_coordinate_seconds", 0}, {"tvm_gr_coordinate_offset_seconds", 0}};

	tvm_rng_init(&rng, 1916, 0);
	for (int i = 0; i < SAMPLES; i++)
	{
		double		gm = log_between(1e-3, 1e40);

		exact_reset(400);
		check_field(worst, gm, random_radius(gm, 2), log_between(1e-6, 1e12));
	}
	/* The ends of the range of doubles. */
	for (int i = 0; i < 400; i++)
	{
		double		gm = log_between(1e-270, 1e300);

		exact_reset(3000);
		check_field(worst, gm, random_radius(gm, 2), 1);
		check_field(worst, GM_EARTH, log_between(1, 1e308), 1);
	}
	exact_reset(400);
	check_field(worst, 0, 1, 1);
	check_field(worst, 0, 1e308, 1);
	check_field(worst, 1e308, 1e308, 1);
	for (int i = 0; i < 6; i++)
		report(&worst[i]);
}

TEST(moving_clocks_in_a_field_match_the_textbook_in_400_bits)
{
	Worst		worst[3] = {{"tvm_clock_rate", 0}, {"tvm_clock_rate_offset", 0}, {"tvm_clock_rate_offset_against", 0}};

	tvm_rng_init(&rng, 1916, 1);
	for (int i = 0; i < SAMPLES; i++)
	{
		TvmEnv	   *env = unit_env();
		double		gm = log_between(1e-3, 1e40);
		double		r = random_radius(gm, 2);
		double		v = random_speed();
		double		reference_r = i % 3 == 0 ? nextafter(r, INFINITY) : i % 3 == 1 ? r * between(1, 1.001) : random_radius(gm, 2);
		double		reference_v = i % 2 == 0 ? v : random_speed();
		TvmStatus	status;
		Exact		rate;
		double		got;

		exact_reset(400);
		rate = textbook_rate(gm, r, v);
		status = tvm_clock_rate(env, gm, r, v, &got);
		hold(&worst[0], status, got, rate, gm, r, v);
		status = tvm_clock_rate_offset(env, gm, r, v, &got);
		hold(&worst[1], status, got, exact_sub(rate, exact(1)), gm, r, v);
		status = tvm_clock_rate_offset_against(env, gm, r, v, reference_r, reference_v, &got);
		hold(&worst[2], status, got, exact_sub(exact_div(rate, textbook_rate(gm, reference_r, reference_v)), exact(1)),
			 r, v, reference_r);
	}
	for (int i = 0; i < 3; i++)
		report(&worst[i]);
}

TEST(circular_orbits_match_the_textbook_in_400_bits)
{
	Worst		worst[5] = {{"tvm_orbit_speed", 0}, {"tvm_orbit_rate", 0}, {"tvm_orbit_rate_offset", 0},
	{"tvm_orbit_rate_offset_against", 0}, {"tvm_schwarzschild_radius", 0}};

	tvm_rng_init(&rng, 1916, 2);
	for (int i = 0; i < SAMPLES; i++)
	{
		TvmEnv	   *env = unit_env();
		double		gm = log_between(1e-3, 1e40);
		double		r = random_radius(gm, 3);
		double		reference = -log_between(1e-12, 0.5);
		TvmStatus	status;
		Exact		c2;
		Exact		rs;
		Exact		rate;
		double		got;

		exact_reset(400);
		c2 = exact_square(exact(C));
		rs = exact_div(exact_mul(exact(2), exact(gm)), c2);
		rate = exact_sqrt(exact_sub(exact(1), exact_div(exact_mul(exact(3), exact(gm)), exact_mul(exact(r), c2))));
		status = tvm_orbit_speed(env, gm, r, &got);
		CHECK(got < C);
		if (got < nextafter(C, 0))
			hold(&worst[0], status, got, exact_sqrt(exact_div(exact(gm), exact_sub(exact(r), rs))), gm, r, 0);
		status = tvm_orbit_rate(env, gm, r, &got);
		hold(&worst[1], status, got, rate, gm, r, 0);
		status = tvm_orbit_rate_offset(env, gm, r, &got);
		hold(&worst[2], status, got, exact_sub(rate, exact(1)), gm, r, 0);
		status = tvm_orbit_rate_offset_against(env, gm, r, reference, &got);
		hold(&worst[3], status, got,
			 exact_sub(exact_div(rate, exact_add(exact(1), exact(reference))), exact(1)), gm, r, reference);
		status = tvm_schwarzschild_radius(env, gm, &got);
		hold(&worst[4], status, got, rs, gm, 0, 0);
	}
	for (int i = 0; i < 5; i++)
		report(&worst[i]);
}

TEST(reference_values_of_relativity)
{
	TvmEnv	   *env = unit_env();
	double		got;
	double		v;

	/* A GPS clock against the geoid, in microseconds a day, and the part of its speed. */
	CHECK_EQ(tvm_orbit_rate_offset_against(env, GM_EARTH, 26561400, -TVM_GEOID_LG, &got), TVM_OK);
	CHECK_NEAR(got, 4.4647e-10, 0.00005e-10);
	CHECK_NEAR(got * 86400e6, 38.5750, 0.00005);
	CHECK_EQ(tvm_orbit_speed(env, GM_EARTH, 26561400, &v), TVM_OK);
	CHECK_EQ(tvm_sr_proper_offset_seconds(env, 86400, v, &got), TVM_OK);
	CHECK_NEAR(got * 1e6, -7.213, 0.0005);

	/* The moving static clock and the geodesic are the same clock. */
	CHECK_EQ(tvm_clock_rate_offset(env, GM_EARTH, 26561400, v, &got), TVM_OK);
	CHECK_EQ(tvm_orbit_rate_offset(env, GM_EARTH, 26561400, &v), TVM_OK);
	CHECK_NEAR(got / v, 1, 1e-15);

	/* Pound and Rebka: g h/c^2 with g of the radius where it is 9.80665, seen from below. */
	v = sqrt(GM_EARTH / 9.80665);
	CHECK_EQ(tvm_clock_rate_offset_against(env, GM_EARTH, v + 22.5, 0, v, 0, &got), TVM_OK);
	CHECK_NEAR(got, 2.455e-15, 0.0005e-15);

	/* gamma(0.6 c) and gamma(0.8 c), to rounding. */
	CHECK_EQ(tvm_gamma(env, 0.6 * C, &got), TVM_OK);
	CHECK_EQ(got, 1.25);
	CHECK_EQ(tvm_gamma(env, -0.6 * C, &got), TVM_OK);
	CHECK_EQ(got, 1.25);
	CHECK_EQ(tvm_gamma(env, 0.8 * C, &got), TVM_OK);
	CHECK_EQ(got, 5.0 / 3);
	CHECK_EQ(tvm_gamma(env, 0, &got), TVM_OK);
	CHECK_EQ(got, 1);

	/* The largest double is a time; what is longer is not. */
	CHECK_EQ(tvm_sr_proper_seconds(env, DBL_MAX, 0, &got), TVM_OK);
	CHECK_EQ(got, DBL_MAX);
	CHECK_EQ(tvm_gr_coordinate_seconds(env, DBL_MAX, 0, 1, &got), TVM_OK);
	CHECK_EQ(got, DBL_MAX);
	CHECK_EQ(tvm_sr_coordinate_seconds(env, DBL_MAX, 0.5 * C, &got), TVM_DOMAIN);

	/* Signs: a receding source is shifted to the red; half of c and half of c is 0.8 c. */
	CHECK_EQ(tvm_doppler(env, 0.6 * C, &got), TVM_OK);
	CHECK_NEAR(got, 0.5, 1e-16);
	CHECK_EQ(tvm_doppler(env, -0.6 * C, &got), TVM_OK);
	CHECK_NEAR(got, 2, 3e-16);
	CHECK_EQ(tvm_velocity_add(env, C / 2, C / 2, &got), TVM_OK);
	CHECK_EQ(got, 0.8 * C);
}

/* A function of up to three numbers in one shape, to try bad ones on. */
#define CALL1(function) static TvmStatus call_##function(TvmEnv *env, const double *a, double *out) \
	{ return function(env, a[0], out); }
#define CALL2(function) static TvmStatus call_##function(TvmEnv *env, const double *a, double *out) \
	{ return function(env, a[0], a[1], out); }
#define CALL3(function) static TvmStatus call_##function(TvmEnv *env, const double *a, double *out) \
	{ return function(env, a[0], a[1], a[2], out); }

CALL1(tvm_gamma)
CALL1(tvm_gamma_minus_one)
CALL2(tvm_sr_proper_seconds)
CALL2(tvm_sr_proper_offset_seconds)
CALL2(tvm_sr_coordinate_seconds)
CALL2(tvm_sr_coordinate_offset_seconds)
CALL2(tvm_velocity_add)
CALL2(tvm_velocity_add_offset)
CALL1(tvm_doppler)
CALL1(tvm_doppler_minus_one)
CALL1(tvm_schwarzschild_radius)
CALL2(tvm_gr_factor)
CALL2(tvm_gr_factor_minus_one)
CALL3(tvm_gr_coordinate_seconds)
CALL3(tvm_gr_coordinate_offset_seconds)
CALL3(tvm_gr_proper_seconds)
CALL3(tvm_gr_proper_offset_seconds)
CALL3(tvm_clock_rate)
CALL3(tvm_clock_rate_offset)
CALL2(tvm_orbit_speed)
CALL2(tvm_orbit_rate)
CALL2(tvm_orbit_rate_offset)
CALL3(tvm_orbit_rate_offset_against)

static TvmStatus
call_tvm_clock_rate_offset_against(TvmEnv *env, const double *a, double *out)
{
	return tvm_clock_rate_offset_against(env, a[0], a[1], a[2], a[3], a[4], out);
}

/* Arguments by letter: v speed, s seconds, m gm, r radius, o offset. */
#define FUNCTION(function, arguments) {#function, call_##function, arguments}
static const struct
{
	const char *name;
	TvmStatus	(*call) (TvmEnv *, const double *, double *);
	const char *arguments;
}			functions[] = {
	FUNCTION(tvm_gamma, "v"),
	FUNCTION(tvm_gamma_minus_one, "v"),
	FUNCTION(tvm_sr_proper_seconds, "sv"),
	FUNCTION(tvm_sr_proper_offset_seconds, "sv"),
	FUNCTION(tvm_sr_coordinate_seconds, "sv"),
	FUNCTION(tvm_sr_coordinate_offset_seconds, "sv"),
	FUNCTION(tvm_velocity_add, "vv"),
	FUNCTION(tvm_velocity_add_offset, "vv"),
	FUNCTION(tvm_doppler, "v"),
	FUNCTION(tvm_doppler_minus_one, "v"),
	FUNCTION(tvm_schwarzschild_radius, "m"),
	FUNCTION(tvm_gr_factor, "mr"),
	FUNCTION(tvm_gr_factor_minus_one, "mr"),
	FUNCTION(tvm_gr_coordinate_seconds, "smr"),
	FUNCTION(tvm_gr_coordinate_offset_seconds, "smr"),
	FUNCTION(tvm_gr_proper_seconds, "smr"),
	FUNCTION(tvm_gr_proper_offset_seconds, "smr"),
	FUNCTION(tvm_clock_rate, "mrv"),
	FUNCTION(tvm_clock_rate_offset, "mrv"),
	FUNCTION(tvm_clock_rate_offset_against, "mrvrv"),
	FUNCTION(tvm_orbit_speed, "mr"),
	FUNCTION(tvm_orbit_rate, "mr"),
	FUNCTION(tvm_orbit_rate_offset, "mr"),
	FUNCTION(tvm_orbit_rate_offset_against, "mro"),
};

static double
good_value(char kind)
{
	return kind == 'v' ? 1000 : kind == 's' ? 10 : kind == 'm' ? GM_EARTH : kind == 'r' ? 7e6 : -1e-9;
}

static bool
is_good(char kind, double x)
{
	switch (kind)
	{
		case 'v':
			return fabs(x) < C;
		case 'o':
			return isfinite(x) && x > -1;
		case 'r':
			return isfinite(x) && x > 0;
		default:
			return isfinite(x) && x >= 0;
	}
}

TEST(outside_the_domain_is_an_error_with_the_domain_in_its_hint)
{
	static const double values[] = {
		NAN, INFINITY, -INFINITY, C, -C, 2 * C, -1, 0, -0.0, -DBL_MIN, 0x1p-1074, 1e-300, 1, 1e10, 1e300, DBL_MAX
	};

	for (size_t f = 0; f < sizeof(functions) / sizeof(functions[0]); f++)
		for (int bad = 0; functions[f].arguments[bad] != '\0'; bad++)
			for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			{
				TvmEnv	   *env = unit_env();
				double		arguments[5];
				double		out = 0;
				TvmStatus	status;

				for (int a = 0; functions[f].arguments[a] != '\0'; a++)
					arguments[a] = good_value(functions[f].arguments[a]);
				arguments[bad] = values[i];
				status = functions[f].call(env, arguments, &out);
				if (status == TVM_OK)
				{
					if (!isfinite(out) || !is_good(functions[f].arguments[bad], values[i]))
						unit_fail(__FILE__, __LINE__, "%s with argument %d = %g is %g",
								  functions[f].name, bad, values[i], out);
				}
				else if (status != TVM_DOMAIN || env->error.message == NULL || env->error.hint == NULL)
					unit_fail(__FILE__, __LINE__, "%s with argument %d = %g: status %d",
							  functions[f].name, bad, values[i], (int) status);
			}
}

TEST(the_horizon_decides_to_the_last_bit)
{
	tvm_rng_init(&rng, 1939, 0);
	exact_reset(400);
	for (int i = 0; i < 1000; i++)
	{
		TvmEnv	   *env = unit_env();
		double		gm = log_between(1e-3, 1e40);
		double		multiple = i % 2 ? 2 : 3;
		double		r = multiple * gm / TVM_C2_HI;
		double		out;

		exact_reset(400);
		for (int step = -3; step <= 3; step++)
		{
			double		at = r;
			Exact		limit = exact_div(exact_mul(exact(multiple), exact(gm)), exact_square(exact(C)));
			TvmStatus	status;

			for (int n = 0; n < abs(step); n++)
				at = nextafter(at, step < 0 ? 0 : INFINITY);
			status = i % 2 ? tvm_gr_factor(env, gm, at, &out) : tvm_orbit_rate(env, gm, at, &out);
			CHECK_EQ(status, mpfr_cmp_d(limit, at) < 0 ? TVM_OK : TVM_DOMAIN);
		}
	}
}
