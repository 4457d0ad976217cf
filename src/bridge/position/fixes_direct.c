/*
 * fixes_direct.c: fixes from the primary keys of the partitions; see fixes_direct.h.
 *
 * A statement for each vehicle begins and ends the executor on every partition: some 20 us, where an index says in one or two
 * which row it is.  A partition is opened when the first vehicle needs it, with one scan that is begun again for each.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/nbtree.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "bridge/access/policies.h"
#include "bridge/server/compat.h"
#include "bridge/position/fixes_direct.h"

/* The columns that are read. */
typedef enum Column
{
	WORLD, TIMELINE, VEHICLE, T, RECORDED_AT, LON, LAT, ALT, SPEED, HEADING, KIND, SEGMENT, FRACTION, COLUMNS
} Column;

static const struct
{
	const char *name;
	Oid			type;
}			columns[COLUMNS] = {
	{"world_id", INT8OID}, {"timeline_id", INT8OID}, {"vehicle_id", INT8OID}, {"t", TIMESTAMPTZOID},
	{"recorded_at", TIMESTAMPTZOID}, {"lon", FLOAT8OID}, {"lat", FLOAT8OID}, {"alt_m", FLOAT8OID},
	{"speed_mps", FLOAT8OID}, {"heading_deg", FLOAT8OID}, {"kind", TEXTOID}, {"segment_id", INT8OID},
	{"fraction", FLOAT8OID}
};

#define KEY_COLUMNS 3			/* timeline_id, vehicle_id, t */
#define KEYS 4					/* = = > <= */
#define PASSED 8				/* fixes before a moment that are remembered while it is looked for */
#define MOST_PASSED 64			/* and that are passed before a new descent is less work */

typedef struct Partition
{
	Oid			oid;
	bool		looked;
	bool		usable;
	Relation	table;
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	AttrNumber	attributes[COLUMNS];
	AttrNumber	last;			/* of them */
} Partition;

struct TvDirectFixes
{
	TvEnv	   *env;
	int64		world_id;
	TimestampTz known_at;
	Snapshot	snapshot;
	TvSpan	   *spans;
	uint32		span_count;
	Partition  *partitions;
	uint32		partition_count;
	ScanKeyData keys[KEYS];
};

/* Partitions ---------------------------------------------------------------- */

static bool
find_columns(Relation table, AttrNumber *attributes, AttrNumber *last)
{
	*last = 0;
	for (int i = 0; i < COLUMNS; i++)
	{
		AttrNumber	attribute = get_attnum(RelationGetRelid(table), columns[i].name);

		if (attribute <= 0 || TupleDescAttr(RelationGetDescr(table), attribute - 1)->atttypid != columns[i].type)
			return false;
		attributes[i] = attribute;
		*last = Max(*last, attribute);
	}
	return true;
}

/* Whether an index is on the three columns of the key, ascending. */
static bool
is_key(Relation index, const AttrNumber *attributes)
{
	static const Column key[KEY_COLUMNS] = {TIMELINE, VEHICLE, T};

	if (index->rd_rel->relam != BTREE_AM_OID || IndexRelationGetNumberOfKeyAttributes(index) != KEY_COLUMNS ||
		!index->rd_index->indisvalid)
		return false;
	for (int i = 0; i < KEY_COLUMNS; i++)
		if (index->rd_index->indkey.values[i] != attributes[key[i]] || index->rd_indoption[i] != 0)
			return false;
	return true;
}

static void
open_partition(TvDirectFixes *direct, Partition *partition)
{
	MemoryContext caller = MemoryContextSwitchTo(direct->env->context);
	Oid			key = InvalidOid;

	partition->looked = true;
	partition->table = try_table_open(partition->oid, AccessShareLock);
	if (partition->table != NULL && partition->table->rd_rel->relkind == RELKIND_RELATION &&
		partition->table->rd_rel->relam == HEAP_TABLE_AM_OID &&
		find_columns(partition->table, partition->attributes, &partition->last))
		key = RelationGetPrimaryKeyIndex(partition->table);
	if (OidIsValid(key))
	{
		partition->index = index_open(key, AccessShareLock);
		if (is_key(partition->index, partition->attributes))
		{
			partition->usable = true;
			partition->scan = index_beginscan(partition->table, partition->index, direct->snapshot, KEYS, 0);
			partition->scan->xs_want_itup = true;
			partition->slot = table_slot_create(partition->table, NULL);
		}
	}
	MemoryContextSwitchTo(caller);
}

