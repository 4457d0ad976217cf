/*
 * courses.h: where vehicles are between two fixes that say where on the network they are.
 *
 * On one segment it is along its course; from one segment to another along the way between them that costs least on
 * the fixes' timeline by the world's metric, at constant speed over its length on the ground.  There is no course where
 * a segment cannot be seen or is not the timeline's, where no way leads on, where the vehicle would be faster than it
 * may, or needs less than a quarter of the time that the road's speeds allow: then it is the great circle.
 *
 * Courses are kept and found many at once: who knows which pairs will be asked for names them before.
 * Between SPI_connect() and SPI_finish(), not within a query on prepared graphs.
 */
#ifndef TV_JOURNEY_COURSES_H
#define TV_JOURNEY_COURSES_H

#include "postgres.h"

#include "bridge/journey/course.h"
#include "bridge/server/env.h"
#include "kernel/motion/motion.h"

typedef struct TvCourses TvCourses;

/* In the memory of the environment. */
extern TvCourses *tv_courses_create(TvEnv *env, int64 world_id, double radius_m);

/* A moment between two of these fixes that will be asked for; nothing is read yet. */
extern void tv_courses_expect(TvCourses *courses, const TvmFix *fixes, const TvmMoment *moment);

/* Where it is then; false: the moment is not between two fixes, or there is no course. */
extern bool tv_courses_at(TvCourses *courses, const TvmFix *fixes, const TvmMoment *moment, double max_speed_mps,
						  TvCoursePoint *at);

#endif							/* TV_JOURNEY_COURSES_H */
