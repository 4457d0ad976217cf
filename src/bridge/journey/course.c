/*
 * course.c: a way over the network as what is driven along it; see course.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/journey/course.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"

void
tv_course_measure(TvCourse *course)
{
	course->length = 0;
	for (uint32 i = 0; i < course->count; i++)
	{
		TvLeg	   *leg = &course->legs[i];

		tv_interrupts_at(i);
		leg->before = course->length;
		leg->length = fabs(leg->to - leg->from) * tv_line_length(leg->line);
		course->length += leg->length;
	}
}

/* The last leg that begins at or before a length. */
static const TvLeg *
find_leg(const TvCourse *course, double length)
{
	uint32		low = 0;
	uint32		high = course->count;

	while (high - low > 1)
	{
		uint32		middle = low + (high - low) / 2;

		if (course->legs[middle].before <= length)
			low = middle;
		else
			high = middle;
	}
	return &course->legs[low];
}

TvCoursePoint
tv_course_point(const TvCourse *course, double part)
{
	double		length = part * course->length;
	const TvLeg *leg = find_leg(course, length);
	double		of_leg = leg->length > 0 ? Min(Max((length - leg->before) / leg->length, 0), 1) : part;
	double		fraction = leg->from + of_leg * (leg->to - leg->from);

	/* Its end to the bit. */
	if (of_leg >= 1)
		fraction = leg->to;
	return (TvCoursePoint) {
		.position = tv_line_at(leg->line, fraction), .segment_id = leg->segment_id, .fraction = fraction
	};
}
