/*
 * test_binomial.c: binomial numbers against their probabilities, which are
 * computed by recursion from the mode.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "kernel/quantum/state/binomial.h"

#define DRAWS 100000

/* Probabilities of 0 .. n hits, times a factor that makes their sum 1. */
static void
plain_probabilities(long n, double p, double *f)
{
	long		mode = (long) ((double) (n + 1) * p);
	long double sum = 0;
	long double at = 1;

	mode = mode > n ? n : mode;
	for (long k = 0; k <= n; k++)
		f[k] = 0;
	for (long k = mode; k <= n && at > 1e-30L; k++)
	{
		f[k] = (double) at;
		sum += at;
		at *= (long double) (n - k) / (long double) (k + 1) * p / (1 - (long double) p);
	}
	at = 1;
	for (long k = mode; k > 0 && at > 1e-30L; k--)
	{
		at *= (long double) k / (long double) (n - k + 1) * (1 - (long double) p) / p;
		f[k - 1] = (double) at;
		sum += at;
	}
	for (long k = 0; k <= n; k++)
		f[k] = (double) (f[k] / sum);
}

/* Chi-squared over cells of 20 expected hits and more. */
static void
check_distribution(long n, double p, uint64_t stream)
{
	double	   *f = malloc((size_t) (n + 1) * sizeof(double));
	double	   *seen = calloc((size_t) n + 1, sizeof(double));
	double		chi = 0;
	double		expected = 0;
	double		found = 0;
	double		mean = 0;
	double		square = 0;
	int			cells = 0;
	TvmRng		rng;

	plain_probabilities(n, p, f);
	tvm_rng_init(&rng, 5, stream);
	for (int i = 0; i < DRAWS; i++)
	{
		uint64_t	k = tvm_binomial(&rng, (uint64_t) n, p);

		CHECK((long) k <= n);
		seen[k]++;
		mean += (double) k / DRAWS;
		square += ((double) k - (double) n * p) * ((double) k - (double) n * p) / DRAWS;
	}
	for (long k = 0; k <= n; k++)
	{
		expected += f[k] * DRAWS;
		found += seen[k];
		if (expected < 20)
			continue;
		chi += (found - expected) * (found - expected) / expected;
		cells++;
		expected = found = 0;
	}
	CHECK_NEAR(found, expected, 5 * sqrt(expected + 1) + 1);
	if (cells > 1)
		CHECK_NEAR(chi, cells - 1, 5 * sqrt(2.0 * (cells - 1)) + 5);
	CHECK_NEAR(mean, (double) n * p, 5 * sqrt((double) n * p * (1 - p) / DRAWS) + 1e-9);
	CHECK_NEAR(square, (double) n * p * (1 - p), 0.03 * (double) n * p * (1 - p) + 1e-3);
	free(f);
	free(seen);
}

TEST(binomial_numbers_have_their_distribution)
{
	static const long n[] = {1, 2, 7, 19, 20, 21, 40, 100, 1000, 30000};
	static const double p[] = {0.001, 0.1, 0.25, 0.4999, 0.5, 0.5001, 0.8, 0.999};
	uint64_t	stream = 0;

	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
		for (size_t j = 0; j < sizeof(p) / sizeof(p[0]); j++)
			check_distribution(n[i], p[j], stream++);
}

/* A billion draws: mean and variance, in the steps of a standard deviation. */
TEST(binomial_numbers_of_many_draws)
{
	double		n = 1e9;
	double		cells[8] = {0};
	TvmRng		rng;

	tvm_rng_init(&rng, 6, 0);
	for (int i = 0; i < DRAWS; i++)
	{
		double		k = (double) tvm_binomial(&rng, (uint64_t) n, 0.3);
		double		z = (k - n * 0.3) / sqrt(n * 0.21);
		int			cell = (int) floor(z) + 4;

		cells[cell < 0 ? 0 : cell > 7 ? 7 : cell]++;
	}
	for (int i = 0; i < 8; i++)
	{
		double		low = i == 0 ? 0 : 0.5 * erfc(-(i - 4) / sqrt(2));
		double		high = i == 7 ? 1 : 0.5 * erfc(-(i - 3) / sqrt(2));

		CHECK_NEAR(cells[i], DRAWS * (high - low), 5 * sqrt(DRAWS * (high - low)));
	}
}

TEST(binomial_numbers_without_chance)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7, 0);
	CHECK_EQ(tvm_binomial(&rng, 0, 0.5), 0);
	CHECK_EQ(tvm_binomial(&rng, 1000000000, 0), 0);
	CHECK_EQ(tvm_binomial(&rng, 1000000000, -1), 0);
	CHECK_EQ(tvm_binomial(&rng, 1000000000, NAN), 0);
	CHECK_EQ(tvm_binomial(&rng, 1000000000, 1), 1000000000);
	CHECK_EQ(tvm_binomial(&rng, 1000000000, 2), 1000000000);
	for (int i = 0; i < 1000; i++)
	{
		CHECK(tvm_binomial(&rng, 1000000000, 1e-300) == 0);
		CHECK(tvm_binomial(&rng, 1000000000, 1 - 0x1p-53) <= 1000000000);
	}
}
