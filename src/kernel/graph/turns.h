/*
 * turns.h: what turns cost on one timeline: rules, of timelines and inherited, resolved to a
 * penalty for each turn of the split junctions (split.h).
 *
 * Of a timeline's chain the nearest that has a rule for (from, via, to) wins, a rule of every timeline being the
 * farthest.  Of the winners for one `from` and `via`, if there are TVM_TURN_ONLY among them just their
 * targets are allowed, and free; else TVM_TURN_NO forbids, and TVM_TURN_COST is what the turn costs, 0: nothing.
 *
 * Rules name segments: where one is a loop at `via`, both of its ways are meant.  from = to is the U-turn,
 * that is, back by the way that one came: round a loop once more is not.  A U-turn without a rule of its own costs
 * u_turn_s; INFINITY forbids it but where no other segment leads out of the place, whatever the
 * timeline: there it is free.
 *
 * A rule has no effect where one of its segments does not touch `via`.  Whether they are
 * open is not looked at: TVM_TURN_ONLY of a closed target still forbids the others.
 */
#ifndef TVM_TURNS_H
#define TVM_TURNS_H

#include "kernel/graph/split.h"
#include "kernel/graph/timeline.h"	/* TVM_NO_TIMELINE */

typedef enum TvmTurnKind
{
	TVM_TURN_NO = 0,
	TVM_TURN_ONLY,
	TVM_TURN_COST
} TvmTurnKind;

typedef struct TvmTurnRule
{
	double		penalty_s;		/* of TVM_TURN_COST: finite, >= 0; else not read */
	uint32_t	timeline;		/* TVM_NO_TIMELINE: every one */
	uint32_t	from;			/* segments of the caller's */
	uint32_t	via;			/* a place */
	uint32_t	to;
	uint8_t		kind;			/* TvmTurnKind */
} TvmTurnRule;

/*
 * Which places to split: those at which one of the rules has an effect on whatever timeline, and if there is any rule
 * and u_turn_s is not 0 those where one can turn back.  *junctions, ascending, is the caller's to free, NULL where there are none.
 * Of `plain` only the arrays that its caller fills are read.  TVM_INVALID as tvm_turns_resolve(), TVM_NOMEM, TVM_CANCELLED.
 */
extern TvmStatus tvm_turns_junctions(TvmEnv *env, const TvmTopology *plain, const TvmTurnRule *rules, size_t count,
									 double u_turn_s, uint32_t **junctions, size_t *junction_count);

/*
 * Write to penalty_s[0 .. split->turn_count) what turns cost on `timeline`, in seconds; INFINITY: forbidden.  What has to do with
 * beginning or ending at a place costs nothing.  `topology` is the expanded one; rules of timelines that are
 * not on the chain are passed over; of two rules that are the same but for what they say the later wins.
 * *unsplit, if not NULL, receives how many of the winners would have an effect but stand at places that are not split.
 *
 * Takes time and memory for the rules and the timelines, and time for the turns.
 * TVM_INVALID: "turns[5].from", ".via", ".to", ".timeline", ".kind", ".penalty_s", "u_turn_s", and as
 * tvm_timeline_resolve() for timelines.  TVM_NOMEM, TVM_CANCELLED.  A failure leaves penalty_s unspecified.
 */
extern TvmStatus tvm_turns_resolve(TvmEnv *env, const TvmSplit *split, const TvmTopology *topology,
								   const uint32_t *parents, size_t timeline_count,
								   const TvmTurnRule *rules, size_t count,
								   uint32_t timeline, double u_turn_s, double *penalty_s, size_t *unsplit);

#endif							/* TVM_TURNS_H */
