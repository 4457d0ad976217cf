/*
 * angle.c: angles multiplied by large numbers; see angle.h.
 */
#include "kernel/quantum/qasm/angle.h"

#define PI 3.14159265358979323846
#define MAX_ODD 63				/* of a denominator, apart from its factors of 2 */
#define NUMERATOR_BITS 16
#define MAX_LOG 50				/* of those factors */
#define NEAR 4e-16				/* two units in the last place */

/*
 * p pi / q with q odd times a power of two, p of few bits.  Of the numbers that are no such
 * fraction one in 2^27 is so near to one that it is taken for it.
 */
static bool
fraction_of_pi(double angle, int64_t *p, int64_t *q)
{
	if (angle == 0 || !isfinite(angle))
		return false;
	for (int odd = 1; odd <= MAX_ODD; odd += 2)
	{
		int			exponent;
		double		part = frexp(angle / PI * odd, &exponent);
		double		number = nearbyint(ldexp(part, NUMERATOR_BITS));
		int			log = NUMERATOR_BITS - exponent;

		if (fabs(ldexp(number, -log) * PI / odd - angle) > NEAR * fabs(angle))
			continue;
		while (log > 0 && fmod(number, 2) == 0)
		{
			number /= 2;
			log--;
		}
		if (log < 0 || log > MAX_LOG)
			return false;
		*p = (int64_t) number;
		*q = (int64_t) odd << log;
		return true;
	}
	return false;
}

TvmWide
qasm_angle_wide(double angle)
{
	int64_t		p,
				q;

	return fraction_of_pi(angle, &p, &q) ? p * tvm_wide_pi() / q : (TvmWide) angle;
}

/* Into (-turns pi, turns pi], by functions that know pi as well as it takes. */
static TvmWide
reduce(TvmWide angle, int turns)
{
	TvmWideComplex z = tvm_wide_phase(angle / turns);

	return turns * tvm_wide_argument(z);
}

double
qasm_angle_times(double angle, uint64_t factor, int turns)
{
	TvmWide		period = 2 * turns * tvm_wide_pi();
	TvmWide		product;
	int64_t		p,
				q;

	if (fraction_of_pi(angle, &p, &q))
	{
		__int128	whole = (__int128) 2 * turns * q;
		__int128	left = (__int128) p * factor;

		if (left > whole / 2 || left < -whole / 2)
			left %= whole;
		if (left > whole / 2)
			left -= whole;
		if (left <= -whole / 2)
			left += whole;
		return (double) left * PI / (double) q;
	}
	product = (TvmWide) angle * factor;
	if (product <= period / 2 && product >= -period / 2)
		return (double) product;
	return (double) tvm_wide_remainder(reduce(angle, turns) * factor, period);
}

double
qasm_angle_principal(double angle, double factor, int turns)
{
	TvmWide		period = 2 * turns * tvm_wide_pi();
	TvmWide		product = qasm_angle_wide(angle);
	int64_t		p,
				q;

	if (fraction_of_pi(angle, &p, &q))
		product = qasm_angle_wide(qasm_angle_times(angle, 1, turns));
	else if (product > period / 2 || product < -period / 2)
		product = reduce(product, turns);
	product *= factor;
	if (product > period / 2 || product < -period / 2)
		product = tvm_wide_remainder(product, period);
	return (double) product;
}
