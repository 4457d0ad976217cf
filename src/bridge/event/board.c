/*
 * board.c: whose positions have come in; see board.h.
 *
 * A slot's ids are rising and each is there once, so that what a transaction brings, sorted when it commits, is merged in
 * one pass.  Slots are looked for from where a timeline's hash says; one lightweight lock guards all of them, and is held
 * for a microsecond.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "storage/lwlock.h"
#include "utils/memutils.h"

#include "bridge/event/board.h"
#include "bridge/event/outbox.h"
#include "bridge/server/ids.h"
#include "bridge/server/shared.h"

#define SLOTS_PRELOADED 256
#define SLOTS_SMALL 10			/* what the server leaves unallocated is not much */
#define IDS_SMALL 16
#define LOSERS 16				/* databases whose losses are counted each */
#define TIMELINES 64			/* of one transaction */
#define IDS_FIRST 64
#define IDS_MOST 65536			/* of one transaction and timeline; of more than half of it the rest is counted as it comes */

/* Of a timeline. */
typedef struct Slot
{
	Oid			database;		/* InvalidOid: free */
	uint32		who;			/* brought the first of it */
	bool		listed;			/* the ids are all there */
	int64		world_id;
	int64		timeline_id;
	int64		count;			/* vehicles that are to be told of */
	TimestampTz since;			/* when the first of them came; 0: there are none */
	TimestampTz told_at;		/* 0: never */
} Slot;

typedef struct Loser
{
	Oid			database;
	int64		lost;
} Loser;

typedef struct Board
{
	LWLock		lock;
	int			slot_count;
	int			most;			/* ids of a slot */
	Loser		losers[LOSERS];
	Slot		slots[FLEXIBLE_ARRAY_MEMBER];	/* then the ids of each */
} Board;

static Board *board = NULL;
static bool preloaded = false;

/* ------------------------------------------------------------ shared memory */

void
tv_board_preload(void)
{
	preloaded = true;
}

static int
slot_count(void)
{
	return preloaded ? SLOTS_PRELOADED : SLOTS_SMALL;
}

static int
most_ids(void)
{
	return preloaded ? TV_BOARD_IDS : IDS_SMALL;
}

Size
tv_board_size(void)
{
	return MAXALIGN(offsetof(Board, slots) + (sizeof(Slot) + sizeof(int64) * most_ids()) * slot_count());
}

static void
begin_sharing(void *memory)
{
	Board	   *made = memory;

	made->slot_count = slot_count();
	made->most = most_ids();
}

static Board *
attach(void)
{
	if (board == NULL)
		board = tv_shared_attach("timevmaps_board", tv_board_size(), begin_sharing);
	return board;
}

static int64 *
ids_of(const Slot *slot)
{
	return (int64 *) &board->slots[board->slot_count] + (slot - board->slots) * board->most;
}

/* When it may be told of; a clock that was set back holds nothing up. */
static TimestampTz
due_at(const Slot *slot, TimestampTz now)
{
	return slot->told_at > now ? now : slot->told_at + TV_BOARD_EVERY_MS * INT64CONST(1000);
}

static void
count_lost(Oid database)
{
	Loser	   *loser = &board->losers[0];

	for (int i = 0; i < LOSERS; i++)
	{
		if (board->losers[i].database == database)
		{
			loser = &board->losers[i];
			break;
		}
		if (board->losers[i].lost < loser->lost)
			loser = &board->losers[i];
	}
	if (loser->database != database)
		*loser = (Loser) {database, 0};
	loser->lost++;
}

/* How many slots are theirs who have this one. */
static int
count_of(const Slot *slot)
{
	int			count = 0;

	for (int i = 0; i < board->slot_count; i++)
		count += board->slots[i].who == slot->who && board->slots[i].database == slot->database;
	return count;
}

/* Where all are taken: one of who has the most, so that nobody has all; NULL: that is not more than who asks has. */
static Slot *
share_slot(uint32 who)
{
	Slot		own = {.database = MyDatabaseId, .who = who};
	int			most = count_of(&own) + 1;
	Slot	   *slot = NULL;

	for (int i = 0; i < board->slot_count; i++)
	{
		int			count = count_of(&board->slots[i]);

		if (count <= most)
			continue;
		most = count;
		slot = &board->slots[i];
	}
	return slot;
}

