/*
 * retention.c: what is too old goes, in pieces; see retention.h.
 *
 * A round begins once a minute: each partition of frames is looked at, and dropped where all of it is over; then come
 * results, with the frames that are left of them, and attempts that gave none.  Between two pieces it pauses for as long as the last one took.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/retention.h"

#define ROUND_EVERY_MS (60 * 1000)
#define PAUSE_MS 10
#define AFRESH_EVERY_MS (60 * 60 * 1000)	/* a dump that was restored has brought older ones */

typedef enum Phase
{
	REST,
	PARTITIONS,
	RESULTS,
	ATTEMPTS
} Phase;

/* Where this process is. */
static struct
{
	Phase		phase;
	TimestampTz next;			/* when the next piece is due */
	int64		range;			/* the last partition that was looked at */
	TimestampTz reached[ATTEMPTS + 1];	/* what is from before has gone */
	TimestampTz afresh;			/* when it is looked for from the first row on, again */
}			at = {REST, 0, -1, {0}, 0};

static TvStatement begin = {
	.text = "SELECT timevmaps_internal.tv_retention_begin()"
};

static TvStatement next_range = {
	.text = "SELECT min(r.first) FROM timevmaps_internal.tv_frames_ranges() r (first) WHERE r.first > $1",
	.count = 1,.types = {INT8OID}
};

static TvStatement drop_frames = {
	.text = "SELECT timevmaps_internal.tv_drop_frames($1, $2)",
	.count = 2,.types = {INT8OID, TIMESTAMPTZOID}
};

static TvStatement delete_results = {
	.text = "SELECT d.reached, d.more FROM timevmaps_internal.tv_delete_old($1, $2) d",
	.count = 2,.types = {TIMESTAMPTZOID, TIMESTAMPTZOID}
};

static TvStatement delete_attempts = {
	.text = "SELECT d.reached, d.more FROM timevmaps_internal.tv_delete_old_attempts($1, $2) d",
	.count = 2,.types = {TIMESTAMPTZOID, TIMESTAMPTZOID}
};

static Datum
before(void)
{
	return TimestampTzGetDatum(tv_clock_now() - (TimestampTz) tv_retention_s * USECS_PER_SEC);
}

/* False: somebody else is at it, which is enough until the next round. */
static bool
begin_piece(void)
{
	(void) tv_statement(&begin, NULL, NULL);
	if (DatumGetBool(tv_statement_column(1, NULL)))
		return true;
	at.phase = REST;
	return false;
}

/* One partition is looked at. */
static void
partitions_unit(TvRunner *runner, void *arg)
{
	Datum		values[] = {Int64GetDatum(at.range), before()};
	bool		none;

	if (!begin_piece())
		return;
	(void) tv_statement(&next_range, values, NULL);
	values[0] = tv_statement_column(1, &none);
	if (none)
	{
		at.phase = RESULTS;
		return;
	}
	at.range = DatumGetInt64(values[0]);
	(void) tv_statement(&drop_frames, values, NULL);
}

static void
rows_unit(TvRunner *runner, void *arg)
{
	Datum		values[] = {before(), TimestampTzGetDatum(at.reached[at.phase])};

	if (!begin_piece())
		return;
	(void) tv_statement(at.phase == RESULTS ? &delete_results : &delete_attempts, values, NULL);
	at.reached[at.phase] = DatumGetTimestampTz(tv_statement_column(1, NULL));
	if (!DatumGetBool(tv_statement_column(2, NULL)))
		at.phase = at.phase == RESULTS ? ATTEMPTS : REST;
}

/* One worker of a database is enough: the first of those that have nothing else to do. */
static bool
is_others(const TvRunner *runner)
{
	TvShared   *all = tv_shmem();
	bool		others = false;

	LWLockAcquire(&all->lock, LW_SHARED);
	for (const TvSlot *slot = all->slots; slot < runner->slot && !others; slot++)
		others = slot->pid != 0 && !slot->session && slot->database == MyDatabaseId &&
			slot->experiment == 0 && !slot->waits && !slot->stop;
	LWLockRelease(&all->lock);
	return others;
}

long
tv_retention_turn(TvRunner *runner, ErrorData **error)
{
	TimestampTz began = GetCurrentTimestamp();
	long		took_ms;

	*error = NULL;
	if (tv_retention_s <= 0)
		return -1;
	if (began < at.next)
		return at.phase == REST ? -1 : TimestampDifferenceMilliseconds(began, at.next) + 1;
	if (at.phase == REST)
	{
		if (is_others(runner))
			return -1;
		at.phase = PARTITIONS;
		at.range = -1;
		if (began >= at.afresh)
		{
			at.reached[RESULTS] = at.reached[ATTEMPTS] = DT_NOBEGIN;
			at.afresh = TimestampTzPlusMilliseconds(began, AFRESH_EVERY_MS);
		}
	}
	*error = tv_unit(runner, at.phase == PARTITIONS ? partitions_unit : rows_unit, NULL);
	if (*error != NULL)
		at.phase = REST;
	took_ms = TimestampDifferenceMilliseconds(began, GetCurrentTimestamp());
	at.next = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), at.phase == REST ? ROUND_EVERY_MS : Max(took_ms, PAUSE_MS));
	return at.phase == REST ? -1 : Max(took_ms, PAUSE_MS);
}
