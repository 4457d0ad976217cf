/*
 * zones.c: the zones of a timeline; see zones.h.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "bridge/access/owner.h"
#include "bridge/access/policies.h"
#include "bridge/geo/postgis.h"
#include "bridge/network/rules.h"
#include "bridge/server/array.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/limits.h"
#include "bridge/server/scan.h"
#include "bridge/zone/shape.h"
#include "bridge/zone/zones.h"

/* The world and the chain ----------------------------------------------------- */

static void
receive_line(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvZones    *zones = target;

	if (zones->chain_count == zones->chain_room)
	{
		uint32		room = zones->chain_room;

		zones->chain = tv_grow(zones->env->context, zones->chain, sizeof(int64), &room);
		zones->until = tv_grow(zones->env->context, zones->until, sizeof(TimestampTz), &zones->chain_room);
	}
	zones->chain[zones->chain_count] = DatumGetInt64(values[0]);
	zones->until[zones->chain_count++] = DatumGetTimestampTz(values[1]);
}

static void
read_chain(TvZones *zones, const TvZonesAsked *asked)
{
	TvArg		args[] = {tv_arg_bigint(asked->world_id), tv_arg_bigint(asked->timeline_id)};
	TvmWorldRules rules;

	tv_rules_read(zones->env, asked->world_id, &rules);
	zones->radius_m = rules.radius_m;
	tv_scan("WITH RECURSIVE up AS ("
			"SELECT t.id, t.parent_id, t.fork_at, 'infinity'::pg_catalog.timestamptz AS until FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) $2 AND t.world_id OPERATOR(pg_catalog.=) $1"
			" UNION ALL "
			"SELECT t.id, t.parent_id, t.fork_at, LEAST(up.until, up.fork_at) FROM up"
			" JOIN timevmaps.timelines t ON t.id OPERATOR(pg_catalog.=) up.parent_id)"
			" SELECT up.id, up.until FROM up",
			lengthof(args), args, receive_line, zones);
	if (zones->chain_count == 0)
		tv_report_not_found("timeline", asked->timeline_id);
}

/* Rows ------------------------------------------------------------------------ */

static Datum
keep(MemoryContext context, Datum text, bool isnull)
{
	MemoryContext old;
	Datum		kept;

	if (isnull)
		return (Datum) 0;
	old = MemoryContextSwitchTo(context);
	kept = PointerGetDatum(PG_DETOAST_DATUM_COPY(text));
	MemoryContextSwitchTo(old);
	return kept;
}

typedef struct Reading
{
	TvZones    *zones;
	Oid			send;
	bool		names;
} Reading;

/* id, layer, exclusive, priority, steradians, geom, name */
static void
receive_zone(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Reading    *reading = target;
	TvZones    *zones = reading->zones;
	bytea	   *binary;

	if (!OidIsValid(reading->send))
	{
		bool		is_varlena;

		getTypeBinaryOutputInfo(TupleDescAttr(columns, 5)->atttypid, &reading->send, &is_varlena);
	}
	binary = OidSendFunctionCall(reading->send, values[5]);
	zones->bytes += 2 * VARSIZE_ANY(binary);
	tv_graph_require_memory(zones->bytes);
	if (zones->count == zones->room)
	{
		uint32		room = zones->room;

		zones->zones = tv_grow(zones->env->context, zones->zones, sizeof(TvZone), &room);
		zones->areas = tv_grow(zones->env->context, zones->areas, sizeof(TvmArea), &zones->room);
	}
	zones->areas[zones->count] = tv_shape_read(zones->env, binary, "geom");
	zones->zones[zones->count++] = (TvZone) {
		.id = DatumGetInt64(values[0]),
		.layer_id = DatumGetInt64(values[1]),
		.exclusive = DatumGetBool(values[2]),
		.priority = DatumGetInt32(values[3]),
		.steradians = DatumGetFloat8(values[4]),
		.name = reading->names ? keep(zones->env->context, values[6], nulls[6]) : (Datum) 0
	};
	pfree(binary);
}

