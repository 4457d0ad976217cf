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
#include <stdbool.h>

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

/* Half of the bits of x, the other half being x - tvm_dd_upper(x); |x| < 2^995. */
static inline double
tvm_dd_upper(double x)
{
	double		part = 134217729.0 * x;

	return part - (part - x);
}

/*
 * Nothing in Dekker's product ("A floating-point technique for extending the available
 * precision", 1971) of a and b, which is about `product`, is rounded, overflows or underflows.
 */
static inline bool
tvm_dd_splits(double a, double b, double product)
{
	return fabs(a) < 0x1p995 && fabs(b) < 0x1p995 && fabs(product) > 0x1p-900 && fabs(product) < 0x1p1020;
}

/*
 * a * b exactly, unless it underflows.  Where fma() is no instruction that the compiler may
 * use, it is a call, and the halves' products are sooner there; to the bit the same.
 */
static inline TvmDd
tvm_two_product(double a, double b)
{
	TvmDd		product;

	product.hi = a * b;
#ifndef FP_FAST_FMA
	if (tvm_dd_splits(a, b, product.hi))
	{
		double		a_high = tvm_dd_upper(a);
		double		a_low = a - a_high;
		double		b_high = tvm_dd_upper(b);
		double		b_low = b - b_high;

		product.lo = ((a_high * b_high - product.hi) + a_high * b_low + a_low * b_high) + a_low * b_low;
		return product;
	}
#endif
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
	double		rest;			/* a.hi - root * root, which is a double */

	if (root == 0)
		return tvm_dd(0);
	if (tvm_dd_splits(root, root, a.hi))
	{
		TvmDd		square = tvm_two_product(root, root);

		rest = (a.hi - square.hi) - square.lo;
	}
	else
		rest = fma(-root, root, a.hi);
	return tvm_fast_two_sum(root, (rest + a.lo) / (2 * root));
}

static inline int
tvm_dd_less(TvmDd a, TvmDd b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

#endif							/* TVM_RELATIVITY_DD_H */
