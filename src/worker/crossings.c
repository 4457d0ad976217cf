/*
 * crossings.c: who listens is told that vehicles enter and leave zones; see crossings.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "bridge/server/array.h"
#include "worker/clock.h"
#include "worker/counters.h"
#include "worker/crossings.h"

#define TIMELINES 64			/* noted at once; of more a sweep takes care */
#define FEW 100					/* vehicles of a unit */
#define SWEEP_EVERY_MS (60 * 1000)
#define SWEEP_PAUSE_MS 250		/* between its pieces */
#define NO_ZONES_MS 1000		/* so long a world that had none is taken to have none */
#define UNIT_MS 5000			/* longer no unit takes, and who tells of all else does not wait */
#define SLOW_MS 500
#define SLOW_TIMES 10			/* as long as it took a world waits that took longer than that */
#define WORLDS 32

/* Vehicles of a timeline that are to be looked at; `all`: it is swept, from `after` on. */
typedef struct Noted
{
	int64		world_id;
	int64		timeline_id;
	bool		all;
	int64		after;
	int			count;
	int64		ids[TV_BOARD_IDS];
} Noted;

/* A world that is not looked at for a while. */
typedef struct PutOff
{
	int64		world_id;		/* 0: none */
	TimestampTz until;
} PutOff;

static Noted *noted = NULL;		/* in TopMemoryContext, for good */
static int	noted_count = 0;
static PutOff put_off[WORLDS];
static TimestampTz sweep_at = 0;
static int64 sweep_timeline = 0;
static int64 sweep_vehicle = 0;
static TimestampTz told_at = 0;

static bool
is_put_off(int64 world_id)
{
	for (int i = 0; i < WORLDS; i++)
		if (put_off[i].world_id == world_id)
			return put_off[i].until > GetCurrentTimestamp();
	return false;
}

static void
set_put_off(int64 world_id, int64 ms)
{
	PutOff	   *at = &put_off[0];

	for (int i = 0; i < WORLDS && at->world_id != world_id; i++)
		if (put_off[i].world_id == world_id || put_off[i].until < at->until)
			at = &put_off[i];
	*at = (PutOff) {world_id, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms)};
}

