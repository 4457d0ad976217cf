/*
 * test_clocks.c: the rules of a world and the three clocks of a travel,
 * against the textbook in 400 bits.
 */
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "exact.h"
#include "kernel/relativity/clocks.h"
#include "kernel/relativity/dd.h"
#include "kernel/rng.h"

#define C 299792458.0
#define GM_EARTH 3.986004418e14
#define ONE_ROUNDING 1.1103e-16

enum
{
	LOCAL, COORDINATE, TRAVELER, COORDINATE_OFFSET, TRAVELER_OFFSET, FIELDS
};

static const char *const names[FIELDS] = {
	"local_s", "coordinate_s", "traveler_s", "coordinate_minus_local_s", "traveler_minus_local_s"
};

static double worst[FIELDS];

static double
field(const TvmClocks *clocks, int i)
{
	return i == LOCAL ? clocks->local_s : i == COORDINATE ? clocks->coordinate_s : i == TRAVELER ? clocks->traveler_s
		: i == COORDINATE_OFFSET ? clocks->coordinate_minus_local_s : clocks->traveler_minus_local_s;
}

static void
hold(const TvmClocks *clocks, Exact *wanted)
{
	for (int i = 0; i < FIELDS; i++)
	{
		double		error = exact_error(field(clocks, i), wanted[i]);

		if (error > worst[i])
			worst[i] = error;
		if (!(error <= ONE_ROUNDING))
			unit_fail(__FILE__, __LINE__, "%s is %.17g: error %.3g", names[i], field(clocks, i), error);
	}
}

/* physics.md's table, as it stands there. */
static void
textbook(const TvmWorldRules *rules, double length, double kph, double drag, Exact *wanted)
{
	Exact		one = exact(1);
	Exact		v = exact_div(exact(kph), exact_text("3.6"));
	Exact		dt;

	if (mpfr_cmp_d(v, rules->max_speed_mps) > 0)
		v = exact(rules->max_speed_mps);
	dt = exact_mul(exact_div(exact(length), v),
				   exact_add(one, exact_add(exact(rules->base_drag), exact(drag))));
	wanted[LOCAL] = dt;
	wanted[COORDINATE] = dt;
	if (rules->gr)
	{
		Exact		rs = exact_div(exact_mul(exact(2), exact(rules->gm)), exact_square(exact(C)));

		wanted[COORDINATE] = exact_div(dt, exact_sqrt(exact_sub(one, exact_div(rs, exact(rules->r)))));
	}
	wanted[TRAVELER] = dt;
	if (rules->sr)
		wanted[TRAVELER] = exact_mul(dt, exact_sqrt(exact_sub(one, exact_square(exact_div(v, exact(C))))));
	wanted[COORDINATE_OFFSET] = exact_sub(wanted[COORDINATE], dt);
	wanted[TRAVELER_OFFSET] = exact_sub(wanted[TRAVELER], dt);
}

static TvmWorldRules
random_rules(TvmRng *rng)
{
	TvmWorldRules rules;

	tvm_world_rules_default(&rules);
	if (tvm_rng_u64(rng) % 2)
		rules.max_speed_mps = pow(10, 9 * tvm_rng_double(rng));
	if (rules.max_speed_mps >= C)
		rules.max_speed_mps = nextafter(C, 0);
	if (tvm_rng_u64(rng) % 2)
		rules.base_drag = tvm_rng_double(rng);
	rules.sr = tvm_rng_u64(rng) % 4 != 0;
	rules.gr = tvm_rng_u64(rng) % 4 != 0;
	rules.gm = GM_EARTH * pow(10, 12 * tvm_rng_double(rng));
	rules.r = 2 * rules.gm / (C * C) * (1 + pow(10, -14 + 30 * tvm_rng_double(rng)));
	return rules;
}

