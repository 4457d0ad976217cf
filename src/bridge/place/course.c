/*
 * course.c: where a course is; see course.h.
 *
 * Pieces of a line are straight in longitude and latitude, so they stay within its box; from the middle of
 * that nothing in it is farther than half its height and half its width together.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/place/course.h"

bool
tv_course_bound(const TvLine *line, TvPosition *middle, float4 *reach)
{
	double		south = INFINITY;
	double		north = -INFINITY;
	double		west = INFINITY;
	double		east = -INFINITY;
	double		lon = 0;

	for (uint32 i = 0; i < line->count; i++)
	{
		const TvPosition *vertex = &line->vertices[i];

		if (!isfinite(vertex->lon) || !isfinite(vertex->lat))
			return false;
		/* The short way round from the one before. */
		lon = i == 0 ? vertex->lon : lon + remainder(vertex->lon - lon, 360);
		south = Min(south, vertex->lat);
		north = Max(north, vertex->lat);
		west = Min(west, lon);
		east = Max(east, lon);
	}
	if (line->count == 0)
		return false;
	*middle = (TvPosition) {.lon = remainder((west + east) / 2, 360), .lat = (south + north) / 2};
	/* More than what rounding loses, a metre. */
	*reach = (float4) ((Min(east - west, 360) + north - south) / 2 * (1 + 1e-6) + 1e-5);
	return true;
}
