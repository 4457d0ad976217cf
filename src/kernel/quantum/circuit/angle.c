/*
 * angle.c: see angle.h.
 */
#include "kernel/quantum/circuit/angle.h"

#include <math.h>

#define PI 3.14159265358979323846

/* Sums up to this are off by 1e-13 at most. */
#define PLAIN 1024

double
tvm_angle_reduce(double angle)
{
	/* sin and cos of the C library reduce by as many digits of pi as it takes. */
	return fabs(angle) <= 4 * PI ? angle : 2 * atan2(sin(angle / 2), cos(angle / 2));
}

double
tvm_angle_add(double sum, double factor, double value)
{
	double		product = factor * value;
	double		rest = fma(factor, value, -product);	/* that rounding took */

	if ((fabs(product) <= PLAIN && fabs(sum) <= PLAIN) || (sum == 0 && rest == 0) ||
		!(fabs(product) <= TVM_MAX_ANGLE && fabs(sum) <= TVM_MAX_ANGLE))
		return sum + product;
	return tvm_angle_reduce(sum) + tvm_angle_reduce(product) + tvm_angle_reduce(rest);
}
