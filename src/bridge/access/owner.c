/*
 * owner.c: queries as the owner of the tables; see owner.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "bridge/access/owner.h"
#include "bridge/server/error.h"

static Oid
owner_of_tables(void)
{
	Oid			schema = get_namespace_oid("timevmaps", false);
	Oid			table = get_relname_relid("segments", schema);
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner;

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
	return owner;
}

void
tv_owner_enter(TvOwner *saved)
{
	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(owner_of_tables(), saved->context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
}

void
tv_owner_leave(const TvOwner *saved)
{
	SetUserIdAndSecContext(saved->user, saved->context);
}
