/*
 * test_profile.c: travel times by the hour of the week, against the speed
 * summed over the hours and bisected; that they are FIFO; and inheritance of
 * profiles against a climb of the tree for each segment.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/graph/search/profile.h"
#include "kernel/graph/timeline.h"

/* The shortest time at any moment, to rounding: that of the fastest hour. */
static double
profile_least(const TvmProfile *profile, TvmPace pace)
{
	return tvm_profile_whole(profile, pace, tvm_profile_fastest(profile));
}

/* Factors of 10^-extent to 10^extent, or the same for some hours in a row. */
static void
random_profile(TvmRng *rng, double extent, TvmProfile *profile)
{
	bool		in_blocks = random_chance(rng, 0.5);

	for (int h = 0; h < TVM_WEEK_HOURS; h++)
		profile->factor[h] = in_blocks && h > 0 && random_chance(rng, 0.8) ? profile->factor[h - 1]
			: pow(10, random_between(rng, -extent, extent));
}

static TvmPace
random_pace(TvmRng *rng, double low, double high)
{
	TvmPace		pace = {pow(10, random_between(rng, low, high)), 0};

	if (random_chance(rng, 0.3))
		pace.least = pace.seconds * random_between(rng, 0.2, 2);
	return pace;
}

/* What part of the segment is passed from one moment to another: overlaps with hours, summed. */
static double
oracle_part(const TvmProfile *profile, TvmPace pace, double from, double to)
{
	double		sum = 0;

	for (double begin = floor(from / 3600) * 3600; begin < to; begin += 3600)
	{
		double		overlap = fmin(to, begin + 3600) - fmax(from, begin);
		double		seconds = pace.seconds / profile->factor[(long) (begin / 3600) % 168];

		if (seconds < pace.least)
			seconds = pace.least;
		if (overlap > 0)
			sum += overlap / seconds;
	}
	return sum;
}

static double
oracle_pass(const TvmProfile *profile, TvmPace pace, double at)
{
	double		low = 0;
	double		high = 1e-3;

	while (oracle_part(profile, pace, at, at + high) < 1)
		high *= 2;
	for (int i = 0; i < 70; i++)
	{
		double		middle = (low + high) / 2;

		if (oracle_part(profile, pace, at, at + middle) < 1)
			low = middle;
		else
			high = middle;
	}
	return high;
}

TEST(passing_times_equal_summed_speeds)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 60, 0);
	for (int i = 0; i < 1500; i++)
	{
		TvmProfile	profile;
		TvmPace		pace = random_pace(&rng, -1, 6);
		double		at = random_between(&rng, 0, 3 * TVM_WEEK_S);
		double		wanted;

		random_profile(&rng, 0.6, &profile);
		if (random_chance(&rng, 0.2))
			at = floor(at / TVM_HOUR_S) * TVM_HOUR_S;
		wanted = oracle_pass(&profile, pace, at);
		CHECK_NEAR(tvm_profile_pass(&profile, pace, at, NULL), wanted, 1e-9 * wanted + 1e-8);
		CHECK(profile_least(&profile, pace) <= wanted * (1 + 1e-9) + 1e-8);
	}
}

TEST(passing_by_hand)
{
	TvmProfile	profile;
	TvmPace		pace = {1000, 0};
	double		shares[TVM_WEEK_HOURS];

	for (int h = 0; h < TVM_WEEK_HOURS; h++)
		profile.factor[h] = 1;
	profile.factor[1] = 0.5;
	profile.factor[167] = 2;
	/* Within an hour, at its speed. */
	CHECK_EQ(tvm_profile_pass(&profile, pace, 0, NULL), 1000);
	CHECK_EQ(tvm_profile_pass(&profile, pace, 3600, NULL), 2000);
	/* Just to the end of an hour. */
	CHECK_EQ(tvm_profile_pass(&profile, pace, 2600, NULL), 1000);
	/* A quarter at full speed, three quarters at half. */
	CHECK_EQ(tvm_profile_pass(&profile, pace, 3350, shares), 250 + 1500);
	CHECK_EQ(shares[0], 0.25);
	CHECK_EQ(shares[1], 0.75);
	CHECK_EQ(shares[2], 0);
	/* Over the end of the week: 100 s at double speed, then 800 s. */
	CHECK_EQ(tvm_profile_pass(&profile, pace, TVM_WEEK_S - 100, shares), 900);
	CHECK_NEAR(shares[167], 0.2, 1e-15);
	CHECK_NEAR(shares[0], 0.8, 1e-15);
	CHECK_EQ(tvm_profile_pass(&profile, pace, 5 * TVM_WEEK_S - 100, NULL), 900);
	/* A cap on the speed: 1000 s even where the factor is 2. */
	pace.least = 1000;
	CHECK_EQ(tvm_profile_pass(&profile, pace, TVM_WEEK_S - 1500, NULL), 1000);
	CHECK_EQ(profile_least(&profile, pace), 1000);
	pace.least = 0;
	CHECK_EQ(profile_least(&profile, pace), 500);
	/* A week passes 166 + 1/2 + 2 = 168.5 hours' worth. */
	pace.seconds = 10 * 168.5 * 3600;
	CHECK_NEAR(tvm_profile_pass(&profile, pace, 12345, shares), 10.0 * TVM_WEEK_S, 1e-7);
	CHECK_NEAR(shares[1], 0.5 / 168.5, 1e-12);
	CHECK_NEAR(shares[167], 2 / 168.5, 1e-12);
}

