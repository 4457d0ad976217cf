/*
 * moment.h: where a vehicle was at a moment, on whichever timeline answers for it.
 */
#ifndef TV_MOTION_MOMENT_H
#define TV_MOTION_MOMENT_H

#include "postgres.h"

#include "bridge/position/fixes.h"

/*
 * The trail is read for it and grows as far as the kernel asks; its fixes are those that the moment names.
 */
extern void tv_moment_find(TvFixes *fixes, TvTrail *trail, const TvVehicle *vehicle, const TvmMotionRules *rules,
						   TimestampTz t, TvmMoment *out);

#endif							/* TV_MOTION_MOMENT_H */
