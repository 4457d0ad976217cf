/*
 * orient.c: on which side of a line a point is; see orient.h.
 *
 * (b - a) x (p - a) is a sum of six products of coordinates.  Each product is the sum of two doubles, and
 * those twelve are added as an expansion: doubles that do not overlap, the least first, so that the last one
 * that is not 0 has the sign.
 */
#include "kernel/zone/orient.h"

/* Up, so that errors of products are no denormals. */
#define SCALE 0x1p200

/* Adds a double to an expansion of `count`, whose sum and errors stay exact. */
static int
grow(double *expansion, int count, double value)
{
	for (int i = 0; i < count; i++)
	{
		double		sum = value + expansion[i];
		double		virtual = sum - value;
		double		error = (value - (sum - virtual)) + (expansion[i] - virtual);

		expansion[i] = error;
		value = sum;
	}
	expansion[count] = value;
	return count + 1;
}

static int
add_product(double *expansion, int count, double x, double y)
{
	double		product = x * y;

	count = grow(expansion, count, fma(x, y, -product));
	return grow(expansion, count, product);
}

double
tvm_orient_exact(TvmVertex a, TvmVertex b, TvmVertex p)
{
	double		expansion[12];
	int			count = 0;

	a = (TvmVertex) {a.lon * SCALE, a.lat * SCALE};
	b = (TvmVertex) {b.lon * SCALE, b.lat * SCALE};
	p = (TvmVertex) {p.lon * SCALE, p.lat * SCALE};
	count = add_product(expansion, count, b.lon, p.lat);
	count = add_product(expansion, count, -b.lon, a.lat);
	count = add_product(expansion, count, -a.lon, p.lat);
	count = add_product(expansion, count, -b.lat, p.lon);
	count = add_product(expansion, count, b.lat, a.lon);
	count = add_product(expansion, count, a.lat, p.lon);
	while (--count > 0 && expansion[count] == 0)
		;
	return expansion[count];
}
