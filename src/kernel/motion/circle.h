/*
 * circle.h: the smallest circle around points, found by its farthest one again and again.
 *
 * On a sphere it is a cap, and the smallest ball around the points: its centre is that of the
 * circle, 2 or 3 points hold it.  So a caller looks for the point farthest from the centre,
 * hands it over while it is outside, and asks anew; each time the circle grows.  The
 * circle so far is the smallest around the points that hold it: once it is too large, so is
 * that around any set in which they are.
 *
 *     tvm_circle_start(&circle, first, id);
 *     while (the farthest point is outside && tvm_circle_take(&circle, it, its id)) ;
 */
#ifndef TVM_MOTION_CIRCLE_H
#define TVM_MOTION_CIRCLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct TvmCircle
{
	double		centre[3];
	double		square;			/* of the radius */
	int			count;			/* of the points that hold it, at most 3 */
	double		point[3][3];
	size_t		id[3];
} TvmCircle;

extern void tvm_circle_start(TvmCircle *circle, const double point[3], size_t id);

/* False where the circle did not grow: rounding says that the point is outside. */
extern bool tvm_circle_take(TvmCircle *circle, const double point[3], size_t id);

static inline double
tvm_circle_square(const double a[3], const double b[3])
{
	double		x = a[0] - b[0];
	double		y = a[1] - b[1];
	double		z = a[2] - b[2];

	return x * x + y * y + z * z;
}

#endif							/* TVM_MOTION_CIRCLE_H */
