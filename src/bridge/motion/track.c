/*
 * track.c: a stretch of a vehicle's fixes, read and classified; see track.h.
 */
#include "postgres.h"

#include "bridge/motion/track.h"

TimestampTz
tv_track_read(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules, uint32 owner,
			  TimestampTz from, TimestampTz to, size_t most)
{
	TvEnv	   *env = tv_fixes_env(fixes);
	TimestampTz reached = tv_trail_range(fixes, &track->trail, vehicle, owner, from, to, most);

	for (;;)
	{
		TvmNeed		need;

		tvm_track_free(&env->tvm, &track->track);
		tv_check(env, tvm_track_create(&env->tvm, rules, &track->trail.stream, &track->track));
		need = tvm_track_needs(&track->track, from, reached);
		if (need == TVM_DECIDED)
			break;
		tv_trail_grow(fixes, &track->trail, need);
	}
	track->cursor = 0;
	return reached;
}
