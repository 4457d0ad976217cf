/*
 * motion_row.h: arguments and rows of functions that say where vehicles were.
 */
#ifndef TV_SQLFN_MOTION_ROW_H
#define TV_SQLFN_MOTION_ROW_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "bridge/geo/point_maker.h"
#include "bridge/journey/courses.h"
#include "bridge/position/fixes.h"
#include "sqlfn/row.h"

/* A finite time; 22023 with the argument's name for another or none. */
extern TimestampTz tv_get_time(FunctionCallInfo fcinfo, int argument, const char *name);

/* t_from and t_to, two arguments: the later is not earlier, and not more than 10,000 years later. */
extern void tv_get_range(FunctionCallInfo fcinfo, int argument, TimestampTz *from, TimestampTz *to);

/* A time, or DT_NOEND where it is null. */
extern TimestampTz tv_get_known_at(FunctionCallInfo fcinfo, int argument);

/*
 * world_id and timeline_id, the first two arguments, and known_at, another (TV_ALL_KNOWN: there is none, all that is known now is
 * looked at).
 */
#define TV_ALL_KNOWN (-1)
extern TvFixesAsked tv_get_asked(FunctionCallInfo fcinfo, int known_at);

/* Seconds or metres from `low` on, finite. */
extern double tv_get_amount(FunctionCallInfo fcinfo, int argument, const char *name, double low);

/* The vehicles that an argument names, or all of the world where it is null. */
extern uint32 tv_get_vehicles(FunctionCallInfo fcinfo, int argument, TvFixes *fixes, TvVehicle **vehicles);

/* Null where it is NAN; and as seconds. */
extern void tv_put_amount(TvRow *row, double value);
extern void tv_put_seconds(TvRow *row, int64 microseconds);

extern const char *tv_motion_state_name(TvmMotionState state);

/* What rows of one result share. */
typedef struct TvMotionRows
{
	const TvFixes *fixes;
	TvPointMaker *points;
	TvCourses  *courses;		/* where vehicles keep to the network; NULL: as the crow flies */
	Datum		states[TVM_AFTER + 1];
} TvMotionRows;

/* `geom` is which column of the result has the point. */
extern void tv_motion_rows(TvMotionRows *rows, FunctionCallInfo fcinfo, TvEnv *env, const TvFixes *fixes, int geom);

/*
 * vehicle_id, state, lon, lat, geom, alt_m, speed_mps, heading_deg, fix_at, age_s, inherited, segment_id, fraction.  The point
 * is good until the next row.
 */
extern void tv_put_moment(TvRow *row, const TvMotionRows *rows, const TvVehicle *vehicle, const TvmFix *fixes,
						  TimestampTz t, const TvmMoment *moment);

#endif							/* TV_SQLFN_MOTION_ROW_H */
