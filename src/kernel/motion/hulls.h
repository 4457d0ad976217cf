/*
 * hulls.h: for stops.c: the points of a window that can hold its smallest circle.
 *
 * A circle around the corners of a convex hull is around all of it, on the sphere as on the plane.  So for
 * blocks of 16 used fixes, of 256, 4096 and so on, the corners are kept from when they are first asked for; a
 * window is the corners of the largest blocks in it, and single fixes at its ends.  Of drifting or
 * noisy fixes a block of thousands has some tens of corners.
 */
#ifndef TVM_MOTION_HULLS_H
#define TVM_MOTION_HULLS_H

#include "kernel/motion/ground.h"
#include "kernel/motion/track.h"

typedef struct TvmHullPoint
{
	double		xyz[3];			/* in the frame of the window */
	size_t		id;				/* of a used fix */
} TvmHullPoint;

#define TVM_HULL_LEVELS 6		/* 16 to 16^6 fixes */

typedef struct TvmHulls
{
	size_t	   *corners;		/* of blocks, one after the other */
	size_t		count;
	size_t		capacity;
	struct
	{
		size_t		blocks;		/* there is room for */
		size_t	   *begin;		/* where a block's corners begin, + 1; 0: not asked for yet */
		size_t	   *size;
	}			level[TVM_HULL_LEVELS];
	TvmHullPoint *points;		/* of the window asked for last */
	size_t		room;
} TvmHulls;

extern void tvm_hulls_init(TvmHulls *hulls);
extern void tvm_hulls_free(TvmEnv *env, TvmHulls *hulls);

/* At least one point; they are the module's, until it is asked again. */
extern TvmStatus tvm_hulls_window(TvmEnv *env, TvmHulls *hulls, const TvmTrack *track, size_t begin, size_t end,
								  TvmGroundFrame *frame, const TvmHullPoint **points, size_t *count);

#endif							/* TVM_MOTION_HULLS_H */
