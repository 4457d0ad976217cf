/*
 * outcome.h: how an attempt ends: with a result, failed, or queued again.
 */
#ifndef TV_WORKER_OUTCOME_H
#define TV_WORKER_OUTCOME_H

#include "worker/job.h"
#include "worker/session.h"

/* In a unit, with a lock on the experiment: its result, compared with others where it has a hash. */
extern void tv_outcome_write_result(const TvJob *job, const TvResult *result);

/*
 * In a unit: result, gateway and final status.  Raises TV_ERRCODE_GONE where the
 * experiment is not ours any more, so that the unit leaves nothing.
 */
extern void tv_outcome_finish(TvRunner *runner, TvJob *job, const TvResult *result);

/*
 * Record that an attempt ended with an error: failed, or queued again.  With
 * `uncounted` the attempt was not the experiment's fault and does not count.
 * False: not now.  Somebody holds the experiment, which is waited for with `waits`, or the server is out of something.
 */
extern bool tv_outcome_fail(TvRunner *runner, TvJob *job, const ErrorData *error, bool uncounted, bool waits);

/* Whether that is so because the server was out of something: what is begun now would not end well either. */
extern bool tv_outcome_stuck(void);

/* Whether another attempt may not meet an error again. */
extern bool tv_outcome_is_retryable(int sqlstate);

/* In a unit: lock it if that takes no waiting; false: not, or it is not ours any more. */
extern bool tv_outcome_lock_if_free(const TvJob *job);

/* In a unit: queue it, locked, as if it had not been begun. */
extern void tv_outcome_hand_back(const TvJob *job);

/*
 * In a unit: its worker was lost, and it is locked.  That is counted apart: it is queued again for a second, then for
 * half a minute later, and the third time it has failed (57P01).
 */
extern void tv_outcome_lost(const TvJob *job);

#endif							/* TV_WORKER_OUTCOME_H */