TEST(who_enters_later_leaves_no_earlier)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 61, 0);
	for (int i = 0; i < 20000; i++)
	{
		TvmProfile	profile;
		TvmPace		pace = random_pace(&rng, -2, 7);
		double		first = random_between(&rng, 0, TVM_WEEK_S);
		double		second = first + pow(10, random_between(&rng, -3, 5));
		double		leaves;

		random_profile(&rng, random_chance(&rng, 0.5) ? 0.3 : 3, &profile);
		leaves = first + tvm_profile_pass(&profile, pace, first, NULL);
		CHECK(second + tvm_profile_pass(&profile, pace, second, NULL) >= leaves * (1 - 1e-12));
		CHECK(tvm_profile_pass(&profile, pace, first, NULL) >= profile_least(&profile, pace) * (1 - 1e-12));
	}
}

TEST(shares_add_up_to_the_segment_and_its_time)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 62, 0);
	for (int i = 0; i < 5000; i++)
	{
		TvmProfile	profile;
		TvmPace		pace = random_pace(&rng, -2, 9);
		double		at = random_between(&rng, 0, 2 * TVM_WEEK_S);
		double		shares[TVM_WEEK_HOURS];
		double		sum = 0;
		double		seconds = 0;
		double		pass;

		random_profile(&rng, 1, &profile);
		pass = tvm_profile_pass(&profile, pace, at, shares);
		CHECK_EQ(pass, tvm_profile_pass(&profile, pace, at, NULL));
		for (int h = 0; h < TVM_WEEK_HOURS; h++)
		{
			CHECK(shares[h] >= 0);
			sum += shares[h];
			seconds += shares[h] * fmax(pace.seconds / profile.factor[h], pace.least);
		}
		CHECK_NEAR(sum, 1, 1e-10);
		CHECK_NEAR(seconds, pass, 1e-9 * pass);
	}
}

TEST(passing_ends_whatever_the_numbers)
{
	TvmRng		rng;
	TvmProfile	profile;

	tvm_rng_init(&rng, 63, 0);
	for (int i = 0; i < 5000; i++)
	{
		TvmPace		pace = random_pace(&rng, -320, 308);
		double		at = pow(10, random_between(&rng, -320, 308));
		double		shares[TVM_WEEK_HOURS];
		double		pass;

		random_profile(&rng, 300, &profile);
		pass = tvm_profile_pass(&profile, pace, at, shares);
		CHECK(pass >= 0);
		for (int h = 0; h < TVM_WEEK_HOURS; h++)
			CHECK(shares[h] >= 0 && shares[h] <= 1 + 1e-9);
	}
	/* Beyond a double, by the segment or by the moment; and just within. */
	for (int h = 0; h < TVM_WEEK_HOURS; h++)
		profile.factor[h] = 1e-10;
	CHECK_EQ(tvm_profile_pass(&profile, (TvmPace) {1e300, 0}, 0, NULL), INFINITY);
	CHECK_EQ(tvm_profile_pass(&profile, (TvmPace) {1, 0}, INFINITY, NULL), INFINITY);
	CHECK_NEAR(tvm_profile_pass(&profile, (TvmPace) {1e295, 0}, 0, NULL) / 1e305, 1, 1e-9);
	/* An hour in which there is no getting on does not stop the others. */
	profile.factor[5] = 1;
	CHECK_NEAR(tvm_profile_pass(&profile, (TvmPace) {36000, 0}, 0, NULL), 9.0 * TVM_WEEK_S + 6 * 3600, 1);
}

