/*
 * aside.h: what cannot be begun or taken back, and must not keep others waiting.
 */
#ifndef TV_WORKER_ASIDE_H
#define TV_WORKER_ASIDE_H

#include "worker/session.h"

/* Whether an error is that of the experiment in hand: the next one may go well. */
extern bool tv_aside_is_its_own(const ErrorData *error);

/*
 * An experiment whose claim failed with such an error waits for half a minute, while others have their turn.
 * False: of so many in turn that it is everybody's, or it was not to be done; then there is nothing to do but to wait.
 */
extern bool tv_aside_put(TvRunner *runner, int64 experiment, const ErrorData *error);

/* A claim went well. */
extern void tv_aside_none(void);

/* What was lost and cannot be taken back: a line a minute. */
extern void tv_aside_tell_lost(int64 experiment, const ErrorData *error);

#endif							/* TV_WORKER_ASIDE_H */
