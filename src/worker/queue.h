/*
 * queue.h: the experiments table as a queue: claim, progress, frames, the end.
 *
 * Who runs an experiment holds an advisory lock of its session on it, from
 * before the claim commits until after the end does.  So an experiment that is
 * `running` while its lock is free has lost its worker, whatever happened to it,
 * and is queued again by whoever sees that first.  The lock's space is this
 * extension's own (objsubid 3 in pg_locks; SQL's functions use 1 and 2), so no
 * client can take it: classid and objid are the two halves of the experiment's id.
 *
 * Everything that an attempt writes is fenced: in the same transaction it locks
 * the row and checks that it is still running under this claim.
 */
#ifndef TV_WORKER_QUEUE_H
#define TV_WORKER_QUEUE_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "worker/session.h"

/* A claimed experiment, in runner->job. */
typedef struct TvJob
{
	int64		id;
	int64		world_id;
	int64		timeline_id;
	int64		gateway_id;		/* 0: none */
	int64		claim;
	int			attempts;
	int			max_attempts;
	char	   *kind;
	Jsonb	   *params;
	char	   *submitted_by;
	char	   *submitted_role;
	TimestampTz began;
	bool		gone;			/* cancelled, deleted or claimed by another meanwhile */
} TvJob;

typedef struct TvFrameRow
{
	int64		step;
	bytea	   *payload;
	Jsonb	   *summary;
} TvFrameRow;

/* What a finished attempt leaves. */
typedef struct TvResult
{
	char	   *metrics;		/* JSON */
	char	   *artifacts;		/* JSON */
	char	   *hash;			/* of the circuit; NULL: there is none to compare runs by */
	bool		has_fidelity;
	double		fidelity;
} TvResult;

/*
 * Claim the next experiment.  NULL: none is due; then *look_again is when one
 * will be, as far as is known now, DT_NOEND otherwise.
 */
extern TvJob *tv_queue_claim(TvRunner *runner, TimestampTz *look_again);

/* Queue again, or fail, what is running without anyone running it.  Returns how many. */
extern int	tv_queue_reclaim(TvRunner *runner);

/*
 * Store frames and progress; both may be nothing new.  False: stop, the
 * experiment is not ours any more (job->gone) or *error says what failed.
 * `of` is the last step that the experiment will have.
 */
extern bool tv_queue_progress(TvRunner *runner, TvJob *job, double progress, int64 of,
							  TvFrameRow *frames, int count, ErrorData **error);

/*
 * In a unit: result, gateway and final status.  Raises TV_ERRCODE_GONE where the
 * experiment is not ours any more, so that the unit leaves nothing.
 */
extern void tv_queue_finish(TvRunner *runner, TvJob *job, const TvResult *result);

/* In a unit: send an event to its topic and to the timeline's; `more` is ", \"key\": value". */
extern void tv_queue_notify(const TvJob *job, const char *topic, const char *more);

/*
 * Record that an attempt ended with an error: failed, or queued again.  With
 * `uncounted` the attempt was not the experiment's fault and does not count.
 */
extern void tv_queue_fail(TvRunner *runner, TvJob *job, const ErrorData *error, bool uncounted);

/* In a unit: lock it if that takes no waiting; false: not, or it is not ours any more. */
extern bool tv_queue_lock_if_free(const TvJob *job);

/* In a unit: queue it, locked, as if it had not been begun. */
extern void tv_queue_hand_back(const TvJob *job);

/* Give up the session's lock on it. */
extern void tv_queue_release(const TvJob *job);

#define TV_ERRCODE_GONE MAKE_SQLSTATE('T', 'V', '0', '0', '1')

/*
 * Experiments of a database that is being restored are left alone until their triggers are
 * there, and those that come by logical replication are run where they come from.
 */
#define TV_OURS_TO_RUN \
	" AND EXISTS (SELECT FROM pg_catalog.pg_trigger t" \
	" WHERE t.tgrelid = 'timevmaps.experiments'::pg_catalog.regclass AND t.tgname = 'experiments_update')" \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel r" \
	" WHERE r.srrelid = 'timevmaps.experiments'::pg_catalog.regclass)"

#endif							/* TV_WORKER_QUEUE_H */
