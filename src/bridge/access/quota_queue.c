/*
 * quota_queue.c: how many experiments of a principal may wait and run; see quota.h.
 *
 * Two sessions that insert at once do not see each other's rows.  So who acts does it alone until his transaction
 * ends, and counts what is committed by then, whatever his own snapshot is.  Others are held up by nobody: the lock is on
 * who acts, and workers take none.
 *
 * To count all that somebody has waiting for each that he inserts costs the more the more there is, and under an old snapshot what is
 * over, too.  So shared memory has for some principals how many they have at most: an insertion adds to it, and only one that would go
 * beyond the quota counts, as do the first one and one in ten seconds.  That a transaction was rolled back, or an experiment is over,
 * leaves it too large, which a count puts right.  Too small it would be for what others add, who do not hold the principal's lock:
 * with their commit it is not known any more.  What comes without anybody's trigger (a repair, replication, COMMIT PREPARED of
 * somebody who has no limit) is counted within those ten seconds.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lock.h"
#include "storage/lwlock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "bridge/access/quota.h"
#include "bridge/server/shared.h"

/* field4 of the lock's tag: SQL's functions use 1 and 2, experiments 3, graphs 4. */
#define QUOTA_LOCK 5

#define KNOWN 128				/* principals, each at its place by its hash */
#define KNOWN_MS 10000

typedef struct Known
{
	Oid			database;
	uint32		words[2];		/* who it is */
	uint32		doubts;			/* how often somebody else has added to it, or to another of this place */
	TimestampTz counted_at;		/* 0: not known */
	int64		most;			/* there are not more */
} Known;

typedef struct Shared
{
	LWLock		lock;
	Known		known[KNOWN];
} Shared;

static Shared *shared = NULL;

/* What this transaction adds to others', until it commits; of more, all are in doubt. */
#define DOUBTS 8
static uint32 doubts[DOUBTS];
static int	doubt_count = 0;

Size
tv_quota_queue_size(void)
{
	return MAXALIGN(sizeof(Shared));
}

static void
at_xact(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE && event != XACT_EVENT_ABORT)
		return;
	if (doubt_count > 0 && event != XACT_EVENT_ABORT)
	{
		LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
		for (int i = 0; i < (doubt_count > DOUBTS ? KNOWN : doubt_count); i++)
		{
			Known	   *known = &shared->known[doubt_count > DOUBTS ? i : doubts[i]];

			known->counted_at = 0;
			known->doubts++;
		}
		LWLockRelease(&shared->lock);
	}
	doubt_count = 0;
}

static void
attach(void)
{
	if (shared != NULL)
		return;
	shared = tv_shared_attach("timevmaps_quotas", tv_quota_queue_size(), NULL);
	RegisterXactCallback(at_xact, NULL);
}

static Known *
place_of(const uint32 *words)
{
	return &shared->known[words[0] % KNOWN];
}

/* The lock is held. */
static bool
is_of(const Known *known, const uint32 *words)
{
	return known->database == MyDatabaseId && known->words[0] == words[0] && known->words[1] == words[1];
}

/* Whether, with so many more, it is certain that there are not too many. */
static bool
add_to_known(const uint32 *words, int64 added, int64 amount)
{
	Known	   *known = place_of(words);
	TimestampTz now = GetCurrentTimestamp();
	bool		certain;

	/* What this transaction has added without a limit nobody has counted yet. */
	if (doubt_count > 0)
		return false;
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	certain = is_of(known, words) && now >= known->counted_at && now < known->counted_at + KNOWN_MS * 1000 &&
		known->most <= amount - added;
	if (certain)
		known->most += added;
	LWLockRelease(&shared->lock);
	return certain;
}

static uint32
doubts_of(const uint32 *words)
{
	uint32		count;

	LWLockAcquire(&shared->lock, LW_SHARED);
	count = place_of(words)->doubts;
	LWLockRelease(&shared->lock);
	return count;
}

/* Who holds the principal's lock has counted, with all that was committed when there were so many doubts. */
static void
set_known(const uint32 *words, int64 count, uint32 before)
{
	Known	   *known = place_of(words);

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (known->doubts == before)
		*known = (Known) {MyDatabaseId, {words[0], words[1]}, before, GetCurrentTimestamp(), count};
	LWLockRelease(&shared->lock);
}

