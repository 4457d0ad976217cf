/*
 * databases.c: which databases there are, and which of them are served; see databases.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "common/hashfn.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

#include "bridge/graph/counts.h"
#include "bridge/graph/leftovers.h"
#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/counters.h"
#include "worker/databases.h"
#include "worker/shmem.h"

static bool
is_named(const char *name)
{
	static TimestampTz told_at = 0;
	char	   *copy = pstrdup(tv_databases);
	List	   *names = NIL;
	ListCell   *cell;

	if (!SplitIdentifierString(copy, ',', &names))
	{
		if (tv_clock_tell(&told_at))
			ereport(LOG,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("timevmaps.databases is not a list of names")));
		return false;
	}
	if (names == NIL)
		return true;
	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/* All databases, of TvDatabase, allocated in the current context. */
static List *
list_databases(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	Relation	catalog;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	catalog = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(catalog, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database row = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext own = MemoryContextSwitchTo(caller);
		TvDatabase *database = palloc0(sizeof(TvDatabase));

		database->oid = row->oid;
		strlcpy(database->name, NameStr(row->datname), NAMEDATALEN);
		database->serve = row->datallowconn && !row->datistemplate && is_named(database->name);
		result = lappend(result, database);
		MemoryContextSwitchTo(own);
	}
	table_endscan(scan);
	table_close(catalog, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return result;
}

/* A name that stands for no database is most often a slip, or what a database was called before: said when these change. */
void
tv_databases_tell_of_strangers(const List *databases)
{
	static uint32 told = 0;
	uint32		found;
	char	   *copy = pstrdup(tv_databases);
	List	   *names = NIL;
	StringInfoData strangers;
	const ListCell *name;
	const ListCell *cell;

	if (!SplitIdentifierString(copy, ',', &names))
		return;
	initStringInfo(&strangers);
	foreach(name, names)
	{
		foreach(cell, databases)
		{
			const TvDatabase *database = lfirst(cell);

			if (database->serve && strcmp(database->name, lfirst(name)) == 0)
				break;
		}
		if (cell == NULL)
			appendStringInfo(&strangers, "%s\"%s\"", strangers.len > 0 ? ", " : "", (char *) lfirst(name));
	}
	found = strangers.len > 0 ? hash_bytes((unsigned char *) strangers.data, strangers.len) : 0;
	if (found != told && strangers.len > 0)
		ereport(LOG,
				(errcode(ERRCODE_UNDEFINED_DATABASE),
				 errmsg("timevmaps.databases names what no worker can serve"),
				 errdetail("No database of the name, or a template, or one without connections: %s.", strangers.data),
				 errhint("Names with capitals are quoted, as in search_path.")));
	told = found;
}

static TvDatabase *
find_database(List *databases, Oid oid)
{
	ListCell   *cell;

	foreach(cell, databases)
		if (((TvDatabase *) lfirst(cell))->oid == oid)
			return lfirst(cell);
	return NULL;
}

/* What is remembered was so before the databases are listed: none is forgotten that is just being made. */
List *
tv_databases_list(void)
{
	Oid		   *known = palloc(sizeof(Oid) * (TV_COUNTED + TV_GRAPH_COUNTED + TV_STOPPED));
	int			count = tv_counters_databases(known);
	List	   *databases;

	count += tv_graph_counts_databases(known + count);
	count += tv_databases_stopped(known + count);
	databases = list_databases();
	for (int i = 0; i < count; i++)
		if (find_database(databases, known[i]) == NULL)
		{
			tv_database_forget(known[i]);
			tv_counters_forget(known[i]);
			tv_graph_counts_forget(known[i]);
		}
	return databases;
}

bool
tv_database_is_held(Oid database)
{
	LOCKTAG		tag;
	int			count;

	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, database, 0);
	pfree(GetLockConflicts(&tag, RowExclusiveLock, &count));
	return count > 0;
}

/* Once a minute, and as soon as there are fewer or other databases than before. */
void
tv_databases_remove_leftovers(const List *databases)
{
	static TimestampTz removed_at = 0;
	static uint64 seen = 0;
	uint64		now_seen = 0;
	const ListCell *cell;

	foreach(cell, databases)
		now_seen += murmurhash32(((TvDatabase *) lfirst(cell))->oid);
	if (now_seen != seen)
		removed_at = 0;
	seen = now_seen;
	if (!tv_clock_tell(&removed_at))
		return;
	StartTransactionCommand();
	tv_leftovers_remove_databases();
	CommitTransactionCommand();
}
