/*
 * reverse.c: what is at a point; see reverse.h.
 *
 * The nearest place with a name is asked of an index of names on the globe, as tv_owner, a few at a time, until the caller sees one.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "bridge/access/owner.h"
#include "bridge/geo/polyline.h"
#include "bridge/geo/postgis.h"
#include "bridge/network/chain.h"
#include "bridge/place/reverse.h"
#include "bridge/place/reverse_direct.h"
#include "bridge/place/see.h"
#include "bridge/route/snap/snap.h"
#include "bridge/route/snap/snapping.h"
#include "bridge/server/scan.h"
#include "bridge/zone/zones.h"
#include "kernel/zone/cover.h"

#define FEW 4					/* places with a name that are asked for at first */
#define MANY 256				/* and if the caller sees none of those */

typedef struct Reversing
{
	TvEnv	   *env;
	TvPosition	at;
	Oid			geometry;
	TvReverse  *found;
	TvReverseDirect *direct;	/* NULL: by statements */
	TvFoundList places;
	uint32		wanted;
} Reversing;

static char *
copy_text(const Reversing *reversing, Datum value, bool is_null)
{
	MemoryContext caller = MemoryContextSwitchTo(reversing->env->context);
	char	   *copy = is_null ? NULL : TextDatumGetCString(value);

	MemoryContextSwitchTo(caller);
	return copy;
}

/* By the course a little before and after the point that is nearest; towards its ends as it goes on there. */
static TvSide
side_of(const TvLine *line, const TvSnap *snap, TvPosition at)
{
	TvPosition	before = tv_line_at(line, Max(snap->fraction - 1e-4, 0));
	TvPosition	after = tv_line_at(line, Min(snap->fraction + 1e-4, 1));
	double		narrow = cos(snap->position.lat * (M_PI / 180));
	double		east = remainder(after.lon - before.lon, 360) * narrow;
	double		north = after.lat - before.lat;
	double		to_east = remainder(at.lon - snap->position.lon, 360) * narrow;
	double		to_north = at.lat - snap->position.lat;
	double		turn = east * to_north - north * to_east;

	if (fabs(turn) <= 1e-6 * hypot(east, north) * hypot(to_east, to_north))
		return TV_SIDE_ON;
	return turn > 0 ? TV_SIDE_LEFT : TV_SIDE_RIGHT;
}

/* TvAtSegment */
static void
take_segment(Reversing *reversing, const Datum *values, const bool *nulls)
{
	TvReverse  *found = reversing->found;
	TvPosition	ends[2] = {
		{.lat = DatumGetFloat8(values[TV_AT_A_LAT]), .lon = DatumGetFloat8(values[TV_AT_A_LON])},
		{.lat = DatumGetFloat8(values[TV_AT_B_LAT]), .lon = DatumGetFloat8(values[TV_AT_B_LON])}
	};
	TvLine		line = {0};

	found->segment_name = copy_text(reversing, values[TV_AT_NAME], nulls[TV_AT_NAME]);
	found->a_name = copy_text(reversing, values[TV_AT_A_NAME], nulls[TV_AT_A_NAME]);
	found->b_name = copy_text(reversing, values[TV_AT_B_NAME], nulls[TV_AT_B_NAME]);
	if (!nulls[TV_AT_COURSE])
	{
		bool		is_varlena;
		Oid			send;

		getTypeBinaryOutputInfo(reversing->geometry, &send, &is_varlena);
		line = tv_line_read(CurrentMemoryContext, OidSendFunctionCall(send, values[TV_AT_COURSE]), found->snap.segment_id);
	}
	if (line.count == 0)
		line = (TvLine) {.count = 2, .vertices = ends};
	found->side = side_of(&line, &found->snap, reversing->at);
}

static void
receive_segment(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	take_segment(target, values, nulls);
}

static void
find_segment(Reversing *reversing, int64 world_id, const TvmWorldRules *rules, const TvIds *chain)
{
	TvReverse  *found = reversing->found;
	TvSnaps		snaps;
	TvArg		arg;

	tv_snap_find_on(reversing->env, world_id, rules, chain, reversing->at, reversing->geometry, &snaps);
	if (snaps.count == 0)
		return;
	found->has_segment = true;
	found->snap = snaps.snaps[0];
	if (reversing->direct != NULL)
	{
		Datum		values[TV_AT_SEGMENT];
		bool		nulls[TV_AT_SEGMENT];

		if (tv_reverse_direct_segment(reversing->direct, found->snap.segment_id, values, nulls))
			take_segment(reversing, values, nulls);
		return;
	}
	arg = tv_arg_bigint(found->snap.segment_id);
	tv_scan("SELECT COALESCE(s.props OPERATOR(pg_catalog.->>) 'name', s.props OPERATOR(pg_catalog.->>) 'ref'), a.name, b.name, a.lat, a.lon, b.lat, b.lon, s.geom"
			" FROM timevmaps.segments s"
			" JOIN timevmaps.places a ON a.id OPERATOR(pg_catalog.=) s.a_place_id"
			" JOIN timevmaps.places b ON b.id OPERATOR(pg_catalog.=) s.b_place_id"
			" WHERE s.id OPERATOR(pg_catalog.=) $1", 1, &arg, receive_segment, reversing);
}

static bool
receive_place(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Reversing  *reversing = target;
	TvFound		place = {.kind = TV_NAME_PLACE, .ref_id = DatumGetInt64(values[0]), .name = copy_text(reversing, values[1], false)};

	tv_found_add(&reversing->places, &place);
	return reversing->places.count < reversing->wanted;
}

