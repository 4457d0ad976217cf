/*
 * verify.c: look at what is sealed in the audit; see seal.h.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/xid8.h"

#include "bridge/audit/seal.h"
#include "bridge/server/scan.h"

/* Rows that no seal can have: after the last one of an era, and before the first one of a later era. */
static const char rows_between[] =
"SELECT e.id FROM timevmaps.audit_events e WHERE (e.era, e.xid) OPERATOR(pg_catalog.>=) ($1, $2) AND e.era OPERATOR(pg_catalog.<) $3"
" ORDER BY e.era, e.xid, e.id LIMIT 1";

/* Nor have rows of eras that have not begun. */
static const char rows_to_come[] =
"SELECT e.id FROM timevmaps.audit_events e WHERE e.era OPERATOR(pg_catalog.>)"
" (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)::pg_catalog.int4 FROM pg_catalog.pg_attrdef d"
" JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) d.adrelid AND a.attnum OPERATOR(pg_catalog.=) d.adnum"
" WHERE d.adrelid OPERATOR(pg_catalog.=) 'timevmaps.audit_events'::pg_catalog.regclass AND a.attname OPERATOR(pg_catalog.=) 'era')"
" ORDER BY e.era, e.xid, e.id LIMIT 1";

static void
receive_id(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(int64 *) target = DatumGetInt64(values[0]);
}

static bool
has_leaf(const StringInfoData *leaves, int64 id)
{
	for (int64 i = 0; i < leaves->len / TV_LEAF_BYTES; i++)
		if (tv_batch_leaf_id(leaves->data, i) == id)
			return true;
	return false;
}

/* What is wrong with the first row that differs from its leaf. */
static void
name_row(const TvSeal *seal, const TvBatch *rows, TvAuditFault *fault)
{
	int64		sealed = seal->leaves.len / TV_LEAF_BYTES;
	int64		i = 0;

	while (i < sealed && i < rows->count &&
		   memcmp(seal->leaves.data + i * TV_LEAF_BYTES, rows->leaves.data + i * TV_LEAF_BYTES, TV_LEAF_BYTES) == 0)
		i++;
	fault->what = "changed";
	if (i < sealed && !has_leaf(&rows->leaves, tv_batch_leaf_id(seal->leaves.data, i)))
	{
		fault->what = "removed";
		fault->event_id = tv_batch_leaf_id(seal->leaves.data, i);
	}
	else if (i < rows->count)
	{
		fault->event_id = tv_batch_leaf_id(rows->leaves.data, i);
		if (!has_leaf(&seal->leaves, fault->event_id))
			fault->what = "put in";
	}
}

/* Whether a seal follows another, has its root, and its rows have theirs. */
static bool
holds(const TvSeal *seal, const TvSeal *before, TvAuditFault *fault)
{
	uint8		root[TV_HASH_BYTES];
	TvBatch		rows;
	bool		begins = seal->era > before->era && seal->from_xid == 0;

	fault->batch = seal->batch;
	fault->event_id = 0;
	tv_seal_root(seal, root);
	if (seal->odd || memcmp(root, seal->root, TV_HASH_BYTES) != 0 || memcmp(seal->previous, before->root, TV_HASH_BYTES) != 0 ||
		!(begins || (seal->era == before->era && seal->from_xid == before->to_xid)) ||
		seal->leaves.len != seal->count * TV_LEAF_BYTES)
	{
		fault->what = "seal changed";
		return false;
	}
	tv_batch_read(&rows, seal->era, seal->from_xid, seal->to_xid);
	if (rows.count != seal->count || memcmp(rows.merkle, seal->merkle, TV_HASH_BYTES) != 0 ||
		memcmp(rows.leaves.data, seal->leaves.data, seal->leaves.len) != 0)
	{
		name_row(seal, &rows, fault);
		return false;
	}
	pfree(rows.leaves.data);
	fault->what = "put in";
	if (begins)
	{
		TvArg		args[] = {
			{INT4OID, Int32GetDatum((int32) before->era)},
			{XID8OID, FullTransactionIdGetDatum(FullTransactionIdFromU64(before->to_xid))},
			{INT4OID, Int32GetDatum((int32) seal->era)}
		};

		tv_scan(rows_between, lengthof(args), args, receive_id, &fault->event_id);
	}
	return fault->event_id == 0;
}

bool
tv_audit_verify(int64 since, TvAuditFault *fault)
{
	TvSeal		last;
	TvSeal		before;
	TvSeal		seal;

	memset(&before, 0, sizeof(TvSeal));
	before.era = PG_INT32_MIN;
	(void) tv_seal_read(&last, 0);	/* 0 where there is none */
	for (int64 batch = since > 1 ? since - 1 : 1; batch <= last.batch; batch++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!tv_seal_read(&seal, batch))
		{
			*fault = (TvAuditFault) {.batch = batch, .what = "seal removed"};
			return true;
		}
		if (batch >= since && !holds(&seal, &before, fault))
			return true;
		if (before.leaves.data != NULL)
			pfree(before.leaves.data);
		before = seal;
	}
	*fault = (TvAuditFault) {.batch = last.batch + 1, .what = "put in"};
	tv_scan(rows_to_come, 0, NULL, receive_id, &fault->event_id);
	return fault->event_id != 0;
}
