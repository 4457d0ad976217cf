/*
 * batch.c: rows of the audit, hashed, and seals; see batch.h.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "bridge/audit/batch.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"

#define SEAL 2

/* Columns in the order in which they are hashed, as text. */
#define COLUMNS \
	"e.id::pg_catalog.text, e.xid::pg_catalog.text, e.era::pg_catalog.text," \
	" pg_catalog.to_char(pg_catalog.timezone('UTC', e.at), 'YYYY-MM-DD HH24:MI:SS.US'), e.identity, e.session_role::pg_catalog.text," \
	" e.role::pg_catalog.text, e.action, e.relation::pg_catalog.text, e.world_ids::pg_catalog.text, e.count::pg_catalog.text," \
	" e.ids::pg_catalog.text, e.more::pg_catalog.text"
#define HASHED 13

static const char rows_of_batch[] =
"SELECT e.id, e.xid, e.era, " COLUMNS " FROM timevmaps.audit_events e"
" WHERE e.era OPERATOR(pg_catalog.=) $1 AND e.xid OPERATOR(pg_catalog.>=) $2 AND e.xid OPERATOR(pg_catalog.<) $3"
" ORDER BY e.era, e.xid, e.id";

static const char rows_that_follow[] =
"SELECT e.id, e.xid, e.era, " COLUMNS " FROM timevmaps.audit_events e"
" WHERE (e.era, e.xid) OPERATOR(pg_catalog.>=) ($1, $2) AND (e.era, e.xid) OPERATOR(pg_catalog.<) ($3, $4)"
" ORDER BY e.era, e.xid, e.id";

typedef struct Reading
{
	TvBatch    *batch;
	TvMerkle	tree;
	int64		rows;			/* the most, but for the last transaction's */
	MemoryContext row;
	StringInfoData text;
} Reading;

/* Each field with its length, so that no two rows have the same bytes; a null is "-". */
static void
write_field(StringInfo text, const char *field)
{
	char	   *utf8 = pg_server_to_any(field, strlen(field), PG_UTF8);

	appendStringInfo(text, "%zu:%s,", strlen(utf8), utf8);
}

static bool
receive_row(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Reading    *reading = target;
	TvBatch    *batch = reading->batch;
	MemoryContext caller = MemoryContextSwitchTo(reading->row);
	int64		id = DatumGetInt64(values[0]);
	uint64		xid = U64FromFullTransactionId(DatumGetFullTransactionId(values[1]));
	int32		era = DatumGetInt32(values[2]);
	uint64		id_bytes = pg_hton64((uint64) id);
	uint8		leaf[TV_HASH_BYTES];

	CHECK_FOR_INTERRUPTS();
	if (batch->count > 0 &&
		(era != batch->era || (batch->count >= reading->rows && xid != batch->last_xid)))
	{
		MemoryContextSwitchTo(caller);
		return false;
	}
	resetStringInfo(&reading->text);
	for (int i = 3; i < 3 + HASHED; i++)
	{
		if (nulls[i])
			appendStringInfoChar(&reading->text, '-');
		else
			write_field(&reading->text, TextDatumGetCString(values[i]));
	}
	tv_merkle_add(&reading->tree, reading->text.data, reading->text.len, leaf);
	appendBinaryStringInfo(&batch->leaves, (const char *) &id_bytes, TV_LEAF_ID_BYTES);
	appendBinaryStringInfo(&batch->leaves, (const char *) leaf, TV_LEAF_HASH_BYTES);
	batch->first_id = batch->count == 0 ? id : Min(batch->first_id, id);
	batch->last_id = batch->count == 0 ? id : Max(batch->last_id, id);
	batch->era = era;
	batch->last_xid = xid;
	batch->count++;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(reading->row);
	return true;
}

static void
read_rows(TvBatch *batch, const char *query, int count, const TvArg *args, int64 rows)
{
	Reading		reading = {.batch = batch, .rows = rows};

	memset(batch, 0, sizeof(TvBatch));
	initStringInfo(&batch->leaves);
	initStringInfo(&reading.text);
	reading.row = AllocSetContextCreate(CurrentMemoryContext, "timevmaps audit row", ALLOCSET_DEFAULT_SIZES);
	tv_merkle_begin(&reading.tree);
	tv_scan_nearest(query, count, args, receive_row, &reading);
	if (batch->count > 0)
		tv_merkle_root(&reading.tree, batch->merkle);
	tv_merkle_end(&reading.tree);
	MemoryContextDelete(reading.row);
	pfree(reading.text.data);
}

static TvArg
arg_era(int64 era)
{
	return (TvArg) {.type = INT4OID, .value = Int32GetDatum((int32) era)};
}

