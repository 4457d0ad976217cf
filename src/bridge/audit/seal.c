/*
 * seal.c: seal what is new in the audit; see seal.h.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "bridge/audit/seal.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"

/* Rows of a batch, but for a transaction that has more. */
#define BATCH_ROWS 10000

/* Triggers are the last that a dump brings; before, the seals of its rows may not have come. */
static const char restored[] =
"SELECT true FROM pg_catalog.pg_trigger e, pg_catalog.pg_trigger s"
" WHERE e.tgname OPERATOR(pg_catalog.=) 'audit_events_log_refuse'"
" AND e.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('timevmaps.audit_events')"
" AND s.tgname OPERATOR(pg_catalog.=) 'audit_seals_log_refuse'"
" AND s.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('timevmaps.audit_seals')";

static const char oldest[] = "SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())";

/* Nobody else's: clients have no privilege for it, and it waits for no reader. */
static void
lock_seals(void)
{
	(void) SPI_execute("LOCK TABLE timevmaps.audit_seals IN SHARE ROW EXCLUSIVE MODE", false, 0);
}

static int64
current_era(void)
{
	bool		isnull;

	if (SPI_execute("SELECT timevmaps_internal.tv_audit_era()", false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the era of the audit is not known")));
	return DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

static void
receive_xid(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(uint64 *) target = U64FromFullTransactionId(DatumGetFullTransactionId(values[0]));
}

static Datum
bytes(const void *from, Size length)
{
	bytea	   *result = palloc(VARHDRSZ + length);

	SET_VARSIZE(result, VARHDRSZ + length);
	memcpy(VARDATA(result), from, length);
	return PointerGetDatum(result);
}

static void
insert(const TvSeal *seal)
{
	Oid			types[] = {INT8OID, INT4OID, XID8OID, XID8OID, INT8OID, INT8OID, INT8OID, BYTEAOID, BYTEAOID, BYTEAOID, BYTEAOID, TIMESTAMPTZOID};
	Datum		values[] = {
		Int64GetDatum(seal->batch), Int32GetDatum((int32) seal->era),
		FullTransactionIdGetDatum(FullTransactionIdFromU64(seal->from_xid)), FullTransactionIdGetDatum(FullTransactionIdFromU64(seal->to_xid)),
		Int64GetDatum(seal->count), Int64GetDatum(seal->first_id), Int64GetDatum(seal->last_id),
		bytes(seal->leaves.data, seal->leaves.len), bytes(seal->merkle, TV_HASH_BYTES), bytes(seal->previous, TV_HASH_BYTES),
		bytes(seal->root, TV_HASH_BYTES), TimestampTzGetDatum(seal->at)
	};

	/* Where the snapshot is older than another's seal, the conflict is one of serialization. */
	if (SPI_execute_with_args("INSERT INTO timevmaps.audit_seals (batch, era, from_xid, to_xid, count, first_id, last_id, leaves, merkle, previous, root, at)"
							  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING", lengthof(types), types,
							  values, NULL, false, 0) != SPI_OK_INSERT || SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the seal could not be written")));
}

/* The seal that follows another on these rows. */
static void
make_seal(TvSeal *seal, const TvSeal *last, const TvBatch *batch, int64 current, uint64 final)
{
	memset(seal, 0, sizeof(TvSeal));
	seal->batch = last->batch + 1;
	seal->era = batch->era;
	seal->from_xid = batch->era == last->era ? last->to_xid : 0;
	/* To where all is final, where these are the last rows. */
	seal->to_xid = batch->count < BATCH_ROWS && batch->era == current ? final : batch->last_xid + 1;
	seal->count = batch->count;
	seal->first_id = batch->first_id;
	seal->last_id = batch->last_id;
	seal->at = GetCurrentTimestamp();
	seal->leaves = batch->leaves;
	memcpy(seal->merkle, batch->merkle, TV_HASH_BYTES);
	memcpy(seal->previous, last->root, TV_HASH_BYTES);
	tv_seal_root(seal, seal->root);
}

void
tv_audit_seal(int64 batches, TvSealMade made, void *target)
{
	TvSeal		last;
	TvSeal		seal;
	TvBatch		batch;
	int64		current;
	uint64		final = 0;

	if (!tv_scan_finds(restored, 0, NULL))
		return;
	lock_seals();
	current = current_era();
	/* What others have sealed until now is seen from here on. */
	PushActiveSnapshot(GetTransactionSnapshot());
	(void) tv_seal_read(&last, 0);
	tv_scan(oldest, 0, NULL, receive_xid, &final);
	for (int64 i = 0; i < batches; i++)
	{
		if (!tv_batch_read_next(&batch, last.era, last.to_xid, current, final, BATCH_ROWS))
			break;
		make_seal(&seal, &last, &batch, current, final);
		insert(&seal);
		tv_audit_announce(&seal);
		if (made != NULL)
			made(target, &seal);
		if (last.leaves.data != NULL)
			pfree(last.leaves.data);
		last = seal;
	}
	PopActiveSnapshot();
}
