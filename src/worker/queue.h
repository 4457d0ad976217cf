/*
 * queue.h: the experiments table as a queue: who runs what.
 *
 * Who runs an experiment holds an advisory lock of its session on it, from
 * before the claim commits until after the end does.  So an experiment that is
 * `running` while its lock is free has lost its worker, whatever happened to it,
 * and is queued again by whoever sees that first.  The lock's space is this
 * extension's own (objsubid 3 in pg_locks; SQL's functions use 1 and 2), so no
 * client can take it: classid and objid are the two halves of the experiment's id.
 */
#ifndef TV_WORKER_QUEUE_H
#define TV_WORKER_QUEUE_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "worker/job.h"
#include "worker/session.h"

/*
 * Claim the next experiment.  NULL: none is due, then *look_again is when one will be, as far as is known
 * now, DT_NOEND otherwise; or *ended have been run already, in a batch of at most `most`.
 */
extern TvJob *tv_queue_claim(TvRunner *runner, int most, TimestampTz *look_again, int *ended);

/* Queue again, or fail, what is running without anyone running it.  Returns how many. */
extern int	tv_queue_reclaim(TvRunner *runner);

/* Give up the session's lock on it. */
extern void tv_queue_release(const TvJob *job);

/*
 * Experiments of a database that is being restored are left alone until their triggers are
 * there, and those that come by logical replication are run where they come from.
 */
#define TV_OURS_TO_RUN \
	" AND (SELECT count(*) FROM pg_catalog.pg_trigger t" \
	" WHERE t.tgrelid = 'timevmaps.experiments'::pg_catalog.regclass" \
	" AND t.tgname IN ('experiments_update', 'experiments_queue_insert', 'experiments_queue_update')" \
	" AND t.tgenabled <> 'D') = 3" \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel r" \
	" WHERE r.srrelid = 'timevmaps.experiments'::pg_catalog.regclass)"

#endif							/* TV_WORKER_QUEUE_H */
