/*
 * reverse_direct.c: what is at a point, by indexes and without statements; see reverse_direct.h.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"

#include "bridge/access/policies.h"
#include "bridge/geo/point_maker.h"
#include "bridge/place/reverse_direct.h"
#include "bridge/server/reader.h"
#include "kernel/graph/sphere.h"

enum
{
	SEGMENT_ID, A_PLACE, B_PLACE, PROPS, GEOM, SEGMENT_COLUMNS
};

enum
{
	PLACE_ID, PLACE_WORLD, PLACE_NAME, LAT, LON, PLACE_COLUMNS
};

enum
{
	NAME_WORLD, REF, NAME, NAME_COLUMNS
};

struct TvReverseDirect
{
	TvEnv	   *env;
	int64		world_id;
	TvReader	segments;
	TvReaderIndex segment_by_id;
	TvReader	places;
	TvReaderIndex place_by_id;
	TvReader	names;
	TvReaderIndex names_near;
};

static bool
open_all(TvReverseDirect *direct, Oid geometry)
{
	const TvReaderColumn segments[SEGMENT_COLUMNS] = {
		{"id", INT8OID}, {"a_place_id", INT8OID}, {"b_place_id", INT8OID}, {"props", JSONBOID}, {"geom", geometry}
	};
	static const TvReaderColumn places[PLACE_COLUMNS] = {
		{"id", INT8OID}, {"world_id", INT8OID}, {"name", TEXTOID}, {"lat", FLOAT8OID}, {"lon", FLOAT8OID}
	};
	static const TvReaderColumn names[NAME_COLUMNS] = {{"world_id", INT8OID}, {"ref_id", INT8OID}, {"name", TEXTOID}};
	static const int id[] = {0};
	static const int near[] = {NAME_WORLD, -1};

	return tv_reader_open(&direct->segments, "segments", segments, SEGMENT_COLUMNS) &&
		tv_reader_open(&direct->places, "places", places, PLACE_COLUMNS) &&
		tv_reader_open(&direct->names, "names", names, NAME_COLUMNS) &&
		tv_reader_index(&direct->segments, NULL, BTREE_AM_OID, id, lengthof(id), false, &direct->segment_by_id) &&
		tv_reader_index(&direct->places, NULL, BTREE_AM_OID, id, lengthof(id), false, &direct->place_by_id) &&
		tv_reader_index(&direct->names, "names_geog_idx", GIST_AM_OID, near, lengthof(near), true, &direct->names_near);
}

TvReverseDirect *
tv_reverse_direct_open(TvEnv *env, int64 world_id, Oid geometry)
{
	MemoryContext caller;
	TvReverseDirect *direct;

	if (!tv_prepared_allowed())
		return NULL;
	caller = MemoryContextSwitchTo(env->context);
	direct = palloc0(sizeof(TvReverseDirect));
	direct->env = env;
	direct->world_id = world_id;
	if (!open_all(direct, geometry))
	{
		tv_reverse_direct_close(direct);
		direct = NULL;
	}
	MemoryContextSwitchTo(caller);
	return direct;
}

void
tv_reverse_direct_close(TvReverseDirect *direct)
{
	tv_reader_index_close(&direct->segment_by_id);
	tv_reader_index_close(&direct->place_by_id);
	tv_reader_index_close(&direct->names_near);
	tv_reader_close(&direct->segments);
	tv_reader_close(&direct->places);
	tv_reader_close(&direct->names);
}

static bool
find_place(TvReverseDirect *direct, int64 id)
{
	const int64 *const keys[] = {&id};

	return tv_reader_find(&direct->place_by_id, lengthof(keys), keys);
}

static int64
get_bigint(const TvReader *reader, int column)
{
	bool		isnull;

	return DatumGetInt64(tv_reader_get(reader, column, &isnull));
}

static double
get_double(const TvReader *reader, int column)
{
	bool		isnull;

	return DatumGetFloat8(tv_reader_get(reader, column, &isnull));
}

/* props ->> key */
static Datum
get_prop(Datum props, const char *key, bool *isnull)
{
	LOCAL_FCINFO(call, 2);
	Datum		text;

	InitFunctionCallInfoData(*call, NULL, 2, InvalidOid, NULL, NULL);
	call->args[0].value = props;
	call->args[0].isnull = false;
	call->args[1].value = CStringGetTextDatum(key);
	call->args[1].isnull = false;
	text = jsonb_object_field_text(call);
	*isnull = call->isnull;
	return text;
}

