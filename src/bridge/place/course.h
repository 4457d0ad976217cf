/*
 * course.h: where a course is, in three numbers.
 */
#ifndef TV_PLACE_COURSE_H
#define TV_PLACE_COURSE_H

#include "postgres.h"

#include "bridge/geo/polyline.h"

/* The middle of the box around a line, and how far from there it reaches at most, in degrees; false where it is nowhere. */
extern bool tv_course_bound(const TvLine *line, TvPosition *middle, float4 *reach);

#endif							/* TV_PLACE_COURSE_H */
