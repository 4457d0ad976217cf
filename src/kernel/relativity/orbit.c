/*
 * orbit.c: clocks in the Schwarzschild field; see orbit.h.
 *
 * With x = k gm/(r c^2) (k = 2: r_s/r; k = 3: circular orbits) every rate is the root of
 * 1 - y, and its offset is -y / (1 + sqrt(1 - y)).  1 - x is formed as
 * (r c^2 - k gm) / (r c^2) with the products exact, so it keeps its precision
 * where it all but vanishes, and its sign decides the domain without an error.
 */
#include "kernel/relativity/orbit.h"

#include "kernel/relativity/lorentz.h"

static TvmStatus
check_gm(TvmEnv *env, double gm)
{
	if (gm >= 0 && gm <= DBL_MAX)
		return TVM_OK;
	return tvm_fail(env, TVM_DOMAIN, "gravitational parameter outside the domain",
					"A gravitational parameter gm in m^3/s^2 must be finite and not negative.",
					"gm is %s m^3/s^2.", tvm_number_text(gm).text);
}

static TvmStatus
check_radius(TvmEnv *env, double r)
{
	if (r > 0 && r <= DBL_MAX)
		return TVM_OK;
	return tvm_fail(env, TVM_DOMAIN, "radius outside the domain",
					"A radius in metres must be finite and positive.",
					"The radius is %s m.", tvm_number_text(r).text);
}

/*
 * r c^2, which is exact as `product` + `rest`, with r scaled into [0.5, 1) by a power of
 * two and gm by the same, so that nothing overflows for the largest and smallest r.
 * A gm that underflows by this has x < 1e-324; one that overflows is inside any horizon.
 */
typedef struct RadiusC2
{
	double		gm;
	TvmDd		product;		/* r times the high part of c^2 */
	double		rest;			/* r times the low part, which is 4 */
	TvmDd		value;
} RadiusC2;

static RadiusC2
radius_times_c2(double gm, double r)
{
	RadiusC2	result;
	int			exponent;
	double		scaled = frexp(r, &exponent);

	result.gm = ldexp(gm, -exponent);
	result.product = tvm_two_product(scaled, TVM_C2_HI);
	result.rest = scaled * TVM_C2_LO;
	result.value = tvm_dd_add_double(result.product, result.rest);
	return result;
}

/* x = multiple * gm / (r c^2) and 1 - x; false where x >= 1. */
static bool
potential(double gm, double r, double multiple, TvmDd *x, TvmDd *one_minus_x)
{
	RadiusC2	rc2 = radius_times_c2(gm, r);
	TvmDd		part = tvm_two_product(multiple, rc2.gm);
	TvmDd		left;

	if (!isfinite(part.hi))
		return false;
	left = tvm_dd_add(tvm_two_sum(rc2.product.hi, -part.hi), tvm_two_sum(rc2.product.lo, rc2.rest));
	left = tvm_dd_add_double(left, -part.lo);
	*x = tvm_dd_divide(part, rc2.value);
	*one_minus_x = tvm_dd_divide(left, rc2.value);
	return left.hi > 0;
}

TvmStatus
tvm_gr_potential(TvmEnv *env, double gm, double r, TvmDd *x, TvmDd *one_minus_x)
{
	TvmStatus	status = check_gm(env, gm);

	if (status == TVM_OK)
		status = check_radius(env, r);
	if (status != TVM_OK)
		return status;
	if (potential(gm, r, 2, x, one_minus_x))
		return TVM_OK;
	return tvm_fail(env, TVM_DOMAIN, "radius inside the Schwarzschild radius",
					"The radius must be greater than 2 gm/c^2.",
					"The radius is %s m, 2 gm/c^2 is %s m.", tvm_number_text(r).text, tvm_number_text(gm / TVM_C2_HI * 2).text);
}

/* As above for a circular orbit: 3 gm/(r c^2). */
static TvmStatus
orbit_potential(TvmEnv *env, double gm, double r, TvmDd *x, TvmDd *one_minus_x)
{
	TvmStatus	status = check_gm(env, gm);

	if (status == TVM_OK)
		status = check_radius(env, r);
	if (status != TVM_OK)
		return status;
	if (potential(gm, r, 3, x, one_minus_x))
		return TVM_OK;
	return tvm_fail(env, TVM_DOMAIN, "no circular orbit at this radius",
					"A circular orbit needs a radius greater than 3 gm/c^2, where light would orbit.",
					"The radius is %s m, 3 gm/c^2 is %s m.", tvm_number_text(r).text, tvm_number_text(gm / TVM_C2_HI * 3).text);
}

