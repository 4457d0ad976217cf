/*
 * watch.h: what is looked at ten times a second while an experiment runs: how far it is, which goes to shared memory
 * for tv_experiment_progress() and touches no table, and (of a worker) whether someone waits for the database.
 *
 * A timer asks for a look; the kernel takes it where it asks whether it is cancelled.
 */
#ifndef TV_WORKER_WATCH_H
#define TV_WORKER_WATCH_H

#include "postgres.h"
#include "worker/session.h"

extern void tv_watch_begin(const TvRunner *runner);
extern void tv_watch_end(void);

/*
 * From now on ask `look` how far `run` is, with fraction, step, of and unit to fill; NULL: nobody, as whenever what
 * it reads is about to go.  It is called from within the kernel: it raises nothing.
 */
typedef void (*TvHowFar) (const void *run, TvProgress *progress);

extern void tv_watch_progress(TvHowFar look, const void *run);

#endif							/* TV_WORKER_WATCH_H */
