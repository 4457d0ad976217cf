/*
 * suspect.h: experiments that have lost a worker run alone at first, so that what takes the server down with it
 * is told from what ran beside it.
 *
 * All of it is in the slots of shared memory, decided under their lock: who is to run one registers its wait, nobody in
 * the server, for it is the server that goes down, begins anything from then on, and it begins when nothing else
 * runs, at the latest after TV_SUSPECT_WAIT_MS.  While it is in its first TV_SUSPECT_ALONE_MS nobody begins either.
 */
#ifndef TV_WORKER_SUSPECT_H
#define TV_WORKER_SUSPECT_H

#include "postgres.h"

#include "worker/shmem.h"

#define TV_SUSPECT_WAIT_MS 5000
#define TV_SUSPECT_ALONE_MS 10000
#define TV_SUSPECT_LOOK_MS 50	/* how often who waits looks */

/*
 * Run this attempt in this slot, unless it has to wait; then false.  A suspect that waits for others to
 * end is in slot->awaits, and is to be tried again first.
 */
extern bool tv_slot_begin(TvSlot *slot, int64 experiment, int64 claim, bool suspect);

/*
 * The same for many that are short, none of them a suspect, in one transaction: nobody knows which they are, but that
 * something runs.  Until tv_slot_end_batch(), which may be called without.
 */
extern bool tv_slot_begin_batch(TvSlot *slot);
extern void tv_slot_end_batch(TvSlot *slot);

/* Whether another's suspect keeps this slot from beginning anything. */
extern bool tv_suspect_holds(const TvSlot *slot);

/* Whether that is so, or it waits for its own. */
extern bool tv_suspect_waits(const TvSlot *slot);

/* It waits no more: it is gone, or somebody else's. */
extern void tv_suspect_forget(TvSlot *slot);

#endif							/* TV_WORKER_SUSPECT_H */