/* Numbers for the layers, for they are few and their ids are any. */
static void
number_layers(TvZones *zones)
{
	int64	   *ids = MemoryContextAllocHuge(zones->env->context, sizeof(int64) * (Size) Max(zones->count, 1));

	for (uint32 i = 0; i < zones->count; i++)
	{
		uint32		layer = 0;

		tv_interrupts_at(i);
		/* Zones of one layer often come together. */
		if (i > 0 && zones->zones[i].layer_id == zones->zones[i - 1].layer_id)
		{
			zones->zones[i].layer = zones->zones[i - 1].layer;
			continue;
		}
		while (layer < zones->layer_count && ids[layer] != zones->zones[i].layer_id)
			layer++;
		if (layer == zones->layer_count)
			ids[zones->layer_count++] = zones->zones[i].layer_id;
		zones->zones[i].layer = layer;
	}
	pfree(ids);
	zones->best = MemoryContextAllocHuge(zones->env->context, sizeof(uint32) * (Size) Max(zones->layer_count, 1));
}

static TvArg
arg_chain(const TvZones *zones)
{
	return tv_arg_bigints(zones->chain, zones->chain_count);
}

static void
read_zones(TvZones *zones, const TvZonesAsked *asked)
{
	Reading		reading = {.zones = zones, .names = asked->names};
	TvArg		args[] = {
		tv_arg_bigint(asked->world_id), arg_chain(zones), tv_arg_bigint(asked->layer_id), tv_arg_bigint(asked->zone_id),
		tv_arg_double(asked->box.west), tv_arg_double(asked->box.south), tv_arg_double(asked->box.east), tv_arg_double(asked->box.north)
	};

	tv_scan(tv_postgis_query(tv_postgis_schema(tv_postgis_geometry()), "SELECT z.id, z.layer_id, l.exclusive, z.priority, z.steradians, z.geom, z.name"
						 " FROM timevmaps.zones z JOIN timevmaps.layers l ON l.id OPERATOR(pg_catalog.=) z.layer_id"
						 " WHERE z.world_id OPERATOR(pg_catalog.=) $1 AND (z.timeline_id IS NULL OR z.timeline_id OPERATOR(pg_catalog.=) ANY ($2))"
						 " AND ($3 OPERATOR(pg_catalog.=) 0 OR z.layer_id OPERATOR(pg_catalog.=) $3)"
						 " AND ($4 OPERATOR(pg_catalog.=) 0 OR z.id OPERATOR(pg_catalog.=) $4)"
						 " AND z.geom OPERATOR($.&&) $.st_makeenvelope($5, $6, $7, $8, 4326)"
						 " ORDER BY z.steradians, z.id"),
			lengthof(args), args, receive_zone, &reading);
}

static void
check_named(const TvZonesAsked *asked)
{
	TvArg		args[] = {tv_arg_bigint(asked->world_id), tv_arg_bigint(asked->layer_id)};

	if (asked->layer_id != 0 &&
		!tv_scan_finds("SELECT true FROM timevmaps.layers l WHERE l.world_id OPERATOR(pg_catalog.=) $1 AND l.id OPERATOR(pg_catalog.=) $2", lengthof(args), args))
		tv_report_not_found("layer", asked->layer_id);
	args[1] = tv_arg_bigint(asked->zone_id);
	if (asked->zone_id != 0 &&
		!tv_scan_finds("SELECT true FROM timevmaps.zones z WHERE z.world_id OPERATOR(pg_catalog.=) $1 AND z.id OPERATOR(pg_catalog.=) $2", lengthof(args), args))
		tv_report_not_found("zone", asked->zone_id);
}

void
tv_zones_read(TvEnv *env, const TvZonesAsked *asked, TvZones *zones)
{
	TvOwner		owner;
	bool		as_owner;

	*zones = (TvZones) {.env = env};
	SPI_connect();
	if (asked->chain == NULL)
		read_chain(zones, asked);
	else
	{
		zones->chain = asked->chain->ids;
		zones->chain_count = asked->chain->count;
	}
	check_named(asked);
	as_owner = tv_zones_allowed();
	if (as_owner)
		tv_owner_enter(&owner);
	read_zones(zones, asked);
	if (as_owner)
		tv_owner_leave(&owner);
	SPI_finish();
	number_layers(zones);
}

/* Points ---------------------------------------------------------------------- */

TvmAreaBox
tv_zones_box(double lon, double lat)
{
	TvmAreaBox	box = {.west = INFINITY, .south = INFINITY, .east = -INFINITY, .north = -INFINITY};

	tv_zones_box_add(&box, lon, lat);
	return box;
}

void
tv_zones_box_add(TvmAreaBox *box, double lon, double lat)
{
	bool		many_names = fabs(lon) == 180 || fabs(lat) == 90;

	box->west = Min(box->west, many_names ? -180 : lon);
	box->east = Max(box->east, many_names ? 180 : lon);
	box->south = Min(box->south, lat);
	box->north = Max(box->north, lat);
}

