/*
 * orient.h: on which side of a line a point is, exactly, whatever the coordinates' digits.
 */
#ifndef TVM_ZONE_ORIENT_H
#define TVM_ZONE_ORIENT_H

#include <math.h>

#include "kernel/zone/area.h"

/* The sign of the exact value, by expansions of doubles (Shewchuk 1997). */
extern double tvm_orient_exact(TvmVertex a, TvmVertex b, TvmVertex p);

/*
 * Above 0 where p is on the left of the line from a to b, below 0 on the right, 0 exactly on it.  For coordinates of degrees
 * that are 0 or above 1e-200.
 */
static inline double
tvm_orient(TvmVertex a, TvmVertex b, TvmVertex p)
{
	double		left = (b.lon - a.lon) * (p.lat - a.lat);
	double		right = (b.lat - a.lat) * (p.lon - a.lon);
	double		value = left - right;

	/* More than what rounding makes of it: (3 + 16 u) u times the sum, Shewchuk's bound for this order of steps. */
	if (fabs(value) > 3.3306690738754716e-16 * (fabs(left) + fabs(right)))
		return value;
	return tvm_orient_exact(a, b, p);
}

#endif							/* TVM_ZONE_ORIENT_H */
