/*
 * internal.c: call a function in the schema timevmaps_internal from C; see internal.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "bridge/server/internal.h"

static Datum
call(const char *name, int count, const Oid *types, const Datum *values, const bool *nulls, Snapshot snapshot, bool *isnull)
{
	LOCAL_FCINFO(fcinfo, FUNC_MAX_ARGS);
	FmgrInfo	function;
	Datum		result;
	Oid			space = get_namespace_oid("timevmaps_internal", false);
	Oid			id = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
									 PointerGetDatum(buildoidvector(types, count)), ObjectIdGetDatum(space));

	if (!OidIsValid(id))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("a function of timevmaps is missing"),
				 errdetail("It is timevmaps_internal.%s.", name)));
	fmgr_info(id, &function);
	InitFunctionCallInfoData(*fcinfo, &function, count, DEFAULT_COLLATION_OID, NULL, NULL);
	for (int i = 0; i < count; i++)
		fcinfo->args[i] = (NullableDatum){values[i], nulls != NULL && nulls[i]};
	PushActiveSnapshot(snapshot);
	result = FunctionCallInvoke(fcinfo);
	PopActiveSnapshot();
	*isnull = fcinfo->isnull;
	return result;
}

Datum
tv_internal_call(const char *name, int count, const Oid *types, const Datum *values, bool *isnull)
{
	return call(name, count, types, values, NULL, GetTransactionSnapshot(), isnull);
}

Datum
tv_internal_ask(const char *name, int count, const Oid *types, const Datum *values, const bool *nulls, bool *isnull)
{
	return call(name, count, types, values, nulls, IsInParallelMode() ? GetActiveSnapshot() : GetLatestSnapshot(), isnull);
}
