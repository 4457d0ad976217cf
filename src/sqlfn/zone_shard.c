/*
 * zone_shard.c: cells of the Morton curve, and shards of it, as SQL functions.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"

#include "bridge/server/error.h"

PG_FUNCTION_INFO_V1(tv_morton);
PG_FUNCTION_INFO_V1(tv_morton_cell);
PG_FUNCTION_INFO_V1(tv_shard_of);

#define MAX_LEVEL 26			/* 52 bits: exact in JSON */
#define MAX_SHARDS 65536

static void
check_level(int32 level)
{
	if (level < 0 || level > MAX_LEVEL)
		tv_report_invalid("level", "out of range", psprintf("It is %d.", level), "It is 0 to 26.");
}

/* Of 2^level equal parts from -limit to limit. */
static uint64
part_of(double degrees, double limit, int32 level, const char *name)
{
	uint64		parts = UINT64CONST(1) << level;
	uint64		part;

	if (!(fabs(degrees) <= limit))
		tv_report_invalid(name, "out of range", psprintf("It is %g.", degrees),
						  limit == 180 ? "A longitude is -180 to 180 degrees." : "A latitude is -90 to 90 degrees.");
	part = (uint64) ((degrees + limit) / (2 * limit) * parts);
	/* Sides of cells are exact numbers, and the quotient above need not be. */
	if (part > 0 && degrees < (double) part / parts * (2 * limit) - limit)
		part--;
	else if (part + 1 < parts && degrees >= (double) (part + 1) / parts * (2 * limit) - limit)
		part++;
	return Min(part, parts - 1);
}

/* Its bits, with a 0 before each. */
static uint64
spread(uint64 bits)
{
	uint64		spread = 0;

	for (int i = 0; i < MAX_LEVEL; i++)
		spread |= (bits >> i & 1) << (2 * i);
	return spread;
}

static uint64
gather(uint64 cell)
{
	uint64		bits = 0;

	for (int i = 0; i < MAX_LEVEL; i++)
		bits |= (cell >> (2 * i) & 1) << i;
	return bits;
}

static uint64
cell_of(double lon, double lat, int32 level)
{
	check_level(level);
	return spread(part_of(lon, 180, level, "lon")) | spread(part_of(lat, 90, level, "lat")) << 1;
}

Datum
tv_morton(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) cell_of(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_INT32(2)));
}

Datum
tv_morton_cell(PG_FUNCTION_ARGS)
{
	int64		cell = PG_GETARG_INT64(0);
	int32		level = PG_GETARG_INT32(1);
	TupleDesc	columns;
	Datum		values[4];
	bool		nulls[4] = {0};
	double		parts;
	uint64		column;
	uint64		row;

	check_level(level);
	if (cell < 0 || cell >= INT64CONST(1) << (2 * level))
		tv_report_invalid("cell", "out of range", psprintf("It is %lld, and there are %lld of this level.",
														   (long long) cell, (long long) (INT64CONST(1) << (2 * level))), NULL);
	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "tv_morton_cell returns no row");
	parts = (double) (UINT64CONST(1) << level);
	column = gather((uint64) cell);
	row = gather((uint64) cell >> 1);
	values[0] = Float8GetDatum(column / parts * 360 - 180);
	values[1] = Float8GetDatum(row / parts * 180 - 90);
	values[2] = Float8GetDatum((column + 1) / parts * 360 - 180);
	values[3] = Float8GetDatum((row + 1) / parts * 180 - 90);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(columns, values, nulls)));
}

Datum
tv_shard_of(PG_FUNCTION_ARGS)
{
	int32		shards = PG_GETARG_INT32(2);
	int32		level = PG_GETARG_INT32(3);
	uint64		cell = cell_of(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), level);
	uint64		cells = UINT64CONST(1) << (2 * level);

	if (shards < 1 || shards > MAX_SHARDS || shards > cells)
		tv_report_invalid("shards", "out of range", psprintf("It is %d.", shards), "There are 1 to 65536, and no more than cells.");
	/* cell * shards / cells; 52 bits and 17 are more than 64. */
	if (level <= 13)
		PG_RETURN_INT32((int32) (cell * shards >> (2 * level)));
	PG_RETURN_INT32((int32) (((cell >> 26) * shards + ((cell & 0x3ffffff) * shards >> 26)) >> (2 * level - 26)));
}