/* This timeline's slot, made if there is none; NULL: all are taken.  The lock is held. */
static Slot *
need_slot(uint32 who, int64 world_id, int64 timeline_id, TimestampTz now)
{
	uint32		at = hash_combine(murmurhash32(MyDatabaseId), (uint32) hash_bytes_uint32((uint32) timeline_id)) % board->slot_count;
	Slot	   *free = NULL;
	Slot	   *stale = NULL;

	for (int i = 0; i < board->slot_count; i++)
	{
		Slot	   *slot = &board->slots[(at + i) % board->slot_count];

		if (slot->database == MyDatabaseId && slot->timeline_id == timeline_id)
			return slot;
		if (slot->since == 0)
		{
			if (free == NULL && (slot->database == InvalidOid || due_at(slot, now) <= now))
				free = slot;
		}
		else if ((stale == NULL || slot->since < stale->since) && slot->since + TV_BOARD_STALE_MS * INT64CONST(1000) < now)
			stale = slot;
	}
	if (free == NULL)
	{
		free = stale != NULL ? stale : share_slot(who);
		if (free != NULL && free->since != 0)
			count_lost(free->database);
	}
	if (free != NULL)
		*free = (Slot) {.database = MyDatabaseId,.who = who,.listed = true,.world_id = world_id,.timeline_id = timeline_id};
	return free;
}

/* Ids that rise into those of a slot, which do. */
static void
merge(Slot *slot, const int64 *ids, int count)
{
	int64		both[TV_BOARD_IDS];
	int64	   *own = ids_of(slot);
	int64		merged = 0;
	int			i = 0;
	int			j = 0;

	while (i < slot->count || j < count)
	{
		int64		id = j == count || (i < slot->count && own[i] <= ids[j]) ? own[i] : ids[j];

		if (i < slot->count && own[i] == id)
			i++;
		if (j < count && ids[j] == id)
			j++;
		if (merged < board->most)
			both[merged] = id;
		merged++;
	}
	slot->count = merged;
	slot->listed = merged <= board->most;
	if (slot->listed)
		memcpy(own, both, sizeof(int64) * merged);
}

/* --------------------------------------------------------------- at commit */

/* What a subtransaction brings of a timeline; its ids are in the transaction's memory. */
typedef struct Pending
{
	uint32		who;
	int64		world_id;
	int64		timeline_id;
	SubTransactionId subxact;
	int			count;
	int			size;
	int64		more;			/* besides the ids */
	int64	   *ids;
} Pending;

static Pending pending[TIMELINES];
static int	pending_count = 0;
static int64 pending_lost = 0;

static void
tidy(Pending *entry)
{
	bool		rising = true;

	for (int i = 1; i < entry->count && rising; i++)
		rising = entry->ids[i - 1] < entry->ids[i];
	if (rising)
		return;
	qsort(entry->ids, entry->count, sizeof(int64), tv_ids_compare);
	entry->count = (int) qunique(entry->ids, entry->count, sizeof(int64), tv_ids_compare);
}

/* The lock is held; whether there was nothing to be told of before. */
static bool
put(const Pending *entry, TimestampTz now)
{
	Slot	   *slot = need_slot(entry->who, entry->world_id, entry->timeline_id, now);
	bool		first;

	if (slot == NULL)
	{
		count_lost(MyDatabaseId);
		return false;
	}
	first = slot->since == 0;
	if (first)
		slot->since = now;
	if (slot->listed && entry->more == 0)
		merge(slot, entry->ids, entry->count);
	else
	{
		slot->listed = false;
		slot->count += entry->count + entry->more;
	}
	return first;
}

/* Nothing here may fail: the transaction has committed. */
static void
hand_over(void)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		first = false;

	for (int i = 0; i < pending_count; i++)
		tidy(&pending[i]);
	LWLockAcquire(&board->lock, LW_EXCLUSIVE);
	for (int i = 0; i < pending_count; i++)
		first = put(&pending[i], now) || first;
	for (; pending_lost > 0; pending_lost--)
		count_lost(MyDatabaseId);
	LWLockRelease(&board->lock);
	if (first)
		tv_outbox_ring();
}

static void
at_xact(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && pending_count > 0)
		hand_over();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
	{
		pending_count = 0;
		pending_lost = 0;
	}
}

/* Subtransactions are numbered as they begin: what is of one, and of those in it, comes last. */
static void
at_subxact(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		for (int i = pending_count - 1; i >= 0 && pending[i].subxact >= mine; i--)
			pending[i].subxact = parent;
	}
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (pending_count > 0 && pending[pending_count - 1].subxact >= mine)
			pfree(pending[--pending_count].ids);
	}
}

static void
prepare(void)
{
	static bool registered = false;

	if (registered)
		return;
	(void) attach();			/* not for the first time in a commit */
	tv_outbox_find();
	RegisterXactCallback(at_xact, NULL);
	RegisterSubXactCallback(at_subxact, NULL);
	registered = true;
}

