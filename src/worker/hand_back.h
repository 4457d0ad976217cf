/*
 * hand_back.h: an experiment whose process is ended while it runs it.
 *
 * Terminated, a session in CALL tv_work(n) ends where it is, by FATAL, as a worker does
 * that is told a second time.  On its way out it queues the experiment again as if it
 * had not been begun, if that takes no waiting: at that point nobody can interrupt it.
 * Who does not come to it (a crash, kill -9) has lost the attempt.
 */
#ifndef TV_WORKER_HAND_BACK_H
#define TV_WORKER_HAND_BACK_H

#include "worker/job.h"

/* This process runs it now; NULL: none.  The job lives until then. */
extern void tv_hand_back(const TvJob *job);

#endif							/* TV_WORKER_HAND_BACK_H */
