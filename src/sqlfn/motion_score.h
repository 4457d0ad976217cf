/*
 * motion_score.h: arguments and columns of functions that say what vehicles did.
 */
#ifndef TV_SQLFN_MOTION_SCORE_H
#define TV_SQLFN_MOTION_SCORE_H

#include "postgres.h"

#include "bridge/motion/score.h"
#include "bridge/visit/visits.h"
#include "sqlfn/motion_row.h"

/* The arguments max_gap_s, stop_m and stop_s, from the first of them on; and a vehicle's rules with them. */
extern void tv_get_thresholds(FunctionCallInfo fcinfo, int max_gap_s, TvmMotionRules *thresholds);
extern TvmMotionRules tv_score_rules(const TvFixes *fixes, const TvVehicle *vehicle, const TvmMotionRules *thresholds);

/*
 * The beginnings of `count` intervals and the end of the last, [from, to) cut by the argument `every`, or (null) whole; by
 * the calendar of the session's time zone.  PT413 for too many.
 */
extern TimestampTz *tv_get_bounds(FunctionCallInfo fcinfo, int every, TimestampTz from, TimestampTz to, uint32 *count);

/* The zones of a world, whose borders are counted; NULL: it has none.  `zones` is filled. */
extern TvVisiting *tv_score_zones(TvFixes *fixes, const TvFixesAsked *asked, TvZones *zones);

/* fixes to crossed */
extern void tv_put_score(TvRow *row, const TvmScore *score, const TvCrossings *crossings);

#endif							/* TV_SQLFN_MOTION_SCORE_H */