static void
close_partition(Partition *partition)
{
	if (partition->slot != NULL)
		ExecDropSingleTupleTableSlot(partition->slot);
	if (partition->scan != NULL)
		index_endscan(partition->scan);
	if (partition->index != NULL)
		index_close(partition->index, NoLock);
	if (partition->table != NULL)
		table_close(partition->table, NoLock);
}

static Partition *
get_partition(TvDirectFixes *direct, int i)
{
	Partition  *partition = &direct->partitions[i];

	if (!partition->looked)
		open_partition(direct, partition);
	return partition;
}

bool
tv_direct_fixes_usable(TvDirectFixes *direct, int partition)
{
	return get_partition(direct, partition)->usable;
}

/* Spans --------------------------------------------------------------------- */

static void
add_span(TvDirectFixes *direct, TimestampTz from, TimestampTz to, int partition)
{
	if (partition >= 0 && from < to)
		direct->spans[direct->span_count++] = (TvSpan) {.from = from, .to = to, .partition = partition};
}

/* The last moment before the i-th bound. */
static TimestampTz
before_bound(const PartitionBoundInfoData *bounds, int i)
{
	switch (bounds->kind[i][0])
	{
		case PARTITION_RANGE_DATUM_MINVALUE:
			return DT_NOBEGIN;
		case PARTITION_RANGE_DATUM_MAXVALUE:
			return DT_NOEND;
		case PARTITION_RANGE_DATUM_VALUE:
			break;
	}
	return DatumGetTimestampTz(bounds->datums[i][0]) - 1;
}

static bool
is_by_range_of_time(Relation table)
{
	PartitionKey key = RelationGetPartitionKey(table);

	return key->strategy == PARTITION_STRATEGY_RANGE && key->partnatts == 1 && key->parttypid[0] == TIMESTAMPTZOID &&
		key->partattrs[0] == get_attnum(RelationGetRelid(table), "t");
}

static void
read_spans(TvDirectFixes *direct, Relation table)
{
	PartitionDesc description = RelationGetPartitionDesc(table, true);
	const PartitionBoundInfoData *bounds = description->boundinfo;
	TimestampTz from = DT_NOBEGIN;

	direct->partition_count = description->nparts;
	if (description->nparts == 0)
		return;
	direct->partitions = MemoryContextAllocZero(direct->env->context, sizeof(Partition) * description->nparts);
	direct->spans = MemoryContextAlloc(direct->env->context, sizeof(TvSpan) * (bounds->ndatums + 1));
	for (int i = 0; i < description->nparts; i++)
		direct->partitions[i].oid = description->oids[i];
	for (int i = 0; i <= bounds->ndatums; i++)
	{
		TimestampTz to = i < bounds->ndatums ? before_bound(bounds, i) : DT_NOEND;
		int			partition = i < bounds->ndatums || bounds->ndatums == 0 || to > from ? bounds->indexes[i] : -1;

		add_span(direct, from, to, partition >= 0 ? partition : bounds->default_index);
		from = to;
	}
}

