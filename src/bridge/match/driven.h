/*
 * driven.h: the fixes of a vehicle, as a timeline shows them, for matching.
 */
#ifndef TV_MATCH_DRIVEN_H
#define TV_MATCH_DRIVEN_H

#include "postgres.h"

#include "bridge/match/match.h"
#include "bridge/position/fixes.h"

/*
 * The used ones of [from, to], in order of time: what is an outlier, the kernel says (kernel/motion/motion.h).  Where a
 * branch left its parent the track jumps.  Also the speed that the vehicle may have.  PT404 unless the caller sees the world,
 * the timeline is of it and so is the vehicle; PT413 for too many.  Connects to SPI.
 */
extern TvMatchFix *tv_driven_read(TvEnv *env, const TvFixesAsked *asked, int64 vehicle_id, TimestampTz from,
								  TimestampTz to, uint32 *count, double *max_speed_mps);

#endif							/* TV_MATCH_DRIVEN_H */
