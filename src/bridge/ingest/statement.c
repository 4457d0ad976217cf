/*
 * statement.c: fixes written by statements of the caller's; see states.h.
 *
 * All that somebody has hung on the table holds: policies, triggers, rules, constraints.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "bridge/ingest/states.h"
#include "bridge/server/compat.h"

/* Of $3 on, a list for each column that a fix says. */
static const TvFixColumn said[] = {
	TV_FIX_VEHICLE, TV_FIX_T, TV_FIX_LON, TV_FIX_LAT, TV_FIX_ALT, TV_FIX_SPEED, TV_FIX_HEADING, TV_FIX_ACCURACY, TV_FIX_CLOCK, TV_FIX_KIND,
	TV_FIX_SEGMENT, TV_FIX_FRACTION, TV_FIX_PROPS
};

#define ARGUMENTS (2 + lengthof(said))
#define LIST(n) ", pg_catalog.unnest($" #n ")"
#define LISTS "ROWS FROM (pg_catalog.unnest($3)" LIST(4) LIST(5) LIST(6) LIST(7) LIST(8) LIST(9) LIST(10) LIST(11) LIST(12) LIST(13) LIST(14) LIST(15) ")" \
	" u (vehicle_id, t, lon, lat, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind, segment_id, fraction, props)"

typedef struct Statement
{
	const char *text;
	SPIPlanPtr	plan;
} Statement;

static Statement insert = {
	.text = "INSERT INTO timevmaps.positions AS p (world_id, timeline_id, vehicle_id, t, lon, lat, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind,"
	" segment_id, fraction, props) SELECT $1, $2, u.* FROM " LISTS
	" ON CONFLICT (timeline_id, vehicle_id, t) DO NOTHING RETURNING p.vehicle_id, p.t"
};

static Statement look = {
	.text = "SELECT p.* FROM " LISTS " JOIN timevmaps.positions p ON p.timeline_id OPERATOR(pg_catalog.=) $2"
	" AND p.vehicle_id OPERATOR(pg_catalog.=) u.vehicle_id AND p.t OPERATOR(pg_catalog.=) u.t WHERE p.world_id OPERATOR(pg_catalog.=) $1"
};

static Statement correct = {
	.text = "UPDATE timevmaps.positions p SET (lon, lat, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind, segment_id, fraction, props)"
	" = ROW (u.lon, u.lat, u.alt_m, u.speed_mps, u.heading_deg, u.accuracy_m, u.clock, u.kind, u.segment_id, u.fraction, u.props) FROM " LISTS
	" WHERE p.world_id OPERATOR(pg_catalog.=) $1 AND p.timeline_id OPERATOR(pg_catalog.=) $2"
	" AND p.vehicle_id OPERATOR(pg_catalog.=) u.vehicle_id AND p.t OPERATOR(pg_catalog.=) u.t"
};

/* Those of one state, as arguments. */
static uint32
make_arguments(const TvFixBatch *batch, TvFixState state, Datum *arguments)
{
	Datum	   *values[lengthof(said)];
	bool	   *nulls[lengthof(said)];
	Datum		row[TV_FIX_COLUMNS];
	bool		row_nulls[TV_FIX_COLUMNS];
	int			count = 0;

	for (int c = 0; c < lengthof(said); c++)
	{
		values[c] = palloc(sizeof(Datum) * batch->count);
		nulls[c] = palloc(sizeof(bool) * batch->count);
	}
	for (uint32 i = 0; i < batch->count; i++)
	{
		if (batch->states[i] != state)
			continue;
		tv_fix_put(&batch->fixes[i], row, row_nulls);
		for (int c = 0; c < lengthof(said); c++)
		{
			values[c][count] = row[said[c]];
			nulls[c][count] = row_nulls[said[c]];
		}
		count++;
	}
	arguments[0] = Int64GetDatum(batch->terms->world_id);
	arguments[1] = Int64GetDatum(batch->terms->timeline_id);
	for (int c = 0; c < lengthof(said) && count > 0; c++)
	{
		Oid			type = tv_fix_types[said[c]];
		int			bounds = 1;
		bool		wide = type == TEXTOID || type == JSONBOID;

		arguments[2 + c] = PointerGetDatum(construct_md_array(values[c], nulls[c], 1, &count, &bounds, type, wide ? -1 : 8, !wide,
															  wide ? TYPALIGN_INT : TYPALIGN_DOUBLE));
	}
	return count;
}

/* Rows are in SPI_tuptable then. */
static uint64
run(Statement *statement, Datum *arguments)
{
	Oid			types[ARGUMENTS] = {INT8OID, INT8OID};

	if (statement->plan == NULL)
	{
		for (int c = 0; c < lengthof(said); c++)
			types[2 + c] = get_array_type(tv_fix_types[said[c]]);
		statement->plan = SPI_prepare(statement->text, ARGUMENTS, types);
		if (statement->plan == NULL || SPI_keepplan(statement->plan) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("planning a query on rows failed"),
					 errdetail("SPI says: %s", SPI_result_code_string(SPI_result))));
	}
	if (SPI_execute_plan(statement->plan, arguments, NULL, false, 0) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("writing rows failed")));
	return SPI_processed;
}

/* Where a row's key stands among them, or NULL. */
static TvFixRow *
find(const TvFixBatch *batch, int64 vehicle_id, TimestampTz t)
{
	TvFixRow	wanted = {.vehicle_id = vehicle_id, .t = t};
	uint32		low = 0;
	uint32		high = batch->count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		/* No place is less than 0. */
		if (tv_fix_compare(&batch->fixes[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == batch->count || batch->fixes[low].vehicle_id != vehicle_id || batch->fixes[low].t != t)
		return NULL;
	return &batch->fixes[low];
}

/* Those that are there. */
static void
compare_rows(TvFixBatch *batch)
{
	Datum		values[TV_FIX_COLUMNS];
	bool		nulls[TV_FIX_COLUMNS];

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		TvFixRow   *fix;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		fix = find(batch, DatumGetInt64(values[TV_FIX_VEHICLE]), DatumGetTimestampTz(values[TV_FIX_T]));
		if (fix != NULL && tv_fix_says(fix, values, nulls))
			batch->states[fix - batch->fixes] = TV_FIX_SAME;
	}
}

void
tv_fixes_insert(TvFixBatch *batch)
{
	Datum		arguments[ARGUMENTS];
	uint64		inserted;

	memset(batch->states, TV_FIX_NEW, batch->count);
	if (make_arguments(batch, TV_FIX_NEW, arguments) == 0)
		return;
	inserted = run(&insert, arguments);
	memset(batch->states, TV_FIX_OTHER, batch->count);
	for (uint64 i = 0; i < inserted; i++)
	{
		bool		isnull;
		TvFixRow   *fix = find(batch, DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)),
							   DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull)));

		if (fix != NULL)
			batch->states[fix - batch->fixes] = TV_FIX_NEW;
	}
	SPI_freetuptable(SPI_tuptable);
	if (inserted == batch->count)
		return;
	(void) make_arguments(batch, TV_FIX_OTHER, arguments);
	(void) run(&look, arguments);
	compare_rows(batch);
	SPI_freetuptable(SPI_tuptable);
}

int64
tv_fixes_correct(TvFixBatch *batch)
{
	Datum		arguments[ARGUMENTS];

	if (make_arguments(batch, TV_FIX_OTHER, arguments) == 0)
		return 0;
	return run(&correct, arguments);
}
