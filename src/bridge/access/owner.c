/*
 * owner.c: queries as the owner of the tables; see owner.h.
 *
 * Whose the tables are is looked up once, and again when the table, a role or a schema changes:
 * every route asks.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "bridge/access/owner.h"
#include "bridge/server/error.h"

#define OWNER_SEARCH_PATH "pg_catalog, pg_temp"

static Oid	table;
static Oid	owner = InvalidOid; /* of the table; unknown as long as it is invalid */

static void
forget(Datum arg, Oid relation)
{
	if (relation == table || !OidIsValid(relation))
		owner = InvalidOid;
}

static void
forget_all(Datum arg, int cache, uint32 hash)
{
	owner = InvalidOid;
}

static void
register_forgetting(void)
{
	static bool registered = false;

	if (registered)
		return;
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, forget_all, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_all, (Datum) 0);
	registered = true;
}

void
tv_owner_require(void)
{
	HeapTuple	tuple;

	if (OidIsValid(owner))
		return;
	register_forgetting();
	table = get_relname_relid("segments", get_namespace_oid("timevmaps", false));
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	if (!HeapTupleIsValid(tuple))
	{
		tv_require_tables();
		/* A dump is being restored, or someone has dropped or renamed it. */
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("timevmaps has no table of segments in this database")));
	}
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
}

void
tv_owner_enter(TvOwner *saved)
{
	tv_owner_require();
	GetUserIdAndSecContext(&saved->user, &saved->context);
	saved->level = NewGUCNestLevel();
	SetUserIdAndSecContext(owner, saved->context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	/* Setting even what is set already costs, and forgets plans. */
	if (strcmp(namespace_search_path, OWNER_SEARCH_PATH) != 0)
		(void) set_config_option("search_path", OWNER_SEARCH_PATH, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

void
tv_owner_leave(const TvOwner *saved)
{
	AtEOXact_GUC(true, saved->level);
	SetUserIdAndSecContext(saved->user, saved->context);
}
