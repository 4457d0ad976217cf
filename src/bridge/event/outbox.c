/*
 * outbox.c: events on their way from a commit to the notifier; see outbox.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/event/outbox.h"
#include "bridge/server/shared.h"

#define RING_PRELOADED 8192
#define RING_SMALL 96			/* what the server leaves unallocated is not much */
#define DATABASES 128			/* who told longest ago gives way */
#define MORES 64				/* topics of timelines of which one transaction says how many more there are */
#define START_AGAIN_MS 1000

/* Of a database. */
typedef struct Box
{
	Oid			database;		/* InvalidOid: free */
	uint64		used;			/* Outbox.head when it was last told something */
	uint64		next;			/* the first in the ring that may be unread */
	uint64		waiting;		/* how many are unread */
	Latch	   *latch;			/* of who has the duty; NULL: nobody */
	pid_t		pid;
	bool		dedicated;
	bool		rung;			/* the latch was set for what waits */
	TimestampTz started_at;		/* when a dedicated one was last asked for */
} Box;

typedef struct Outbox
{
	LWLock		lock;
	uint64		size;
	uint64		head;			/* how many there ever were: the next goes to head % size */
	Box			boxes[DATABASES];
	TvEvent		ring[FLEXIBLE_ARRAY_MEMBER];
} Outbox;

void		(*tv_outbox_unattended) (void) = NULL;

static Outbox *outbox = NULL;
static bool preloaded = false;
static bool on_duty = false;

/* ------------------------------------------------------------ shared memory */

void
tv_outbox_preload(void)
{
	preloaded = true;
}

Size
tv_outbox_size(void)
{
	return MAXALIGN(offsetof(Outbox, ring) + sizeof(TvEvent) * (preloaded ? RING_PRELOADED : RING_SMALL));
}

static void
begin_sharing(void *memory)
{
	Outbox	   *made = memory;

	made->size = preloaded ? RING_PRELOADED : RING_SMALL;
}

static Outbox *
attach(void)
{
	if (outbox == NULL)
		outbox = tv_shared_attach("timevmaps_outbox", tv_outbox_size(), begin_sharing);
	return outbox;
}

/* This database's; NULL: it has none.  The lock is held. */
static Box *
find_box(void)
{
	for (int i = 0; i < DATABASES; i++)
		if (outbox->boxes[i].database == MyDatabaseId)
			return &outbox->boxes[i];
	return NULL;
}

/* This database's, made if there is none: of those that nobody attends to, the oldest gives way.  The lock is held. */
static Box *
need_box(void)
{
	Box		   *box = find_box();

	if (box != NULL)
		return box;
	for (int i = 0; i < DATABASES; i++)
	{
		Box		   *other = &outbox->boxes[i];

		if (other->latch == NULL && (box == NULL || other->used < box->used))
			box = other;
	}
	if (box == NULL)
		return NULL;
	memset(box, 0, sizeof(Box));
	box->database = MyDatabaseId;
	box->used = box->next = outbox->head;
	return box;
}

/* --------------------------------------------------------------- at commit */

typedef struct Pending
{
	TvEvent		event;
	SubTransactionId subxact;
} Pending;

typedef struct Pendings
{
	Pending    *entries;		/* in TopMemoryContext, for good */
	int			count;
	int			size;
} Pendings;

static Pendings events = {.size = TV_OUTBOX_EVENTS};
static Pendings mores = {.size = MORES};

/* Into the ring; the lock is held. */
static void
append(Box *box, const Pendings *list)
{
	for (int i = 0; i < list->count; i++)
	{
		TvEvent    *event = &outbox->ring[outbox->head++ % outbox->size];

		*event = list->entries[i].event;
		event->database = MyDatabaseId;
	}
	box->waiting += list->count;
}

/* Nothing here may fail: the transaction has committed. */
static void
hand_over(void)
{
	bool		attended = true;
	Box		   *box;

	LWLockAcquire(&outbox->lock, LW_EXCLUSIVE);
	box = need_box();
	if (box != NULL)
	{
		append(box, &events);
		append(box, &mores);
		box->used = outbox->head;
		attended = box->latch != NULL;
		if (attended && !box->rung)
			SetLatch(box->latch);
		box->rung = attended;
	}
	LWLockRelease(&outbox->lock);
	if (!attended && tv_outbox_unattended != NULL)
		tv_outbox_unattended();
}

void
tv_outbox_find(void)
{
	(void) attach();
}

void
tv_outbox_ring(void)
{
	bool		attended = true;
	Box		   *box;

	LWLockAcquire(&outbox->lock, LW_EXCLUSIVE);
	box = need_box();
	if (box != NULL)
	{
		box->used = outbox->head;
		attended = box->latch != NULL;
		if (attended)
			SetLatch(box->latch);
	}
	LWLockRelease(&outbox->lock);
	if (!attended && tv_outbox_unattended != NULL)
		tv_outbox_unattended();
}

static void
at_xact(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && events.count > 0)
		hand_over();
	/* What was prepared is in the log when it is committed. */
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		events.count = mores.count = 0;
}

static void
pass_on(Pendings *list, SubTransactionId mine, SubTransactionId parent)
{
	for (int i = list->count - 1; i >= 0 && list->entries[i].subxact >= mine; i--)
		list->entries[i].subxact = parent;
}