static void
ask_places(Reversing *reversing, int64 world_id, uint32 wanted)
{
	TvArg		args[3] = {tv_arg_bigint(world_id), tv_arg_double(reversing->at.lon), tv_arg_double(reversing->at.lat)};
	TvOwner		owner;

	reversing->places.count = 0;
	reversing->wanted = wanted;
	tv_owner_enter(&owner);
	tv_scan_nearest(tv_postgis_query(tv_postgis_schema(reversing->geometry), "SELECT n.ref_id, n.name FROM timevmaps.names n"
								  " WHERE n.world_id OPERATOR(pg_catalog.=) $1 AND n.kind OPERATOR(pg_catalog.=) 'place' AND n.seq OPERATOR(pg_catalog.=) 0"
								  " ORDER BY ($.st_setsrid($.st_makepoint(n.lon, n.lat), 4326)::$.geography)"
								  " OPERATOR($.<->) ($.st_setsrid($.st_makepoint($2, $3), 4326)::$.geography)"),
					3, args, receive_place, reversing);
	tv_owner_leave(&owner);
}

static void
find_place(Reversing *reversing, int64 world_id, const TvIds *chain, double most_m)
{
	TvReverse  *found = reversing->found;

	if (reversing->direct != NULL)
		found->has_place = tv_reverse_direct_place(reversing->direct, reversing->at, most_m / found->radius_m, &found->place);
	for (uint32 wanted = reversing->direct != NULL ? MANY + 1 : FEW; wanted <= MANY; wanted *= MANY / FEW)
	{
		TvFound   **places;

		ask_places(reversing, world_id, wanted);
		places = palloc(sizeof(TvFound *) * Max(reversing->places.count, 1));
		for (uint32 i = 0; i < reversing->places.count; i++)
			places[i] = &reversing->places.found[i];
		tv_found_see(places, reversing->places.count, world_id, chain, &reversing->at);
		for (uint32 i = 0; i < reversing->places.count; i++)
			if (!places[i]->gone && (!found->has_place || places[i]->away < found->place.away ||
									 (places[i]->away == found->place.away && places[i]->ref_id < found->place.ref_id)))
			{
				found->has_place = true;
				found->place = *places[i];
			}
		if (found->has_place || reversing->places.count < wanted)
			break;
	}
	found->has_place &= found->place.away * found->radius_m <= most_m;
}

static void
find_zones(Reversing *reversing, int64 world_id, int64 timeline_id, const TvIds *chain)
{
	TvReverse  *found = reversing->found;
	TvZonesAsked asked = {
		.world_id = world_id, .timeline_id = timeline_id, .box = tv_zones_box(reversing->at.lon, reversing->at.lat), .chain = chain, .names = true
	};
	TvZones		zones;
	uint32	   *covering;
	uint32		count = 0;

	tv_zones_read(reversing->env, &asked, &zones);
	covering = tv_env_take(reversing->env, sizeof(uint32) * Max(zones.count, 1));
	found->zone_ids = tv_env_take(reversing->env, sizeof(int64) * Max(zones.count, 1));
	found->zone_names = tv_env_take(reversing->env, sizeof(Datum) * Max(zones.count, 1));
	for (uint32 i = 0; i < zones.count; i++)
		if (tvm_area_covers(&zones.areas[i], reversing->at.lon, reversing->at.lat))
			covering[count++] = i;
	found->zone_count = tv_zones_choose(&zones, covering, count);
	for (uint32 i = 0; i < found->zone_count; i++)
	{
		found->zone_ids[i] = zones.zones[covering[i]].id;
		found->zone_names[i] = zones.zones[covering[i]].name;
	}
}

static void
append(StringInfo line, const char *part)
{
	if (part == NULL || *part == '\0')
		return;
	if (line->len > 0)
		appendStringInfoString(line, ", ");
	appendStringInfoString(line, part);
}

static const char *
address(const Reversing *reversing, double most_m)
{
	const TvReverse *found = reversing->found;
	MemoryContext caller = MemoryContextSwitchTo(reversing->env->context);
	StringInfoData line;

	initStringInfo(&line);
	if (found->has_segment && found->snap.distance_m <= most_m)
		append(&line, found->segment_name);
	if (found->has_place)
		append(&line, found->place.name);
	for (uint32 i = 0; i < found->zone_count; i++)
		if (found->zone_names[i] != (Datum) 0)
			append(&line, TextDatumGetCString(found->zone_names[i]));
	MemoryContextSwitchTo(caller);
	return line.len > 0 ? line.data : NULL;
}

void
tv_reverse_find(TvEnv *env, int64 world_id, int64 timeline_id, TvPosition at, double most_m, Oid geometry, TvReverse *found)
{
	Reversing	reversing = {.env = env, .at = at, .geometry = geometry, .found = found, .places = {.env = env}};
	TvIds		chain = {.context = env->context};
	TvmWorldRules rules;

	*found = (TvReverse) {0};
	tv_chain_find(env, world_id, timeline_id, &rules, NULL, &chain);
	found->radius_m = rules.radius_m;
	reversing.direct = tv_reverse_direct_open(env, world_id, geometry);
	find_segment(&reversing, world_id, &rules, &chain);
	find_place(&reversing, world_id, &chain, most_m);
	if (reversing.direct != NULL)
		tv_reverse_direct_close(reversing.direct);
	find_zones(&reversing, world_id, timeline_id, &chain);
	found->address = address(&reversing, most_m);
}
