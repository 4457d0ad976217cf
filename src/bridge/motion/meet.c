/*
 * meet.c: who was near whom; see meet.h.
 *
 * A range is read in spells, of all vehicles at once, as long as their fixes take some tens of megabytes.
 */
#include "postgres.h"

#include "bridge/motion/meet.h"
#include "bridge/motion/track.h"
#include "bridge/server/error.h"

#define MOST_VEHICLES 50000
#define MOST_MEETINGS 1000000

#define FIRST_SPELL (INT64CONST(3600) * USECS_PER_SEC)
#define LEAST_SPELL (INT64CONST(60) * USECS_PER_SEC)
#define FEW_FIXES 100000		/* of a spell: the next one is twice as long */
#define MANY_FIXES 400000		/* or half */
#define LEAST_FIXES 64			/* of a vehicle */

typedef struct Spell
{
	TvFixes    *fixes;
	const TvVehicle *vehicles;
	TvmMotionRules *rules;
	TvTrack    *tracks;
	const TvmTrack **all;
	uint32		count;
} Spell;

/* From one instant up to what is returned, where one vehicle has too many fixes before `to`. */
static TimestampTz
read_spell(Spell *spell, uint32 owner, TimestampTz from, TimestampTz to, size_t *fixes)
{
	TimestampTz reached = to;

	*fixes = 0;
	for (uint32 i = 0; i < spell->count; i++)
	{
		TimestampTz until;

		CHECK_FOR_INTERRUPTS();
		until = tv_track_read(spell->fixes, &spell->tracks[i], &spell->vehicles[i], &spell->rules[i], owner, from, reached,
							  Max(MANY_FIXES / spell->count, LEAST_FIXES));
		reached = Min(reached, until);
		spell->all[i] = &spell->tracks[i].track;
		*fixes += spell->tracks[i].trail.stream.count;
	}
	return reached;
}

TvmMeetings
tv_meetings_find(TvFixes *fixes, const TvVehicle *vehicles, uint32 count, double max_gap_s,
				 TimestampTz from, TimestampTz to, double within_m)
{
	TvEnv	   *env = tv_fixes_env(fixes);
	TvmMeetings meetings = {.most = MOST_MEETINGS};
	Spell		spell = {.fixes = fixes, .vehicles = vehicles, .count = count};
	TimestampTz length = FIRST_SPELL;
	TvPiece    *pieces;
	uint32		piece_count;

	if (count > MOST_VEHICLES)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("too many vehicles"),
				 errdetail("%u are more than %d.", count, MOST_VEHICLES),
				 errhint("Name those to compare in vehicle_ids.")));
	if (count < 2 || from >= to)
		return meetings;
	spell.tracks = MemoryContextAllocZero(env->context, sizeof(TvTrack) * count);
	spell.all = MemoryContextAlloc(env->context, sizeof(*spell.all) * count);
	spell.rules = MemoryContextAlloc(env->context, sizeof(TvmMotionRules) * count);
	for (uint32 i = 0; i < count; i++)
	{
		spell.rules[i] = tv_fixes_rules(fixes, &vehicles[i]);
		spell.rules[i].max_gap_s = max_gap_s;
	}
	piece_count = tv_fixes_pieces(fixes, from, to - 1, &pieces);
	for (uint32 i = 0; i < piece_count; i++)
	{
		/* In whole microseconds: a fork is its parent's. */
		TimestampTz at = i == 0 ? pieces[i].from : pieces[i].from + 1;
		TimestampTz end = pieces[i].to + 1;

		while (at < end)
		{
			size_t		read;
			TimestampTz reached = read_spell(&spell, pieces[i].owner, at, Min(end, at + length), &read);

			tv_check(env, tvm_meetings_find(&env->tvm, spell.all, count, at, reached, within_m, &meetings));
			if (read > MANY_FIXES)
				length = Max(length / 2, LEAST_SPELL);
			else if (read < FEW_FIXES)
				length *= 2;
			at = reached;
		}
	}
	tvm_meetings_join(&meetings);
	return meetings;
}
