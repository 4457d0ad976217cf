/*
 * write.c: fixes written directly into the partitions of positions; see states.h.
 *
 * For each partition: what there is of the keys is looked up in the primary key's order, seeing what others have not committed, for whose end is
 * waited; then the rest is inserted, many tuples at a time, and its entries into the indexes in their order.  Whoever
 * inserts the same in between is noticed by the unique index (23505): all of it is undone with its subtransaction, and the caller begins anew.  Keys are
 * taken in one order by everybody, so that nobody waits in a circle.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "bridge/ingest/states.h"
#include "bridge/server/compat.h"
#include "bridge/server/direct.h"
#include "bridge/server/env.h"
#include "bridge/server/error.h"

#define AT_ONCE 1000			/* tuples */
#define FEW 8					/* rows are passed for one that is wanted, rather than looking for it anew */

/* What tv_fix_fault() sees to. */
static const char *const checks[] = {
	"positions_t_check", "positions_recorded_check", "positions_lon_check", "positions_lat_check", "positions_alt_check", "positions_speed_check",
	"positions_heading_check", "positions_accuracy_check", "positions_clock_check", "positions_kind_check", "positions_segment_check",
	"positions_fraction_check", "positions_props_check", NULL
};

static TvDirect positions = {
	.name = "positions",.count = TV_FIX_COLUMNS,.checks = checks,
	.required = 1u << TV_FIX_WORLD | 1u << TV_FIX_TIMELINE | 1u << TV_FIX_VEHICLE | 1u << TV_FIX_T | 1u << TV_FIX_RECORDED | 1u << TV_FIX_LON |
	1u << TV_FIX_LAT | 1u << TV_FIX_CLOCK | 1u << TV_FIX_KIND
};

/* Those of one partition. */
typedef struct Piece
{
	const TvFixTerms *terms;
	TvDirectRows rows;
	Relation	key;			/* its primary key */
	TvFixRow   *fixes;
	uint8	   *states;
	uint32		count;
} Piece;

/* What is there --------------------------------------------------------------- */

/* Rows of a vehicle from a time on, those too that are not committed. */
typedef struct Look
{
	SnapshotData dirty;
	IndexScanDesc scan;
	TupleTableSlot *slot;
} Look;

static void
look_from(const Piece *piece, Look *look, const TvFixRow *fix)
{
	ScanKeyData keys[3];

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(piece->terms->timeline_id));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(fix->vehicle_id));
	ScanKeyInit(&keys[2], 3, BTGreaterEqualStrategyNumber, F_TIMESTAMPTZ_GE, TimestampTzGetDatum(fix->t));
	if (look->scan == NULL)
	{
		InitDirtySnapshot(look->dirty);
		look->scan = index_beginscan(piece->rows.table, piece->key, &look->dirty, lengthof(keys), 0);
	}
	index_rescan(look->scan, keys, lengthof(keys), NULL, 0);
}

static void
end_look(Look *look)
{
	ExecClearTuple(look->slot);
	if (look->scan != NULL)
		index_endscan(look->scan);
	look->scan = NULL;
}

/* Whether somebody else is about to write or remove the row: then his end has been waited for, and it is to be looked at again. */
static bool
wait_for_other(const Piece *piece, Look *look)
{
	TransactionId writer = look->dirty.xmin;
	TransactionId other = TransactionIdIsValid(writer) ? writer : look->dirty.xmax;
	uint32		token = look->dirty.speculativeToken;
	ItemPointerData tid = look->slot->tts_tid;

	if (!TransactionIdIsValid(other))
		return false;
	end_look(look);
	if (TransactionIdIsValid(writer) && token != 0)
		SpeculativeInsertionWait(writer, token);
	else
		XactLockTableWait(other, piece->rows.table, &tid, XLTW_InsertIndex);
	return true;
}

/* Those of one vehicle, [first, end). */
static void
look_up_vehicle(Piece *piece, Look *look, uint32 first, uint32 end)
{
	uint32		i = first;
	int			passed = 0;

	look_from(piece, look, &piece->fixes[i]);
	while (i < end && index_getnext_slot(look->scan, ForwardScanDirection, look->slot))
	{
		TimestampTz t;

		slot_getallattrs(look->slot);
		t = DatumGetTimestampTz(look->slot->tts_values[TV_FIX_T]);
		while (i < end && piece->fixes[i].t < t)
			piece->states[i++] = TV_FIX_NEW;
		if (i < end && piece->fixes[i].t == t)
		{
			bool		same = tv_fix_says(&piece->fixes[i], look->slot->tts_values, look->slot->tts_isnull);

			if (wait_for_other(piece, look))
			{
				look_from(piece, look, &piece->fixes[i]);
				continue;
			}
			piece->states[i++] = same ? TV_FIX_SAME : TV_FIX_OTHER;
			passed = 0;
		}
		else if (i < end && ++passed > FEW)
		{
			look_from(piece, look, &piece->fixes[i]);
			passed = 0;
		}
	}
	for (; i < end; i++)
		piece->states[i] = TV_FIX_NEW;
}

static void
look_up(Piece *piece)
{
	Look		look = {.scan = NULL};
	uint32		first = 0;

	look.slot = table_slot_create(piece->rows.table, NULL);
	while (first < piece->count)
	{
		uint32		end = first + 1;

		while (end < piece->count && piece->fixes[end].vehicle_id == piece->fixes[first].vehicle_id)
			end++;
		tv_interrupts_at(first);
		look_up_vehicle(piece, &look, first, end);
		first = end;
	}
	end_look(&look);
	ExecDropSingleTupleTableSlot(look.slot);
}

