/*
 * token.c: room for the requests of all over HTTP, and what none may ask for.
 *
 * PostgREST has a pool of connections, and runs what a client asked for to its end though the client has long gone.  So
 * the requests of one identity, and those of all who have none, may take their time in a few connections only: each
 * such request holds one of so many locks until its transaction ends.  Those beyond are not refused, for most
 * requests take milliseconds and come many at a time: they have little time each.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "bridge/access/roles.h"
#include "bridge/server/compat.h"
#include "bridge/server/guc.h"

PG_FUNCTION_INFO_V1(tv_request_begin);
PG_FUNCTION_INFO_V1(tv_require_own_session_sql);

/* field4 of the lock's tag: SQL's functions use 1 and 2, experiments 3, graphs 4, quotas 5. */
#define REQUEST_LOCK 6

#define BEYOND_MS 250

Datum
tv_request_begin(PG_FUNCTION_ARGS)
{
	text	   *principal = PG_GETARG_TEXT_PP(0);
	/* Another in each cluster: nobody can choose a subject whose requests take the place of somebody else's. */
	uint64		hash = hash_bytes_extended((unsigned char *) VARDATA_ANY(principal), VARSIZE_ANY_EXHDR(principal), GetSystemIdentifier());
	char		milliseconds[16];

	for (int i = 0; i < tv_long_requests; i++)
	{
		LOCKTAG		tag;

		SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) hash, (uint32) (hash >> 32) + i, REQUEST_LOCK);
		if (LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
			PG_RETURN_VOID();
	}
	if (tv_long_requests > 0 && (StatementTimeout == 0 || StatementTimeout > BEYOND_MS))
	{
		snprintf(milliseconds, sizeof(milliseconds), "%d", BEYOND_MS);
		(void) set_config_option("statement_timeout", milliseconds, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
								 true, 0, false);
	}
	PG_RETURN_VOID();
}

Datum
tv_require_own_session_sql(PG_FUNCTION_ARGS)
{
	tv_require_own_session(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}
