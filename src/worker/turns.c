/*
 * turns.c: whose turn it is among worlds; see turns.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/hsearch.h"
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

/*
 * Who submits takes turns, and of each the worlds where what is first is his: whoever has made a thousand worlds has no more turns for that.
 * By a hash of the identity.
 */
typedef struct TvSubmitter
{
	int64		key;
	uint64		turn;			/* his last; 0: none yet */
	int64		served;			/* the world that had it */
} TvSubmitter;

#define SUBMITTERS_MOST 10000

static HTAB *submitters = NULL;
static uint64 turn_count = 0;
static TvSubmitter last = {0};	/* who had his turn last, as he was before */
static bool stale = true;		/* the list is to be made anew */
static TimestampTz looked_at = 0;
static TimestampTz look_at = 0;

static TvSubmitter *
submitter_of(int64 key)
{
	HASHCTL		how = {.keysize = sizeof(int64), .entrysize = sizeof(TvSubmitter), .hcxt = TopMemoryContext};
	TvSubmitter *submitter;
	bool		found;

	if (submitters == NULL)
		submitters = hash_create("timevmaps submitters", 64, &how, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	submitter = hash_search(submitters, &key, HASH_ENTER, &found);
	if (!found)
		submitter->turn = submitter->served = 0;
	return submitter;
}

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
	TvTurn		turn = {world, rank, seq};
	int			at = find(world);

	if (at == count || turns[at].world != world)
		insert(at, turn);
	else if (rank < turns[at].rank || (rank == turns[at].rank && seq < turns[at].seq))
	{
		turn.submitter = turns[at].submitter;
		turns[at] = turn;
	}
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
	.text = "SELECT q.world_id, q.rank, q.seq, hashtextextended(q.submitted_by, 0) FROM timevmaps.queue_ready q WHERE q.world_id > $1" TV_OURS_TO_RUN
	" ORDER BY q.world_id, q.rank, q.seq LIMIT 1",
	.count = 1,.types = {INT8OID},.by_index = true
};

/* Rows that others hold are among them: what they do may be rolled back. */
static TvStatement select_first = {
	.text = "SELECT q.rank, q.seq, q.short, hashtextextended(q.submitted_by, 0) FROM timevmaps.queue_ready q WHERE q.world_id = $1 AND (q.rank, q.seq) >= ($2, $3)"
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
	if (submitters != NULL && hash_get_num_entries(submitters) > SUBMITTERS_MOST)
	{
		hash_destroy(submitters);
		submitters = NULL;
	}
	while (tv_statement(&select_world, &after, NULL) > 0)
	{
		after = tv_statement_column(1, NULL);
		insert(count, (TvTurn) {DatumGetInt64(after), DatumGetInt16(tv_statement_column(2, NULL)),
								DatumGetInt64(tv_statement_column(3, NULL)), false,
								submitter_of(DatumGetInt64(tv_statement_column(4, NULL)))});
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

/* Whether one is before another: of who had his turn longest ago, the world after the one that had it.  Of what is new nobody knows yet whose it is. */
static bool
is_before(const TvTurn *turn, const TvTurn *other)
{
	const TvSubmitter *submitter = turn->submitter;

	if (submitter == other->submitter)
		return submitter != NULL && other->world <= submitter->served && turn->world > submitter->served;
	if (submitter == NULL || other->submitter == NULL)
		return submitter == NULL;
	return submitter->turn < other->submitter->turn;
}

static int
pick(void)
{
	int			first = 0;

	for (int i = 1; i < count; i++)
		if (is_before(&turns[i], &turns[first]))
			first = i;
	return first;
}

bool
tv_turns_next(TvTurn *turn)
{
	while (count > 0)
	{
		TvTurn	   *next = &turns[pick()];
		Datum		values[] = {Int64GetDatum(next->world), Int16GetDatum(next->rank), Int64GetDatum(next->seq)};
		TvSubmitter *submitter;

		if (tv_statement(&select_first, values, NULL) == 0)
		{
			drop((int) (next - turns));
			continue;
		}
		next->rank = DatumGetInt16(tv_statement_column(1, NULL));
		next->seq = DatumGetInt64(tv_statement_column(2, NULL));
		next->is_short = DatumGetBool(tv_statement_column(3, NULL));
		submitter = submitter_of(DatumGetInt64(tv_statement_column(4, NULL)));
		if (next->submitter != submitter)
		{
			next->submitter = submitter;
			continue;
		}
		last = *submitter;
		submitter->turn = ++turn_count;
		submitter->served = next->world;
		*turn = *next;
		return true;
	}
	return false;
}

void
tv_turns_back(const TvTurn *turn)
{
	*turn->submitter = last;
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