static TvArg
arg_xid(uint64 xid)
{
	return (TvArg) {.type = XID8OID, .value = FullTransactionIdGetDatum(FullTransactionIdFromU64(xid))};
}

void
tv_batch_read(TvBatch *batch, int64 era, uint64 from_xid, uint64 to_xid)
{
	TvArg		args[] = {arg_era(era), arg_xid(from_xid), arg_xid(to_xid)};

	read_rows(batch, rows_of_batch, lengthof(args), args, PG_INT64_MAX);
}

bool
tv_batch_read_next(TvBatch *batch, int64 era, uint64 from_xid, int64 current, uint64 final, int64 rows)
{
	TvArg		args[] = {arg_era(era), arg_xid(from_xid), arg_era(current), arg_xid(final)};

	read_rows(batch, rows_that_follow, lengthof(args), args, rows);
	return batch->count > 0;
}

int64
tv_batch_leaf_id(const char *leaves, int64 i)
{
	uint64		id;

	memcpy(&id, leaves + i * TV_LEAF_BYTES, TV_LEAF_ID_BYTES);
	return (int64) pg_ntoh64(id);
}

/* Seals --------------------------------------------------------------------- */

#define SEAL_COLUMNS \
	"SELECT s.batch, s.era, s.from_xid, s.to_xid, s.count, s.first_id, s.last_id, s.at, s.leaves, s.merkle, s.previous, s.root" \
	" FROM timevmaps.audit_seals s"

static const char seal_by_number[] = SEAL_COLUMNS " WHERE s.batch OPERATOR(pg_catalog.=) $1";
static const char last_seal[] = SEAL_COLUMNS " ORDER BY s.batch DESC LIMIT 1";

typedef struct SealReading
{
	TvSeal	   *seal;
	MemoryContext kept;
	bool		found;
} SealReading;

/* What has another length is none of ours. */
static void
read_hash(TvSeal *seal, uint8 *hash, Datum value)
{
	bytea	   *bytes = DatumGetByteaPP(value);

	if (VARSIZE_ANY_EXHDR(bytes) == TV_HASH_BYTES)
		memcpy(hash, VARDATA_ANY(bytes), TV_HASH_BYTES);
	else
		seal->odd = true;
}

static void
receive_seal(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	SealReading *reading = target;
	TvSeal	   *seal = reading->seal;
	MemoryContext caller = MemoryContextSwitchTo(reading->kept);
	bytea	   *leaves = DatumGetByteaPP(values[8]);

	reading->found = true;
	seal->batch = DatumGetInt64(values[0]);
	seal->era = DatumGetInt32(values[1]);
	seal->from_xid = U64FromFullTransactionId(DatumGetFullTransactionId(values[2]));
	seal->to_xid = U64FromFullTransactionId(DatumGetFullTransactionId(values[3]));
	seal->count = DatumGetInt64(values[4]);
	seal->first_id = DatumGetInt64(values[5]);
	seal->last_id = DatumGetInt64(values[6]);
	seal->at = DatumGetTimestampTz(values[7]);
	initStringInfo(&seal->leaves);
	appendBinaryStringInfo(&seal->leaves, VARDATA_ANY(leaves), VARSIZE_ANY_EXHDR(leaves));
	read_hash(seal, seal->merkle, values[9]);
	read_hash(seal, seal->previous, values[10]);
	read_hash(seal, seal->root, values[11]);
	MemoryContextSwitchTo(caller);
}

bool
tv_seal_read(TvSeal *seal, int64 batch)
{
	SealReading reading = {.seal = seal, .kept = CurrentMemoryContext};
	TvArg		number = tv_arg_bigint(batch);

	memset(seal, 0, sizeof(TvSeal));
	if (batch > 0)
		tv_scan(seal_by_number, 1, &number, receive_seal, &reading);
	else
		tv_scan(last_seal, 0, NULL, receive_seal, &reading);
	return reading.found;
}

void
tv_seal_root(const TvSeal *seal, uint8 *root)
{
	TvMerkle	tree;
	int64		us = seal->at + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	char	   *header = psprintf("%lld|%lld|%llu|%llu|%lld|%lld|%lld|%lld", (long long) seal->batch, (long long) seal->era,
								  (unsigned long long) seal->from_xid, (unsigned long long) seal->to_xid, (long long) seal->count,
								  (long long) seal->first_id, (long long) seal->last_id, (long long) us);
	TvBytes		parts[] = {
		{seal->previous, TV_HASH_BYTES}, {seal->merkle, TV_HASH_BYTES}, {header, strlen(header)}, {"|", 1},
		{seal->leaves.data, seal->leaves.len}
	};

	tv_merkle_begin(&tree);
	tv_merkle_hash(&tree, SEAL, parts, lengthof(parts), root);
	tv_merkle_end(&tree);
	pfree(header);
}
