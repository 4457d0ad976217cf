/*
 * exact.c: an oracle's arithmetic; see exact.h.
 */
#include "exact.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define POOL 20000

static mpfr_t pool[POOL];
static int	used;
static int	made;
static int	precision;

void
exact_reset(int bits)
{
	used = 0;
	precision = bits;
}

static Exact
fresh(void)
{
	if (used == POOL)
		abort();
	if (used < made)
		mpfr_set_prec(pool[used], precision);
	else
	{
		mpfr_init2(pool[used], precision);
		made++;
	}
	return pool[used++];
}

Exact
exact(double x)
{
	Exact		result = fresh();

	mpfr_set_d(result, x, MPFR_RNDN);
	return result;
}

Exact
exact_text(const char *decimal)
{
	Exact		result = fresh();

	if (mpfr_set_str(result, decimal, 10, MPFR_RNDN) != 0)
		abort();
	return result;
}

#define BINARY(name, operation) \
	Exact name(Exact a, Exact b) \
	{ Exact result = fresh(); operation(result, a, b, MPFR_RNDN); return result; }
#define UNARY(name, operation) \
	Exact name(Exact a) \
	{ Exact result = fresh(); operation(result, a, MPFR_RNDN); return result; }

BINARY(exact_add, mpfr_add)
BINARY(exact_sub, mpfr_sub)
BINARY(exact_mul, mpfr_mul)
BINARY(exact_div, mpfr_div)
UNARY(exact_sqrt, mpfr_sqrt)
UNARY(exact_acosh, mpfr_acosh)
UNARY(exact_square, mpfr_sqr)

double
exact_error(double got, Exact wanted)
{
	Exact		difference;
	Exact		scale;

	if (!isfinite(got))
		return INFINITY;
	difference = exact_sub(exact(got), wanted);
	scale = fresh();
	mpfr_abs(scale, wanted, MPFR_RNDN);
	if (mpfr_cmp_d(scale, DBL_MIN) < 0)
		mpfr_set_d(scale, DBL_MIN, MPFR_RNDN);
	return fabs(mpfr_get_d(exact_div(difference, scale), MPFR_RNDA));
}
