/*
 * direct.c: rows into a table of ours without a statement; see direct.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/snapmgr.h"

#include "bridge/server/compat.h"
#include "bridge/server/direct.h"

static List *known = NIL;

static void
forget(Datum arg, Oid relation)
{
	ListCell   *cell;

	foreach(cell, known)
	{
		TvDirect   *direct = lfirst(cell);

		if (!OidIsValid(relation) || relation == direct->table)
			direct->table = InvalidOid;
		if (!OidIsValid(relation) || relation == direct->partition)
			direct->partition = InvalidOid;
	}
}

static void
remember(TvDirect *direct)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

	if (known == NIL)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	if (!list_member_ptr(known, direct))
		known = lappend(known, direct);
	MemoryContextSwitchTo(caller);
}

/*
 * A trigger of somebody else's is to fire; ours have nothing to say of what we write.  The list of triggers is the cache's, which a look
 * into the catalog may make anew, as when a partition is attached meanwhile: so it is copied first.
 */
static bool
has_others_triggers(Relation table)
{
	const Oid	ours = get_namespace_oid("timevmaps_internal", true);
	const TriggerDesc *triggers = table->trigdesc;
	List	   *functions = NIL;
	ListCell   *cell;
	bool		others = false;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (TRIGGER_FOR_INSERT(triggers->triggers[i].tgtype) && triggers->triggers[i].tgenabled != TRIGGER_DISABLED)
			functions = lappend_oid(functions, triggers->triggers[i].tgfoid);
	foreach(cell, functions)
		others = others || get_func_namespace(lfirst_oid(cell)) != ours;
	list_free(functions);
	return others;
}

/* Nothing is asked of rows but what they are known to keep. */
static bool
asks_no_more(Relation table, const TvDirect *direct)
{
	TupleDesc	columns = RelationGetDescr(table);
	const TupleConstr *constraints = columns->constr;

	if (direct->checks == NULL)
		return true;
	for (int i = 0; i < columns->natts; i++)
		if (TupleDescAttr(columns, i)->attnotnull && (direct->required & (1u << i)) == 0)
			return false;
	for (int i = 0; constraints != NULL && i < constraints->num_check; i++)
	{
		const char *const *known_check = direct->checks;

		while (*known_check != NULL && strcmp(*known_check, constraints->check[i].ccname) != 0)
			known_check++;
		if (*known_check == NULL)
			return false;
	}
	return table->rd_rules == NULL;
}

/* Columns as they are written, nothing of an index that is computed, and nothing that somebody has hung on it. */
static bool
fits(Relation table, const TvDirect *direct)
{
	TupleDesc	columns = RelationGetDescr(table);
	List	   *indexes;
	ListCell   *cell;
	bool		plain = true;

	if ((table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE && table->rd_rel->relam != HEAP_TABLE_AM_OID) ||
		columns->natts != direct->count || has_others_triggers(table) || !asks_no_more(table, direct))
		return false;
	for (int i = 0; i < direct->count; i++)
		if (TupleDescAttr(columns, i)->atttypid != direct->types[i] || TupleDescAttr(columns, i)->attisdropped ||
			TupleDescAttr(columns, i)->attgenerated != '\0')
			return false;
	indexes = RelationGetIndexList(table);
	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		plain = plain && index->rd_indextuple != NULL && RelationGetIndexExpressions(index) == NIL &&
			RelationGetIndexPredicate(index) == NIL && index->rd_index->indimmediate && !index->rd_index->indisexclusion;
		index_close(index, NoLock);
	}
	list_free(indexes);
	return plain;
}

Relation
tv_direct_open_table(TvDirect *direct)
{
	Oid			id = get_relname_relid(direct->name, get_namespace_oid("timevmaps", false));
	Relation	table;

	if (!OidIsValid(id))
		return NULL;
	table = table_open(id, RowExclusiveLock);
	if (direct->table != id)
	{
		remember(direct);
		direct->fits = fits(table, direct);
		direct->sequence = InvalidOid;
		if (direct->serial != NULL && direct->fits)
			direct->sequence = tv_identity_sequence(table, get_attnum(id, direct->serial));
		direct->table = id;
	}
	if (direct->fits && (direct->serial == NULL || OidIsValid(direct->sequence)))
		return table;
	table_close(table, NoLock);
	return NULL;
}

bool
tv_direct_open(TvDirect *direct, TvDirectRows *rows)
{
	rows->table = tv_direct_open_table(direct);
	if (rows->table == NULL)
		return false;
	rows->indexes = CatalogOpenIndexes(rows->table);
	return true;
}

Oid
tv_direct_find(Relation table, TimestampTz at)
{
	PartitionKey key = RelationGetPartitionKey(table);
	PartitionDesc partitions = RelationGetPartitionDesc(table, true);
	Datum		value = TimestampTzGetDatum(at);
	bool		equal;
	int			found;

	if (key->strategy != PARTITION_STRATEGY_RANGE || key->partnatts != 1 || key->parttypid[0] != TIMESTAMPTZOID || partitions->nparts == 0)
		return InvalidOid;
	found = partition_range_datum_bsearch(key->partsupfunc, key->partcollation, partitions->boundinfo, 1, &value, &equal);
	found = partitions->boundinfo->indexes[found + 1];
	if (found < 0)
		found = partitions->boundinfo->default_index;
	return found < 0 ? InvalidOid : partitions->oids[found];
}

/* While the default one is locked, which keeps others from being made, one may have been. */
bool
tv_direct_open_found(TvDirect *direct, Relation table, Oid partition, TimestampTz at, TvDirectRows *rows)
{
	rows->table = table_open(partition, RowExclusiveLock);
	if (partition != direct->partition)
	{
		direct->partition_fits = fits(rows->table, direct);
		direct->partition = partition;
	}
	if (!direct->partition_fits || tv_direct_find(table, at) != partition)
	{
		table_close(rows->table, NoLock);
		return false;
	}
	rows->indexes = CatalogOpenIndexes(rows->table);
	return true;
}

bool
tv_direct_open_partition(TvDirect *direct, TimestampTz at, TvDirectRows *rows)
{
	Relation	table = tv_direct_open_table(direct);
	bool		opened;
	Oid			id;

	if (table == NULL)
		return false;
	id = tv_direct_find(table, at);
	opened = OidIsValid(id) && tv_direct_open_found(direct, table, id, at, rows);
	table_close(table, NoLock);
	return opened;
}

void
tv_direct_close(TvDirectRows *rows)
{
	CatalogCloseIndexes(rows->indexes);
	table_close(rows->table, NoLock);
}

int64
tv_direct_next(const TvDirect *direct)
{
	return nextval_internal(direct->sequence, false);
}

bool
tv_direct_has(const TvDirectRows *rows, int64 key)
{
	Relation	index = index_open(RelationGetPrimaryKeyIndex(rows->table), AccessShareLock);
	TupleTableSlot *slot = table_slot_create(rows->table, NULL);
	IndexScanDesc scan = index_beginscan(rows->table, index, SnapshotSelf, 1, 0);
	ScanKeyData wanted;
	bool		found;

	ScanKeyInit(&wanted, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(key));
	index_rescan(scan, &wanted, 1, NULL, 0);
	found = index_getnext_slot(scan, ForwardScanDirection, slot);
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, NoLock);
	return found;
}

void
tv_direct_insert(const TvDirectRows *rows, Datum *values, bool *nulls)
{
	HeapTuple	row = heap_form_tuple(RelationGetDescr(rows->table), values, nulls);

	CatalogTupleInsertWithInfo(rows->table, row, rows->indexes);
	heap_freetuple(row);
}
