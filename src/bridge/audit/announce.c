/*
 * announce.c: the log has a line of each seal; see seal.h.
 *
 * When the transaction commits, and not before: what was rolled back is not sealed.
 */
#include "postgres.h"

#include "access/xact.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "bridge/audit/seal.h"

typedef struct Announcement
{
	SubTransactionId subxact;
	int64		batch;
	int64		count;
	char		root[2 * TV_HASH_BYTES + 1];
} Announcement;

/* In the memory of the transaction. */
static List *announcements = NIL;

static void
at_transaction(XactEvent event, void *arg)
{
	List	   *all = announcements;
	ListCell   *cell;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	announcements = NIL;
	if (event != XACT_EVENT_COMMIT)
		return;
	foreach(cell, all)
	{
		Announcement *one = lfirst(cell);

		ereport(LOG,
				(errmsg("timevmaps audit: batch %lld of %lld rows has root %s", (long long) one->batch, (long long) one->count, one->root),
				 errhidestmt(true)));
	}
}

static void
at_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	ListCell   *cell;

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	foreach(cell, announcements)
	{
		Announcement *one = lfirst(cell);

		if (one->subxact != mine)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			one->subxact = parent;
		else
			announcements = foreach_delete_current(announcements, cell);
	}
}

void
tv_audit_announce(const TvSeal *seal)
{
	static bool registered = false;
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	Announcement *one = palloc0(sizeof(Announcement));

	if (!registered)
	{
		RegisterXactCallback(at_transaction, NULL);
		RegisterSubXactCallback(at_subtransaction, NULL);
		registered = true;
	}
	one->subxact = GetCurrentSubTransactionId();
	one->batch = seal->batch;
	one->count = seal->count;
	(void) hex_encode((const char *) seal->root, TV_HASH_BYTES, one->root);
	announcements = lappend(announcements, one);
	MemoryContextSwitchTo(caller);
}
