/*
 * track.c: a stretch of a vehicle's fixes, read and classified; see track.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "bridge/motion/track.h"

#define MOST_FIXES 100000		/* of a piece, about 12 MB */

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

void
tv_track_walk(TvFixes *fixes, TvTrack *track, const TvVehicle *vehicle, const TvmMotionRules *rules,
			  TimestampTz from, TimestampTz to, TvReceivePiece receive, void *target)
{
	TvPiece    *pieces;
	uint32		count;

	if (from >= to)
		return;
	count = tv_fixes_pieces(fixes, from, to - 1, &pieces);
	for (uint32 i = 0; i < count; i++)
	{
		/* In whole microseconds: a fork is its parent's. */
		TimestampTz at = i == 0 ? pieces[i].from : pieces[i].from + 1;
		TimestampTz end = pieces[i].to + 1;

		while (at < end)
		{
			TimestampTz reached = tv_track_read(fixes, track, vehicle, rules, pieces[i].owner, at, end, MOST_FIXES);

			CHECK_FOR_INTERRUPTS();
			receive(tv_fixes_env(fixes), target, &track->track, at, reached);
			at = reached;
		}
	}
	pfree(pieces);
}