/* An end of the segment: its name, which lasts until the slot has another row, is copied. */
static bool
read_end(TvReverseDirect *direct, int64 id, Datum *name, bool *unnamed, Datum *lat, Datum *lon)
{
	bool		isnull;

	if (!find_place(direct, id))
		return false;
	*name = tv_reader_get(&direct->places, PLACE_NAME, unnamed);
	if (!*unnamed)
		*name = PointerGetDatum(PG_DETOAST_DATUM_COPY(*name));
	*lat = tv_reader_get(&direct->places, LAT, &isnull);
	*lon = tv_reader_get(&direct->places, LON, &isnull);
	return true;
}

bool
tv_reverse_direct_segment(TvReverseDirect *direct, int64 id, Datum values[TV_AT_SEGMENT], bool nulls[TV_AT_SEGMENT])
{
	const int64 *const keys[] = {&id};
	bool		isnull;
	Datum		props;

	memset(nulls, 0, sizeof(bool) * TV_AT_SEGMENT);
	if (!tv_reader_find(&direct->segment_by_id, lengthof(keys), keys))
		return false;
	props = tv_reader_get(&direct->segments, PROPS, &isnull);
	values[TV_AT_NAME] = get_prop(props, "name", &nulls[TV_AT_NAME]);
	if (nulls[TV_AT_NAME])
		values[TV_AT_NAME] = get_prop(props, "ref", &nulls[TV_AT_NAME]);
	values[TV_AT_COURSE] = tv_reader_get(&direct->segments, GEOM, &nulls[TV_AT_COURSE]);
	return read_end(direct, get_bigint(&direct->segments, A_PLACE), &values[TV_AT_A_NAME], &nulls[TV_AT_A_NAME], &values[TV_AT_A_LAT], &values[TV_AT_A_LON]) &&
		read_end(direct, get_bigint(&direct->segments, B_PLACE), &values[TV_AT_B_NAME], &nulls[TV_AT_B_NAME], &values[TV_AT_B_LAT], &values[TV_AT_B_LON]);
}

/* The index knows places by boxes around them in space, of a ball of PostGIS's, and distances through it: no arc is shorter. */
static bool
is_beyond(double distance_m, double away)
{
	return distance_m > 6371008.7714150598 * away * (1 + 1e-6) + 0.01;
}

bool
tv_reverse_direct_place(TvReverseDirect *direct, TvPosition at, double most, TvFound *place)
{
	const int64 *const keys[] = {&direct->world_id};
	MemoryContext caller = MemoryContextSwitchTo(direct->env->context);
	Datum		to = tv_point_make(tv_point_maker(direct->env, direct->names_near.index->rd_opcintype[1]), at.lon, at.lat);
	bool		found = false;
	uint32		count = 0;

	tv_reader_look_near(&direct->names_near, lengthof(keys), keys, to);
	while (tv_reader_next(&direct->names_near))
	{
		int64		id = get_bigint(&direct->names, REF);
		bool		isnull;
		double		away;

		tv_interrupts_at(count++);
		if (is_beyond(tv_reader_distance(&direct->names_near), found ? Min(place->away, most) : most))
			break;
		if (!find_place(direct, id) || get_bigint(&direct->places, PLACE_WORLD) != direct->world_id)
			continue;
		away = tvm_sphere_angle(at.lat, at.lon, get_double(&direct->places, LAT), get_double(&direct->places, LON));
		if (found && (away > place->away || (away == place->away && id > place->ref_id)))
			continue;
		found = true;
		*place = (TvFound) {
			.kind = TV_NAME_PLACE, .ref_id = id, .away = away,
			.name = TextDatumGetCString(tv_reader_get(&direct->names, NAME, &isnull))
		};
	}
	MemoryContextSwitchTo(caller);
	return found;
}