TEST(segments_match_the_textbook_in_400_bits)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 1971, 0);
	memset(worst, 0, sizeof(worst));
	for (int i = 0; i < 20000; i++)
	{
		TvmWorldRules rules = random_rules(&rng);
		double		length = pow(10, 12 * tvm_rng_double(&rng) - 3);
		double		kph = rules.sr && rules.max_speed_mps == INFINITY ? C * 3.6 * (1 - pow(10, -15 * tvm_rng_double(&rng)))
			: pow(10, 12 * tvm_rng_double(&rng) - 3);
		double		drag = i % 3 ? tvm_rng_double(&rng) : 0;
		TvmClocks	clocks;
		Exact		wanted[FIELDS];

		exact_reset(400);
		textbook(&rules, length, kph, drag, wanted);
		CHECK_EQ(tvm_world_rules_check(unit_env(), &rules), TVM_OK);
		CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, length, kph, drag, &clocks), TVM_OK);
		hold(&clocks, wanted);
		CHECK_EQ(tvm_clocks_read(&clocks, TVM_CLOCK_LOCAL), clocks.local_s);
		CHECK_EQ(tvm_clocks_read(&clocks, TVM_CLOCK_COORDINATE), clocks.coordinate_s);
		CHECK_EQ(tvm_clocks_read(&clocks, TVM_CLOCK_TRAVELER), clocks.traveler_s);
	}
	for (int i = 0; i < FIELDS; i++)
		printf("# largest relative error of tvm_clocks_segment.%s: %.4g\n", names[i], worst[i]);
}

TEST(sums_over_many_segments_are_as_precise_as_one)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 1971, 1);
	memset(worst, 0, sizeof(worst));
	for (int i = 0; i < 40; i++)
	{
		TvmWorldRules rules = random_rules(&rng);
		TvmClocks	sum = {0};
		Exact		wanted[FIELDS];
		int			count = 300;

		rules.max_speed_mps = fmin(rules.max_speed_mps, 1e8);
		exact_reset(400);
		for (int j = 0; j < FIELDS; j++)
			wanted[j] = exact(0);
		for (int n = 0; n < count; n++)
		{
			/* Steps of very different size, so that an uncompensated sum loses many bits. */
			double		length = pow(10, 14 * tvm_rng_double(&rng) - 4);
			double		kph = pow(10, 8 * tvm_rng_double(&rng) - 2);
			double		drag = tvm_rng_double(&rng);
			Exact		step[FIELDS];
			TvmClocks	clocks;

			textbook(&rules, length, kph, drag, step);
			for (int j = 0; j < FIELDS; j++)
				wanted[j] = exact_add(wanted[j], step[j]);
			CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, length, kph, drag, &clocks), TVM_OK);
			tvm_clocks_add(&sum, &clocks);
		}
		hold(&sum, wanted);
	}
	for (int i = 0; i < FIELDS; i++)
		printf("# largest relative error of a sum's %s: %.4g\n", names[i], worst[i]);
}

TEST(a_million_equal_steps_by_hand)
{
	TvmClocks	step = {0.1, 0.1, 0.1, 1e-17, -1e-17, {0}};
	TvmClocks	sum = {0};
	Exact		wanted[FIELDS];

	exact_reset(400);
	for (int i = 0; i < 1000000; i++)
		tvm_clocks_add(&sum, &step);
	for (int i = 0; i < FIELDS; i++)
		wanted[i] = exact_mul(exact(1e6), exact(field(&step, i)));
	hold(&sum, wanted);
}

TEST(a_sum_that_overflows_is_infinite_and_never_nan)
{
	TvmClocks	step = {DBL_MAX, DBL_MAX, DBL_MAX, DBL_MAX, -DBL_MAX, {0}};
	TvmClocks	sum = {0};

	for (int i = 0; i < 4; i++)
		tvm_clocks_add(&sum, &step);
	for (int i = 0; i < FIELDS; i++)
		CHECK_EQ(field(&sum, i), i == TRAVELER_OFFSET ? -INFINITY : INFINITY);
	CHECK_EQ(tvm_clocks_check(unit_env(), &sum), TVM_DOMAIN);
	CHECK_EQ(tvm_clocks_check(unit_env(), &step), TVM_OK);
}

