/*
 * fixes.h: the fixes of vehicles, as a timeline shows them to the caller.
 *
 * A timeline shows its own fixes and those of its ancestors up to the forks.  A moment at or before the fork is answered
 * by the parent, as if it had been asked, with what the parent saw later; so each moment has one owner in the chain, and a
 * range is cut at the forks into pieces of one owner each.  A trail is a stretch of one vehicle's fixes as one owner shows
 * them, in order of time.  It begins with what nearly every question needs and grows where the kernel says so.
 *
 * Rows are read from the partitions' primary keys where the caller is bound by the policies of tv_init() alone, and else by
 * statements as the caller, with the same answers.  Both read the active snapshot.
 *
 *     fixes = tv_fixes_open(env, &asked);
 *     count = tv_fixes_vehicles(fixes, ids, id_count, &vehicles);
 *     tv_trail_at(fixes, &trail, &vehicles[i], t);
 *     while ((need = tvm_motion_at(&rules, &trail.stream, t, &moment)) != TVM_DECIDED)
 *         tv_trail_grow(fixes, &trail, need);
 *     tv_fixes_close(fixes);
 *
 * All memory is the environment's.  Between opening and closing the current context is that of SPI, which goes with closing.
 */
#ifndef TV_POSITION_FIXES_H
#define TV_POSITION_FIXES_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "bridge/server/env.h"
#include "kernel/motion/motion.h"
#include "kernel/relativity/clocks.h"

typedef struct TvFixes TvFixes;

typedef struct TvFixesAsked
{
	int64		world_id;
	int64		timeline_id;
	TimestampTz known_at;		/* only what was recorded by then; DT_NOEND: all */
	TimestampTz until;			/* only what was taken by then; DT_NOEND: all */
} TvFixesAsked;

typedef struct TvVehicle
{
	int64		id;
	double		max_speed_mps;	/* its own, else the world's, else that of light */
} TvVehicle;

/* PT404 unless the caller sees the world, and the timeline is of it. */
extern TvFixes *tv_fixes_open(TvEnv *env, const TvFixesAsked *asked);
extern void tv_fixes_close(TvFixes *fixes);
extern TvEnv *tv_fixes_env(const TvFixes *fixes);

/*
 * The vehicles of these ids, each once, or (NULL) all of the world; by id.  PT404 for an id that is none of the world.
 */
extern uint32 tv_fixes_vehicles(TvFixes *fixes, const int64 *ids, uint32 id_count, TvVehicle **vehicles);

/* The physics of the world. */
extern const TvmWorldRules *tv_fixes_world(const TvFixes *fixes);

/* The rules of a vehicle: those of the kernel, with the world's radius and the vehicle's speed. */
extern TvmMotionRules tv_fixes_rules(const TvFixes *fixes, const TvVehicle *vehicle);

/* Who answers at a moment: 0 is the timeline asked, 1 its parent and so on. */
extern uint32 tv_fixes_owner(const TvFixes *fixes, TimestampTz t);

/* Of a range: what one owner answers, from < t <= to but for the first, which has its `from`, too. */
typedef struct TvPiece
{
	TimestampTz from;
	TimestampTz to;
	uint32		owner;
} TvPiece;

/* The pieces of [from, to] in order of time. */
extern uint32 tv_fixes_pieces(TvFixes *fixes, TimestampTz from, TimestampTz to, TvPiece **pieces);

/* Trails ---------------------------------------------------------------------- */

/* All zero it is new.  The next question about another vehicle or moment uses its memory again. */
typedef struct TvTrail
{
	TvmStream	stream;			/* to hand to the kernel; moves when the trail grows */
	const TvVehicle *vehicle;
	uint32		owner;
	size_t		grown;			/* fixes beyond those that were read at first */
	TvmFix	   *room;			/* where the stream is somewhere in the middle */
	size_t		capacity;
} TvTrail;

/* The last fix at or before the moment and the first after it, as its owner shows them. */
extern void tv_trail_at(TvFixes *fixes, TvTrail *trail, const TvVehicle *vehicle, TimestampTz t);

/*
 * All fixes of [from, to] as an owner shows them, the last before and the first after.  Where there are more than `most`
 * (at least 2), it ends with the fix of that number; what is returned is the time of the last, else `to`.
 */
extern TimestampTz tv_trail_range(TvFixes *fixes, TvTrail *trail, const TvVehicle *vehicle, uint32 owner,
								  TimestampTz from, TimestampTz to, size_t most);

/* More on one side, each time about twice as many.  PT413 beyond a million. */
extern void tv_trail_grow(TvFixes *fixes, TvTrail *trail, TvmNeed need);

/* Whether a fix of a trail is not of the timeline that was asked. */
extern bool tv_fixes_inherited(const TvFixes *fixes, const TvmFix *fix);

#endif							/* TV_POSITION_FIXES_H */
