/*
 * changes.c: what a snapshot sees of network_changes; see changes.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

#include "bridge/network/changes.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "bridge/server/error.h"
#include "bridge/access/owner.h"
#include "bridge/server/ids.h"

/* Columns of network_changes (sql/tables/046-changes.sql). */
enum
{
	COLUMN_ID = 1,
	COLUMN_WORLD,
	COLUMN_XID,
	COLUMN_TIMELINE,
	COLUMN_KIND,
	COLUMN_IDS
};

/* An id of the last two billion transactions, in 64 bits. */
static uint64
widen(TransactionId xid, FullTransactionId next)
{
	uint32		epoch = EpochFromFullTransactionId(next);

	if (xid > XidFromFullTransactionId(next))
		epoch--;
	return (uint64) epoch << 32 | xid;
}

static int
compare_xids(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return x < y ? -1 : x > y;
}

TvHorizon *
tv_horizon_take(MemoryContext context)
{
	Snapshot	snapshot = GetActiveSnapshot();
	FullTransactionId next = ReadNextFullTransactionId();
	FullTransactionId own = GetTopFullTransactionIdIfAny();
	uint32		count = snapshot->takenDuringRecovery ? snapshot->subxcnt : snapshot->xcnt;
	TransactionId *running = snapshot->takenDuringRecovery ? snapshot->subxip : snapshot->xip;
	TvHorizon  *horizon = MemoryContextAllocZero(context, TvHorizonSize(count + 1));

	horizon->xmin = widen(snapshot->xmin, next);
	horizon->xmax = widen(snapshot->xmax, next);
	horizon->unknown = snapshot->takenDuringRecovery && snapshot->suboverflowed;
	for (uint32 i = 0; i < count; i++)
		horizon->running[horizon->running_count++] = widen(running[i], next);

	/* A snapshot leaves out its own transaction, which may yet change more. */
	if (FullTransactionIdIsValid(own))
		horizon->running[horizon->running_count++] = U64FromFullTransactionId(own);
	qsort(horizon->running, horizon->running_count, sizeof(uint64), compare_xids);
	return horizon;
}

static bool
is_running(const TvHorizon *horizon, uint64 xid)
{
	return bsearch(&xid, horizon->running, horizon->running_count, sizeof(uint64), compare_xids) != NULL;
}

bool
tv_horizon_had_ended(const TvHorizon *horizon, uint64 xid)
{
	return xid < horizon->xmin ||
		(xid < horizon->xmax && !horizon->unknown && !is_running(horizon, xid));
}

bool
tv_horizon_is_seen(const TvHorizon *horizon)
{
	Snapshot	snapshot = GetActiveSnapshot();
	FullTransactionId next = ReadNextFullTransactionId();
	uint32		count = snapshot->takenDuringRecovery ? snapshot->subxcnt : snapshot->xcnt;
	TransactionId *running = snapshot->takenDuringRecovery ? snapshot->subxip : snapshot->xip;

	if (widen(snapshot->xmin, next) >= horizon->xmax)
		return true;
	if (horizon->unknown || (snapshot->takenDuringRecovery && snapshot->suboverflowed) ||
		widen(snapshot->xmax, next) < horizon->xmax)
		return false;
	for (uint32 i = 0; i < count; i++)
		if (tv_horizon_had_ended(horizon, widen(running[i], next)))
			return false;
	return true;
}

static void
add_change(TvChanges *changes, uint32 *capacity, const Datum *values, const bool *nulls,
		   MemoryContext context)
{
	TvChange   *change;

	if (changes->count == *capacity)
		changes->changes = tv_grow(context, changes->changes, sizeof(TvChange), capacity);
	change = &changes->changes[changes->count++];
	change->id = DatumGetInt64(values[COLUMN_ID - 1]);
	change->xid = U64FromFullTransactionId(DatumGetFullTransactionId(values[COLUMN_XID - 1]));
	change->timeline_id = nulls[COLUMN_TIMELINE - 1] ? 0 : DatumGetInt64(values[COLUMN_TIMELINE - 1]);
	change->kind = (TvChangeKind) DatumGetChar(values[COLUMN_KIND - 1]);
	change->many = nulls[COLUMN_IDS - 1];
	change->count = 0;
	change->ids = NULL;
	if (!change->many)
	{
		ArrayType  *array = DatumGetArrayTypeP(values[COLUMN_IDS - 1]);
		int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

		if (ARR_HASNULL(array) || ARR_ELEMTYPE(array) != INT8OID)
			change->many = true;
		else if (count > 0)
		{
			change->count = count;
			change->ids = MemoryContextAlloc(context, count * sizeof(int64));
			memcpy(change->ids, ARR_DATA_PTR(array), count * sizeof(int64));
		}
	}
}

