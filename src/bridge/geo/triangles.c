/*
 * triangles.c: triangles and areas through PostGIS; see triangles.h.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "bridge/geo/polyline.h"
#include "bridge/geo/postgis.h"
#include "bridge/geo/triangles.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"

#define EWKB_POLYGON 3
#define EWKB_MULTIPOINT 4
#define EWKB_MULTIPOLYGON 6
#define EWKB_COLLECTION 7

static void
append(StringInfo binary, uint32 value)
{
	appendBinaryStringInfo(binary, (const char *) &value, sizeof(value));
}

static Datum
receive(Oid geometry, StringInfo binary)
{
	Oid			function;
	Oid			parameter;

	getTypeBinaryInputInfo(geometry, &function, &parameter);
	return OidReceiveFunctionCall(function, binary, parameter, -1);
}

/* Triangles ------------------------------------------------------------------- */

typedef struct Reading
{
	TvEnv	   *env;
	const double *x;
	const double *y;
	uint32		point_count;
	uint32		mask;			/* of slots: indices of points by their coordinates */
	uint32	   *slots;
	uint32	   *corners;
	uint32		count;
} Reading;

static uint32
first_slot(const Reading *reading, double x, double y)
{
	uint64		bits[2];

	memcpy(&bits[0], &x, sizeof(x));
	memcpy(&bits[1], &y, sizeof(y));
	bits[0] = (bits[0] ^ (bits[1] >> 32 | bits[1] << 32)) * UINT64CONST(0x9e3779b97f4a7c15);
	return (bits[0] >> 32) & reading->mask;
}

static void
index_points(Reading *reading)
{
	reading->mask = 15;
	while (reading->mask < reading->point_count * (uint64) 2)
		reading->mask = reading->mask * 2 + 1;
	reading->slots = MemoryContextAllocHuge(reading->env->context, sizeof(uint32) * ((Size) reading->mask + 1));
	memset(reading->slots, 0xff, sizeof(uint32) * ((Size) reading->mask + 1));
	for (uint32 i = 0; i < reading->point_count; i++)
	{
		uint32		slot = first_slot(reading, reading->x[i], reading->y[i]);

		tv_interrupts_at(i);
		while (reading->slots[slot] != PG_UINT32_MAX)
			slot = (slot + 1) & reading->mask;
		reading->slots[slot] = i;
	}
}

static pg_attribute_noreturn() void
report_triangles(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg("triangles of PostGIS are not understood")));
}

static uint32
find_point(const Reading *reading, const char *data)
{
	TvPosition	at;

	memcpy(&at, data, sizeof(at));
	for (uint32 slot = first_slot(reading, at.lon, at.lat);; slot = (slot + 1) & reading->mask)
	{
		uint32		i = reading->slots[slot];

		if (i == PG_UINT32_MAX)
			report_triangles();
		if (reading->x[i] == at.lon && reading->y[i] == at.lat)
			return i;
	}
}

/* Each triangle: byte order, type, one ring, four vertices. */
#define TRIANGLE_HEAD (1 + 3 * sizeof(uint32))
#define TRIANGLE_SIZE (TRIANGLE_HEAD + 4 * sizeof(TvPosition))

static void
read_triangles(Reading *reading, const bytea *binary)
{
	const char *data = VARDATA_ANY(binary);
	Size		size = VARSIZE_ANY_EXHDR(binary);
	Size		head = 1 + sizeof(uint32);
	uint32		type;
	uint32		count;

	if (size < head + 2 * sizeof(uint32) || data[0] != TV_EWKB_BYTE_ORDER)
		report_triangles();
	memcpy(&type, data + 1, sizeof(type));
	if ((type & TV_EWKB_SRID) != 0)
		head += sizeof(uint32);
	memcpy(&count, data + head, sizeof(count));
	head += sizeof(uint32);
	if ((type & ~TV_EWKB_SRID) != EWKB_COLLECTION || size != head + count * (Size) TRIANGLE_SIZE)
		report_triangles();
	reading->corners = MemoryContextAllocHuge(reading->env->context, sizeof(uint32) * 3 * Max((Size) count, 1));
	for (uint32 t = 0; t < count; t++)
	{
		const char *triangle = data + head + t * (Size) TRIANGLE_SIZE;
		uint32		words[3];

		tv_interrupts_at(t);
		memcpy(words, triangle + 1, sizeof(words));
		if (words[0] != EWKB_POLYGON || words[1] != 1 || words[2] != 4)
			report_triangles();
		for (int i = 0; i < 3; i++)
			reading->corners[3 * (Size) t + i] = find_point(reading, triangle + TRIANGLE_HEAD + i * sizeof(TvPosition));
	}
	reading->count = count;
}

static double
twice_area(const Reading *reading, uint32 triangle)
{
	const uint32 *corner = &reading->corners[3 * (Size) triangle];
	double		x = reading->x[corner[0]];
	double		y = reading->y[corner[0]];

	return (reading->x[corner[1]] - x) * (reading->y[corner[2]] - y) -
		(reading->y[corner[1]] - y) * (reading->x[corner[2]] - x);
}

/* They all turn one way; which, the largest says for sure. */
static void
turn_triangles(Reading *reading)
{
	double		largest = 0;

	for (uint32 t = 0; t < reading->count; t++)
	{
		double		area = twice_area(reading, t);

		if (fabs(area) > fabs(largest))
			largest = area;
	}
	for (uint32 t = 0; largest < 0 && t < reading->count; t++)
	{
		uint32	   *corner = &reading->corners[3 * (Size) t];
		uint32		second = corner[1];

		corner[1] = corner[2];
		corner[2] = second;
	}
}

