/*
 * line.h: the ways of vehicles as lines, each point with its time.
 */
#ifndef TV_MOTION_LINE_H
#define TV_MOTION_LINE_H

#include "postgres.h"

#include "bridge/position/fixes.h"

typedef struct TvLinePoint
{
	TimestampTz t;
	double		lon;
	double		lat;
	double		alt_m;			/* NAN: not said */
} TvLinePoint;

/* A way in lines: [starts[i], starts[i + 1]) of the points is one, starts[count] is how many points there are. */
typedef struct TvLines
{
	MemoryContext context;
	TvLinePoint *points;
	uint32		point_count;
	uint32		point_room;
	uint32	   *starts;
	uint32		count;
	uint32		start_room;
} TvLines;

/*
 * Where a vehicle went in [from, to]: a line ends where nothing is known, or nothing slides; and where it crosses the 180th
 * meridian, at a longitude of 180 or -180, to go on at the other.  At `from`, `to` and forks lines are cut between fixes.
 * PT413 beyond a million points.
 */
extern void tv_lines_find(TvFixes *fixes, const TvVehicle *vehicle, const TvmMotionRules *rules,
						  TimestampTz from, TimestampTz to, TvLines *lines);

#endif							/* TV_MOTION_LINE_H */