TEST(the_clocks_of_a_gps_orbit_do_not_mix_observers)
{
	/*
	 * Hovering at the orbit's radius and moving there at its speed: the traveller's clock
	 * against the far one must be the geodesic's -2.5046e-10.  Dividing the traveller's
	 * own time by the gravitational factor again would give +0.835e-10.
	 */
	TvmWorldRules rules;
	TvmClocks	clocks;
	double		r = 26561400;
	double		v = sqrt(GM_EARTH / (r - 2 * GM_EARTH / (C * C)));
	double		rate;

	tvm_world_rules_default(&rules);
	rules.gr = true;
	rules.gm = GM_EARTH;
	rules.r = r;
	CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, v * 86400, v * 3.6, 0, &clocks), TVM_OK);
	CHECK_NEAR(clocks.local_s, 86400, 1e-10);
	rate = (clocks.traveler_minus_local_s - clocks.coordinate_minus_local_s) / clocks.coordinate_s;
	CHECK_NEAR(rate, -1.5 * GM_EARTH / (r * C * C), 1e-18);
	/* With what the geoid's clock lags behind the far one: the famous 38.575 microseconds. */
	CHECK_NEAR((rate + 6.969290134e-10) * 86400e6, 38.5750, 0.0001);
}

TEST(worlds_without_relativity)
{
	TvmWorldRules rules;
	TvmClocks	clocks;

	tvm_world_rules_default(&rules);
	CHECK_EQ(tvm_world_rules_check(unit_env(), &rules), TVM_OK);
	CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, 1000, 90, 0, &clocks), TVM_OK);
	CHECK_EQ(clocks.local_s, 40);
	CHECK_EQ(clocks.coordinate_s, 40);
	CHECK_EQ(clocks.coordinate_minus_local_s, 0);
	CHECK(clocks.traveler_minus_local_s < 0);

	/* Without sr gamma is 1, also for what is faster than light. */
	rules.sr = false;
	CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, 10 * C, 36 * C, 0.5, &clocks), TVM_OK);
	CHECK_EQ(clocks.local_s, 1.5);
	CHECK_EQ(clocks.traveler_s, 1.5);
	CHECK_EQ(clocks.traveler_minus_local_s, 0);
	CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, 1, 1e300, 0, &clocks), TVM_OK);
	CHECK_NEAR(clocks.traveler_s, 3.6e-300, 1e-315);

	/* With it, they need a limit below c. */
	rules.sr = true;
	CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, 10 * C, 36 * C, 0, &clocks), TVM_DOMAIN);
	CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, C, nextafter(C * 3.6, INFINITY), 0, &clocks), TVM_DOMAIN);
	rules.max_speed_mps = 0.6 * C;
	CHECK_EQ(tvm_clocks_segment(unit_env(), &rules, 0.6 * C, 36 * C, 0, &clocks), TVM_OK);
	CHECK_EQ(clocks.local_s, 1);
	CHECK_EQ(clocks.traveler_s, 0.8);
}

TEST(bad_segments_are_named)
{
	static const double not_amounts[] = {NAN, INFINITY, -INFINITY, -1, -DBL_MIN};
	TvmWorldRules rules;
	TvmClocks	clocks;
	TvmEnv	   *env;

	tvm_world_rules_default(&rules);
	for (int i = 0; i < 5; i++)
	{
		env = unit_env();
		CHECK_EQ(tvm_clocks_segment(env, &rules, not_amounts[i], 50, 0, &clocks), TVM_INVALID);
		CHECK(strcmp(env->error.path, "length_m") == 0);
		CHECK_EQ(tvm_clocks_segment(env, &rules, 1, not_amounts[i], 0, &clocks), TVM_INVALID);
		CHECK(strcmp(env->error.path, "speed_kph") == 0);
		CHECK_EQ(tvm_clocks_segment(env, &rules, 1, 50, not_amounts[i], &clocks), TVM_INVALID);
		CHECK(strcmp(env->error.path, "base_drag") == 0);
	}
	env = unit_env();
	CHECK_EQ(tvm_clocks_segment(env, &rules, 1, 0, 0, &clocks), TVM_INVALID);
	CHECK_EQ(tvm_clocks_segment(env, &rules, 1, 4e9, 0, &clocks), TVM_DOMAIN);
	CHECK(strcmp(env->error.path, "speed_kph") == 0 && env->error.hint != NULL);
	CHECK_EQ(tvm_clocks_segment(env, &rules, DBL_MAX, 1e-3, 0, &clocks), TVM_DOMAIN);
	CHECK_EQ(tvm_clocks_segment(env, &rules, 1, 1e-320, 0, &clocks), TVM_DOMAIN);
	CHECK_EQ(tvm_clocks_segment(env, &rules, 1, 50, 1e300, &clocks), TVM_OK);
	CHECK_EQ(tvm_clocks_segment(env, &rules, DBL_MAX, 50, DBL_MAX, &clocks), TVM_DOMAIN);
	CHECK_EQ(tvm_clocks_segment(env, &rules, 0, 50, 0, &clocks), TVM_OK);
	CHECK_EQ(clocks.local_s, 0);
}

