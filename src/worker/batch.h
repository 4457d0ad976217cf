/*
 * batch.h: many short experiments in one transaction.
 *
 * They are claimed, run and finished in the unit that finds them, so nobody ever sees them run and no lock of the session's
 * is needed: whoever ends in the middle leaves them queued.  What one of them fails by before anything is written
 * (arguments, rights) leaves it out, and it is run alone; what a statement fails by is the batch's, which is rolled back: smaller
 * ones are tried, down to one experiment, which is run alone then.  So a bad one takes no neighbour along.
 *
 * Short is what tv_experiment_is_short() says, of experiments that were never claimed before.  For a minute after a crash of the
 * server nothing is: every experiment is claimed durably then, so that one that brings the server down is known.
 */
#ifndef TV_WORKER_BATCH_H
#define TV_WORKER_BATCH_H

#include "postgres.h"

#include "worker/session.h"

typedef struct TvBatch TvBatch;

/* Between units: the next batch, of at most `most` experiments, in runner->job; NULL: each is to be run alone. */
extern TvBatch *tv_batch_begin(TvRunner *runner, int most);

/*
 * In a unit: of a world, take what is short from this row of the queue on, of the same rank.  Returns how many; the row
 * itself may not be among them, where another holds it.  Up to *last they were looked at.
 */
extern int	tv_batch_take(TvBatch *batch, int64 world, int16 rank, int64 seq, int64 *last);

/* Whether there is room for more. */
extern bool tv_batch_full(const TvBatch *batch);

/* In the same unit: run what was taken, and finish it. */
extern void tv_batch_run(TvRunner *runner, TvBatch *batch);

/* The unit has ended, well or with an error.  Returns how many experiments have finished. */
extern int	tv_batch_end(TvRunner *runner, TvBatch *batch, const ErrorData *error);

#endif							/* TV_WORKER_BATCH_H */
