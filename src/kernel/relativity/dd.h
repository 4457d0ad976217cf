/*
 * dd.h: double-double arithmetic, about 106 bits, for results that must be right
 * to the last bit of a double.
 *
 * A TvmDd is the unevaluated sum hi + lo with |lo| <= ulp(hi) / 2, so hi is the
 * value rounded to a double.  Algorithms and error bounds: Joldes, Muller and
 * Popescu, "Tight and rigorous error bounds for basic building blocks of
 * double-word arithmetic", ACM TOMS 44 (2017); relative errors are a few 2^-106.
 * They hold for round-to-nearest, no contraction of a*b+c behind our back and no
 * extended registers; the build sets -ffp-contract=off.
 * Nothing here allocates or fails: an overflow shows as a hi or lo that is not finite.
 */
#ifndef TVM_RELATIVITY_DD_H
#define TVM_RELATIVITY_DD_H

#include <float.h>
#include <math.h>

#if defined(__FAST_MATH__) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#error "double-double arithmetic needs plain IEEE double evaluation"
#endif

typedef struct TvmDd
{
	double		hi;
	double		lo;
} TvmDd;

static inline TvmDd
tvm_dd(double x)
{
	TvmDd		result = {x, 0};

	return result;
}

/* a + b exactly; |a| >= |b| or a = 0. */
static inline TvmDd
tvm_fast_two_sum(double a, double b)
{
	TvmDd		sum;

	sum.hi = a + b;
	sum.lo = b - (sum.hi - a);
	return sum;
}

/* a + b exactly. */
static inline TvmDd
tvm_two_sum(double a, double b)
{
	TvmDd		sum;
	double		part;

	sum.hi = a + b;
	part = sum.hi - a;
	sum.lo = (a - (sum.hi - part)) + (b - part);
	return sum;
}

/* a * b exactly, unless it underflows. */
static inline TvmDd
tvm_two_product(double a, double b)
{
	TvmDd		product;

	product.hi = a * b;
	product.lo = fma(a, b, -product.hi);
	return product;
}

/* The relative error bound of this sum holds for either sign, also where it cancels. */
static inline TvmDd
tvm_dd_add(TvmDd a, TvmDd b)
{
	TvmDd		high = tvm_two_sum(a.hi, b.hi);
	TvmDd		low = tvm_two_sum(a.lo, b.lo);

	high = tvm_fast_two_sum(high.hi, high.lo + low.hi);
	return tvm_fast_two_sum(high.hi, high.lo + low.lo);
}

static inline TvmDd
tvm_dd_negate(TvmDd a)
{
	TvmDd		result = {-a.hi, -a.lo};

	return result;
}

static inline TvmDd
tvm_dd_subtract(TvmDd a, TvmDd b)
{
	return tvm_dd_add(a, tvm_dd_negate(b));
}

static inline TvmDd
tvm_dd_add_double(TvmDd a, double b)
{
	TvmDd		sum = tvm_two_sum(a.hi, b);

	return tvm_fast_two_sum(sum.hi, a.lo + sum.lo);
}

static inline TvmDd
tvm_dd_multiply(TvmDd a, TvmDd b)
{
	TvmDd		product = tvm_two_product(a.hi, b.hi);

	return tvm_fast_two_sum(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline TvmDd
tvm_dd_multiply_double(TvmDd a, double b)
{
	TvmDd		product = tvm_two_product(a.hi, b);

	return tvm_fast_two_sum(product.hi, product.lo + a.lo * b);
}

/* Exact: `power` is a power of two. */
static inline TvmDd
tvm_dd_scale(TvmDd a, double power)
{
	TvmDd		result = {a.hi * power, a.lo * power};

	return result;
}

static inline TvmDd
tvm_dd_divide(TvmDd a, TvmDd b)
{
	double		quotient = a.hi / b.hi;
	TvmDd		back = tvm_dd_multiply_double(b, quotient);
	double		rest = (a.hi - back.hi) + (a.lo - back.lo);

	return tvm_fast_two_sum(quotient, rest / b.hi);
}

static inline TvmDd
tvm_dd_sqrt(TvmDd a)
{
	double		root = sqrt(a.hi);

	if (root == 0)
		return tvm_dd(0);
	return tvm_fast_two_sum(root, (fma(-root, root, a.hi) + a.lo) / (2 * root));
}

static inline int
tvm_dd_less(TvmDd a, TvmDd b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

#endif							/* TVM_RELATIVITY_DD_H */
