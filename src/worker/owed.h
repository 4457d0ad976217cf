/*
 * owed.h: ends of attempts that could not be written down when they came.
 *
 * A client may lock the row of an experiment that runs for as long as he likes.  Its worker waits for a while, keeps the session's lock
 * on it, so that nobody takes it for lost, goes on with others' experiments, and writes the end when the row is free.  Where the server
 * is out of something (a disk is full) it begins nothing else until that end could be written.
 */
#ifndef TV_WORKER_OWED_H
#define TV_WORKER_OWED_H

#include "worker/job.h"
#include "worker/session.h"

/* Between units: its end is to be written later; of the error what is recorded is kept. */
extern void tv_owed_add(const TvJob *job, const ErrorData *error, bool uncounted);

/* Between units: write what can be written without waiting, and give up the locks on those; for the `last` time, on all. */
extern void tv_owed_settle(TvRunner *runner, bool last);

#endif							/* TV_WORKER_OWED_H */
