/*
 * position.c: SQL-callable functions by which fixes come in.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "bridge/access/owner.h"
#include "bridge/access/worlds.h"
#include "bridge/ingest/store.h"
#include "bridge/ingest/vehicles.h"
#include "bridge/server/error.h"
#include "sqlfn/position.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_ingest);
PG_FUNCTION_INFO_V1(tv_delete_positions);

void
tv_require_fix_terms(int64 world_id, int64 timeline_id, TvFixTerms *terms)
{
	if (tv_fix_terms(world_id, timeline_id, terms))
		return;
	if (!tv_world_visible(world_id))
		tv_report_not_found("world", world_id);
	tv_report_not_found("timeline", timeline_id);
}

bool
tv_get_on_conflict(FunctionCallInfo fcinfo, int argument)
{
	const char *text = tv_get_name(fcinfo, argument);

	if (text == NULL || strcmp(text, "keep") == 0)
		return false;
	if (strcmp(text, "replace") != 0)
		tv_report_invalid("on_conflict", "not a way to settle a conflict", NULL, "It is keep or replace.");
	return true;
}

Datum
tv_make_stored(FunctionCallInfo fcinfo, const TvStored *stored, Datum refused)
{
	TupleDesc	columns;
	Datum		values[] = {
		Int64GetDatum(stored->inserted), Int64GetDatum(stored->duplicates), Int64GetDatum(stored->conflicts), Int64GetDatum(stored->replaced),
		refused
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
	bool		replace = tv_get_on_conflict(fcinfo, 3);
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
	tv_require_fix_terms(world_id, timeline_id, &terms);
	direct = tv_fixes_direct(world_id);
	tv_fixes_read(PG_GETARG_JSONB_P(2), &terms, &document);
	tv_fixes_close_ranks(&document);
	tv_fixes_find_vehicles(world_id, &document, make);
	PopActiveSnapshot();
	tv_fixes_store(&terms, document.fixes, document.count, replace, direct, &stored);
	MemoryContextSwitchTo(caller);
	refused = tv_fixes_refused(&document);
	SPI_finish();
	return tv_make_stored(fcinfo, &stored, JsonbPGetDatum(refused));
}

/* As the owner of the tables, for clients have no DELETE: they could lock whole tables with it. */
static uint64
delete_fixes(const Datum *values)
{
	Oid			types[] = {INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		copy[lengthof(types)];
	TvOwner		owner;
	uint64		deleted;

	memcpy(copy, values, sizeof(copy));
	tv_owner_enter(&owner);
	(void) SPI_execute_with_args("DELETE FROM timevmaps.positions p WHERE p.world_id = $1 AND p.timeline_id = $2 AND p.vehicle_id = $3 AND p.t >= $4 AND p.t < $5",
								 lengthof(types), types, copy, NULL, false, 0);
	deleted = SPI_processed;
	tv_owner_leave(&owner);
	return deleted;
}

Datum
tv_delete_positions(PG_FUNCTION_ARGS)
{
	int64		world_id = tv_get_bigint(fcinfo, 0, "world_id");
	int64		timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id");
	int64		vehicle_id = tv_get_bigint(fcinfo, 2, "vehicle_id");
	Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), PG_GETARG_DATUM(4)};
	TvFixTerms	terms;
	uint64		deleted;

	tv_require_tables();
	tv_require_argument(fcinfo, 3, "t_from");
	tv_require_argument(fcinfo, 4, "t_to");
	if (DatumGetTimestampTz(values[4]) < DatumGetTimestampTz(values[3]))
		tv_report_invalid("t_to", "before t_from", NULL, NULL);
	SPI_connect();
	tv_require_fix_terms(world_id, timeline_id, &terms);
	if (tv_fix_stranger(world_id, &vehicle_id, 1) != 0)
		tv_report_not_found("vehicle", vehicle_id);
	tv_fixes_require_editor(world_id);
	deleted = delete_fixes(values);
	SPI_finish();
	PG_RETURN_INT64(deleted);
}
