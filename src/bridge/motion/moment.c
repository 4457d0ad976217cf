/*
 * moment.c: where a vehicle was at a moment; see moment.h.
 */
#include "postgres.h"

#include "bridge/motion/moment.h"

void
tv_moment_find(TvFixes *fixes, TvTrail *trail, const TvVehicle *vehicle, const TvmMotionRules *rules,
			   TimestampTz t, TvmMoment *out)
{
	TvmNeed		need;

	tv_trail_at(fixes, trail, vehicle, t);
	while ((need = tvm_motion_at(rules, &trail->stream, t, out)) != TVM_DECIDED)
		tv_trail_grow(fixes, trail, need);
}
