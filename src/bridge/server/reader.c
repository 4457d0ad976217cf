/*
 * reader.c: rows of a table of ours by its indexes, without a statement; see reader.h.
 */
#include "postgres.h"

#include "access/gist.h"
#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "bridge/server/reader.h"

#define GIST_EQUAL 3			/* btree_gist's = */
#define GIST_NEAREST 13			/* PostGIS's <-> */

static bool
find_columns(TvReader *reader, const TvReaderColumn *columns, int count)
{
	reader->count = count;
	reader->last = 0;
	for (int i = 0; i < count; i++)
	{
		AttrNumber	at = get_attnum(RelationGetRelid(reader->table), columns[i].name);

		if (at <= 0 || (OidIsValid(columns[i].type) && TupleDescAttr(RelationGetDescr(reader->table), at - 1)->atttypid != columns[i].type))
			return false;
		reader->at[i] = at;
		reader->last = Max(reader->last, at);
	}
	return true;
}

bool
tv_reader_open(TvReader *reader, const char *table, const TvReaderColumn *columns, int count)
{
	Oid			id = get_relname_relid(table, get_namespace_oid("timevmaps", false));

	Assert(count <= TV_READER_COLUMNS);
	*reader = (TvReader) {.context = CurrentMemoryContext, .snapshot = GetActiveSnapshot()};
	if (OidIsValid(id))
		reader->table = try_table_open(id, AccessShareLock);
	if (reader->table == NULL)
		return false;
	if (reader->table->rd_rel->relkind != RELKIND_RELATION || reader->table->rd_rel->relam != HEAP_TABLE_AM_OID ||
		!find_columns(reader, columns, count))
	{
		table_close(reader->table, NoLock);
		reader->table = NULL;
		return false;
	}
	reader->slot = table_slot_create(reader->table, NULL);
	return true;
}

void
tv_reader_close(TvReader *reader)
{
	if (reader->table == NULL)
		return;
	ExecDropSingleTupleTableSlot(reader->slot);
	table_close(reader->table, NoLock);
	reader->table = NULL;
}

static bool
is_on(const TvReader *reader, Relation index, Oid method, const int *keys, int key_count, bool partial)
{
	const FormData_pg_index *form = index->rd_index;

	if (form->indrelid != RelationGetRelid(reader->table) || index->rd_rel->relam != method || !form->indisvalid ||
		IndexRelationGetNumberOfKeyAttributes(index) != key_count || (RelationGetIndexPredicate(index) != NIL) != partial)
		return false;
	/* As the planner does: an older snapshot may not find in it what it sees. */
	if (form->indcheckxmin && !TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data), TransactionXmin))
		return false;
	for (int i = 0; i < key_count; i++)
		if (form->indkey.values[i] != (keys[i] < 0 ? 0 : reader->at[keys[i]]))
			return false;
	return true;
}

/* What the operator <-> of the class of the last column is, for which the index has an order. */
static Oid
find_distance(Relation index)
{
	int			last = IndexRelationGetNumberOfKeyAttributes(index) - 1;
	Oid			type = index->rd_opcintype[last];
	Oid			ordering = get_opfamily_member(index->rd_opfamily[last], type, type, GIST_NEAREST);
	char	   *name = OidIsValid(ordering) ? get_opname(ordering) : NULL;

	return name != NULL && strcmp(name, "<->") == 0 ? get_opcode(ordering) : InvalidOid;
}

bool
tv_reader_index(TvReader *reader, const char *name, Oid method, const int *keys, int key_count, bool partial, TvReaderIndex *index)
{
	MemoryContext caller;
	Oid			id = name == NULL ? RelationGetPrimaryKeyIndex(reader->table)
		: get_relname_relid(name, RelationGetNamespace(reader->table));

	*index = (TvReaderIndex) {.reader = reader};
	if (!OidIsValid(id) || get_rel_relkind(id) != RELKIND_INDEX)
		return false;
	caller = MemoryContextSwitchTo(reader->context);
	index->index = index_open(id, AccessShareLock);
	MemoryContextSwitchTo(caller);
	if (method == GIST_AM_OID)
		index->distance = find_distance(index->index);
	if (is_on(reader, index->index, method, keys, key_count, partial) && OidIsValid(index->distance) == (method == GIST_AM_OID))
		return true;
	index_close(index->index, NoLock);
	index->index = NULL;
	return false;
}

static void
end_scan(TvReaderIndex *index)
{
	if (index->scan != NULL)
		index_endscan(index->scan);
	index->scan = NULL;
}

void
tv_reader_index_close(TvReaderIndex *index)
{
	if (index->index == NULL)
		return;
	end_scan(index);
	index_close(index->index, NoLock);
	index->index = NULL;
}

static void
set_keys(TvReaderIndex *index, int key_count, const int64 *const *values)
{
	StrategyNumber equal = index->index->rd_rel->relam == GIST_AM_OID ? GIST_EQUAL : BTEqualStrategyNumber;

	for (int i = 0; i < key_count; i++)
		if (values[i] == NULL)
			ScanKeyEntryInitialize(&index->keys[i], SK_ISNULL | SK_SEARCHNULL, i + 1, InvalidStrategy, InvalidOid, InvalidOid, InvalidOid, (Datum) 0);
		else
			ScanKeyEntryInitialize(&index->keys[i], 0, i + 1, equal, INT8OID, InvalidOid, F_INT8EQ, Int64GetDatum(*values[i]));
}

/* One scan is begun again for each question of as many keys. */
static void
begin_scan(TvReaderIndex *index, int key_count, bool has_order)
{
	MemoryContext caller = MemoryContextSwitchTo(index->reader->context);

	if (index->scan != NULL && (index->key_count != key_count || index->has_order != has_order))
		end_scan(index);
	if (index->scan == NULL)
		index->scan = index_beginscan(index->reader->table, index->index, index->reader->snapshot, key_count, has_order ? 1 : 0);
	index->key_count = key_count;
	index->has_order = has_order;
	index_rescan(index->scan, index->keys, key_count, has_order ? &index->order : NULL, has_order ? 1 : 0);
	MemoryContextSwitchTo(caller);
}

void
tv_reader_look_near(TvReaderIndex *index, int key_count, const int64 *const *values, Datum to)
{
	int			last = IndexRelationGetNumberOfKeyAttributes(index->index) - 1;

	set_keys(index, key_count, values);
	ScanKeyEntryInitialize(&index->order, SK_ORDER_BY, last + 1, GIST_NEAREST, index->index->rd_opcintype[last], InvalidOid, index->distance, to);
	begin_scan(index, key_count, true);
}

bool
tv_reader_next(TvReaderIndex *index)
{
	MemoryContext caller = MemoryContextSwitchTo(index->reader->context);
	bool		found = index_getnext_slot(index->scan, ForwardScanDirection, index->reader->slot);

	MemoryContextSwitchTo(caller);
	if (found)
		slot_getsomeattrs(index->reader->slot, index->reader->last);
	return found;
}

double
tv_reader_distance(const TvReaderIndex *index)
{
	return index->scan->xs_orderbynulls[0] ? 0 : DatumGetFloat8(index->scan->xs_orderbyvals[0]);
}

bool
tv_reader_find(TvReaderIndex *index, int key_count, const int64 *const *values)
{
	set_keys(index, key_count, values);
	begin_scan(index, key_count, false);
	return tv_reader_next(index);
}

Datum
tv_reader_get(const TvReader *reader, int column, bool *isnull)
{
	AttrNumber	i = reader->at[column] - 1;

	*isnull = reader->slot->tts_isnull[i];
	return reader->slot->tts_values[i];
}