static void
lock_principal(const uint32 *words)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, words[0], words[1], QUOTA_LOCK);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* Something of a principal's is queued by somebody else, or by who has no limit. */
static void
doubt(const char *identity)
{
	uint32		words[2];
	uint32		place;

	attach();
	if (identity == NULL)
		doubt_count = DOUBTS + 1;
	if (doubt_count > DOUBTS)
		return;
	tv_quota_hash(identity, words);
	place = words[0] % KNOWN;
	for (int i = 0; i < doubt_count; i++)
		if (doubts[i] == place)
			return;
	if (doubt_count < DOUBTS)
		doubts[doubt_count] = place;
	doubt_count++;
}

static int64
count_unfinished(const char *identity)
{
	static SPIPlanPtr plan = NULL;
	const char *query = "SELECT (SELECT pg_catalog.count(*) FROM timevmaps.queue_ready q WHERE q.submitted_by OPERATOR(pg_catalog.=) $1)"
		" OPERATOR(pg_catalog.+) (SELECT pg_catalog.count(*) FROM timevmaps.queue_delayed q WHERE q.submitted_by OPERATOR(pg_catalog.=) $1)"
		" OPERATOR(pg_catalog.+) (SELECT pg_catalog.count(*) FROM timevmaps.queue_running q WHERE q.submitted_by OPERATOR(pg_catalog.=) $1)";
	Datum		value = CStringGetTextDatum(identity);
	Oid			type = TEXTOID;
	int64		count;
	bool		isnull;

	SPI_connect();
	if (plan == NULL)
	{
		plan = SPI_prepare(query, 1, &type);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("planning a query on rows failed"),
					 errdetail("SPI says: %s", SPI_result_code_string(SPI_result))));
	}
	/* What the statement has done counts, too. */
	CommandCounterIncrement();
	if (SPI_execute_snapshot(plan, &value, NULL, GetLatestSnapshot(), InvalidSnapshot, true, false, 0) != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("reading rows failed")));
	count = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	return count;
}

/* Who acts for himself has his lock. */
static void
require_counted(const char *identity, const uint32 *own, int64 amount)
{
	uint32		before = own == NULL ? 0 : doubts_of(own);
	int64		count = count_unfinished(identity);

	if (own != NULL)
		set_known(own, count, before);
	if (count > amount)
		tv_report_quota("experiments_queued", count, amount, 0);
}

void
tv_quota_require_queue(const char *identity, const char *role)
{
	int64		amount = tv_quota_get(TV_QUOTA_EXPERIMENTS_QUEUED);
	const char *actor = amount == TV_UNLIMITED ? NULL : tv_quota_identity();
	uint32		words[2];
	bool		own;

	/* Who has no limit may retry what others have submitted, too. */
	if (actor == NULL)
	{
		doubt(identity);
		return;
	}
	attach();
	actor = pstrdup(actor);
	own = strcmp(identity, actor) == 0;
	if (!own)
	{
		doubt(identity);
		amount = tv_quota_of(get_role_oid(role, true), identity, TV_QUOTA_EXPERIMENTS_QUEUED);
		if (amount == TV_UNLIMITED)
			return;
	}
	tv_quota_hash(actor, words);
	lock_principal(words);
	require_counted(identity, own ? words : NULL, amount);
}

void
tv_quota_require_added(const char *submitter, int64 added)
{
	int64		amount = tv_quota_get(TV_QUOTA_EXPERIMENTS_QUEUED);
	const char *actor = amount == TV_UNLIMITED ? NULL : tv_quota_identity();
	uint32		words[2];

	if (actor == NULL || submitter == NULL || strcmp(submitter, actor) != 0)
		doubt(submitter);
	if (actor == NULL)
		return;
	attach();
	actor = pstrdup(actor);
	tv_quota_hash(actor, words);
	lock_principal(words);
	if (!add_to_known(words, added, amount))
		require_counted(actor, words, amount);
}