/* sqrt(1 - y) - 1 */
static TvmDd
root_minus_one(TvmDd y, TvmDd one_minus_y)
{
	return tvm_dd_divide(tvm_dd_negate(y), tvm_dd_add_double(tvm_dd_sqrt(one_minus_y), 1));
}

/* 1/sqrt(1 - y) - 1 = y / (s (1 + s)) */
static TvmDd
inverse_root_minus_one(TvmDd y, TvmDd one_minus_y)
{
	TvmDd		s = tvm_dd_sqrt(one_minus_y);

	return tvm_dd_divide(y, tvm_dd_multiply(s, tvm_dd_add_double(s, 1)));
}

TvmStatus
tvm_schwarzschild_radius(TvmEnv *env, double gm, double *out)
{
	TvmStatus	status = check_gm(env, gm);

	if (status != TVM_OK)
		return status;
	return tvm_round(env, tvm_dd_scale(tvm_dd_divide(tvm_dd(gm), tvm_c2()), 2), out);
}

TvmStatus
tvm_gr_factor(TvmEnv *env, double gm, double r, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = tvm_gr_potential(env, gm, r, &x, &one_minus_x);

	return status == TVM_OK ? tvm_round(env, tvm_dd_sqrt(one_minus_x), out) : status;
}

TvmStatus
tvm_gr_factor_minus_one(TvmEnv *env, double gm, double r, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = tvm_gr_potential(env, gm, r, &x, &one_minus_x);

	return status == TVM_OK ? tvm_round(env, root_minus_one(x, one_minus_x), out) : status;
}

/* seconds * (factor(x) + whole), after the checks that all four conversions share. */
static TvmStatus
convert(TvmEnv *env, double seconds, double gm, double r, TvmDd (*factor) (TvmDd, TvmDd),
		double whole, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = tvm_check_seconds(env, seconds);

	if (status == TVM_OK)
		status = tvm_gr_potential(env, gm, r, &x, &one_minus_x);
	if (status != TVM_OK)
		return status;
	return tvm_round(env, tvm_dd_multiply_double(tvm_dd_add_double(factor(x, one_minus_x), whole), seconds), out);
}

TvmStatus
tvm_gr_coordinate_seconds(TvmEnv *env, double proper_seconds, double gm, double r, double *out)
{
	return convert(env, proper_seconds, gm, r, inverse_root_minus_one, 1, out);
}

TvmStatus
tvm_gr_coordinate_offset_seconds(TvmEnv *env, double proper_seconds, double gm, double r, double *out)
{
	return convert(env, proper_seconds, gm, r, inverse_root_minus_one, 0, out);
}

/*
 * The whole factor here is not its offset plus 1: near the horizon the factor is
 * as small as 1e-16 and that sum would lose half of its digits.
 */
TvmStatus
tvm_gr_proper_seconds(TvmEnv *env, double coordinate_seconds, double gm, double r, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = tvm_check_seconds(env, coordinate_seconds);

	if (status == TVM_OK)
		status = tvm_gr_potential(env, gm, r, &x, &one_minus_x);
	if (status != TVM_OK)
		return status;
	return tvm_round(env, tvm_dd_multiply_double(tvm_dd_sqrt(one_minus_x), coordinate_seconds), out);
}

TvmStatus
tvm_gr_proper_offset_seconds(TvmEnv *env, double coordinate_seconds, double gm, double r, double *out)
{
	return convert(env, coordinate_seconds, gm, r, root_minus_one, 0, out);
}

/* A clock's x, 1 - x, b = beta^2 and 1 - b; its rate is sqrt((1 - x)(1 - b)). */
typedef struct ClockTerms
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmDd		b;
	TvmDd		one_minus_b;
} ClockTerms;

static TvmStatus
clock_terms(TvmEnv *env, double gm, double r, double v_mps, ClockTerms *terms)
{
	TvmStatus	status = tvm_gr_potential(env, gm, r, &terms->x, &terms->one_minus_x);

	if (status == TVM_OK)
		status = tvm_check_speed(env, v_mps);
	if (status != TVM_OK)
		return status;
	terms->b = tvm_dd_divide(tvm_two_product(v_mps, v_mps), tvm_c2());
	terms->one_minus_b = tvm_dd_divide(tvm_c2_minus_v2(v_mps), tvm_c2());
	return TVM_OK;
}

TvmStatus
tvm_clock_rate(TvmEnv *env, double gm, double r, double v_mps, double *out)
{
	ClockTerms	terms;
	TvmStatus	status = clock_terms(env, gm, r, v_mps, &terms);

	if (status != TVM_OK)
		return status;
	return tvm_round(env, tvm_dd_sqrt(tvm_dd_multiply(terms.one_minus_x, terms.one_minus_b)), out);
}

