/*
 * approach.h: for meet.c: two points that go along great circles at constant speed, and when they are near.
 */
#ifndef TVM_MOTION_APPROACH_H
#define TVM_MOTION_APPROACH_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/motion/motion.h"

/* From one fix to the next: cos(w s) a + sin(w s) ahead, s seconds after `t`. */
typedef struct TvmCourse
{
	int64_t		t;
	double		a[3];
	double		ahead[3];
	double		speed;			/* w, radians a second */
} TvmCourse;

extern void tvm_course(const TvmFix *from, const TvmFix *to, TvmCourse *course);

/* An approach in [from, to]: where the chord's square is at most so much. */
typedef struct TvmApproach
{
	int64_t		from;
	int64_t		to;
	int64_t		nearest_at;
	double		nearest;		/* the square of the chord, in radii */
	double		place[3];		/* half-way between the two then */
} TvmApproach;

typedef void (*TvmReceiveApproach) (void *target, const TvmApproach *approach);

/* Each in order of time; those that touch are told one by one. */
extern void tvm_approaches(const TvmCourse *a, const TvmCourse *b, int64_t from, int64_t to, double square,
						   TvmReceiveApproach receive, void *target);

#endif							/* TVM_MOTION_APPROACH_H */
