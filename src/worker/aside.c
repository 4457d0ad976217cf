/*
 * aside.c: what cannot be begun or taken back; see aside.h.
 *
 * Its row may be damaged, or a trigger of the administrator's refuses it.  So the row of the queue is all that is written.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/extension.h"

#include "worker/aside.h"
#include "worker/clock.h"
#include "worker/notices.h"
#include "worker/outcome.h"

#define WAIT_US (30 * USECS_PER_SEC)

/* In turn, between two that could be begun. */
#define MOST 8

static int	in_turn = 0;

static TvStatement put_off = {
	.text = "WITH refused AS (DELETE FROM timevmaps.queue_ready q WHERE q.experiment_id = $1"
	" RETURNING q.experiment_id, q.world_id, q.rank, q.kind, q.submitted_by)"
	" INSERT INTO timevmaps.queue_delayed (experiment_id, run_at, world_id, rank, kind, short, submitted_by)"
	" SELECT r.experiment_id, $2, r.world_id, r.rank, r.kind, false, r.submitted_by FROM refused r"
	" ON CONFLICT (experiment_id) DO NOTHING",
	.count = 2,.types = {INT8OID, TIMESTAMPTZOID},.by_index = true
};

bool
tv_aside_is_its_own(const ErrorData *error)
{
	/* More memory than there is may be what it alone asks for. */
	return error->sqlerrcode == ERRCODE_OUT_OF_MEMORY ||
		(error->sqlerrcode != ERRCODE_QUERY_CANCELED && !tv_outcome_is_retryable(error->sqlerrcode));
}

static void
put_unit(TvRunner *runner, void *arg)
{
	Datum		values[2] = {Int64GetDatum(*(int64 *) arg), TimestampTzGetDatum(tv_clock_now() + WAIT_US)};

	/* Without the extension's functions nothing can be begun. */
	if (!OidIsValid(get_extension_oid("timevmaps", true)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the extension is not there")));
	if (tv_statement(&put_off, values, NULL) > 0)
		tv_notice_delayed(DatumGetTimestampTz(values[1]));
}

static void
tell(TimestampTz *told_at, const char *what, int64 experiment, const ErrorData *error)
{
	if (tv_clock_tell(told_at))
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("timevmaps worker: experiment %lld %s: %s", (long long) experiment, what, error->message),
				 error->detail != NULL ? errdetail("%s", error->detail) : 0,
				 error->hint != NULL ? errhint("%s", error->hint) : 0));
}

bool
tv_aside_put(TvRunner *runner, int64 experiment, const ErrorData *error)
{
	static TimestampTz told_at = 0;

	if (in_turn >= MOST)
	{
		in_turn = 0;
		return false;
	}
	in_turn++;
	if (tv_unit(runner, put_unit, &experiment) != NULL)
		return false;
	tell(&told_at, "cannot be begun, and waits for half a minute", experiment, error);
	return true;
}

void
tv_aside_none(void)
{
	in_turn = 0;
}

void
tv_aside_tell_lost(int64 experiment, const ErrorData *error)
{
	static TimestampTz told_at = 0;

	tell(&told_at, "has lost its worker, and cannot be taken back", experiment, error);
}
