/*
 * leave.c: when a worker goes, and whether the server starts it again; see leave.h.
 */
#include "postgres.h"

#include <signal.h>
#include <unistd.h>

#include "catalog/pg_database.h"
#include "common/relpath.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"

#include "worker/leave.h"

#define WATCH_EVERY_MS 250
#define CONFIRM_MS 100			/* who holds the database at a look still does at the next */

static TvSlot *slot = NULL;		/* NULL: not connected yet */
static volatile sig_atomic_t terminated = false;
static bool comes_back = false;

/* ----------------------------------------------------------------- SIGTERM */

static void
at_sigterm(SIGNAL_ARGS)
{
	int			save_errno = errno;

	if (slot == NULL || terminated || proc_exit_inprogress)
	{
		die(postgres_signal_arg);
		return;
	}
	terminated = true;
	slot->stop = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
	errno = save_errno;
}

/* ------------------------------------------------------------ not connected */

/*
 * Server versions that look the database up by name again, after they have waited for a
 * lock on it, miss it where it was renamed meanwhile: it is still in its place.
 */
static bool
was_renamed(void)
{
	return DatabasePath == NULL && OidIsValid(MyDatabaseTableSpace) &&
		access(GetDatabasePath(MyDatabaseId, MyDatabaseTableSpace), F_OK) == 0;
}

/* The server would try each second, and fail each time, for as long as it lives. */
static void
at_exit(int code, Datum arg)
{
	if (slot == NULL && code != 0 && !was_renamed())
		proc_exit(0);
}

void
tv_leave_begin(void)
{
	pqsignal(SIGTERM, at_sigterm);
	pqsignal(SIGINT, StatementCancelHandler);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	on_proc_exit(at_exit, (Datum) 0);
	BackgroundWorkerUnblockSignals();
}

void
tv_leave_connected(TvSlot *mine)
{
	slot = mine;
}

/* -------------------------------------------------------------- the database */

/* Who keeps others from connecting, as the last look found it. */
#define HOLDERS 8

typedef struct Holders
{
	int			count;
	VirtualTransactionId transactions[HOLDERS];
} Holders;

static Holders
find_holders(void)
{
	LOCKTAG		tag;
	Holders		found = {0};

	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, MyDatabaseId, 0);
	PG_TRY();
	{
		VirtualTransactionId *holders = GetLockConflicts(&tag, RowExclusiveLock, &found.count);

		found.count = Min(found.count, HOLDERS);
		memcpy(found.transactions, holders, sizeof(VirtualTransactionId) * found.count);
		pfree(holders);
	}
	PG_CATCH();
	{
		/* Kernel frames may be below: no error goes through them, and the next look is soon. */
		FlushErrorState();
		found.count = 0;
	}
	PG_END_TRY();
	return found;
}

static TimestampTz watch_at = 0;	/* the next look */

long
tv_leave_watch_ms(void)
{
	return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), watch_at) + 1;
}

/*
 * Connecting takes a lock on the database; what needs the database to be free holds one that
 * conflicts with it, and gives up after five seconds.  Who may not drop a database holds it as
 * well until he is told so, again and again if he likes: so only a transaction counts that
 * the look before has found, too.
 */
static bool
is_waited_for(void)
{
	static Holders before = {0};
	TimestampTz at = GetCurrentTimestamp();
	Holders		now;
	bool		same = false;

	if (at < watch_at)
		return false;
	now = find_holders();
	for (int i = 0; i < now.count; i++)
		for (int j = 0; j < before.count; j++)
			same |= VirtualTransactionIdEquals(now.transactions[i], before.transactions[j]);
	before = now;
	watch_at = TimestampTzPlusMilliseconds(at, now.count > 0 ? CONFIRM_MS : WATCH_EVERY_MS);
	return same;
}

bool
tv_leave_if_waited_for(void)
{
	if (slot->stop || !is_waited_for())
		return false;
	comes_back = true;
	slot->stop = true;
	/* What starts now waits until the database is free again. */
	tv_note(MyDatabaseId, TV_NOTE_WANTED);
	return true;
}

/* The launcher starts its own again whatever they end with; any other code than 0 is a line in the log. */
void
tv_leave(void)
{
	bool		by_server = MyBgworkerEntry->bgw_restart_time != BGW_NEVER_RESTART;

	proc_exit(by_server && (comes_back || terminated) ? 1 : 0);
}