static Datum
worlds_put_off(void)
{
	Datum		ids[WORLDS];
	int			count = 0;

	for (int i = 0; i < WORLDS; i++)
		if (put_off[i].until > GetCurrentTimestamp())
			ids[count++] = Int64GetDatum(put_off[i].world_id);
	return PointerGetDatum(construct_array(ids, count, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Where all are taken: the sweep is due at once. */
static Noted *
need_noted(const TvUpdate *update)
{
	for (int i = 0; i < noted_count; i++)
		if (noted[i].timeline_id == update->timeline_id)
			return &noted[i];
	if (noted_count == TIMELINES)
	{
		sweep_at = 0;
		return NULL;
	}
	noted[noted_count].world_id = update->world_id;
	noted[noted_count].timeline_id = update->timeline_id;
	noted[noted_count].all = false;
	noted[noted_count].after = 0;
	noted[noted_count].count = 0;
	return &noted[noted_count++];
}

/* Ids that rise into those that are noted, which do. */
static void
merge(Noted *to, const TvUpdate *update)
{
	int64		both[TV_BOARD_IDS];
	int			count = 0;
	int			i = 0;
	int			j = 0;

	while (!to->all && (i < to->count || j < update->count))
	{
		int64		id = j == update->count || (i < to->count && to->ids[i] <= update->vehicle_ids[j]) ? to->ids[i] : update->vehicle_ids[j];

		i += i < to->count && to->ids[i] == id;
		j += j < update->count && update->vehicle_ids[j] == id;
		if (count == TV_BOARD_IDS)
			to->all = true;
		else
			both[count++] = id;
	}
	if (to->all)
		return;
	memcpy(to->ids, both, sizeof(int64) * count);
	to->count = count;
}

void
tv_crossings_note(const TvUpdate *updates, int count)
{
	if (noted == NULL)
		noted = MemoryContextAlloc(TopMemoryContext, sizeof(Noted) * TIMELINES);
	for (int i = 0; i < count; i++)
	{
		Noted	   *to = is_put_off(updates[i].world_id) ? NULL : need_noted(&updates[i]);

		if (to == NULL)
			continue;
		/* What is being swept begins anew: those before have moved again. */
		if (updates[i].vehicle_ids == NULL || to->all)
		{
			to->all = true;
			to->after = 0;
		}
		else
			merge(to, &updates[i]);
	}
}

/* --------------------------------------------------------------------- units */

static TvStatement tell = {
	.text = "SELECT timevmaps_internal.tv_zones_tell($1, $2, $3)",
	.count = 3,.types = {INT8OID, INT8OID, INT8ARRAYOID}
};
static TvStatement sweep = {
	.text = "SELECT s.after_timeline, s.after_vehicle, s.looked, s.last_world FROM timevmaps_internal.tv_zones_sweep($1, $2, $3, $4) s",
	.count = 4,.types = {INT8OID, INT8ARRAYOID, INT8OID, INT8OID}
};

/* A piece of what is noted, and what the unit has found. */
typedef struct Piece
{
	Noted	   *of;				/* NULL: of the sweep */
	int64		world_id;		/* that was looked at last, or 0 */
	int			count;			/* vehicles looked at */
	bool		none;			/* the world has no zones */
	bool		over;			/* there is nothing after it */
	int64		timeline;
	int64		vehicle;
} Piece;

static void
tell_unit(TvRunner *runner, void *arg)
{
	Piece	   *piece = arg;
	Noted	   *of = piece->of;
	Datum		values[3] = {Int64GetDatum(of->world_id), Int64GetDatum(of->timeline_id)};

	/* From the end, so that the rest stays as it is. */
	piece->count = Min(of->count, FEW);
	values[2] = tv_array_of_bigints(of->ids + of->count - piece->count, piece->count);
	(void) tv_statement(&tell, values, NULL);
	(void) tv_statement_column(1, &piece->none);
}

static void
sweep_unit(TvRunner *runner, void *arg)
{
	Piece	   *piece = arg;
	Noted	   *of = piece->of;
	Datum		values[4] = {0, worlds_put_off(), Int64GetDatum(sweep_timeline), Int64GetDatum(sweep_vehicle)};
	bool		nulls[4] = {true};
	bool		none;

	if (of != NULL)
	{
		nulls[0] = false;
		values[0] = values[2] = Int64GetDatum(of->timeline_id);
		values[3] = Int64GetDatum(of->after);
	}
	(void) tv_statement(&sweep, values, nulls);
	piece->timeline = DatumGetInt64(tv_statement_column(1, &piece->over));
	if (!piece->over)
		piece->vehicle = DatumGetInt64(tv_statement_column(2, NULL));
	piece->count = DatumGetInt32(tv_statement_column(3, NULL));
	piece->world_id = DatumGetInt64(tv_statement_column(4, &none));
}

static bool timed_out = false;

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
unit_timeout(void)
{
	static TimeoutId id = MAX_TIMEOUTS;

	if (id == MAX_TIMEOUTS)
		id = RegisterTimeout(USER_TIMEOUT, at_timeout);
	return id;
}

/* The error, if there is one; a world that takes long is put off, so that others have the most of the time. */
static ErrorData *
run_in_time(TvRunner *runner, TvUnit unit, Piece *piece)
{
	TimestampTz began = GetCurrentTimestamp();
	ErrorData  *error;
	int64		ms;

	timed_out = false;
	enable_timeout_after(unit_timeout(), UNIT_MS);
	error = tv_unit(runner, unit, piece);
	disable_timeout(unit_timeout(), false);
	if (timed_out)
		QueryCancelPending = false;
	ms = (GetCurrentTimestamp() - began) / 1000;
	if (ms > SLOW_MS && piece->world_id != 0)
		set_put_off(piece->world_id, ms * SLOW_TIMES);
	return error;
}

/* What fails is found by the next sweep. */
static bool
run(TvRunner *runner, TvUnit unit, Piece *piece)
{
	ErrorData  *error = run_in_time(runner, unit, piece);

	if (error == NULL)
		return true;
	/* Before tv_init(), or between two versions. */
	if (error->sqlerrcode == ERRCODE_UNDEFINED_TABLE || error->sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ||
		error->sqlerrcode == ERRCODE_INVALID_SCHEMA_NAME || error->sqlerrcode == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
		return false;
	if ((timed_out || error->sqlerrcode != ERRCODE_QUERY_CANCELED) && tv_clock_tell(&told_at))
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("timevmaps: who enters and leaves zones is not told: %s", error->message),
				 error->detail != NULL ? errdetail("%s", error->detail) : 0));
	return false;
}

static void
take_noted(TvRunner *runner)
{
	Noted	   *of = &noted[noted_count - 1];
	Piece		piece = {.of = of, .world_id = of->world_id, .over = true};
	bool		done = run(runner, of->all ? sweep_unit : tell_unit, &piece);

	if (done && piece.none)
		set_put_off(of->world_id, NO_ZONES_MS);
	if (!done || piece.none)
		noted_count--;
	else if (of->all)
	{
		of->after = piece.vehicle;
		noted_count -= piece.over;
	}
	else
	{
		of->count -= piece.count;
		noted_count -= of->count == 0;
	}
	tv_count_crossings(piece.count);
}

static void
take_sweep(TvRunner *runner, TimestampTz now)
{
	Piece		piece = {.over = true};

	if (run(runner, sweep_unit, &piece))
		tv_count_crossings(piece.count);
	sweep_timeline = piece.over ? 0 : piece.timeline;
	sweep_vehicle = piece.over ? 0 : piece.vehicle;
	sweep_at = TimestampTzPlusMilliseconds(now, piece.over ? SWEEP_EVERY_MS : SWEEP_PAUSE_MS);
}

/* How many wait, of those that are swept a lot. */
static int64
waiting(void)
{
	int64		count = 0;

	for (int i = 0; i < noted_count; i++)
		count += noted[i].all ? TV_BOARD_IDS : noted[i].count;
	return count;
}

bool
tv_crossings_waits(void)
{
	return noted_count > 0;
}

long
tv_crossings_turn(TvRunner *runner)
{
	TimestampTz now = GetCurrentTimestamp();

	if (noted_count > 0)
	{
		take_noted(runner);
		tv_count_crossings_waiting(waiting());
	}
	else if (now >= sweep_at || sweep_at > TimestampTzPlusMilliseconds(now, SWEEP_EVERY_MS))
		take_sweep(runner, now);
	if (noted_count > 0)
		return 0;
	return sweep_timeline != 0 ? TimestampDifferenceMilliseconds(now, sweep_at) : -1;
}