/* Whether the horizon saw the end of the transaction that removed rows of the log. */
static bool
saw_removal(const TvHorizon *horizon, const Datum *values, const bool *nulls)
{
	ArrayType  *array;

	if (nulls[COLUMN_IDS - 1])
		return false;
	array = DatumGetArrayTypeP(values[COLUMN_IDS - 1]);
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) == 1 && !ARR_HASNULL(array) &&
		ARR_ELEMTYPE(array) == INT8OID && tv_horizon_had_ended(horizon, *(uint64 *) ARR_DATA_PTR(array));
}

/* Add the rows of one world (0: of all) that the snapshot sees and the horizon does not. */
static void
scan_world(Relation log, Oid index, int64 world_id, const TvHorizon *horizon, TvChanges *changes,
		   uint32 *capacity, MemoryContext context)
{
	uint64		own = U64FromFullTransactionId(GetTopFullTransactionIdIfAny());
	uint64		snapshot_xmax = widen(GetActiveSnapshot()->xmax, ReadNextFullTransactionId());
	/* It is an ordinary table, which may have been given more columns. */
	int			width = RelationGetDescr(log)->natts;
	Datum	   *values = palloc(sizeof(Datum) * width);
	bool	   *nulls = palloc(sizeof(bool) * width);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], COLUMN_WORLD, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(world_id));
	ScanKeyInit(&keys[1], COLUMN_XID, BTGreaterEqualStrategyNumber, F_XID8GE,
				FullTransactionIdGetDatum(FullTransactionIdFromU64(horizon->xmin)));
	scan = systable_beginscan(log, index, true, GetActiveSnapshot(), 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		uint64		xid;

		heap_deform_tuple(tuple, RelationGetDescr(log), values, nulls);
		xid = U64FromFullTransactionId(DatumGetFullTransactionId(values[COLUMN_XID - 1]));
		CHECK_FOR_INTERRUPTS();
		/* No snapshot sees what has not begun: such rows were restored from another server. */
		if (xid >= snapshot_xmax && xid != own)
			continue;
		if (DatumGetChar(values[COLUMN_KIND - 1]) == TV_CHANGE_PRUNED)
		{
			/* Rows from the horizon on may be missing, but for whom saw that they had been removed. */
			if (xid >= horizon->xmin && !saw_removal(horizon, values, nulls))
			{
				changes->usable = false;
				changes->pruned = true;
			}
			continue;
		}
		if (tv_horizon_had_ended(horizon, xid))
			continue;
		add_change(changes, capacity, values, nulls, context);
		changes->own |= xid == own;
	}
	systable_endscan(scan);
}

TvChanges *
tv_changes_since(int64 world_id, const TvHorizon *horizon, MemoryContext context)
{
	TvChanges  *changes = MemoryContextAllocZero(context, sizeof(TvChanges));
	Oid			schema = get_namespace_oid("timevmaps", false);
	Oid			table = get_relname_relid("network_changes", schema);
	Oid			index = get_relname_relid("network_changes_world_idx", schema);
	uint32		capacity = 0;
	Relation	log;

	changes->usable = OidIsValid(table) && OidIsValid(index) && tv_horizon_is_seen(horizon);
	if (!changes->usable)
		return changes;
	log = table_open(table, AccessShareLock);
	scan_world(log, index, world_id, horizon, changes, &capacity, context);
	scan_world(log, index, 0, horizon, changes, &capacity, context);
	table_close(log, AccessShareLock);
	if (changes->count > 1)
		qsort(changes->changes, changes->count, sizeof(TvChange), tv_ids_compare);
	for (uint32 i = 0; i < changes->count; i++)
		changes->digest = hash_combine64(changes->digest, hash_bytes_extended(
											 (const unsigned char *) &changes->changes[i].id, sizeof(int64), 0));
	return changes;
}

void
tv_changes_prune(int64 world_id, const TvHorizon *horizon)
{
	Oid			types[] = {INT8OID, TEXTOID};
	Datum		values[] = {Int64GetDatum(world_id), CStringGetTextDatum(psprintf(UINT64_FORMAT, horizon->xmin))};
	TvOwner		owner;

	tv_owner_enter(&owner);
	/*
	 * A trigger of the table writes down that they are gone.  What another is pruning is left to it: its transaction may be a
	 * client's, who keeps it open.
	 */
	SPI_execute_with_args("DELETE FROM timevmaps.network_changes c"
						  " USING (SELECT d.id FROM timevmaps.network_changes d"
						  " WHERE d.world_id OPERATOR(pg_catalog.=) $1"
						  " AND d.xid OPERATOR(pg_catalog.<) $2::pg_catalog.xid8 FOR UPDATE SKIP LOCKED) f"
						  " WHERE c.id OPERATOR(pg_catalog.=) f.id",
						  2, types, values, NULL, false, 0);
	tv_owner_leave(&owner);
}