TvmStatus
tvm_clock_rate_offset(TvmEnv *env, double gm, double r, double v_mps, double *out)
{
	ClockTerms	terms;
	TvmStatus	status = clock_terms(env, gm, r, v_mps, &terms);

	if (status != TVM_OK)
		return status;
	return tvm_round(env, root_minus_one(tvm_dd_add(terms.x, tvm_dd_multiply(terms.b, terms.one_minus_x)),
										 tvm_dd_multiply(terms.one_minus_x, terms.one_minus_b)), out);
}

/*
 * With A = (1 - x)(1 - b), and A', x', b' of the reference: the result is
 * sqrt(A/A') - 1 = d / (1 + sqrt(A/A')), d = (A - A')/A'.  And
 *     A - A' = (x' - x)(1 - b) + (b' - b)(1 - x'),
 *     x' - x = x' (r - r')/r,   b' - b = (v' - v)(v' + v)/c^2,
 * whose differences of radii and speeds are exact.
 */
TvmStatus
tvm_clock_rate_offset_against(TvmEnv *env, double gm, double r, double v_mps,
							  double reference_r, double reference_v_mps, double *out)
{
	ClockTerms	clock;
	ClockTerms	reference;
	TvmStatus	status = clock_terms(env, gm, r, v_mps, &clock);
	TvmDd		height;
	TvmDd		dx;
	TvmDd		db;
	TvmDd		difference;
	TvmDd		own;
	TvmDd		other;

	if (status == TVM_OK)
		status = clock_terms(env, gm, reference_r, reference_v_mps, &reference);
	if (status != TVM_OK)
		return status;
	height = tvm_dd_divide(tvm_two_sum(r, -reference_r), tvm_dd(r));
	dx = tvm_dd_multiply(reference.x, height);
	db = tvm_dd_divide(tvm_dd_multiply(tvm_two_sum(reference_v_mps, -v_mps),
									   tvm_two_sum(reference_v_mps, v_mps)), tvm_c2());
	difference = tvm_dd_add(tvm_dd_multiply(dx, clock.one_minus_b),
							tvm_dd_multiply(db, reference.one_minus_x));
	own = tvm_dd_multiply(clock.one_minus_x, clock.one_minus_b);
	other = tvm_dd_multiply(reference.one_minus_x, reference.one_minus_b);
	return tvm_round(env, tvm_dd_divide(tvm_dd_divide(difference, other),
										tvm_dd_add_double(tvm_dd_sqrt(tvm_dd_divide(own, other)), 1)), out);
}

/* Static observers see v^2 = gm / (r - r_s) = c^2 (x/2) / (1 - x). */
TvmStatus
tvm_orbit_speed(TvmEnv *env, double gm, double r, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = orbit_potential(env, gm, r, &x, &one_minus_x);

	if (status == TVM_OK)
		status = tvm_gr_potential(env, gm, r, &x, &one_minus_x);
	if (status != TVM_OK)
		return status;
	status = tvm_round(env, tvm_dd_multiply_double(tvm_dd_sqrt(tvm_dd_divide(tvm_dd_scale(x, 0.5), one_minus_x)),
												   TVM_C), out);
	if (*out >= TVM_C)
		*out = nextafter(TVM_C, 0);
	return status;
}

TvmStatus
tvm_orbit_rate(TvmEnv *env, double gm, double r, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = orbit_potential(env, gm, r, &x, &one_minus_x);

	return status == TVM_OK ? tvm_round(env, tvm_dd_sqrt(one_minus_x), out) : status;
}

TvmStatus
tvm_orbit_rate_offset(TvmEnv *env, double gm, double r, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = orbit_potential(env, gm, r, &x, &one_minus_x);

	return status == TVM_OK ? tvm_round(env, root_minus_one(x, one_minus_x), out) : status;
}

/* (1 + a)/(1 + b) - 1 = (a - b)/(1 + b), the orbit's own offset a in double-double. */
TvmStatus
tvm_orbit_rate_offset_against(TvmEnv *env, double gm, double r, double reference_offset, double *out)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status = orbit_potential(env, gm, r, &x, &one_minus_x);

	if (status != TVM_OK)
		return status;
	if (!(reference_offset > -1 && reference_offset <= DBL_MAX))
		return tvm_fail(env, TVM_DOMAIN, "rate offset outside the domain",
						"The offset of a clock's rate must be finite and greater than -1.",
						"The offset is %s.", tvm_number_text(reference_offset).text);
	return tvm_round(env, tvm_dd_divide(tvm_dd_add_double(root_minus_one(x, one_minus_x), -reference_offset),
										tvm_two_sum(1, reference_offset)), out);
}
