/*
 * circle.c: the smallest circle around points; see circle.h.
 *
 * The step is that of Gaertner's "Fast and robust smallest enclosing balls" (1999), with the
 * points that hold the circle chosen among all pairs and triples of at most four.
 */
#include "kernel/motion/circle.h"

#include <string.h>

void
tvm_circle_start(TvmCircle *circle, const double point[3], size_t id)
{
	memcpy(circle->centre, point, sizeof(circle->centre));
	memcpy(circle->point[0], point, sizeof(circle->centre));
	circle->id[0] = id;
	circle->count = 1;
	circle->square = 0;
}

static void
cross(const double a[3], const double b[3], double out[3])
{
	out[0] = a[1] * b[2] - a[2] * b[1];
	out[1] = a[2] * b[0] - a[0] * b[2];
	out[2] = a[0] * b[1] - a[1] * b[0];
}

/* The circle through two points, which are at its ends, or three; false where those are on a line. */
static bool
hold(const double *const points[3], int count, double centre[3], double *square)
{
	double		u[3];
	double		v[3];
	double		w[3];
	double		wu[3];
	double		vw[3];
	double		uu = 0;
	double		vv = 0;
	double		ww = 0;

	if (count == 2)
	{
		for (int i = 0; i < 3; i++)
			centre[i] = points[0][i] + (points[1][i] - points[0][i]) / 2;
		*square = tvm_circle_square(points[0], points[1]) / 4;
		return true;
	}
	for (int i = 0; i < 3; i++)
	{
		u[i] = points[1][i] - points[0][i];
		v[i] = points[2][i] - points[0][i];
		uu += u[i] * u[i];
		vv += v[i] * v[i];
	}
	cross(u, v, w);
	for (int i = 0; i < 3; i++)
		ww += w[i] * w[i];
	if (!(ww > 1e-24 * uu * vv))
		return false;
	cross(w, u, wu);
	cross(v, w, vw);
	for (int i = 0; i < 3; i++)
		centre[i] = points[0][i] + (vv * wu[i] + uu * vw[i]) / (2 * ww);
	*square = tvm_circle_square(points[0], centre);
	return true;
}

bool
tvm_circle_take(TvmCircle *circle, const double point[3], size_t id)
{
	TvmCircle	best = {.square = -1};
	const double *all[4] = {point};
	size_t		ids[4] = {id};
	int			count = circle->count + 1;

	for (int i = 0; i < circle->count; i++)
	{
		all[i + 1] = circle->point[i];
		ids[i + 1] = circle->id[i];
	}
	/* The smallest of those through the new point that hold all; a triple is second - third. */
	for (int second = 1; second < count; second++)
		for (int third = second; third < count; third++)
		{
			const double *points[3] = {point, all[second], all[third]};
			int			held = third == second ? 2 : 3;
			double		centre[3];
			double		square;
			bool		around = hold(points, held, centre, &square);

			for (int i = 1; i < count && around; i++)
				around = i == second || i == third || tvm_circle_square(all[i], centre) <= square * (1 + 1e-12);
			if (!around || (best.square >= 0 && square >= best.square))
				continue;
			best.square = square;
			best.count = held;
			memcpy(best.centre, centre, sizeof(centre));
			for (int i = 0; i < held; i++)
				memcpy(best.point[i], points[i], sizeof(centre));
			best.id[0] = id;
			best.id[1] = ids[second];
			best.id[2] = ids[third];
		}
	if (!(best.square > circle->square))
		return false;
	*circle = best;
	return true;
}
