/*
 * delayed.c: experiments that are queued for later; see delayed.h.
 *
 * They are in a table of their own, by the time when they are due, so that no claim ever passes one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "worker/clock.h"
#include "worker/delayed.h"
#include "worker/queue.h"
#include "worker/session.h"

#define LOOK_EVERY_US (1000 * 1000)

static TvStatement move_due = {
	.text = "WITH due AS (DELETE FROM timevmaps.queue_delayed d WHERE d.experiment_id = ANY (ARRAY("
	" SELECT q.experiment_id FROM timevmaps.queue_delayed q WHERE q.run_at <= $1" TV_OURS_TO_RUN
	" ORDER BY q.run_at, q.experiment_id LIMIT 1000 FOR UPDATE SKIP LOCKED))"
	" RETURNING d.experiment_id, d.run_at, d.world_id, d.rank, d.kind, d.short, d.submitted_by)"
	" INSERT INTO timevmaps.queue_ready (experiment_id, world_id, rank, kind, short, submitted_by)"
	" SELECT d.experiment_id, d.world_id, d.rank, d.kind, d.short, d.submitted_by FROM due d ORDER BY d.run_at, d.experiment_id"
	" ON CONFLICT (experiment_id) DO NOTHING",
	.count = 1,.types = {TIMESTAMPTZOID},.by_index = true
};

static TvStatement select_next = {
	.text = "SELECT q.run_at FROM timevmaps.queue_delayed q ORDER BY q.run_at, q.experiment_id LIMIT 1",
	.count = 0,.by_index = true
};

TimestampTz
tv_delayed_move(bool look, bool *moved)
{
	static TimestampTz due = 0;
	static TimestampTz looked_at = 0;
	TimestampTz now = tv_clock_now();
	TimestampTz real = GetCurrentTimestamp();
	Datum		value = TimestampTzGetDatum(now);

	*moved = false;
	if (!look && now < due && real >= looked_at && real < looked_at + LOOK_EVERY_US)
		return due;
	*moved = tv_statement(&move_due, &value, NULL) > 0;
	due = tv_statement(&select_next, NULL, NULL) == 0 ? DT_NOEND : DatumGetTimestampTz(tv_statement_column(1, NULL));

	/* What another is moving is passed. */
	due = Max(due, now + 1000);
	looked_at = real;
	return due;
}
