/*
 * lorentz.c: special relativity; see lorentz.h.
 *
 * With S = sqrt((c - v)(c + v)) in double-double:
 *     gamma = c/S,  gamma - 1 = v^2 / (S (c + S)),  1/gamma - 1 = -v^2 / (c (c + S)).
 * beta = v/c is never formed: rounded, it is worthless near 1.
 */
#include "kernel/relativity/lorentz.h"

TvmStatus
tvm_check_speed(TvmEnv *env, double v_mps)
{
	if (fabs(v_mps) < TVM_C)	/* false for NaN */
		return TVM_OK;
	return tvm_fail(env, TVM_DOMAIN, "speed outside the domain",
					"A speed must be below that of light: |v| < 299792458 m/s.",
					"The speed is %s m/s.", tvm_number_text(v_mps).text);
}

TvmStatus
tvm_check_seconds(TvmEnv *env, double seconds)
{
	if (seconds >= 0 && seconds <= DBL_MAX)
		return TVM_OK;
	return tvm_fail(env, TVM_DOMAIN, "time outside the domain",
					"A time in seconds must be finite and not negative.",
					"The time is %s s.", tvm_number_text(seconds).text);
}

TvmStatus
tvm_round(TvmEnv *env, TvmDd value, double *out)
{
	*out = value.hi + value.lo;
	if (isfinite(*out))
		return TVM_OK;
	return tvm_fail(env, TVM_DOMAIN, "result out of range",
					"The result must be below 1.797e308, the largest double precision number.", NULL);
}

/* gamma - 1 and 1/gamma - 1. */
static TvmDd
gamma_minus_one(double v_mps)
{
	TvmDd		s = tvm_dd_sqrt(tvm_c2_minus_v2(v_mps));

	return tvm_dd_divide(tvm_two_product(v_mps, v_mps),
						 tvm_dd_multiply(s, tvm_dd_add_double(s, TVM_C)));
}

static TvmDd
inverse_gamma_minus_one(double v_mps)
{
	TvmDd		s = tvm_dd_sqrt(tvm_c2_minus_v2(v_mps));

	return tvm_dd_divide(tvm_two_product(-v_mps, v_mps),
						 tvm_dd_multiply_double(tvm_dd_add_double(s, TVM_C), TVM_C));
}

/*
 * The one that is called for millions of rows: c/sqrt(w) in doubles, and beside it, while
 * the root and the quotient are under way, what they lack.  With w + rest = c^2 - v^2,
 * s = sqrt(w) and q = c/s, all rounded, gamma = q (1 + (c - q s)/c - (w + rest - s^2)/2w)
 * up to second order, which is 1e-32.
 */
static inline double
gamma_of(double v_mps)
{
	double		speed = fabs(v_mps);
	TvmDd		below = tvm_fast_two_sum(TVM_C, -speed);
	TvmDd		above = tvm_fast_two_sum(TVM_C, speed);
	TvmDd		w = tvm_two_product(below.hi, above.hi);
	double		rest = w.lo + (below.hi * above.lo + below.lo * above.hi);
	double		s = sqrt(w.hi);
	double		q = TVM_C / s;
	double		root_lacks = (fma(-s, s, w.hi) + rest) * (0.5 / w.hi);

	return q + q * (fma(-q, s, TVM_C) * (1 / TVM_C) - root_lacks);
}

/*
 * Packages are built for baseline x86-64, where each fma() is a call into libm; those
 * three are most of the cost.  Compiled a second time for processors that have the
 * instruction, it takes about twice as long as sqrt instead of four times.  Same results.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__FMA__)
__attribute__((target("fma"))) static double
gamma_by_fma(double v_mps)
{
	return gamma_of(v_mps);
}

#define HAVE_FMA() __builtin_cpu_supports("fma")
#else
#define gamma_by_fma(v_mps) gamma_of(v_mps)
#define HAVE_FMA() true
#endif

TvmStatus
tvm_gamma(TvmEnv *env, double v_mps, double *out)
{
	if (!(fabs(v_mps) < TVM_C))
		return tvm_check_speed(env, v_mps);
	*out = HAVE_FMA() ? gamma_by_fma(v_mps) : gamma_of(v_mps);
	return TVM_OK;
}

TvmStatus
tvm_gamma_minus_one(TvmEnv *env, double v_mps, double *out)
{
	TvmStatus	status = tvm_check_speed(env, v_mps);

	return status == TVM_OK ? tvm_round(env, gamma_minus_one(v_mps), out) : status;
}

/* seconds * factor(v), after the checks that all four conversions share. */
static TvmStatus
convert(TvmEnv *env, double seconds, double v_mps, TvmDd (*factor) (double), double whole, double *out)
{
	TvmStatus	status = tvm_check_seconds(env, seconds);

	if (status == TVM_OK)
		status = tvm_check_speed(env, v_mps);
	if (status != TVM_OK)
		return status;
	return tvm_round(env, tvm_dd_multiply_double(tvm_dd_add_double(factor(v_mps), whole), seconds), out);
}