TEST(factors_are_checked)
{
	TvmEnv	   *env = unit_env();
	TvmProfile	profile;
	double		bad[] = {0, -1, INFINITY, NAN};

	for (int h = 0; h < TVM_WEEK_HOURS; h++)
		profile.factor[h] = 1e-300;
	CHECK(tvm_profile_check(env, &profile) == TVM_OK);
	for (int i = 0; i < 4; i++)
	{
		profile.factor[167] = bad[i];
		CHECK(tvm_profile_check(env, &profile) == TVM_INVALID);
		CHECK(strcmp(env->error.path, "factor[167]") == 0);
	}
}

/* Inheritance ------------------------------------------------------------- */

#define TIMELINES 9
#define SEGMENTS 12
#define CHOICES 40

typedef struct RandomChoices
{
	uint32_t	parents[TIMELINES];
	TvmProfileChoice choices[CHOICES];
	uint32_t	count;
} RandomChoices;

static void
random_choices(TvmRng *rng, RandomChoices *random)
{
	for (uint32_t t = 0; t < TIMELINES; t++)
		random->parents[t] = t == 0 || random_chance(rng, 0.2) ? TVM_NO_TIMELINE : random_below(rng, t);
	random->count = random_below(rng, CHOICES + 1);
	for (uint32_t i = 0; i < random->count; i++)
		random->choices[i] = (TvmProfileChoice)
		{
			.timeline = random_chance(rng, 0.2) ? TVM_NO_TIMELINE : random_below(rng, TIMELINES),
			.segment = random_below(rng, SEGMENTS),
			.profile = random_chance(rng, 0.3) ? TVM_NO_PROFILE : random_below(rng, 5)
		};
}

/* What the timeline itself says, or else its parent, and in the end what is said for all. */
static uint32_t
oracle_profile(const RandomChoices *random, uint32_t timeline, uint32_t segment)
{
	for (uint32_t i = random->count; i-- > 0;)
		if (random->choices[i].timeline == timeline && random->choices[i].segment == segment)
			return random->choices[i].profile;
	return timeline == TVM_NO_TIMELINE ? TVM_NO_PROFILE
		: oracle_profile(random, random->parents[timeline], segment);
}

static TvmStatus
resolve(TvmEnv *env, const RandomChoices *random, uint32_t timeline, uint32_t *profiles)
{
	return tvm_profile_resolve(env, random->parents, TIMELINES, random->choices, random->count,
							   SEGMENTS, timeline, profiles);
}

TEST(profiles_are_inherited)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 64, 0);
	for (int i = 0; i < 1000; i++)
	{
		RandomChoices random;
		uint32_t	profiles[SEGMENTS];

		random_choices(&rng, &random);
		for (uint32_t t = 0; t < TIMELINES; t++)
		{
			CHECK(resolve(env, &random, t, profiles) == TVM_OK);
			for (uint32_t s = 0; s < SEGMENTS; s++)
				CHECK_EQ(profiles[s], oracle_profile(&random, t, s));
		}
	}
	CHECK_EQ(unit_env_live(), 0);
}

TEST(bad_choices_are_refused_and_failures_leave_nothing)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	RandomChoices random;
	uint32_t	profiles[SEGMENTS];

	tvm_rng_init(&rng, 65, 0);
	do
		random_choices(&rng, &random);
	while (random.count < 2);
	for (long n = 1; n <= 2; n++)
	{
		unit_env_fail_at(n);
		CHECK(resolve(env, &random, 3, profiles) == TVM_NOMEM);
	}
	unit_env_fail_at(0);
	for (long n = 0; n <= 1; n++)
	{
		unit_env_cancel_after(n);
		CHECK(resolve(env, &random, 3, profiles) == TVM_CANCELLED);
	}
	unit_env_cancel_after(-1);
	CHECK(resolve(env, &random, TIMELINES, profiles) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "timeline") == 0);
	random.choices[1].segment = SEGMENTS;
	CHECK(resolve(env, &random, 3, profiles) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "choices[1].segment") == 0);
	random.choices[1].timeline = TIMELINES;
	CHECK(resolve(env, &random, 3, profiles) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "choices[1].timeline") == 0);
	random.parents[0] = 3;
	random.parents[3] = 0;
	CHECK(resolve(env, &random, 3, profiles) == TVM_INVALID);
	CHECK_EQ(unit_env_live(), 0);
}