/* What is new ------------------------------------------------------------------ */

typedef struct Inserter
{
	TupleTableSlot **slots;
	int			count;
	BulkInsertState bulk;
	MemoryContext memory;
} Inserter;

static void
fill_slot(const Piece *piece, const TvFixRow *fix, TimestampTz now, TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	tv_fix_put(fix, slot->tts_values, slot->tts_isnull);
	slot->tts_values[TV_FIX_WORLD] = Int64GetDatum(piece->terms->world_id);
	slot->tts_values[TV_FIX_TIMELINE] = Int64GetDatum(piece->terms->timeline_id);
	slot->tts_values[TV_FIX_RECORDED] = TimestampTzGetDatum(now);
	ExecStoreVirtualTuple(slot);
}

static void
insert_entries(const Piece *piece, TupleTableSlot *slot)
{
	CatalogIndexState indexes = piece->rows.indexes;
	Datum		values[INDEX_MAX_KEYS];
	bool		nulls[INDEX_MAX_KEYS];

	for (int i = 0; i < indexes->ri_NumIndices; i++)
	{
		Relation	index = indexes->ri_IndexRelationDescs[i];
		IndexInfo  *info = indexes->ri_IndexRelationInfo[i];

		if (!info->ii_ReadyForInserts)
			continue;
		FormIndexDatum(info, slot, NULL, values, nulls);
		(void) index_insert(index, values, nulls, &slot->tts_tid, piece->rows.table, index->rd_index->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO,
							false, info);
	}
}

static void
flush(const Piece *piece, Inserter *inserter)
{
	MemoryContext caller = MemoryContextSwitchTo(inserter->memory);

	if (inserter->count > 0)
		table_multi_insert(piece->rows.table, inserter->slots, inserter->count, GetCurrentCommandId(true), 0, inserter->bulk);
	for (int i = 0; i < inserter->count; i++)
		insert_entries(piece, inserter->slots[i]);
	inserter->count = 0;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(inserter->memory);
}

static void
insert_new(const Piece *piece)
{
	int			space = Min(piece->count, AT_ONCE);
	TimestampTz now = GetCurrentTimestamp();
	Inserter	inserter = {
		.slots = palloc(sizeof(TupleTableSlot *) * space),
		.bulk = piece->count > AT_ONCE ? GetBulkInsertState() : NULL,
		.memory = AllocSetContextCreate(CurrentMemoryContext, "timevmaps fixes", ALLOCSET_DEFAULT_SIZES)
	};

	for (int i = 0; i < space; i++)
		inserter.slots[i] = MakeSingleTupleTableSlot(RelationGetDescr(piece->rows.table), &TTSOpsVirtual);
	for (uint32 i = 0; i < piece->count; i++)
	{
		if (piece->states[i] != TV_FIX_NEW)
			continue;
		fill_slot(piece, &piece->fixes[i], now, inserter.slots[inserter.count++]);
		if (inserter.count == space)
		{
			CHECK_FOR_INTERRUPTS();
			flush(piece, &inserter);
			now = GetCurrentTimestamp();
		}
	}
	flush(piece, &inserter);
	for (int i = 0; i < space; i++)
		ExecDropSingleTupleTableSlot(inserter.slots[i]);
	pfree(inserter.slots);
	if (inserter.bulk != NULL)
		FreeBulkInsertState(inserter.bulk);
	MemoryContextDelete(inserter.memory);
}

/* All of them ------------------------------------------------------------------- */

/* TV_RACED: a day has got a partition meanwhile. */
static TvWritten
write_pieces(TvFixBatch *batch, Relation table)
{
	uint32		first = 0;

	while (first < batch->count)
	{
		Oid			partition = tv_direct_find(table, batch->fixes[first].t);
		uint32		end = first + 1;
		Piece		piece = {.terms = batch->terms, .fixes = batch->fixes + first, .states = batch->states + first};

		if (!OidIsValid(partition))
			return TV_NOT_DIRECTLY;
		while (end < batch->count && tv_direct_find(table, batch->fixes[end].t) == partition)
			end++;
		piece.count = end - first;
		if (!tv_direct_open_found(&positions, table, partition, batch->fixes[first].t, &piece.rows))
			return tv_direct_find(table, batch->fixes[first].t) == partition ? TV_NOT_DIRECTLY : TV_RACED;
		piece.key = index_open(RelationGetPrimaryKeyIndex(piece.rows.table), RowExclusiveLock);
		look_up(&piece);
		insert_new(&piece);
		index_close(piece.key, NoLock);
		tv_direct_close(&piece.rows);
		first = end;
	}
	return TV_WRITTEN;
}

static Relation
open_table(void)
{
	memcpy(positions.types, tv_fix_types, sizeof(tv_fix_types));
	return tv_direct_open_table(&positions);
}

TvWritten
tv_fixes_write(TvFixBatch *batch)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Relation	table = open_table();
	volatile TvWritten written = TV_RACED;

	if (table == NULL)
		return TV_NOT_DIRECTLY;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		written = write_pieces(batch, table);
		if (written == TV_WRITTEN)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION)
			tv_rethrow(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	table_close(table, NoLock);
	/* Statements to come see it. */
	if (written == TV_WRITTEN)
		CommandCounterIncrement();
	return written;
}
