/*
 * rocket.c: constant proper acceleration; see rocket.h.
 *
 * acosh(1 + k) is formed as 2 asinh(sqrt(k/2)), which keeps its precision for small k,
 * and refined to double-double by one Newton step.  All times are the coordinate
 * time of a leg, (sqrt(d)/sqrt(a)) sqrt(2 + k), times a ratio, so neither
 * (d/c)^2 nor c/a can overflow before the result does.
 */
#include "kernel/relativity/rocket.h"

#include "kernel/relativity/lorentz.h"

/* Below this k, phi/sinh(phi) is 1 and its distance from 1 is k/3, both to far below a double's last bit. */
#define SMALL_K 1e-100

/* Above this, sinh(x) - x by subtraction loses less than four bits. */
#define SERIES_LIMIT 0.7

/* sinh(x) without its first `skip` terms, x^(2n+1)/(2n+1)!, for |x| <= SERIES_LIMIT. */
static TvmDd
sinh_series(TvmDd x, int skip)
{
	TvmDd		square = tvm_dd_multiply(x, x);
	TvmDd		term = x;
	TvmDd		sum = {0, 0};

	/* 0.7^27/27! is below 2^-106 of the first terms. */
	for (int n = 0; n < 14; n++)
	{
		if (n > 0)
			term = tvm_dd_divide(tvm_dd_multiply(term, square), tvm_dd((2.0 * n) * (2.0 * n + 1)));
		if (n >= skip)
			sum = tvm_dd_add(sum, term);
	}
	return sum;
}

/* exp(x), 0 <= x < 709. */
static TvmDd
exponential(double x)
{
	static const TvmDd ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
	double		power = nearbyint(x / ln2.hi);
	TvmDd		rest = tvm_dd_add_double(tvm_dd_multiply_double(ln2, -power), x);
	TvmDd		term = {1, 0};
	TvmDd		sum = {1, 0};

	/* |rest| <= 0.35, and 0.35^25/25! is below 2^-106. */
	for (int n = 1; n <= 25; n++)
	{
		term = tvm_dd_divide(tvm_dd_multiply(term, rest), tvm_dd(n));
		sum = tvm_dd_add(sum, term);
	}
	sum.hi = ldexp(sum.hi, (int) power);
	sum.lo = ldexp(sum.lo, (int) power);
	return sum;
}

static TvmDd
sinh_of_double(double x)
{
	TvmDd		e;

	if (x <= SERIES_LIMIT)
		return sinh_series(tvm_dd(x), 0);
	e = exponential(x);
	return tvm_dd_scale(tvm_dd_subtract(e, tvm_dd_divide(tvm_dd(1), e)), 0.5);
}

static TvmDd
inverse_sinh(TvmDd z)
{
	double		estimate = asinh(z.hi);
	TvmDd		rest = tvm_dd_subtract(z, sinh_of_double(estimate));

	return tvm_two_sum(estimate, (rest.hi + rest.lo) / hypot(1, z.hi));
}

/* tau/t and (tau - t)/t of a leg, and phi. */
static void
leg_ratios(TvmDd k, TvmDd *ratio, TvmDd *offset, TvmDd *phi)
{
	TvmDd		sinh_phi = tvm_dd_multiply(tvm_dd_sqrt(k), tvm_dd_sqrt(tvm_dd_add_double(k, 2)));
	TvmDd		excess;			/* sinh(phi) - phi */

	if (k.hi < SMALL_K)
	{
		*phi = sinh_phi;
		*ratio = tvm_dd(1);
		*offset = tvm_dd_divide(k, tvm_dd(-3));
		return;
	}
	*phi = tvm_dd_scale(inverse_sinh(tvm_dd_sqrt(tvm_dd_scale(k, 0.5))), 2);
	*ratio = tvm_dd_divide(*phi, sinh_phi);
	excess = phi->hi <= SERIES_LIMIT ? sinh_series(*phi, 1) : tvm_dd_subtract(sinh_phi, *phi);
	*offset = tvm_dd_divide(tvm_dd_negate(excess), sinh_phi);
}

