/*
 * quota.c: quotas for SQL: what triggers and functions of the tables ask.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/access/quota.h"
#include "bridge/graph/files_quota.h"

PG_FUNCTION_INFO_V1(tv_forget_quotas);
PG_FUNCTION_INFO_V1(tv_graph_file_worlds);
PG_FUNCTION_INFO_V1(tv_positions_charged);
PG_FUNCTION_INFO_V1(tv_raise_quota);
PG_FUNCTION_INFO_V1(tv_require_queue);

Datum
tv_forget_quotas(PG_FUNCTION_ARGS)
{
	tv_quota_forget();
	PG_RETURN_VOID();
}

/* The world of each file of a prepared graph in this database. */
Datum
tv_graph_file_worlds(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(tv_files_worlds());
}

/* used, more_at: of the caller's hour. */
Datum
tv_positions_charged(PG_FUNCTION_ARGS)
{
	TupleDesc	columns;
	TimestampTz ends;
	Datum		values[] = {Int64GetDatum(tv_quota_hour_used(TV_QUOTA_POSITIONS_PER_HOUR, &ends)), TimestampTzGetDatum(ends)};
	bool		nulls[] = {false, ends == 0};

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("it is called where a row is expected")));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls)));
}

Datum
tv_raise_quota(PG_FUNCTION_ARGS)
{
	tv_report_quota(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT64(1), PG_GETARG_INT64(2), PG_GETARG_FLOAT8(3));
}

/* identity, role: whose experiment is queued again. */
Datum
tv_require_queue(PG_FUNCTION_ARGS)
{
	tv_quota_require_queue(text_to_cstring(PG_GETARG_TEXT_PP(0)), NameStr(*PG_GETARG_NAME(1)));
	PG_RETURN_VOID();
}