static void
append(Pending *entry, const int64 *ids, int count)
{
	while (count > 0)
	{
		int			fits = Min(entry->size - entry->count, count);

		memcpy(entry->ids + entry->count, ids, sizeof(int64) * fits);
		entry->count += fits;
		ids += fits;
		count -= fits;
		if (count == 0)
			return;
		tidy(entry);
		if (entry->count <= entry->size / 2)
			continue;
		if (entry->size == IDS_MOST)
		{
			entry->more += count;
			return;
		}
		entry->ids = repalloc(entry->ids, sizeof(int64) * entry->size * 2);
		entry->size *= 2;
	}
}

static Pending *
find_pending(int64 timeline_id, SubTransactionId subxact)
{
	for (int i = pending_count - 1; i >= 0 && pending[i].subxact == subxact; i--)
		if (pending[i].timeline_id == timeline_id)
			return &pending[i];
	return NULL;
}

/* Those of a timeline that subtransactions have left side by side become one. */
static void
gather(void)
{
	for (int i = 1; i < pending_count;)
	{
		Pending    *entry = &pending[i];
		Pending    *same = NULL;

		for (int k = i - 1; k >= 0 && same == NULL && pending[k].subxact == entry->subxact; k--)
			if (pending[k].timeline_id == entry->timeline_id)
				same = &pending[k];
		if (same == NULL)
		{
			i++;
			continue;
		}
		append(same, entry->ids, entry->count);
		same->more += entry->more;
		pfree(entry->ids);
		memmove(entry, entry + 1, sizeof(Pending) * (--pending_count - i));
	}
}

void
tv_board_add(uint32 who, int64 world_id, int64 timeline_id, const int64 *vehicle_ids, int count)
{
	SubTransactionId mine = GetCurrentSubTransactionId();
	Pending    *entry;

	if (count <= 0)
		return;
	prepare();
	entry = find_pending(timeline_id, mine);
	if (entry == NULL)
	{
		if (pending_count == TIMELINES)
			gather();
		if (pending_count == TIMELINES)
		{
			pending_lost++;
			return;
		}
		entry = &pending[pending_count];
		*entry = (Pending) {.who = who, .world_id = world_id, .timeline_id = timeline_id, .subxact = mine, .size = IDS_FIRST};
		entry->ids = MemoryContextAlloc(TopTransactionContext, sizeof(int64) * IDS_FIRST);
		pending_count++;
	}
	append(entry, vehicle_ids, count);
}

/* -------------------------------------------------------------------- read */

/* Is it this database's, and something to be told of? */
static bool
waits(const Slot *slot)
{
	return slot->database == MyDatabaseId && slot->since != 0;
}

long
tv_board_due_ms(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz due = DT_NOEND;

	(void) attach();
	LWLockAcquire(&board->lock, LW_SHARED);
	for (int i = 0; i < board->slot_count; i++)
		if (waits(&board->slots[i]))
			due = Min(due, due_at(&board->slots[i], now));
	LWLockRelease(&board->lock);
	return due == DT_NOEND ? -1 : TimestampDifferenceMilliseconds(now, due);
}

/* Into `update`, whose ids have room; the lock is held. */
static void
take(Slot *slot, TimestampTz now, TvUpdate *update, int64 *ids)
{
	*update = (TvUpdate) {slot->world_id, slot->timeline_id, slot->count, NULL};
	if (slot->listed)
	{
		memcpy(ids, ids_of(slot), sizeof(int64) * slot->count);
		update->vehicle_ids = ids;
	}
	slot->told_at = now;
	slot->since = 0;
	slot->count = 0;
	slot->listed = true;
}

int
tv_board_take(TvUpdate **updates, int64 *lost)
{
	TimestampTz now = GetCurrentTimestamp();
	int			count = 0;
	int64	   *ids;

	*lost = 0;
	*updates = palloc(sizeof(TvUpdate) * attach()->slot_count);
	ids = palloc(sizeof(int64) * board->most * board->slot_count);
	LWLockAcquire(&board->lock, LW_EXCLUSIVE);
	for (int i = 0; i < board->slot_count; i++)
	{
		Slot	   *slot = &board->slots[i];

		if (!waits(slot) || due_at(slot, now) > now)
			continue;
		take(slot, now, &(*updates)[count], ids + count * board->most);
		count++;
	}
	for (int i = 0; i < LOSERS; i++)
		if (board->losers[i].database == MyDatabaseId)
		{
			*lost = board->losers[i].lost;
			board->losers[i] = (Loser) {InvalidOid, 0};
		}
	LWLockRelease(&board->lock);
	return count;
}
