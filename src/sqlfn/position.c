/*
 * position.c: SQL-callable functions by which fixes come in.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "bridge/access/worlds.h"
#include "bridge/ingest/store.h"
#include "bridge/ingest/vehicles.h"
#include "bridge/server/error.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_ingest);

/* PT404 where the caller does not see them. */
static void
require_terms(int64 world_id, int64 timeline_id, TvFixTerms *terms)
{
	if (tv_fix_terms(world_id, timeline_id, terms))
		return;
	if (!tv_world_visible(world_id))
		tv_report_not_found("world", world_id);
	tv_report_not_found("timeline", timeline_id);
}

/* Whether what is there is to be corrected. */
static bool
read_on_conflict(FunctionCallInfo fcinfo, int argument)
{
	const char *text = tv_get_name(fcinfo, argument);

	if (text == NULL || strcmp(text, "keep") == 0)
		return false;
	if (strcmp(text, "replace") != 0)
		tv_report_invalid("on_conflict", "not a way to settle a conflict", NULL, "It is keep or replace.");
	return true;
}

static Datum
make_row(FunctionCallInfo fcinfo, const TvStored *stored, Jsonb *refused)
{
	TupleDesc	columns;
	Datum		values[] = {
		Int64GetDatum(stored->inserted), Int64GetDatum(stored->duplicates), Int64GetDatum(stored->conflicts), Int64GetDatum(stored->replaced),
		JsonbPGetDatum(refused)
	};
	bool		nulls[lengthof(values)] = {false};

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("it is called where a row is expected")));
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}

Datum
tv_ingest(PG_FUNCTION_ARGS)
{
	int64		world_id = tv_get_bigint(fcinfo, 0, "world_id");
	int64		timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id");
	bool		replace = read_on_conflict(fcinfo, 3);
	bool		make = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	MemoryContext caller = CurrentMemoryContext;
	TvStored	stored = {0};
	TvFixTerms	terms;
	TvFixDocument document;
	Jsonb	   *refused;
	bool		direct;

	tv_require_tables();
	tv_require_argument(fcinfo, 2, "fixes");
	PreventCommandIfReadOnly("tv_ingest()");
	/* Who removes a vehicle that is seen from here on looks again once this number has ended. */
	(void) GetTopTransactionId();
	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	require_terms(world_id, timeline_id, &terms);
	direct = tv_fixes_direct(world_id);
	tv_fixes_read(PG_GETARG_JSONB_P(2), &terms, &document);
	tv_fixes_close_ranks(&document);
	tv_fixes_find_vehicles(world_id, &document, make);
	PopActiveSnapshot();
	tv_fixes_store(&terms, document.fixes, document.count, replace, direct, &stored);
	MemoryContextSwitchTo(caller);
	refused = tv_fixes_refused(&document);
	SPI_finish();
	return make_row(fcinfo, &stored, refused);
}