TvmStatus
tvm_sr_proper_seconds(TvmEnv *env, double coordinate_seconds, double v_mps, double *out)
{
	return convert(env, coordinate_seconds, v_mps, inverse_gamma_minus_one, 1, out);
}

TvmStatus
tvm_sr_proper_offset_seconds(TvmEnv *env, double coordinate_seconds, double v_mps, double *out)
{
	return convert(env, coordinate_seconds, v_mps, inverse_gamma_minus_one, 0, out);
}

TvmStatus
tvm_sr_coordinate_seconds(TvmEnv *env, double proper_seconds, double v_mps, double *out)
{
	return convert(env, proper_seconds, v_mps, gamma_minus_one, 1, out);
}

TvmStatus
tvm_sr_coordinate_offset_seconds(TvmEnv *env, double proper_seconds, double v_mps, double *out)
{
	return convert(env, proper_seconds, v_mps, gamma_minus_one, 0, out);
}

TvmStatus
tvm_velocity_add(TvmEnv *env, double u_mps, double v_mps, double *out)
{
	TvmStatus	status = tvm_check_speed(env, u_mps);
	TvmDd		below;

	if (status == TVM_OK)
		status = tvm_check_speed(env, v_mps);
	if (status != TVM_OK)
		return status;
	below = tvm_dd_add(tvm_c2(), tvm_two_product(u_mps, v_mps));
	status = tvm_round(env, tvm_dd_divide(tvm_dd_multiply(tvm_two_sum(u_mps, v_mps), tvm_c2()), below), out);
	if (fabs(*out) >= TVM_C)
		*out = copysign(nextafter(TVM_C, 0), *out);
	return status;
}

TvmStatus
tvm_velocity_add_offset(TvmEnv *env, double u_mps, double v_mps, double *out)
{
	TvmStatus	status = tvm_check_speed(env, u_mps);
	TvmDd		product;

	if (status == TVM_OK)
		status = tvm_check_speed(env, v_mps);
	if (status != TVM_OK)
		return status;
	product = tvm_two_product(u_mps, v_mps);
	return tvm_round(env, tvm_dd_multiply(tvm_dd_negate(tvm_two_sum(u_mps, v_mps)),
										  tvm_dd_divide(product, tvm_dd_add(tvm_c2(), product))), out);
}

TvmStatus
tvm_doppler(TvmEnv *env, double v_mps, double *out)
{
	TvmStatus	status = tvm_check_speed(env, v_mps);

	if (status != TVM_OK)
		return status;
	return tvm_round(env, tvm_dd_sqrt(tvm_dd_divide(tvm_two_sum(TVM_C, -v_mps), tvm_two_sum(TVM_C, v_mps))), out);
}

/* With D^2 = (c - v)/(c + v): D - 1 = (D^2 - 1)/(D + 1) = -2v / ((c + v)(D + 1)). */
TvmStatus
tvm_doppler_minus_one(TvmEnv *env, double v_mps, double *out)
{
	TvmStatus	status = tvm_check_speed(env, v_mps);
	TvmDd		sum;
	TvmDd		factor;

	if (status != TVM_OK)
		return status;
	sum = tvm_two_sum(TVM_C, v_mps);
	factor = tvm_dd_sqrt(tvm_dd_divide(tvm_two_sum(TVM_C, -v_mps), sum));
	return tvm_round(env, tvm_dd_divide(tvm_dd(-2 * v_mps),
										tvm_dd_multiply(sum, tvm_dd_add_double(factor, 1))), out);
}
