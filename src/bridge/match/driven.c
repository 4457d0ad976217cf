/*
 * driven.c: the fixes of a vehicle, for matching; see driven.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/match/driven.h"
#include "bridge/server/compat.h"
#include "kernel/motion/track.h"

typedef struct Driven
{
	TvEnv	   *env;
	TvMatchFix *fixes;
	uint32		count;
	uint32		capacity;
} Driven;

/*
 * A trail classified as far as is asked for: which fixes are used is known behind one that is sure to be, and before
 * the last but one.
 */
static void
classify(TvEnv *env, TvFixes *fixes, TvTrail *trail, const TvmMotionRules *rules, TimestampTz from, TimestampTz to,
		 TvmTrack *track)
{
	for (;;)
	{
		const TvmStream *stream = &trail->stream;

		tv_check(env, tvm_track_create(&env->tvm, rules, stream, track));
		if (track->first > 0 && stream->fixes[track->first].t > from && !stream->starts)
		{
			tvm_track_free(&env->tvm, track);
			tv_trail_grow(fixes, trail, TVM_NEEDS_BEFORE);
		}
		else if (track->end < stream->count && stream->fixes[track->end].t <= to && !stream->ends)
		{
			tvm_track_free(&env->tvm, track);
			tv_trail_grow(fixes, trail, TVM_NEEDS_AFTER);
		}
		else
			return;
	}
}

static void
add(Driven *driven, const TvmFix *fix, bool forked)
{
	if (driven->count == driven->capacity)
		driven->fixes = tv_grow(driven->env->context, driven->fixes, sizeof(TvMatchFix), &driven->capacity);
	driven->fixes[driven->count++] = (TvMatchFix) {
		.t = fix->t,
		.lon = fix->lon,
		.lat = fix->lat,
		.before = forked ? TV_MATCH_FORK : fix->kind == TVM_FIX_JUMP ? TV_MATCH_JUMP : TV_MATCH_ON_A_ROAD,
		.after = fix->kind == TVM_FIX_END ? TV_MATCH_END : TV_MATCH_ON_A_ROAD
	};
}

static void
read_piece(Driven *driven, TvFixes *fixes, const TvVehicle *vehicle, const TvPiece *piece)
{
	TvmMotionRules rules = tv_fixes_rules(fixes, vehicle);
	TvTrail		trail = {0};
	TvmTrack	track;
	bool		forked = driven->count > 0;

	(void) tv_trail_range(fixes, &trail, vehicle, piece->owner, piece->from, piece->to, TV_MATCH_MAX_FIXES + 3);
	tv_match_require_count(trail.stream.count > 2 ? trail.stream.count - 2 : 0);
	if (trail.stream.count == 0)
		return;
	classify(driven->env, fixes, &trail, &rules, piece->from, piece->to, &track);
	for (size_t k = 0; k < track.count; k++)
	{
		const TvmFix *fix = tvm_track_fix(&track, k);

		tv_interrupts_at(k);
		/* What lies at the border belongs to the piece before. */
		if (fix->t < piece->from || fix->t > piece->to || (driven->count > 0 && fix->t <= driven->fixes[driven->count - 1].t))
			continue;
		add(driven, fix, forked);
		forked = false;
	}
	tvm_track_free(&driven->env->tvm, &track);
}

TvMatchFix *
tv_driven_read(TvEnv *env, const TvFixesAsked *asked, int64 vehicle_id, TimestampTz from, TimestampTz to, uint32 *count,
			   double *max_speed_mps)
{
	TvFixes    *fixes = tv_fixes_open(env, asked);
	Driven		driven = {.env = env};
	TvVehicle  *vehicle;
	TvPiece    *pieces;
	uint32		piece_count;

	(void) tv_fixes_vehicles(fixes, &vehicle_id, 1, &vehicle);
	*max_speed_mps = vehicle->max_speed_mps;
	piece_count = tv_fixes_pieces(fixes, from, to, &pieces);
	for (uint32 i = 0; i < piece_count; i++)
	{
		read_piece(&driven, fixes, vehicle, &pieces[i]);
		tv_match_require_count(driven.count);
	}
	tv_fixes_close(fixes);
	*count = driven.count;
	return driven.fixes;
}