/* Subtransactions are numbered as they begin: what is of one, and of those in it, comes last. */
static void
take_back(Pendings *list, SubTransactionId mine)
{
	while (list->count > 0 && list->entries[list->count - 1].subxact >= mine)
		list->count--;
}

static void
at_subxact(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		pass_on(&events, mine, parent);
		pass_on(&mores, mine, parent);
	}
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		take_back(&events, mine);
		take_back(&mores, mine);
	}
}

static void
prepare(void)
{
	static bool registered = false;

	(void) attach();			/* not for the first time in a commit */
	if (events.entries == NULL)
		events.entries = MemoryContextAlloc(TopMemoryContext, sizeof(Pending) * events.size);
	if (mores.entries == NULL)
		mores.entries = MemoryContextAlloc(TopMemoryContext, sizeof(Pending) * mores.size);
	if (registered)
		return;
	RegisterXactCallback(at_xact, NULL);
	RegisterSubXactCallback(at_subxact, NULL);
	registered = true;
}

static void
push(Pendings *list, const TvEvent *event)
{
	Pending    *pending = &list->entries[list->count++];

	pending->event = *event;
	pending->subxact = GetCurrentSubTransactionId();
}

/* One more that is in the log alone. */
static void
count_more(const TvEvent *event)
{
	SubTransactionId mine = GetCurrentSubTransactionId();

	for (int i = mores.count - 1; i >= 0 && mores.entries[i].subxact == mine; i--)
	{
		TvEvent    *more = &mores.entries[i].event;

		if (more->topic != event->topic || more->timeline_id != event->timeline_id)
			continue;
		more->more++;
		return;
	}
	if (mores.count == mores.size)
		return;
	push(&mores, event);
	mores.entries[mores.count - 1].event.more = 1;
}

void
tv_outbox_add(const TvEvent *event)
{
	prepare();
	if (events.count < events.size)
		push(&events, event);
	else
		count_more(event);
}

/* -------------------------------------------------------------------- duty */

static void
release_at_exit(int code, Datum arg)
{
	tv_duty_release();
}

bool
tv_duty_take(bool dedicated)
{
	static bool registered = false;
	Box		   *box;

	(void) attach();
	if (!registered)
		before_shmem_exit(release_at_exit, (Datum) 0);
	registered = true;
	LWLockAcquire(&outbox->lock, LW_EXCLUSIVE);
	box = need_box();
	on_duty = box != NULL && (box->latch == NULL || box->pid == MyProcPid || (dedicated && !box->dedicated));
	if (on_duty)
	{
		bool		was_dedicated = box->pid == MyProcPid && box->dedicated;

		box->latch = &MyProc->procLatch;
		box->pid = MyProcPid;
		box->dedicated = dedicated || was_dedicated;
		box->rung = false;
	}
	LWLockRelease(&outbox->lock);
	return on_duty;
}

void
tv_duty_release(void)
{
	Box		   *box;

	if (!on_duty)
		return;
	LWLockAcquire(&outbox->lock, LW_EXCLUSIVE);
	box = find_box();
	if (box != NULL && box->pid == MyProcPid)
	{
		box->latch = NULL;
		box->pid = 0;
		box->dedicated = false;
	}
	LWLockRelease(&outbox->lock);
	on_duty = false;
}

bool
tv_duty_is_dedicated(void)
{
	Box		   *box;
	bool		dedicated;

	(void) attach();
	LWLockAcquire(&outbox->lock, LW_SHARED);
	box = find_box();
	dedicated = box != NULL && box->dedicated && box->pid != MyProcPid;
	LWLockRelease(&outbox->lock);
	return dedicated;
}

bool
tv_duty_may_start(void)
{
	TimestampTz now = GetCurrentTimestamp();
	Box		   *box;
	bool		may;

	(void) attach();
	LWLockAcquire(&outbox->lock, LW_EXCLUSIVE);
	box = need_box();
	may = box != NULL && !box->dedicated &&
		(box->started_at > now || TimestampDifferenceExceeds(box->started_at, now, START_AGAIN_MS));
	if (may)
		box->started_at = now;
	LWLockRelease(&outbox->lock);
	return may;
}

bool
tv_outbox_waits(void)
{
	Box		   *box;
	bool		waits;

	(void) attach();
	LWLockAcquire(&outbox->lock, LW_SHARED);
	box = find_box();
	waits = box != NULL && box->waiting > 0;
	LWLockRelease(&outbox->lock);
	return waits;
}

int
tv_outbox_take(TvEvent **taken, int64 *lost)
{
	int			count = 0;
	Box		   *box;

	*taken = NULL;
	*lost = 0;
	if (!on_duty || !tv_outbox_waits())
		return 0;
	*taken = MemoryContextAlloc(CurrentMemoryContext, sizeof(TvEvent) * outbox->size);
	LWLockAcquire(&outbox->lock, LW_EXCLUSIVE);
	box = find_box();
	if (box != NULL && box->pid == MyProcPid)
	{
		uint64		from = Max(box->next, outbox->head - Min(outbox->head, outbox->size));

		for (uint64 i = from; i < outbox->head; i++)
			if (outbox->ring[i % outbox->size].database == MyDatabaseId)
				(*taken)[count++] = outbox->ring[i % outbox->size];
		*lost = (int64) box->waiting - count;
		box->waiting = 0;
		box->next = outbox->head;
		box->rung = false;
	}
	LWLockRelease(&outbox->lock);
	return count;
}
