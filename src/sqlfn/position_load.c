/*
 * position_load.c: CALL tv_load_positions(): fixes by the million.
 *
 * First partitions are made for the days that it has much of, each in a transaction of its own, for it takes a lock that readers would wait for; where
 * the call is in a transaction block such days stay in the default one.  Then all rows come in one transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/date.h"
#include "utils/snapmgr.h"

#include "bridge/access/roles.h"
#include "bridge/ingest/load.h"
#include "bridge/server/error.h"
#include "bridge/server/internal.h"
#include "sqlfn/position.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_load_positions);

static void
make_partitions(const TvLoad *load)
{
	const Oid	type = DATEOID;
	int			count;
	int32	   *days;
	bool		isnull;

	PushActiveSnapshot(GetTransactionSnapshot());
	days = tv_load_days(load, CurrentMemoryContext, &count);
	PopActiveSnapshot();
	for (int i = 0; i < count; i++)
	{
		Datum		day = DateADTGetDatum(days[i]);

		CHECK_FOR_INTERRUPTS();
		(void) tv_internal_call("tv_positions_partition", 1, &type, &day, &isnull);
		SPI_commit();
	}
}

Datum
tv_load_positions(PG_FUNCTION_ARGS)
{
	bool		commits = fcinfo->context != NULL && IsA(fcinfo->context, CallContext) &&
		!castNode(CallContext, fcinfo->context)->atomic;
	int64		world_id = tv_get_bigint(fcinfo, 1, "world_id");
	int64		timeline_id = tv_get_bigint(fcinfo, 2, "timeline_id");
	TvFixTerms	terms;
	TvLoad		load = {
		.terms = &terms,
		.replace = tv_get_on_conflict(fcinfo, 3),
		.make_vehicles = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4),
		.most_refused = PG_ARGISNULL(5) ? 0 : PG_GETARG_INT64(5)
	};

	tv_require_tables();
	tv_require_own_session("positions are not loaded");
	tv_require_argument(fcinfo, 0, "relation");
	load.relation = PG_GETARG_OID(0);
	tv_load_check(load.relation);
	PreventCommandIfReadOnly("tv_load_positions()");
	SPI_connect_ext(commits ? SPI_OPT_NONATOMIC : 0);
	PushActiveSnapshot(GetLatestSnapshot());
	tv_require_fix_terms(world_id, timeline_id, &terms);
	load.direct = tv_fixes_direct(world_id);
	PopActiveSnapshot();
	if (commits)
		make_partitions(&load);
	(void) GetTopTransactionId();
	PushActiveSnapshot(GetLatestSnapshot());
	tv_require_fix_terms(world_id, timeline_id, &terms);
	tv_load_run(&load);
	PopActiveSnapshot();
	SPI_finish();
	return tv_make_stored(fcinfo, &load.stored, Int64GetDatum(load.refused));
}
