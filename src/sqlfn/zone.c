/*
 * zone.c: zones as SQL functions: how they are drawn, and which of them cover a point.
 *
 * What is read and computed lies in an environment that is deleted before the function returns.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "bridge/server/array.h"
#include "bridge/server/env.h"
#include "bridge/server/error.h"
#include "bridge/zone/shape.h"
#include "bridge/zone/zones.h"
#include "kernel/zone/cover.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_zone_outline);
PG_FUNCTION_INFO_V1(tv_read_area);
PG_FUNCTION_INFO_V1(tv_zones_at);
PG_FUNCTION_INFO_V1(tv_zones_of);
PG_FUNCTION_INFO_V1(tv_zones);

#define MAX_POINTS 1000000

static Datum
box_array(const TvmAreaBox *box)
{
	Datum		sides[] = {Float8GetDatum(box->west), Float8GetDatum(box->south), Float8GetDatum(box->east), Float8GetDatum(box->north)};

	return tv_array_of(sides, lengthof(sides), FLOAT8OID);
}

Datum
tv_zone_outline(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_zone_outline");
	Oid			geometry = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Oid			send;
	bool		is_varlena;
	TvmArea		drawn;
	TvmOutline	outline;
	TvmStatus	status;
	TupleDesc	columns;
	Datum		values[5] = {0};
	bool		nulls[5] = {0};

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "tv_zone_outline returns no row");
	getTypeBinaryOutputInfo(geometry, &send, &is_varlena);
	drawn = tv_shape_read(env, OidSendFunctionCall(send, PG_GETARG_DATUM(0)), "geom");
	status = tvm_outline_make(&env->tvm, &drawn, &outline);
	if (status == TVM_INVALID)
		tvm_fail_path(&env->tvm, "geom");
	tv_check(env, status);
	nulls[0] = outline.flat.ring_count == 0;
	nulls[1] = outline.caps.ring_count == 0;
	if (!nulls[0])
		values[0] = tv_shape_make(geometry, &outline.flat);
	if (!nulls[1])
		values[1] = tv_shape_make(geometry, &outline.caps);
	values[2] = BoolGetDatum(outline.beyond);
	values[3] = Float8GetDatum(outline.steradians);
	values[4] = box_array(&outline.box);
	tv_env_delete(env);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(columns, values, nulls)));
}

Datum
tv_read_area(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_read_area");
	TvmArea		drawn = tv_shape_read_json(env, PG_GETARG_JSONB_P(0), "area");
	Datum		made = tv_shape_make(get_func_rettype(fcinfo->flinfo->fn_oid), &drawn);

	tv_env_delete(env);
	PG_RETURN_DATUM(made);
}

/* Points ------------------------------------------------------------------------ */

static void
check_degrees(double value, double limit, const char *path)
{
	if (!(fabs(value) <= limit))
		tv_report_invalid(path, "out of range", psprintf("It is %g.", value),
						  limit == 180 ? "A longitude is -180 to 180 degrees." : "A latitude is -90 to 90 degrees.");
}

static void
put_zone(FunctionCallInfo fcinfo, const TvZones *zones, const TvZoneRow *zone)
{
	TvRow		row = {0};

	tv_put_bigint(&row, zone->id);
	tv_put(&row, zone->name, zone->name == (Datum) 0);
	tv_put_bigint(&row, zone->layer_id);
	tv_put(&row, zone->layer, false);
	tv_put(&row, zone->kind, false);
	tv_put(&row, Int32GetDatum(zone->priority), false);
	tv_put(&row, zone->owner, zone->owner == (Datum) 0);
	tv_put(&row, TimestampTzGetDatum(zone->owner_since), TIMESTAMP_IS_NOBEGIN(zone->owner_since));
	tv_put_number(&row, zone->steradians * zones->radius_m * zones->radius_m);
	tv_emit(fcinfo, &row);
}

static void
put_zones(FunctionCallInfo fcinfo, const TvZones *zones, const int64 *ids, uint32 count, TimestampTz t)
{
	uint32		told;
	TvZoneRow  *rows = tv_zones_tell(zones, ids, count, t, &told);

	for (uint32 i = 0; i < told; i++)
		put_zone(fcinfo, zones, &rows[i]);
}

static TimestampTz
get_time(FunctionCallInfo fcinfo, int argument)
{
	tv_require_argument(fcinfo, argument, "t");
	return PG_GETARG_TIMESTAMPTZ(argument);
}

static double
get_degrees(FunctionCallInfo fcinfo, int argument, const char *name, double limit)
{
	double		value;

	tv_require_argument(fcinfo, argument, name);
	value = PG_GETARG_FLOAT8(argument);
	check_degrees(value, limit, name);
	return value;
}

