/*
 * delayed.c: experiments that are queued for later; see delayed.h.
 *
 * They are in a table of their own, by the time when they are due, so that no claim ever passes one.  Before a mark there is none: what
 * was moved may be kept by an old snapshot.  The whole is looked at now and then, 1 % of the time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "worker/clock.h"
#include "worker/delayed.h"
#include "worker/notices.h"
#include "worker/queue.h"
#include "worker/session.h"

static TimestampTz mark = DT_NOBEGIN;	/* none is due earlier */
static TimestampTz looked_at = 0;
static TimestampTz look_at = 0;

static TvStatement move_due = {
	.text = "WITH due AS (DELETE FROM timevmaps.queue_delayed d WHERE d.experiment_id = ANY (ARRAY("
	" SELECT q.experiment_id FROM timevmaps.queue_delayed q WHERE q.run_at >= $2 AND q.run_at <= $1" TV_OURS_TO_RUN
	" ORDER BY q.run_at, q.experiment_id LIMIT 1000 FOR UPDATE SKIP LOCKED))"
	" RETURNING d.experiment_id, d.run_at, d.world_id, d.rank, d.kind, d.short, d.submitted_by),"
	" ready AS (INSERT INTO timevmaps.queue_ready (experiment_id, world_id, rank, kind, short, submitted_by)"
	" SELECT d.experiment_id, d.world_id, d.rank, d.kind, d.short, d.submitted_by FROM due d ORDER BY d.run_at, d.experiment_id"
	" ON CONFLICT DO NOTHING RETURNING world_id, rank, seq)"
	" SELECT r.world_id, min(r.rank), min(r.seq) FROM ready r GROUP BY r.world_id",
	.count = 2,.types = {TIMESTAMPTZOID, TIMESTAMPTZOID},.by_index = true
};

static TvStatement select_first = {
	.text = "SELECT q.run_at FROM timevmaps.queue_delayed q WHERE q.run_at >= $1 ORDER BY q.run_at, q.experiment_id LIMIT 1",
	.count = 1,.types = {TIMESTAMPTZOID},.by_index = true
};

void
tv_delayed_notice(TimestampTz run_at)
{
	mark = Min(mark, run_at);
}

void
tv_delayed_forget(void)
{
	look_at = 0;
}

static bool
move(TimestampTz now, void (*ready) (int64 world, int16 rank, int64 seq))
{
	Datum		values[2] = {TimestampTzGetDatum(now), TimestampTzGetDatum(mark)};
	uint64		worlds = tv_statement(&move_due, values, NULL);
	SPITupleTable *rows = SPI_tuptable;
	bool		isnull;

	for (uint64 i = 0; i < worlds; i++)
	{
		int64		world = DatumGetInt64(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &isnull));
		int16		rank = DatumGetInt16(SPI_getbinval(rows->vals[i], rows->tupdesc, 2, &isnull));
		int64		seq = DatumGetInt64(SPI_getbinval(rows->vals[i], rows->tupdesc, 3, &isnull));

		ready(world, rank, seq);
		tv_notice_ready(world, rank, seq);
	}
	return worlds > 0;
}

TimestampTz
tv_delayed_move(void (*ready) (int64 world, int16 rank, int64 seq))
{
	TimestampTz now = tv_clock_now();
	TimestampTz began = GetCurrentTimestamp();
	Datum		value;
	bool		moved;

	if (began >= look_at || began < looked_at)
		mark = DT_NOBEGIN;
	else if (now < mark)
		return mark;
	moved = move(now, ready);
	value = TimestampTzGetDatum(mark);
	if (mark == DT_NOBEGIN)
	{
		looked_at = began;
		look_at = PG_INT64_MAX;
	}
	mark = tv_statement(&select_first, &value, NULL) == 0 ? DT_NOEND : DatumGetTimestampTz(tv_statement_column(1, NULL));
	if (look_at == PG_INT64_MAX)
		look_at = tv_clock_look_next(began);

	/* What others hold is passed, and looked for again soon. */
	return Max(mark, now + (moved ? 1000 : 100 * 1000));
}
