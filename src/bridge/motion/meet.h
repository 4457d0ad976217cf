/*
 * meet.h: who was near whom, whoever of the chain answers for which part of a range.
 */
#ifndef TV_MOTION_MEET_H
#define TV_MOTION_MEET_H

#include "postgres.h"

#include "bridge/position/fixes.h"
#include "kernel/motion/meet.h"

/*
 * Meetings of any two of the vehicles in [from, to], by their indexes and time; they are of the environment.  PT413 beyond 50,000
 * vehicles or a million meetings.
 */
extern TvmMeetings tv_meetings_find(TvFixes *fixes, const TvVehicle *vehicles, uint32 count, double max_gap_s,
									TimestampTz from, TimestampTz to, double within_m);

#endif							/* TV_MOTION_MEET_H */
