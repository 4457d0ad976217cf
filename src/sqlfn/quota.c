/*
 * quota.c: quotas for SQL: what triggers and functions of the tables ask.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "bridge/access/quota.h"
#include "bridge/graph/files_quota.h"

PG_FUNCTION_INFO_V1(tv_forget_quotas);
PG_FUNCTION_INFO_V1(tv_graph_file_worlds);
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
