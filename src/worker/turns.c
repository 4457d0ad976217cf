/*
 * turns.c: whose turn it is among worlds; see turns.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/delayed.h"
#include "worker/notices.h"
#include "worker/queue.h"
#include "worker/session.h"
#include "worker/turns.h"

/* By their world. */
static TvTurn *turns = NULL;
static int	count = 0;
static int	space = 0;

static int64 served = 0;		/* the world that had its turn last */
static bool stale = true;		/* the list is to be made anew */
static TimestampTz looked_at = 0;
static TimestampTz look_at = 0;

/* ---------------------------------------------------------------- the list */

/* The first that is not before a world. */
static int
find(int64 world)
{
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (turns[middle].world < world)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
insert(int at, TvTurn turn)
{
	if (turns == NULL)
	{
		space = 64;
		turns = MemoryContextAlloc(TopMemoryContext, sizeof(TvTurn) * space);
	}
	else if (count == space)
	{
		space *= 2;
		turns = repalloc_huge(turns, sizeof(TvTurn) * space);
	}
	memmove(&turns[at + 1], &turns[at], sizeof(TvTurn) * (count - at));
	turns[at] = turn;
	count++;
}

static void
drop(int at)
{
	count--;
	memmove(&turns[at], &turns[at + 1], sizeof(TvTurn) * (count - at));
}

void
tv_turns_add(int64 world, int16 rank, int64 seq)
{
	const TvTurn turn = {world, rank, seq};
	int			at = find(world);

	if (at == count || turns[at].world != world)
		insert(at, turn);
	else if (rank < turns[at].rank || (rank == turns[at].rank && seq < turns[at].seq))
		turns[at] = turn;
}

static void
read_notice(const TvNotice *notice)
{
	if (notice->world == -1)
	{
		stale = true;
		tv_delayed_forget();
	}
	else if (notice->world == 0)
		tv_delayed_notice(notice->key);
	else
		tv_turns_add(notice->world, notice->rank, notice->key);
}

/* -------------------------------------------------------------- the tables */

static TvStatement select_world = {
	.text = "SELECT q.world_id, q.rank, q.seq FROM timevmaps.queue_ready q WHERE q.world_id > $1" TV_OURS_TO_RUN
	" ORDER BY q.world_id, q.rank, q.seq LIMIT 1",
	.count = 1,.types = {INT8OID},.by_index = true
};

/* Rows that others hold are among them: what they do may be rolled back. */
static TvStatement select_first = {
	.text = "SELECT q.rank, q.seq, q.short FROM timevmaps.queue_ready q WHERE q.world_id = $1 AND (q.rank, q.seq) >= ($2, $3)"
	" ORDER BY q.world_id, q.rank, q.seq LIMIT 1",
	.count = 3,.types = {INT8OID, INT2OID, INT8OID},.by_index = true
};

/* From world to world: of each the first row. */
static void
look(void)
{
	TimestampTz began = GetCurrentTimestamp();
	Datum		after = Int64GetDatum(PG_INT64_MIN);

	stale = true;
	count = 0;
	while (tv_statement(&select_world, &after, NULL) > 0)
	{
		after = tv_statement_column(1, NULL);
		insert(count, (TvTurn) {DatumGetInt64(after), DatumGetInt16(tv_statement_column(2, NULL)),
								DatumGetInt64(tv_statement_column(3, NULL))});
	}
	stale = false;
	looked_at = GetCurrentTimestamp();
	look_at = tv_clock_look_next(began);
}

void
tv_turns_begin(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (!tv_notices_read(read_notice))
	{
		stale = true;
		tv_delayed_forget();
	}
	if (stale || now >= look_at || now < looked_at)
		look();
}

int
tv_turns_count(void)
{
	return count;
}

bool
tv_turns_next(TvTurn *turn)
{
	while (count > 0)
	{
		int			at = find(served + 1);
		Datum		values[3];

		if (at == count)
			at = 0;
		served = turns[at].world;
		values[0] = Int64GetDatum(turns[at].world);
		values[1] = Int16GetDatum(turns[at].rank);
		values[2] = Int64GetDatum(turns[at].seq);
		if (tv_statement(&select_first, values, NULL) == 0)
		{
			drop(at);
			continue;
		}
		turns[at].rank = DatumGetInt16(tv_statement_column(1, NULL));
		turns[at].seq = DatumGetInt64(tv_statement_column(2, NULL));
		turns[at].is_short = DatumGetBool(tv_statement_column(3, NULL));
		*turn = turns[at];
		return true;
	}
	return false;
}

void
tv_turns_back(const TvTurn *turn)
{
	served = turn->world - 1;
}

void
tv_turns_forget(void)
{
	stale = true;
	tv_delayed_forget();
}

/* ---------------------------------------------------------------- the limit */

bool
tv_turns_enter(TvSlot *slot, int64 world)
{
	TvShared   *shared = tv_shmem();
	int			running = 0;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	slot->world = 0;
	for (int i = 0; i < shared->slot_count && world != 0 && tv_running_per_world > 0; i++)
		running += shared->slots[i].database == slot->database && shared->slots[i].world == world;
	if (running == 0 || running < tv_running_per_world)
		slot->world = world;
	LWLockRelease(&shared->lock);
	return slot->world == world;
}
