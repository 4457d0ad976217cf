/*
 * quota_queue.c: how many experiments of a principal may wait and run; see quota.h.
 *
 * Two sessions that insert at once do not see each other's rows.  So who acts does it alone until his transaction
 * ends, and counts what is committed by then, whatever his own snapshot is.  Others are held up by nobody: the lock is on
 * who acts, and workers take none.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "bridge/access/quota.h"

/* field4 of the lock's tag: SQL's functions use 1 and 2, experiments 3, graphs 4. */
#define QUOTA_LOCK 5

/* A principal by a part of a hash of which nobody finds another text. */
static void
lock_principal(const char *identity)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	uint32		words[2];
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	LOCKTAG		tag;

	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) identity, strlen(identity)) < 0 ||
		pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not hash an identity")));
	pg_cryptohash_free(hash);
	memcpy(words, digest, sizeof(words));
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, words[0], words[1], QUOTA_LOCK);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
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

void
tv_quota_require_queue(const char *identity, const char *role)
{
	int64		amount = tv_quota_get(TV_QUOTA_EXPERIMENTS_QUEUED);
	const char *actor;
	int64		count;

	/* Who has no limit may retry what others have submitted, too. */
	if (amount == TV_UNLIMITED)
		return;
	actor = tv_quota_identity();
	if (actor == NULL)
		return;
	actor = pstrdup(actor);
	if (identity == NULL)
		identity = actor;
	else if (strcmp(identity, actor) != 0)
	{
		amount = tv_quota_of(get_role_oid(role, true), identity, TV_QUOTA_EXPERIMENTS_QUEUED);
		if (amount == TV_UNLIMITED)
			return;
	}
	lock_principal(actor);
	count = count_unfinished(identity);
	if (count > amount)
		tv_report_quota("experiments_queued", count, amount, 0);
}
