/*
 * zone_visit.c: when vehicles were in zones, as an SQL function: tv_zone_visits.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/geo/postgis.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/internal.h"
#include "bridge/visit/visits.h"
#include "bridge/zone/shape.h"
#include "bridge/zone/zones.h"
#include "sqlfn/motion_row.h"

PG_FUNCTION_INFO_V1(tv_zone_visits);

static const char *const began_names[] = {"entered", "appeared", "inside"};
static const char *const ended_names[] = {"left", "lost", "inside"};

static void
emit_visits(FunctionCallInfo fcinfo, const TvVehicle *vehicle, const TvVisits *visits, const int64 *zone_ids, int64 only)
{
	for (uint32 i = 0; i < visits->count; i++)
	{
		const TvVisit *visit = &visits->visits[i];
		TvRow		row = {0};

		tv_interrupts_at(i);
		if (only != 0 && zone_ids[visit->area] != only)
			continue;
		tv_put_bigint(&row, vehicle->id);
		tv_put_id(&row, zone_ids[visit->area]);
		tv_put(&row, TimestampTzGetDatum(visit->from), visit->began == TV_BEGAN_INSIDE);
		tv_put(&row, TimestampTzGetDatum(visit->to), visit->ended == TV_ENDED_INSIDE);
		tv_put_number(&row, (visit->to - visit->from) / (double) USECS_PER_SEC);
		tv_put(&row, BoolGetDatum(!visit->fix), false);
		tv_put_text(&row, began_names[visit->began]);
		tv_put_text(&row, ended_names[visit->ended]);
		tv_emit(fcinfo, &row);
	}
}

/* The rings of an area, so many degrees farther east. */
static void
add_copy(TvmArea *area, const TvmArea *flat, double turn)
{
	uint32		polygons = tvm_area_polygons(area);
	uint32		rings = area->ring_count;
	uint32		vertices = area->vertex_count;

	for (uint32 i = 0; i < flat->ring_count; i++)
	{
		area->ends[rings + i] = vertices + flat->ends[i];
		area->polygons[rings + i] = polygons + flat->polygons[i];
	}
	for (uint32 i = 0; i < flat->vertex_count; i++)
		area->vertices[vertices + i] = (TvmVertex) {flat->vertices[i].lon + turn, flat->vertices[i].lat};
	area->ring_count += flat->ring_count;
	area->vertex_count += flat->vertex_count;
}

static void
check_area(const TvmArea *area, Oid geometry)
{
	Datum		value;
	bool		isnull;

	if (area->ring_count == 0)
		return;
	value = tv_shape_make(geometry, area);
	(void) tv_internal_call("tv_check_area", 1, &geometry, &value, &isnull);
}

/*
 * An area of the caller's own: uncut, so it is there once for each way to call a place within -180 to 180 degrees; of a
 * cap the turn between 540 and 900 degrees, which is whole.
 */
static void
read_area(TvEnv *env, Jsonb *document, TvZones *zones)
{
	TvmArea		drawn = tv_shape_read_json(env, document, "area");
	TvmArea    *area = tv_env_take(env, sizeof(TvmArea));
	TvmOutline	outline;
	Oid			geometry = tv_postgis_geometry();
	Size		rings;
	Size		vertices;

	tv_check(env, tvm_outline_make(&env->tvm, &drawn, &outline));
	check_area(&outline.flat, geometry);
	check_area(&outline.caps, geometry);
	rings = 3 * (Size) outline.flat.ring_count + outline.caps.ring_count;
	vertices = 3 * (Size) outline.flat.vertex_count + outline.caps.vertex_count;
	*area = (TvmArea) {
		.ends = tv_env_take(env, sizeof(uint32) * rings), .polygons = tv_env_take(env, sizeof(uint32) * rings),
		.vertices = tv_env_take(env, sizeof(TvmVertex) * vertices)
	};
	add_copy(area, &outline.flat, 0);
	if (outline.beyond)
	{
		add_copy(area, &outline.flat, -360);
		add_copy(area, &outline.flat, 360);
	}
	add_copy(area, &outline.caps, -720);
	zones->areas = area;
	zones->count = 1;
}

/* The zones that are asked for, or the caller's area in their place; their ids, of which 0 is none. */
static int64 *
read_zones(FunctionCallInfo fcinfo, TvEnv *env, const TvFixesAsked *asked, TvZones *zones)
{
	TvZonesAsked zones_asked = {
		.world_id = asked->world_id, .timeline_id = asked->timeline_id, .zone_id = PG_ARGISNULL(5) ? 0 : PG_GETARG_INT64(5),
		.box = {.west = -180, .south = -90, .east = 180, .north = 90}
	};
	int64	   *ids;

	if (!PG_ARGISNULL(6) && !PG_ARGISNULL(5))
		tv_report_invalid("area", "given beside a zone", "It is one or the other.", NULL);
	if (!PG_ARGISNULL(6))
	{
		*zones = (TvZones) {.env = env};
		read_area(env, PG_GETARG_JSONB_P(6), zones);
	}
	else
		tv_zones_read_rivals(env, &zones_asked, zones);
	ids = tv_env_take(env, sizeof(int64) * Max(zones->count, 1));
	for (uint32 i = 0; i < zones->count; i++)
		ids[i] = PG_ARGISNULL(6) ? zones->zones[i].id : 0;
	return ids;
}

Datum
tv_zone_visits(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, 8);
	double		max_gap_s = tv_get_amount(fcinfo, 7, "max_gap_s", 0);
	TimestampTz from;
	TimestampTz to;
	TvEnv	   *env;
	TvFixes    *fixes;
	TvVehicle  *vehicles;
	TvZones		zones;
	TvVisiting *visiting;
	TvTrack		track = {0};
	TvVisits	visits = {0};
	int64	   *ids;
	uint32		count;

	tv_get_range(fcinfo, 3, &from, &to);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_zone_visits");
	fixes = tv_fixes_open(env, &asked);
	count = tv_get_vehicles(fcinfo, 2, fixes, &vehicles);
	ids = read_zones(fcinfo, env, &asked, &zones);
	visiting = tv_visiting_open(fixes, &zones);
	for (uint32 i = 0; i < count; i++)
	{
		TvmMotionRules rules = tv_fixes_rules(fixes, &vehicles[i]);

		CHECK_FOR_INTERRUPTS();
		rules.max_gap_s = max_gap_s;
		tv_visits_find(visiting, &track, &vehicles[i], &rules, from, to, &visits);
		emit_visits(fcinfo, &vehicles[i], &visits, ids, PG_ARGISNULL(5) ? 0 : PG_GETARG_INT64(5));
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}
