/*
 * visits.h: when vehicles were in zones.
 *
 * A vehicle is in a zone at a moment if it was at a point then, moving, stopped or held (kernel/motion), which the zone covers.  A
 * visit is as long a time as that goes on, within the range that was asked; what is less than a millisecond apart is one.
 *
 * In an exclusive layer the zone that has a point (bridge/zone) is the only one that covers it.  So a vehicle is in one at most,
 * and leaves one at the instant at which it enters the next.
 */
#ifndef TV_VISIT_VISITS_H
#define TV_VISIT_VISITS_H

#include "postgres.h"

#include "bridge/motion/score.h"
#include "bridge/zone/zones.h"
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
	uint32		area;			/* of the zones */
	TimestampTz from;
	TimestampTz to;
	TvBegan		began;
	TvEnded		ended;
	bool		fix;			/* a fix was in it; else the way between two led through */
	bool		shut;			/* another zone of its layer has what comes after it */
} TvVisit;

typedef struct TvVisits
{
	TvVisit    *visits;			/* in the order of their beginnings, then of areas */
	uint32		count;
	uint32		room;
} TvVisits;

/* What is looked at, for many vehicles one after the other; memory is the environment's.  The zones stay. */
typedef struct TvVisiting TvVisiting;

extern TvVisiting *tv_visiting_open(TvFixes *fixes, const TvZones *zones);

/* Of one vehicle, from <= t <= to.  `visits` takes the place of what was in it. */
extern void tv_visits_find(TvVisiting *visiting, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
						   TimestampTz from, TimestampTz to, TvVisits *visits);

/* Where one goes on when the range ends and had no fix in it yet, looks for one in what is left of it. */
extern void tv_visits_settle(TvVisiting *visiting, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules, TvVisits *visits);

/* What borders vehicles crossed from <= t < to. */
typedef struct TvCrossings
{
	int64		entered;
	int64		left;
	int64		crossed;		/* of those that were entered: without a fix in them */
} TvCrossings;

/* tv_score_find(), and the crossings of each interval, in one pass; `visiting`: NULL where there are no zones. */
extern void tv_visits_score(TvVisiting *visiting, TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
							const TimestampTz *bounds, uint32 count, TvmScore *scores, TvCrossings *crossings);

#endif							/* TV_VISIT_VISITS_H */
