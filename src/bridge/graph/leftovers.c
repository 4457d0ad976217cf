/*
 * leftovers.c: files of prepared graphs that nobody will use; see leftovers.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/procarray.h"
#include "utils/fmgroids.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "bridge/access/owner.h"
#include "bridge/graph/files.h"
#include "bridge/graph/leftovers.h"
#include "bridge/network/profile.h"
#include "bridge/server/scan.h"
#include "bridge/server/store_directory.h"

/* Databases ----------------------------------------------------------------- */

static bool
database_exists(Oid database)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	Relation	catalog = table_open(DatabaseRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		found;

	ScanKeyInit(&key, Anum_pg_database_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(database));
	scan = systable_beginscan(catalog, DatabaseOidIndexId, criticalSharedRelcachesBuilt, snapshot, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	UnregisterSnapshot(snapshot);
	return found;
}

/* Who connects to a database of this id waits until the transaction ends.  False: somebody does already. */
static bool
lock_database(Oid database)
{
	LOCKTAG		tag;

	/* A hot standby cannot; at worst it builds a graph again. */
	if (RecoveryInProgress())
		return true;
	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, database, 0);
	return LockAcquire(&tag, AccessExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

static void
visit_database(void *arg, Oid database)
{
	if (database != MyDatabaseId && !database_exists(database) && lock_database(database) &&
		!database_exists(database))
		tv_store_remove_database(database);
}

void
tv_leftovers_remove_databases(void)
{
	tv_store_visit_databases(visit_database, NULL);
}

/* Worlds and timelines ------------------------------------------------------ */

static bool
is_there(const char *query, int64 id)
{
	TvArg		args[] = {tv_arg_bigint(id)};

	return tv_scan_finds(query, lengthof(args), args);
}

/* Half written, by a process that is not there any more. */
static bool
is_abandoned(const char *name)
{
	const char *at = strstr(name, ".tmp.");

	return at != NULL && BackendPidGetProc(atoi(at + strlen(".tmp."))) == NULL;
}

static bool
is_left_over(const char *name)
{
	TvFileName	file;

	if (strstr(name, ".tmp.") != NULL)
		return is_abandoned(name);
	if (!tv_file_name_parse(name, &file))
		return false;
	if (!is_there("SELECT true FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1", file.world_id))
		return true;
	if (file.timeline_id == 0)
		return false;
	return !is_there("SELECT true FROM timevmaps.timelines t WHERE t.id OPERATOR(pg_catalog.=) $1", file.timeline_id) ||
		(file.profile != 0 && !tv_profile_is_in_use(file.world_id, file.profile));
}

static void
visit_file(void *arg, const char *name, Size size, TimestampTz modified)
{
	CHECK_FOR_INTERRUPTS();
	if (is_left_over(name))
		tv_store_remove(name);
}

/* The names are read before the first is visited, and the snapshot is newer than these. */
static void
begin_visit(void *arg)
{
	PushActiveSnapshot(GetLatestSnapshot());
}

void
tv_leftovers_remove(void)
{
	TvOwner		owner;

	tv_owner_enter(&owner);
	tv_store_visit(begin_visit, visit_file, NULL);
	PopActiveSnapshot();
	tv_owner_leave(&owner);
}
