/*
 * run.h: a claimed experiment from its arguments to its result.
 *
 * An attempt that fails is recorded as failed or queued again; nothing that it
 * does stops the next one.  The session's lock on it is given up at the end.
 */
#ifndef TV_WORKER_RUN_H
#define TV_WORKER_RUN_H

#include "worker/job.h"
#include "worker/session.h"

/*
 * Run a claimed experiment, which is the slot's already.  NULL, or what interrupted a session in CALL
 * tv_work(n) for reasons of its own: the experiment is queued again, and the
 * caller raises it.
 */
extern ErrorData *tv_run_job(TvRunner *runner, TvJob *job);

#endif							/* TV_WORKER_RUN_H */
