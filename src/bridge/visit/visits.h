/*
 * visits.h: when vehicles were in zones.
 *
 * A vehicle is in a zone at a moment if it was at a point then, moving, stopped or held (kernel/motion), which the zone covers.  A
 * visit is as long a time as that goes on, within the range that was asked; what is less than a millisecond apart is one.
 */
#ifndef TV_VISIT_VISITS_H
#define TV_VISIT_VISITS_H

#include "postgres.h"

#include "bridge/motion/track.h"
#include "kernel/zone/crossing.h"

typedef enum TvBegan
{
	TV_BEGAN_ENTERED,			/* it was outside just before */
	TV_BEGAN_APPEARED,			/* nothing is known of just before */
	TV_BEGAN_INSIDE				/* the range begins */
} TvBegan;

typedef enum TvEnded
{
	TV_ENDED_LEFT,
	TV_ENDED_LOST,				/* nothing is known of just after */
	TV_ENDED_INSIDE				/* the range ends */
} TvEnded;

typedef struct TvVisit
{
	uint32		area;			/* of the atlas */
	TimestampTz from;
	TimestampTz to;
	TvBegan		began;
	TvEnded		ended;
	bool		fix;			/* a fix was in it; else the way between two led through */
} TvVisit;

typedef struct TvVisits
{
	TvVisit    *visits;			/* in the order of their beginnings, then of areas */
	uint32		count;
	uint32		room;
} TvVisits;

/*
 * Of one vehicle, from <= t <= to.  `visits` takes the place of what was in it; memory is the environment's.
 */
extern void tv_visits_find(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
						   TvmAtlas *atlas, uint32 area_count, TimestampTz from, TimestampTz to, TvVisits *visits);

#endif							/* TV_VISIT_VISITS_H */