Datum
tv_zones_at(PG_FUNCTION_ARGS)
{
	TvZonesAsked asked = {.world_id = tv_get_bigint(fcinfo, 0, "world_id"), .timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id")};
	double		lon = get_degrees(fcinfo, 2, "lon", 180);
	double		lat = get_degrees(fcinfo, 3, "lat", 90);
	TimestampTz t = get_time(fcinfo, 4);
	TvEnv	   *env;
	TvZones		zones;
	uint32	   *found;
	int64	   *ids;
	uint32		count = 0;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_zones_at");
	asked.box = tv_zones_box(lon, lat);
	tv_zones_read(env, &asked, &zones);
	found = tv_env_take(env, sizeof(uint32) * Max(zones.count, 1));
	ids = tv_env_take(env, sizeof(int64) * Max(zones.count, 1));
	for (uint32 i = 0; i < zones.count; i++)
		if (tvm_area_covers(&zones.areas[i], lon, lat))
			found[count++] = i;
	count = tv_zones_choose(&zones, found, count);
	for (uint32 i = 0; i < count; i++)
		ids[i] = zones.zones[found[i]].id;
	put_zones(fcinfo, &zones, ids, count, t);
	tv_env_delete(env);
	return (Datum) 0;
}

static double *
get_numbers(FunctionCallInfo fcinfo, int argument, const char *name, double limit, uint32 *count)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			element_count;
	double	   *numbers;

	tv_require_argument(fcinfo, argument, name);
	array = PG_GETARG_ARRAYTYPE_P(argument);
	if (ARR_NDIM(array) > 1)
		tv_report_invalid(name, "must have one dimension", psprintf("It has %d.", ARR_NDIM(array)), NULL);
	if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) > MAX_POINTS)
		tv_report_invalid(name, "too many points", psprintf("At most %d are asked for at a time.", MAX_POINTS), NULL);
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, &nulls, &element_count);
	numbers = palloc(sizeof(double) * Max(element_count, 1));
	for (int i = 0; i < element_count; i++)
	{
		if (nulls[i])
			tv_report_invalid(psprintf("%s[%d]", name, i + 1), "must not be null", NULL, NULL);
		numbers[i] = DatumGetFloat8(elements[i]);
		if (!(fabs(numbers[i]) <= limit))
			check_degrees(numbers[i], limit, psprintf("%s[%d]", name, i + 1));
	}
	*count = element_count;
	return numbers;
}

Datum
tv_zones_of(PG_FUNCTION_ARGS)
{
	TvZonesAsked asked = {.world_id = tv_get_bigint(fcinfo, 0, "world_id"), .timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id")};
	uint32		count;
	uint32		lat_count;
	double	   *lons = get_numbers(fcinfo, 2, "lons", 180, &count);
	double	   *lats = get_numbers(fcinfo, 3, "lats", 90, &lat_count);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TvEnv	   *env;
	TvZones		zones;
	TvmAtlas   *atlas;
	uint32	   *found;

	if (count != lat_count)
		tv_report_invalid("lats", "not as many as longitudes", psprintf("There are %u longitudes and %u latitudes.", count, lat_count), NULL);
	asked.layer_id = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT64(4);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_zones_of");
	asked.box = (TvmAreaBox) {.west = INFINITY, .south = INFINITY, .east = -INFINITY, .north = -INFINITY};
	for (uint32 i = 0; i < count; i++)
		tv_zones_box_add(&asked.box, lons[i], lats[i]);
	if (count == 0)
		asked.box = (TvmAreaBox) {0};
	tv_zones_read(env, &asked, &zones);
	tv_check(env, tvm_atlas_make(&env->tvm, zones.areas, zones.count, &atlas));
	found = tv_env_take(env, sizeof(uint32) * Max(zones.count, 1));
	for (uint32 i = 0; i < count; i++)
	{
		uint32		covering = tv_zones_choose(&zones, found, tvm_atlas_find(atlas, lons[i], lats[i], found));

		tv_interrupts_at(i);
		for (uint32 k = 0; k < covering; k++)
		{
			const TvZone *zone = &zones.zones[found[k]];
			Datum		values[] = {Int64GetDatum(i + 1), Int64GetDatum(zone->id), Int64GetDatum(zone->layer_id)};
			bool		nulls[] = {false, false, false};

			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_zones(PG_FUNCTION_ARGS)
{
	TvZonesAsked asked = {.world_id = tv_get_bigint(fcinfo, 0, "world_id"), .timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id")};
	TimestampTz t = get_time(fcinfo, 2);
	TvEnv	   *env;
	TvZones		zones;
	int64	   *ids;

	asked.layer_id = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);
	asked.box = (TvmAreaBox) {.west = -180, .south = -90, .east = 180, .north = 90};
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_zones");
	tv_zones_read(env, &asked, &zones);
	ids = tv_env_take(env, sizeof(int64) * Max(zones.count, 1));
	for (uint32 i = 0; i < zones.count; i++)
		ids[i] = zones.zones[i].id;
	put_zones(fcinfo, &zones, ids, zones.count, t);
	tv_env_delete(env);
	return (Datum) 0;
}