TEST(bad_rules_are_named)
{
	static const double not_amounts[] = {NAN, INFINITY, -INFINITY, -1};
	TvmEnv	   *env = unit_env();
	TvmWorldRules rules;

#define REFUSED(member, value, status, where) \
	do { tvm_world_rules_default(&rules); rules.gr = true; rules.gm = GM_EARTH; rules.member = (value); \
		CHECK_EQ(tvm_world_rules_check(env, &rules), status); \
		CHECK(strcmp(env->error.path, where) == 0); } while (0)

	for (int i = 0; i < 4; i++)
	{
		REFUSED(base_drag, not_amounts[i], TVM_INVALID, "base_drag");
		REFUSED(radius_m, not_amounts[i], TVM_INVALID, "radius_m");
		REFUSED(gm, not_amounts[i], TVM_INVALID, "gr.gm");
		REFUSED(r, not_amounts[i], TVM_INVALID, "gr.r");
		if (i != 1)
			REFUSED(max_speed_mps, not_amounts[i], TVM_INVALID, "max_speed_mps");
	}
	REFUSED(max_speed_mps, 0, TVM_INVALID, "max_speed_mps");
	REFUSED(r, 0, TVM_INVALID, "gr.r");
	REFUSED(r, 0.0088, TVM_DOMAIN, "gr.r");
	REFUSED(radius_m, 0, TVM_INVALID, "radius_m");
	REFUSED(clock, (TvmClock) 3, TVM_INVALID, "clock");

	/* A world without gr does not mind. */
	tvm_world_rules_default(&rules);
	rules.r = -1;
	CHECK_EQ(tvm_world_rules_check(env, &rules), TVM_OK);
}

static double
of_bits(uint64_t bits)
{
	double		x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* Any doubles at all, and such of one magnitude; products that are near powers of two, and short ones. */
TEST(products_without_fma_are_those_of_fma)
{
	TvmRng		rng;
	long		wrong = 0;

	tvm_rng_init(&rng, 71, 0);
	for (int i = 0; i < 2000000; i++)
	{
		uint64_t	a = (uint64_t) tvm_rng_u32(&rng) << 32 | tvm_rng_u32(&rng);
		uint64_t	b = (uint64_t) tvm_rng_u32(&rng) << 32 | tvm_rng_u32(&rng);
		double		x;
		double		y;
		double		low;
		TvmDd		root;
		TvmDd		product;

		if (i % 4 != 0)
		{
			a = (a & UINT64_C(0x800fffffffffffff)) | UINT64_C(0x3ff0000000000000);
			b = (b & UINT64_C(0x800fffffffffffff)) | UINT64_C(0x3ff0000000000000);
		}
		if (i % 4 == 2)
			a &= UINT64_C(0xffffffff00000000);
		x = of_bits(a);
		y = i % 4 == 3 ? 1 / x : of_bits(b);
		if (isnan(x) || isnan(y))
			continue;
		product = tvm_two_product(x, y);
		low = fma(x, y, -(x * y));
		wrong += memcmp(&product.lo, &low, sizeof(low)) != 0 && !isnan(low);
		root = tvm_dd_sqrt(tvm_dd(fabs(x)));
		if (root.hi == 0 || isinf(x))
			continue;
		y = sqrt(fabs(x));
		product = tvm_fast_two_sum(y, fma(-y, y, fabs(x)) / (2 * y));
		wrong += root.hi != product.hi || root.lo != product.lo;
	}
	CHECK_EQ(wrong, 0);
}
