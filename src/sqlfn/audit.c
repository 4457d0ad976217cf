/*
 * audit.c: seal the audit, and look whether it holds.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "bridge/access/owner.h"
#include "bridge/access/roles.h"
#include "bridge/audit/seal.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"

PG_FUNCTION_INFO_V1(tv_seal_audit);
PG_FUNCTION_INFO_V1(tv_verify_audit);

static void
put_seal(void *target, const TvSeal *seal)
{
	ReturnSetInfo *rsinfo = target;
	bytea	   *root = palloc(VARHDRSZ + TV_HASH_BYTES);
	Datum		values[] = {Int64GetDatum(seal->batch), Int64GetDatum(seal->count), PointerGetDatum(root)};
	bool		nulls[3] = {false};

	SET_VARSIZE(root, VARHDRSZ + TV_HASH_BYTES);
	memcpy(VARDATA(root), seal->root, TV_HASH_BYTES);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
tv_seal_audit(PG_FUNCTION_ARGS)
{
	TvOwner		owner;

	tv_require_admin();
	tv_require_tables();
	if (PG_ARGISNULL(0) || PG_GETARG_INT32(0) < 1 || PG_GETARG_INT32(0) > 1000000)
		tv_report_invalid("max_batches", "not a number of batches", "It is 1 to 1000000.", NULL);
	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	tv_owner_enter(&owner);
	tv_audit_seal(PG_GETARG_INT32(0), put_seal, fcinfo->resultinfo);
	tv_owner_leave(&owner);
	SPI_finish();
	return (Datum) 0;
}

Datum
tv_verify_audit(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvOwner		owner;
	TvAuditFault fault;
	bool		found;

	tv_require_admin();
	tv_require_tables();
	if (PG_ARGISNULL(0) || PG_GETARG_INT64(0) < 1)
		tv_report_invalid("since_batch", "not a number of a batch", NULL, NULL);
	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	tv_owner_enter(&owner);
	found = tv_audit_verify(PG_GETARG_INT64(0), &fault);
	tv_owner_leave(&owner);
	if (found)
	{
		Datum		values[] = {Int64GetDatum(fault.batch), Int64GetDatum(fault.event_id), CStringGetTextDatum(fault.what)};
		bool		nulls[3] = {false, fault.event_id == 0, false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}
