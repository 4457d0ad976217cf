/*
 * run.c: a claimed experiment from its arguments to its result; see run.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timeout.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/experiment/kinds.h"
#include "worker/attempt.h"
#include "worker/counters.h"
#include "worker/hand_back.h"
#include "worker/notifier.h"
#include "worker/outcome.h"
#include "worker/owed.h"
#include "worker/queue.h"
#include "worker/run.h"
#include "worker/runners.h"
#include "worker/watch.h"

/* ---------------------------------------------------------------- deadline */

static bool timed_out = false;
static TimestampTz deadline = 0;	/* of the attempt in hand; 0: none */
static TvTimeLimit limit;

/* In a signal handler: as a statement's timeout does. */
static void
at_timeout(void)
{
	timed_out = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static TimeoutId
job_timeout(void)
{
	static TimeoutId id = MAX_TIMEOUTS;

	if (id == MAX_TIMEOUTS)
		id = RegisterTimeout(USER_TIMEOUT, at_timeout);
	return id;
}

/* ---------------------------------------------------------------- attempts */

typedef struct Arguments
{
	const TvJob *job;
	TvExperiment *experiment;
} Arguments;

static void
arguments_slice(TvRunner *runner, void *arg)
{
	Arguments  *arguments = arg;

	arguments->experiment = tv_experiment_read(arguments->job->kind, arguments->job->params);
}

static ErrorData *
run_kind(TvRunner *runner, TvJob *job)
{
	Arguments	arguments = {job};
	ErrorData  *error = tv_attempt_check_rights(runner, job);

	if (error == NULL)
		error = tv_slice(runner, arguments_slice, &arguments);
	if (error != NULL)
		return error;
	limit = tv_attempt_time_limit(job, arguments.experiment);
	deadline = tv_attempt_deadline(job, arguments.experiment);
	if (deadline != 0)
		enable_timeout_at(job_timeout(), deadline);
	return tv_runners[arguments.experiment->kind].run(runner, job, arguments.experiment);
}

static ErrorData *
time_limit_error(const ErrorData *error)
{
	ErrorData  *copy = palloc(sizeof(ErrorData));

	*copy = *error;
	copy->sqlerrcode = ERRCODE_QUERY_CANCELED;
	copy->message = "time limit reached";
	copy->detail = psprintf("It is %g s, by %s.", limit.seconds, limit.by);
	copy->hint = NULL;
	return copy;
}

/* The other kinds are a formula. */
static bool
takes_time(const TvJob *job)
{
	TvKind		kind;

	return tv_kind_find(job->kind, &kind) && (kind == TV_KIND_QUANTUM || kind == TV_KIND_ROUTE || kind == TV_KIND_SWEEP);
}

ErrorData *
tv_run_job(TvRunner *runner, TvJob *job)
{
	ErrorData  *error;
	ErrorData  *own = NULL;
	bool		interrupted;
	bool		recorded = true;

	timed_out = false;
	deadline = 0;
	tv_hand_back(job);

	/* Told to stop before the claim was known: nobody else will interrupt this. */
	if (runner->slot->stop)
		InterruptPending = QueryCancelPending = true;
	if (!runner->procedure && takes_time(job))
		tv_notifier_ensure();
	PG_TRY();
	{
		tv_watch_begin(runner);
		tv_circuit_memory_hold(job->circuit_memory);
		error = run_kind(runner, job);
	}
	PG_FINALLY();
	{
		tv_circuit_memory_hold(0);
		tv_watch_end();
	}
	PG_END_TRY();
	disable_timeout(job_timeout(), false);
	/* The kernel looks at the clock, too, and may be before the signal. */
	if (deadline != 0 && GetCurrentTimestamp() >= deadline)
		timed_out = true;
	interrupted = tv_slot_interrupted(runner->slot);
	tv_slot_end(runner->slot);

	/* What was meant for this experiment must not hit the next. */
	if (interrupted || timed_out || !runner->procedure)
		QueryCancelPending = false;

	if (error == NULL && !job->gone)
		tv_count_end(job->kind, TV_OUTCOME_FINISHED, 0, GetCurrentTimestamp() - job->began);
	else if (error == NULL)
		tv_count_end(job->kind, TV_OUTCOME_CANCELLED, 0, GetCurrentTimestamp() - job->began);
	else
	{
		bool		uncounted = interrupted || runner->slot->stop;

		if (timed_out && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			error = time_limit_error(error);
		else if (runner->procedure && !interrupted && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		{
			/* The caller's statement was cancelled, which is none of the experiment's fault. */
			own = error;
			uncounted = true;
		}
		/* Who held it for too long already is not waited for again. */
		recorded = tv_outcome_fail(runner, job, error, uncounted, error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE);
		if (!recorded)
			tv_owed_add(job, error, uncounted);
	}
	tv_hand_back(NULL);
	if (recorded)
		tv_queue_release(job);
	return own;
}