void
tv_zones_read_rivals(TvEnv *env, const TvZonesAsked *asked, TvZones *zones)
{
	TvZonesAsked all = *asked;
	const TvmArea *area;

	tv_zones_read(env, asked, zones);
	if (asked->zone_id == 0 || zones->count == 0 || !zones->zones[0].exclusive)
		return;
	area = &zones->areas[0];
	all.zone_id = 0;
	all.layer_id = zones->zones[0].layer_id;
	all.box = tv_zones_box(area->vertices[0].lon, area->vertices[0].lat);
	for (uint32 i = 1; i < area->vertex_count; i++)
		tv_zones_box_add(&all.box, area->vertices[i].lon, area->vertices[i].lat);
	tv_zones_read(env, &all, zones);
}

uint32
tv_zones_choose(TvZones *zones, uint32 *found, uint32 count)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < count; i++)
		zones->best[zones->zones[found[i]].layer] = found[i];
	for (uint32 i = 0; i < count; i++)
	{
		const TvZone *zone = &zones->zones[found[i]];
		uint32	   *best = &zones->best[zone->layer];

		if (zone->priority > zones->zones[*best].priority ||
			(zone->priority == zones->zones[*best].priority && zone->id < zones->zones[*best].id))
			*best = found[i];
	}
	for (uint32 i = 0; i < count; i++)
		if (!zones->zones[found[i]].exclusive || zones->best[zones->zones[found[i]].layer] == found[i])
			found[kept++] = found[i];
	return kept;
}

/* What is told ------------------------------------------------------------------ */

typedef struct Telling
{
	MemoryContext context;
	TvZoneRow  *rows;
	uint32		count;
} Telling;

static void
receive_row(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Telling    *telling = target;

	telling->rows[telling->count++] = (TvZoneRow) {
		.id = DatumGetInt64(values[0]),
		.name = keep(telling->context, values[1], nulls[1]),
		.layer_id = DatumGetInt64(values[2]),
		.layer = keep(telling->context, values[3], false),
		.kind = keep(telling->context, values[4], false),
		.priority = DatumGetInt32(values[5]),
		.owner = keep(telling->context, values[6], nulls[6]),
		.owner_since = nulls[7] ? DT_NOBEGIN : DatumGetTimestampTz(values[7]),
		.steradians = DatumGetFloat8(values[8])
	};
}

static TvArg
arg_times(const TimestampTz *times, uint32 count)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(count, 1));

	for (uint32 i = 0; i < count; i++)
		elements[i] = TimestampTzGetDatum(times[i]);
	return (TvArg) {TIMESTAMPTZARRAYOID, tv_array_of(elements, count, TIMESTAMPTZOID)};
}

TvZoneRow *
tv_zones_tell(const TvZones *zones, const int64 *ids, uint32 count, TimestampTz t, uint32 *told)
{
	Telling		telling = {.context = zones->env->context, .rows = tv_env_take(zones->env, sizeof(TvZoneRow) * Max(count, 1))};
	TvOwner		owner;
	bool		as_owner;

	SPI_connect();
	{
		TvArg		args[] = {tv_arg_bigints(ids, count), arg_chain(zones), arg_times(zones->until, zones->chain_count), {TIMESTAMPTZOID, TimestampTzGetDatum(t)}};

		as_owner = tv_zones_allowed();
		if (as_owner)
			tv_owner_enter(&owner);
		tv_scan("SELECT z.id, z.name, l.id, l.name, l.kind, z.priority, o.owner, o.t, z.steradians"
				" FROM pg_catalog.unnest($1) WITH ORDINALITY u (id, place)"
				" JOIN timevmaps.zones z ON z.id OPERATOR(pg_catalog.=) u.id JOIN timevmaps.layers l ON l.id OPERATOR(pg_catalog.=) z.layer_id"
				" LEFT JOIN LATERAL (SELECT e.owner, e.t FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) c (id, until),"
				" LATERAL (SELECT v.owner, v.t FROM timevmaps.zone_owners v WHERE v.zone_id OPERATOR(pg_catalog.=) z.id"
				" AND v.timeline_id OPERATOR(pg_catalog.=) c.id AND v.t OPERATOR(pg_catalog.<=) LEAST(c.until, $4) ORDER BY v.t DESC LIMIT 1) e"
				" ORDER BY e.t DESC LIMIT 1) o ON true ORDER BY u.place",
				lengthof(args), args, receive_row, &telling);
		if (as_owner)
			tv_owner_leave(&owner);
	}
	SPI_finish();
	*told = telling.count;
	return telling.rows;
}
