/*
 * notices.c: which worlds have work since when; see notices.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"

#include "bridge/server/shared.h"
#include "worker/notices.h"

#define RING_PRELOADED 8192
#define RING_SMALL 128			/* what the server leaves unallocated is not much */
#define PENDING 64				/* worlds of one transaction; of more everything is to be looked at */

typedef struct Ring
{
	LWLock		lock;
	uint64		size;
	uint64		head;			/* how many there ever were: the next goes to head % size */
	TvNotice	notices[FLEXIBLE_ARRAY_MEMBER];
} Ring;

void		(*tv_notices_told) (bool all) = NULL;

static Ring *ring = NULL;
static bool preloaded = false;

/* The next that this process reads. */
static uint64 next = 0;
static bool reads = false;

/* What this transaction tells.  A rolled back savepoint may have it say too much. */
static TvNotice pending[PENDING];
static int	pending_count = 0;

/* ------------------------------------------------------------ shared memory */

void
tv_notices_preload(void)
{
	preloaded = true;
}

Size
tv_notices_size(void)
{
	return MAXALIGN(offsetof(Ring, notices) + sizeof(TvNotice) * (preloaded ? RING_PRELOADED : RING_SMALL));
}

static void
begin_sharing(void *memory)
{
	Ring	   *made = memory;

	made->size = preloaded ? RING_PRELOADED : RING_SMALL;
}

static Ring *
attach(void)
{
	if (ring == NULL)
		ring = tv_shared_attach("timevmaps_notices", tv_notices_size(), begin_sharing);
	return ring;
}

/* --------------------------------------------------------------- at commit */

static void
publish(void)
{
	LWLockAcquire(&ring->lock, LW_EXCLUSIVE);
	for (int i = 0; i < pending_count; i++)
		ring->notices[ring->head++ % ring->size] = pending[i];
	LWLockRelease(&ring->lock);
}

static void
at_xact(XactEvent event, void *arg)
{
	if (pending_count == 0)
		return;
	/* The rows are visible to others from here on.  After COMMIT PREPARED workers find them when they next look. */
	if (event == XACT_EVENT_COMMIT)
	{
		bool		all = false;

		for (int i = 0; i < pending_count; i++)
			all = all || pending[i].world <= 0;
		publish();
		if (tv_notices_told != NULL)
			tv_notices_told(all);
	}
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		pending_count = 0;
}

static void
add(int64 world, int16 rank, int64 key)
{
	static bool registered = false;

	if (!registered)
	{
		/* Not for the first time in a commit. */
		(void) attach();
		RegisterXactCallback(at_xact, NULL);
		registered = true;
	}
	for (int i = 0; i < pending_count; i++)
	{
		TvNotice   *known = &pending[i];

		if (known->world != world && known->world != -1)
			continue;
		if (rank < known->rank || (rank == known->rank && key < known->key))
		{
			known->rank = rank;
			known->key = key;
		}
		return;
	}
	if (pending_count == PENDING)
	{
		world = -1;
		pending_count = 0;
	}
	pending[pending_count++] = (TvNotice) {MyDatabaseId, rank, world, key};
}

void
tv_notice_ready(int64 world, int16 rank, int64 seq)
{
	add(world, rank, seq);
}

void
tv_notice_delayed(TimestampTz run_at)
{
	add(0, 0, run_at);
}

/* -------------------------------------------------------------------- read */

bool
tv_notices_read(void (*each) (const TvNotice *notice))
{
	Ring	   *from = attach();
	bool		whole;

	LWLockAcquire(&from->lock, LW_SHARED);
	whole = reads && from->head - next <= from->size;
	if (!whole)
		next = from->head;
	for (; next < from->head; next++)
		if (from->notices[next % from->size].database == MyDatabaseId)
			each(&from->notices[next % from->size]);
	LWLockRelease(&from->lock);
	reads = true;
	return whole;
}

uint64
tv_notices_position(void)
{
	Ring	   *from = attach();
	uint64		head;

	LWLockAcquire(&from->lock, LW_SHARED);
	head = from->head;
	LWLockRelease(&from->lock);
	return head;
}

bool
tv_notices_since(uint64 position)
{
	Ring	   *from = attach();
	bool		told;

	position = Max(position, next);
	LWLockAcquire(&from->lock, LW_SHARED);
	told = from->head - position > from->size;
	for (; position < from->head && !told; position++)
		told = from->notices[position % from->size].database == MyDatabaseId;
	LWLockRelease(&from->lock);
	return told;
}
