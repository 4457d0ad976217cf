/*
 * branches.h: trajectories that are run together until their draws differ; inside
 * the kernel only.
 *
 * A batch is a range of trajectories.  A group is those of them that have had the
 * same outcomes and errors so far: one state, one set of bits, as many numbers
 * drawn; each member draws from its own stream.  Where the members' codes (what
 * they drew) differ, tvm_branches_split() goes on with one of the smaller parts and
 * keeps the state for the others in a level of a stack, the largest part at its
 * bottom.  The part gone on with has at most half of the group, so there are at most
 * log2(batch) levels.  A level without a state, where memory does not allow one, has
 * its trajectories run again from the start.
 */
#ifndef TVM_RUN_BRANCHES_H
#define TVM_RUN_BRANCHES_H

#include "kernel/quantum/run/methods.h"
#include "kernel/quantum/engine/plan_cache.h"

/* Trajectories in a batch at most, and what each takes. */
#define TVM_BATCH 16384
#define TVM_BATCH_LEVELS 16
#define TVM_MEMBER_BYTES (2 * sizeof(uint32_t) + 1 + sizeof(double) + sizeof(uint64_t))

typedef enum TvmStage
{
	TVM_AT_GATE,				/* nothing of run->next is done */
	TVM_DRAWN_GATE,				/* the members' codes are outcomes: | 2 * value read */
	TVM_IN_NOISE,				/* the gate is applied, and the channels up to `site` */
	TVM_DRAWN_CHANNEL,			/* the codes are the errors of `site` */
	TVM_AT_IDEAL,				/* the ideal state's side of the gate is left */
	TVM_DRAWN_IDEAL				/* the codes are its outcomes */
} TvmStage;

/* Where a group stands. */
typedef struct TvmPlace
{
	TvmStage	stage;
	size_t		next;			/* the gate: run->next of a group that waits */
	TvmNoiseSite site;
	double		p[2];			/* of the qubit that was measured, or decays */
	int			outcome;		/* what the noisy state gave; -1: it was not asked */
	bool		ideal_lost;
	TvmKnown	known;
	TvmKnown	ideal_known;
	uint64_t	draws;			/* numbers drawn so far */
	uint64_t	ideal_draws;
} TvmPlace;

typedef struct TvmLevel
{
	bool		kept;			/* else its members are run again */
	size_t		from;			/* members [from, end) */
	size_t		end;
	TvmPlace	place;
} TvmLevel;

/* What a level keeps; used again by later ones of the same depth. */
typedef struct TvmKept
{
	TvmState	state;
	TvmState	ideal;
	uint64_t   *bits;
	uint64_t   *ideal_bits;
} TvmKept;

struct TvmBranches
{
	uint64_t	first;			/* the batch's first trajectory */
	size_t		room;			/* members that the arrays have room for */
	uint32_t   *member;			/* relative to `first` */
	uint8_t    *code;
	uint32_t   *order;			/* scratch, as the next two: samples in ascending order */
	double	   *number;
	uint64_t   *index;
	size_t		from;			/* the group in hand: members [from, end) */
	size_t		end;
	TvmPlace	place;
	int			depth;			/* levels that wait */
	int			most_kept;		/* that may have a state */
	TvmLevel	level[TVM_BATCH_LEVELS];
	TvmKept		kept[TVM_BATCH_LEVELS];
	bool		noisy;
	bool		reads;			/* there is readout error */
	TvmStretches stretches;
};

/* Bytes of all but the kept states and plans. */
extern uint64_t tvm_branches_bytes(const TvmCircuit *circuit, uint64_t trajectories);

/* `room` members, kept states and plans within `spare` bytes (UINT64_MAX: no limit). */
extern TvmStatus tvm_branches_open(TvmEnv *env, TvmRun *run, uint64_t spare);
extern void tvm_branches_close(TvmEnv *env, TvmRun *run);

/* A group of the trajectories from run->trajectory on, before run->until; no states are touched. */
extern void tvm_branches_start(TvmRun *run);

/* Part the group by its codes; afterwards all members of the group in hand have one. */
extern TvmStatus tvm_branches_split(TvmEnv *env, TvmRun *run);

/*
 * Take up a group that waits.  *again: the state is not that of the group, which
 * starts over.
 */
extern TvmStatus tvm_branches_resume(TvmEnv *env, TvmRun *run, bool *again);

/* A shot for each member: their numbers in ascending order, and one walk over the state. */
extern TvmStatus tvm_branches_shots(TvmEnv *env, TvmRun *run);

/* Add what the group gives, that of one trajectory times `weight`, to the run's sums. */
extern TvmStatus tvm_branches_sums(TvmEnv *env, TvmRun *run, uint64_t weight);

/* The number `index` of a member's stream. */
static inline double
tvm_branches_number(const TvmRun *run, const struct TvmBranches *branches, size_t i, uint64_t index)
{
	return tvm_rng_double_at(run->options.seed, (uint64_t) run->options.stream << 32 |
							 (branches->first + branches->member[i]), index);
}

#endif							/* TVM_RUN_BRANCHES_H */
