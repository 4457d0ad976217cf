/*
 * crossing.h: when a way along a great circle is in an area.
 *
 * The way goes from one position to another at constant speed; parts of it are 0 at its beginning and 1 at
 * its end.  Edges are straight in longitude and latitude, so the two meet anywhere.
 */
#ifndef TVM_ZONE_CROSSING_H
#define TVM_ZONE_CROSSING_H

#include "kernel/zone/cover.h"

typedef struct TvmInside
{
	double		from;			/* 0: it begins in the area */
	double		to;				/* 1: it ends there */
} TvmInside;

/* Grows; all zero it is new. */
typedef struct TvmInsides
{
	TvmInside  *parts;
	size_t		count;
	size_t		capacity;
	/* Of the way in hand. */
	double	   *meets;
	size_t		meet_count;
	size_t		meet_capacity;
} TvmInsides;

/*
 * The areas of an atlas that a way may lead into, ascending, into `found`, which has room for all; how many.  It
 * notes in the atlas what it has found, so one at a time.
 */
extern uint32_t tvm_atlas_near(TvmAtlas *atlas, TvmVertex from, TvmVertex to, uint32_t *found);

/*
 * The parts of the way that are in an area of an atlas, ascending, in `insides`, that are longer than `least`; and a
 * part from 0 to 0 or 1 to 1 where an end alone is in it.  Ends are in it exactly as tvm_atlas_find() says.
 */
extern TvmStatus tvm_atlas_insides(TvmEnv *env, const TvmAtlas *atlas, uint32_t area, TvmVertex from, TvmVertex to,
								   double least, TvmInsides *insides);
extern void tvm_insides_free(TvmEnv *env, TvmInsides *insides);

#endif							/* TVM_ZONE_CROSSING_H */
