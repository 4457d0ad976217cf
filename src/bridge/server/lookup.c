/*
 * lookup.c: a row of a table of ours by its primary key, without a statement; see lookup.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "bridge/server/error.h"
#include "bridge/server/lookup.h"

#define MOST_KEYS 3

static Relation
open_table(const char *name)
{
	Oid			id = get_relname_relid(name, get_namespace_oid("timevmaps", false));

	if (!OidIsValid(id))
	{
		tv_require_tables();
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a table of timevmaps is missing in this database"),
				 errdetail("There is no table timevmaps.%s.", name)));
	}
	return table_open(id, AccessShareLock);
}

static void
make_keys(Relation index, int count, const TvArg *keys, ScanKeyData *out)
{
	for (int i = 0; i < count; i++)
		ScanKeyEntryInitialize(&out[i], 0, i + 1, BTEqualStrategyNumber, InvalidOid, index->rd_indcollation[i],
							   keys[i].type == TEXTOID ? F_TEXTEQ : F_INT8EQ, keys[i].value);
}

bool
tv_lookup(const char *table, int key_count, const TvArg *keys, int column_count, TvLookup *columns, TvLookupRow row, void *target)
{
	Relation	relation = open_table(table);
	Relation	index = index_open(RelationGetPrimaryKeyIndex(relation), AccessShareLock);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	IndexScanDesc scan = index_beginscan(relation, index, GetActiveSnapshot(), key_count, 0);
	ScanKeyData wanted[MOST_KEYS];
	bool		found;

	make_keys(index, key_count, keys, wanted);
	index_rescan(scan, wanted, key_count, NULL, 0);
	found = index_getnext_slot(scan, ForwardScanDirection, slot);
	if (found)
	{
		for (int i = 0; i < column_count; i++)
			columns[i].value = slot_getattr(slot, get_attnum(RelationGetRelid(relation), columns[i].column), &columns[i].isnull);
		row(target, columns);
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, NoLock);
	table_close(relation, NoLock);
	return found;
}
