/*
 * course.h: a way over the network as what is driven along it: pieces of segments, one after the other, and where one
 * is on it after a part of its length.
 *
 * Lengths are those on the ground, great circles between the vertices of a segment's course; between vertices a
 * course is straight in longitude and latitude.  Angles are radians on the sphere.
 */
#ifndef TV_JOURNEY_COURSE_H
#define TV_JOURNEY_COURSE_H

#include "postgres.h"

#include "bridge/geo/polyline.h"

/* A piece of a segment, from a fraction to a fraction of it; backwards where the first is more. */
typedef struct TvLeg
{
	int64		segment_id;
	const TvLine *line;			/* of the whole segment, from a to b */
	double		from;
	double		to;
	double		before;			/* of the course before it, radians */
	double		length;
} TvLeg;

/* None where there is no way: count is 0. */
typedef struct TvCourse
{
	uint32		count;
	TvLeg	   *legs;
	double		length;			/* radians */
} TvCourse;

typedef struct TvCoursePoint
{
	TvPosition	position;
	int64		segment_id;
	double		fraction;
} TvCoursePoint;

/* Fill in the lengths once segment_id, line, from and to of each leg are there. */
extern void tv_course_measure(TvCourse *course);

/* After a part of its length, 0 to 1; the course has legs. */
extern TvCoursePoint tv_course_point(const TvCourse *course, double part);

#endif							/* TV_JOURNEY_COURSE_H */