TvDirectFixes *
tv_direct_fixes_open(TvEnv *env, const TvFixesAsked *asked)
{
	TvDirectFixes *direct;
	Relation	table;
	Oid			oid;

	if (!tv_positions_allowed())
		return NULL;
	oid = get_relname_relid("positions", get_namespace_oid("timevmaps", false));
	table = try_table_open(oid, AccessShareLock);
	if (table == NULL)
		return NULL;
	if (table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE || !is_by_range_of_time(table))
	{
		table_close(table, NoLock);
		return NULL;
	}
	direct = MemoryContextAllocZero(env->context, sizeof(TvDirectFixes));
	direct->env = env;
	direct->world_id = asked->world_id;
	direct->known_at = asked->known_at;
	direct->snapshot = GetActiveSnapshot();
	ScanKeyInit(&direct->keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(0));
	ScanKeyInit(&direct->keys[1], 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(0));
	ScanKeyInit(&direct->keys[2], 3, BTGreaterStrategyNumber, F_TIMESTAMPTZ_GT, TimestampTzGetDatum(0));
	ScanKeyInit(&direct->keys[3], 3, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(0));
	read_spans(direct, table);
	table_close(table, NoLock);
	return direct;
}

void
tv_direct_fixes_close(TvDirectFixes *direct)
{
	for (uint32 i = 0; i < direct->partition_count; i++)
		close_partition(&direct->partitions[i]);
}

const TvSpan *
tv_direct_fixes_spans(const TvDirectFixes *direct, uint32 *count)
{
	*count = direct->span_count;
	return direct->spans;
}

/*
 * Scans
 *
 * What a scan keeps it takes from the current context, which must be one that lasts as long as the scan.
 */

static int64
index_bigint(IndexScanDesc scan, int column)
{
	bool		isnull;

	return DatumGetInt64(index_getattr(scan->xs_itup, column, scan->xs_itupdesc, &isnull));
}

