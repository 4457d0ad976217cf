/*
 * delayed.h: experiments that are queued for later.
 */
#ifndef TV_WORKER_DELAYED_H
#define TV_WORKER_DELAYED_H

#include "postgres.h"
#include "utils/timestamp.h"

/*
 * In a unit, after tv_turns_begin(): what is due is made ready, at most so many of it that nobody waits for long: where in the order, `ready` is called with, and
 * other processes are told of.
 * Returns when there will be more, as far as is known now, DT_NOEND: nothing.
 */
extern TimestampTz tv_delayed_move(void (*ready) (int64 world, int16 rank, int64 seq));

/* Something is delayed until then that was not before. */
extern void tv_delayed_notice(TimestampTz run_at);

/* What was moved may not have been. */
extern void tv_delayed_forget(void);

#endif							/* TV_WORKER_DELAYED_H */
