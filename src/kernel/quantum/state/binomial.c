/*
 * binomial.c: binomial numbers by inversion where few hits are expected, else by
 * transformed rejection, W. Hörmann, "The generation of binomial random variates",
 * J. Statist. Comput. Simul. 46 (1993), algorithm BTRS.
 */
#include "kernel/quantum/state/binomial.h"

#include <math.h>

/*
 * Fewer expected hits than these are counted up from none; misses are counted where hits are more
 * probable.  Neither is a value that circuits have, where rounding would choose.
 */
#define FEW 10.37
#define HALF 0.500001

/* Add up the probabilities of 0, 1, 2 ... hits until they exceed a uniform number. */
static uint64_t
by_inversion(TvmRng *rng, double n, double p)
{
	double		odds = p / (1 - p);
	double		f = exp(n * log1p(-p));
	double		u = tvm_rng_double(rng);
	double		hits = 0;

	while (u >= f && hits < n && f > 0)
	{
		u -= f;
		hits++;
		f *= odds * (n - hits + 1) / hits;
	}
	return (uint64_t) hits;
}

/* log k! less Stirling's (k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2. */
static double
stirling_rest(double k)
{
	double		s = 1 / (k + 1);

	if (k < 10)
		return lgamma(k + 1) - (k + 0.5) * log(k + 1) + (k + 1) - 0.91893853320467274178;
	return (1.0 / 12 - (1.0 / 360 - s * s / 1260) * s * s) * s;
}

/* log of the probability of k hits over that of m. */
static double
log_ratio(double n, double odds, double m, double k)
{
	return (m + 0.5) * log((m + 1) / (odds * (n - m + 1))) +
		(n + 1) * log((n - m + 1) / (n - k + 1)) +
		(k + 0.5) * log(odds * (n - k + 1) / (k + 1)) +
		stirling_rest(m) + stirling_rest(n - m) - stirling_rest(k) - stirling_rest(n - k);
}

/* Names of constants as in the paper; p <= 1/2 but for rounding, n p >= 10. */
static uint64_t
by_rejection(TvmRng *rng, double n, double p)
{
	double		deviation = sqrt(n * p * (1 - p));
	double		b = 1.15 + 2.53 * deviation;
	double		a = -0.0873 + 0.0248 * b + 0.01 * p;
	double		c = n * p + 0.5;
	double		inner = 0.92 - 4.2 / b;
	double		alpha = (2.83 + 5.1 / b) * deviation;
	double		mode = floor((n + 1) * p);

	for (;;)
	{
		double		u = tvm_rng_double(rng) - 0.5;
		double		v = 1 - tvm_rng_double(rng);
		double		us = 0.5 - fabs(u);
		double		k = floor((2 * a / us + b) * u + c);

		if (us >= 0.07 && v <= inner)
			return (uint64_t) k;
		if (!(k >= 0 && k <= n))
			continue;
		if (log(v * alpha / (a / (us * us) + b)) <= log_ratio(n, p / (1 - p), mode, k))
			return (uint64_t) k;
	}
}

uint64_t
tvm_binomial(TvmRng *rng, uint64_t n, double p)
{
	if (n == 0 || !(p > 0))
		return 0;
	if (p >= 1)
		return n;
	if (p > HALF)
		return n - tvm_binomial(rng, n, 1 - p);
	return (double) n * p < FEW ? by_inversion(rng, (double) n, p) : by_rejection(rng, (double) n, p);
}

void
tvm_places_init(TvmRng *places, TvmRng *rng)
{
	tvm_rng_init(places, tvm_rng_u64(rng), 0);
}

void
tvm_places_go(TvmRng *places, uint64_t place)
{
	tvm_rng_seek(places, place * TVM_PLACE_DRAWS);
}

uint64_t
tvm_binomial_at(TvmRng *places, uint64_t place, uint64_t n, double p)
{
	tvm_places_go(places, place);
	return tvm_binomial(places, n, p);
}