/* The first or the last id of a timeline in a partition, rows that nobody sees any more among them. */
static bool
find_vehicle(const TvDirectFixes *direct, Partition *partition, int64 timeline_id, bool last, int64 *vehicle_id)
{
	ScanKeyData key[KEYS];

	ScanKeyInit(&key[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(timeline_id));
	ScanKeyInit(&key[1], 2, BTGreaterEqualStrategyNumber, F_INT8GE, Int64GetDatum(PG_INT64_MIN));
	key[2] = direct->keys[2];
	key[2].sk_argument = TimestampTzGetDatum(DT_NOBEGIN);
	key[3] = direct->keys[3];
	key[3].sk_argument = TimestampTzGetDatum(DT_NOEND);
	index_rescan(partition->scan, key, KEYS, NULL, 0);
	if (index_getnext_tid(partition->scan, last ? BackwardScanDirection : ForwardScanDirection) == NULL)
		return false;
	*vehicle_id = index_bigint(partition->scan, 2);
	return true;
}

void
tv_direct_fixes_look(TvDirectFixes *direct, TvCell *cell)
{
	Partition  *partition = get_partition(direct, cell->partition);
	MemoryContext caller = MemoryContextSwitchTo(direct->env->context);

	cell->lowest = 1;
	cell->highest = 0;
	if (find_vehicle(direct, partition, cell->timeline_id, false, &cell->lowest))
		(void) find_vehicle(direct, partition, cell->timeline_id, true, &cell->highest);
	MemoryContextSwitchTo(caller);
}

static double
get_number(const Partition *partition, Column column)
{
	AttrNumber	i = partition->attributes[column] - 1;

	return partition->slot->tts_isnull[i] ? NAN : DatumGetFloat8(partition->slot->tts_values[i]);
}

/* False: it is of another world, or was not known then. */
static bool
read_slot(const TvDirectFixes *direct, const Partition *partition, TvmFix *fix)
{
	TupleTableSlot *slot = partition->slot;
	const Datum *values;
	const AttrNumber *at = partition->attributes;
	struct varlena *kind;

	slot_getsomeattrs(slot, partition->last);
	values = slot->tts_values;
	if (DatumGetInt64(values[at[WORLD] - 1]) != direct->world_id ||
		DatumGetTimestampTz(values[at[RECORDED_AT] - 1]) > direct->known_at)
		return false;
	fix->timeline_id = DatumGetInt64(values[at[TIMELINE] - 1]);
	fix->t = DatumGetTimestampTz(values[at[T] - 1]);
	fix->lon = DatumGetFloat8(values[at[LON] - 1]);
	fix->lat = DatumGetFloat8(values[at[LAT] - 1]);
	fix->alt_m = get_number(partition, ALT);
	fix->speed_mps = get_number(partition, SPEED);
	fix->heading_deg = get_number(partition, HEADING);
	fix->fraction = get_number(partition, FRACTION);
	fix->segment_id = slot->tts_isnull[at[SEGMENT] - 1] ? 0 : DatumGetInt64(values[at[SEGMENT] - 1]);
	kind = PG_DETOAST_DATUM_PACKED(values[at[KIND] - 1]);
	fix->kind = tv_fix_kind(VARDATA_ANY(kind), VARSIZE_ANY_EXHDR(kind));
	return true;
}

/* Begin to look for a vehicle in from < t <= to. */
static IndexScanDesc
begin_scan(TvDirectFixes *direct, Partition *partition, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to)
{
	ScanKeyData *keys = direct->keys;

	keys[0].sk_argument = Int64GetDatum(cell->timeline_id);
	keys[1].sk_argument = Int64GetDatum(vehicle_id);
	keys[2].sk_argument = TimestampTzGetDatum(from);
	keys[3].sk_argument = TimestampTzGetDatum(to);
	index_rescan(partition->scan, keys, KEYS, NULL, 0);
	return partition->scan;
}

size_t
tv_direct_fixes_read(TvDirectFixes *direct, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz to,
					 bool backward, TvmFix *out, size_t limit)
{
	Partition  *partition = get_partition(direct, cell->partition);
	MemoryContext caller = MemoryContextSwitchTo(direct->env->context);
	IndexScanDesc scan = begin_scan(direct, partition, cell, vehicle_id, from, to);
	size_t		count = 0;

	while (count < limit && index_getnext_slot(scan, backward ? BackwardScanDirection : ForwardScanDirection, partition->slot))
	{
		count += read_slot(direct, partition, &out[count]);
		tv_interrupts_at(count);
	}
	ExecClearTuple(partition->slot);
	MemoryContextSwitchTo(caller);
	return count;
}

/* A row that the index named before. */
static bool
fetch(const TvDirectFixes *direct, Partition *partition, ItemPointer tid, TvmFix *fix)
{
	bool		again = false;
	bool		all_dead;

	return table_index_fetch_tuple(partition->scan->xs_heapfetch, tid, direct->snapshot, partition->slot, &again, &all_dead) &&
		read_slot(direct, partition, fix);
}

int
tv_direct_fixes_around(TvDirectFixes *direct, const TvCell *cell, int64 vehicle_id, TimestampTz from, TimestampTz t, TimestampTz to,
					   TvmFix *before, TvmFix *after)
{
	Partition  *partition = get_partition(direct, cell->partition);
	MemoryContext caller = MemoryContextSwitchTo(direct->env->context);
	IndexScanDesc scan = begin_scan(direct, partition, cell, vehicle_id, from, to);
	ItemPointerData passed[PASSED];
	uint32		count = 0;
	int			found = 0;

	while (index_getnext_tid(scan, ForwardScanDirection) != NULL)
	{
		if (index_bigint(scan, 3) > t)
		{
			if (!index_fetch_heap(scan, partition->slot) || !read_slot(direct, partition, after))
				continue;
			found |= TV_FOUND_AFTER;
			break;
		}
		passed[count++ % PASSED] = scan->xs_heaptid;
		if (count > MOST_PASSED)
			break;
	}
	if (count <= MOST_PASSED)
		for (uint32 i = count; !(found & TV_FOUND_BEFORE) && i-- > 0 && i + PASSED >= count;)
			if (fetch(direct, partition, &passed[i % PASSED], before))
				found |= TV_FOUND_BEFORE;
	/* Those before the ones that are remembered have not been looked at. */
	if (!(found & TV_FOUND_BEFORE) && count > PASSED)
		found = TV_TOO_MANY;
	ExecClearTuple(partition->slot);
	MemoryContextSwitchTo(caller);
	return found;
}
