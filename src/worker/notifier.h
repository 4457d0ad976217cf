/*
 * notifier.h: who tells of events (docs/live.md).
 *
 * One process of a database has the duty: an idle worker, or one that is between two experiments; where a worker
 * is busy for longer, a process of its own, which ends when it is needed no more; a session in CALL tv_work(n) for what it
 * has done itself.  Each tick it takes what waits in the outbox and sends one notification to each channel.
 */
#ifndef TV_WORKER_NOTIFIER_H
#define TV_WORKER_NOTIFIER_H

#include "postgres.h"
#include "worker/session.h"

/* In _PG_init. */
extern void tv_notifier_begin(void);

/*
 * Between units: tell what waits, if nobody else has the duty and the last tick is over.  Returns in how many
 * milliseconds to call it again; -1: when the latch is set.
 */
extern long tv_notifier_turn(TvRunner *runner);

/* The same at once, for a session, whose duty it is only as long as that takes. */
extern void tv_notifier_finish(TvRunner *runner);

/* Before something that takes its time: somebody else shall have the duty meanwhile. */
extern void tv_notifier_ensure(void);

/* Once a second: interrupt who runs what is not running under his claim any more, as after COMMIT PREPARED. */
extern void tv_notifier_look(TvRunner *runner);

/* A worker found no process free: for a while there is none for what can do without. */
extern void tv_notifier_make_room(void);

/* Entry point, by name, of the process. */
extern PGDLLEXPORT void tv_notifier_main(Datum arg);

#endif							/* TV_WORKER_NOTIFIER_H */