static TvmStatus
check(TvmEnv *env, double distance_m, double acceleration)
{
	if (!(distance_m >= 0 && distance_m <= DBL_MAX))
		return tvm_fail(env, TVM_DOMAIN, "distance outside the domain",
						"A distance in metres must be finite and not negative.",
						"The distance is %s m.", tvm_number_text(distance_m).text);
	if (!(acceleration > 0 && acceleration <= DBL_MAX))
		return tvm_fail(env, TVM_DOMAIN, "acceleration outside the domain",
						"An acceleration in m/s^2 must be finite and positive.",
						"The acceleration is %s m/s^2.", tvm_number_text(acceleration).text);
	return TVM_OK;
}

/* What the peak, where gamma = 1 + k, fills in. */
static TvmStatus
peak(TvmEnv *env, TvmDd k, TvmDd phi, TvmDd root_ad, TvmRocket *out)
{
	TvmDd		gamma = tvm_dd_add_double(k, 1);
	TvmDd		sinh_phi = tvm_dd_multiply(tvm_dd_sqrt(k), tvm_dd_sqrt(tvm_dd_add_double(k, 2)));
	TvmDd		speed = tvm_dd_divide(tvm_dd_multiply(root_ad, tvm_dd_sqrt(tvm_dd_add_double(k, 2))), gamma);
	TvmDd		below = tvm_dd_divide(tvm_dd_divide(tvm_dd(TVM_C), gamma), tvm_dd_add(gamma, sinh_phi));
	TvmStatus	status = tvm_round(env, gamma, &out->peak_gamma);

	if (status == TVM_OK)
		status = tvm_round(env, k, &out->peak_gamma_minus_one);
	if (status == TVM_OK)
		status = tvm_round(env, speed, &out->peak_speed_mps);
	if (status == TVM_OK)
		status = tvm_round(env, below, &out->peak_below_c_mps);
	if (status == TVM_OK)
		status = tvm_round(env, phi, &out->peak_rapidity);
	if (status == TVM_OK && out->peak_speed_mps >= TVM_C)
		out->peak_speed_mps = nextafter(TVM_C, 0);
	return status;
}

TvmStatus
tvm_rocket(TvmEnv *env, double distance_m, double acceleration, bool turnaround, TvmRocket *out)
{
	TvmStatus	status = check(env, distance_m, acceleration);
	double		legs = turnaround ? 2 : 1;
	double		d = distance_m / legs;
	TvmDd		root_d;
	TvmDd		root_a;
	TvmDd		k;
	TvmDd		t;
	TvmDd		ratio;
	TvmDd		offset;
	TvmDd		phi;

	if (status != TVM_OK)
		return status;
	root_d = tvm_dd_sqrt(tvm_dd(d));
	root_a = tvm_dd_sqrt(tvm_dd(acceleration));
	k = tvm_dd_multiply_double(tvm_dd_divide(tvm_dd(d), tvm_c2()), acceleration);
	status = tvm_round(env, k, &out->peak_gamma_minus_one);
	if (status != TVM_OK)
		return status;
	leg_ratios(k, &ratio, &offset, &phi);
	t = tvm_dd_scale(tvm_dd_multiply(tvm_dd_divide(root_d, root_a), tvm_dd_sqrt(tvm_dd_add_double(k, 2))), legs);
	status = tvm_round(env, t, &out->coordinate_s);
	if (status == TVM_OK)
		status = tvm_round(env, tvm_dd_multiply(t, ratio), &out->proper_s);
	if (status == TVM_OK)
		status = tvm_round(env, tvm_dd_multiply(t, offset), &out->proper_minus_coordinate_s);
	if (status == TVM_OK)
		status = peak(env, k, phi, tvm_dd_multiply(root_d, root_a), out);
	return status;
}
