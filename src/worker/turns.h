/*
 * turns.h: whose turn it is: who has something ready, one after the other, and of each his worlds.
 *
 * Each process keeps a list of them for itself, and of each a mark: before it nothing waits any more, whatever
 * is left there of rows that are over and that an old snapshot keeps.  A claim begins its search at the mark.  Marks
 * go up as the rows at them go, and down by notices.  The whole list is made anew from the table at the start, when something was rolled
 * back, when notices were lost, and now and then: so seldom that it takes 1 % of the time, however much an
 * old snapshot keeps.
 */
#ifndef TV_WORKER_TURNS_H
#define TV_WORKER_TURNS_H

#include "postgres.h"
#include "worker/shmem.h"

/* Where a world's first experiment is, by its order. */
typedef struct TvTurn
{
	int64		world;
	int16		rank;
	int64		seq;
	bool		is_short;		/* as it was seen last */
	struct TvSubmitter *submitter;	/* of it; NULL: it was not seen yet */
} TvTurn;

/* In a unit, before it reads the queue: what has changed. */
extern void tv_turns_begin(void);

/* This process has made something ready. */
extern void tv_turns_add(int64 world, int16 rank, int64 seq);

/* How many worlds there are to ask, at most. */
extern int	tv_turns_count(void);

/* In a unit: of who had his turn longest ago the world after his last one, round and round; false: none has anything. */
extern bool tv_turns_next(TvTurn *turn);

/*
 * It is this world's turn here, or (0) none's.  False: as many slots as timevmaps.running_per_world has
 * run something of it already.
 */
extern bool tv_turns_enter(TvSlot *slot, int64 world);

/* It has not used its turn: it is the next again. */
extern void tv_turns_back(const TvTurn *turn);

/* What was claimed may be there again. */
extern void tv_turns_forget(void);

#endif							/* TV_WORKER_TURNS_H */