static void
receive_triangles(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Oid			send;
	bool		is_varlena;

	if (nulls[0])
		report_triangles();
	getTypeBinaryOutputInfo(TupleDescAttr(columns, 0)->atttypid, &send, &is_varlena);
	read_triangles(target, OidSendFunctionCall(send, values[0]));
}

uint32 *
tv_triangles(TvEnv *env, Oid geometry, const double *x, const double *y, uint32 point_count, uint32 *count)
{
	Reading		reading = {.env = env, .x = x, .y = y, .point_count = point_count};
	StringInfoData binary;
	TvArg		args[1];

	index_points(&reading);
	SPI_connect();
	initStringInfo(&binary);
	enlargeStringInfo(&binary, point_count * (1 + sizeof(uint32) + sizeof(TvPosition)) + 16);
	appendStringInfoCharMacro(&binary, TV_EWKB_BYTE_ORDER);
	append(&binary, EWKB_MULTIPOINT);
	append(&binary, point_count);
	for (uint32 i = 0; i < point_count; i++)
	{
		TvPosition	point = {.lon = x[i], .lat = y[i]};

		tv_interrupts_at(i);
		appendStringInfoCharMacro(&binary, TV_EWKB_BYTE_ORDER);
		append(&binary, TV_EWKB_POINT);
		appendBinaryStringInfo(&binary, (const char *) &point, sizeof(point));
	}
	args[0] = (TvArg) {.type = geometry, .value = receive(geometry, &binary)};
	tv_scan(tv_postgis_query(tv_postgis_schema(geometry), "SELECT $.st_delaunaytriangles($1, 0::pg_catalog.float8, 0)"),
			lengthof(args), args, receive_triangles, &reading);
	SPI_finish();
	if (reading.corners == NULL)
		report_triangles();
	turn_triangles(&reading);
	pfree(reading.slots);
	*count = reading.count;
	return reading.corners;
}

/* Areas ------------------------------------------------------------------------ */

static uint32
ring_begin(const TvRings *rings, uint32 ring)
{
	return ring == 0 ? 0 : rings->ends[ring - 1];
}

static void
append_rings(StringInfo binary, const TvRings *rings)
{
	for (uint32 r = 0; r < rings->ring_count; r++)
	{
		uint32		begin = ring_begin(rings, r);

		if (r == 0 || rings->polygons[r] != rings->polygons[r - 1])
		{
			uint32		count = 1;

			while (r + count < rings->ring_count && rings->polygons[r + count] == rings->polygons[r])
				count++;
			appendStringInfoCharMacro(binary, TV_EWKB_BYTE_ORDER);
			append(binary, EWKB_POLYGON);
			append(binary, count);
		}
		append(binary, rings->ends[r] - begin);
		for (uint32 i = begin; i < rings->ends[r]; i++)
		{
			TvPosition	at = {.lon = rings->lon[i], .lat = rings->lat[i]};

			tv_interrupts_at(i);
			appendBinaryStringInfo(binary, (const char *) &at, sizeof(at));
		}
	}
}

static bool
is_on_map(const TvRings *rings)
{
	uint32		count = rings->ring_count == 0 ? 0 : rings->ends[rings->ring_count - 1];

	for (uint32 i = 0; i < count; i++)
		if (fabs(rings->lon[i]) > 180 || fabs(rings->lat[i]) > 90)
			return false;
	return true;
}

typedef struct Cut
{
	MemoryContext context;
	Datum		made;
	bool		found;
} Cut;

static void
receive_cut(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Cut		   *cut = target;
	MemoryContext caller = MemoryContextSwitchTo(cut->context);

	cut->found = !nulls[0];
	if (cut->found)
		cut->made = PointerGetDatum(PG_DETOAST_DATUM_COPY(values[0]));
	MemoryContextSwitchTo(caller);
}

/* The three maps side by side that an area can be on, each one cut to its size and laid on the middle one. */
static Datum
cut_to_map(Oid geometry, Datum whole)
{
	Cut			cut = {.context = CurrentMemoryContext};
	TvArg		args[] = {{.type = geometry, .value = whole}};

	SPI_connect();
	tv_scan(tv_postgis_query(tv_postgis_schema(geometry),
							 "SELECT $.st_multi($.st_collectionextract($.st_forcepolygonccw($.st_union(piece)), 3))"
							 " FROM (SELECT $.st_collectionextract($.st_translate($.st_intersection($1,"
							 " $.st_makeenvelope(m.turn OPERATOR(pg_catalog.-) 180::pg_catalog.float8, -90::pg_catalog.float8,"
							 " m.turn OPERATOR(pg_catalog.+) 180::pg_catalog.float8, 90::pg_catalog.float8, 4326)),"
							 " OPERATOR(pg_catalog.-) m.turn, 0::pg_catalog.float8), 3) AS piece"
							 " FROM (VALUES ((-360)::pg_catalog.float8), (0::pg_catalog.float8), (360::pg_catalog.float8)) m (turn)) pieces"),
			lengthof(args), args, receive_cut, &cut);
	SPI_finish();
	return cut.found ? cut.made : whole;
}

Datum
tv_rings_make(Oid geometry, const TvRings *rings)
{
	StringInfoData binary;
	Datum		made;

	initStringInfo(&binary);
	appendStringInfoCharMacro(&binary, TV_EWKB_BYTE_ORDER);
	append(&binary, EWKB_MULTIPOLYGON | TV_EWKB_SRID);
	append(&binary, TV_SRID_WGS84);
	append(&binary, rings->polygon_count);
	append_rings(&binary, rings);
	made = receive(geometry, &binary);
	pfree(binary.data);
	return is_on_map(rings) ? made : cut_to_map(geometry, made);
}
