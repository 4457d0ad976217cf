/*
 * snap_direct.c: courses near a position by the indexes of segments, without statements; see snap_direct.h.
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_type.h"

#include "bridge/access/policies.h"
#include "bridge/geo/point_maker.h"
#include "bridge/route/snap/snap_direct.h"
#include "bridge/server/compat.h"
#include "bridge/server/limits.h"
#include "bridge/server/reader.h"

enum
{
	ID, WORLD, A_PLACE, B_PLACE, ONEWAY, TIMELINE, GEOM, SEGMENT_COLUMNS
};

enum
{
	OVERRIDE_TIMELINE, OVERRIDE_SEGMENT, CLOSED, OVERRIDE_COLUMNS
};

typedef struct SegmentIndex
{
	const char *name;
	Oid			method;
	int			key_count;
	int			keys[TV_READER_KEYS];
} SegmentIndex;

/* Of segments; each of them is partial. */
enum
{
	BY_GEOM, BY_MERIDIAN, BY_TIMELINE, BY_STRAIGHT, BY_UNMAPPED, INDEXES
};

static const SegmentIndex indexes[INDEXES] = {
	[BY_GEOM] = {"segments_geom_idx", GIST_AM_OID, 3, {WORLD, TIMELINE, GEOM}},
	[BY_MERIDIAN] = {"segments_meridian_idx", GIST_AM_OID, 3, {WORLD, TIMELINE, -1}},
	[BY_TIMELINE] = {"segments_timeline_idx", BTREE_AM_OID, 1, {TIMELINE}},
	[BY_STRAIGHT] = {"segments_straight_idx", BTREE_AM_OID, 1, {WORLD}},
	[BY_UNMAPPED] = {"segments_unmapped_idx", BTREE_AM_OID, 1, {WORLD}}
};

struct TvSnapDirect
{
	TvEnv	   *env;
	int64		world_id;
	const TvIds *chain;
	TvPointMaker *maker;
	Oid			geometry;
	TvReader	segments;
	TvReaderIndex by[INDEXES];
	TvReader	places;
	TvReaderIndex place_by_id;
	TvReader	overrides;
	TvReaderIndex override_by_id;
	bool		overriding_known;
	TvIds		overriding;		/* those of the chain that override something, nearest first */
};

static bool
open_all(TvSnapDirect *direct)
{
	const TvReaderColumn segments[SEGMENT_COLUMNS] = {
		{"id", INT8OID}, {"world_id", INT8OID}, {"a_place_id", INT8OID}, {"b_place_id", INT8OID}, {"oneway", BOOLOID},
		{"timeline_id", INT8OID}, {"geom", direct->geometry}
	};
	static const TvReaderColumn places[] = {{"id", INT8OID}};
	static const TvReaderColumn overrides[OVERRIDE_COLUMNS] = {{"timeline_id", INT8OID}, {"segment_id", INT8OID}, {"closed", BOOLOID}};
	static const int place_keys[] = {0};
	static const int override_keys[] = {OVERRIDE_TIMELINE, OVERRIDE_SEGMENT};

	if (!tv_reader_open(&direct->segments, "segments", segments, lengthof(segments)) ||
		!tv_reader_open(&direct->places, "places", places, lengthof(places)) ||
		!tv_reader_open(&direct->overrides, "segment_overrides", overrides, lengthof(overrides)) ||
		!tv_reader_index(&direct->places, NULL, BTREE_AM_OID, place_keys, lengthof(place_keys), false, &direct->place_by_id) ||
		!tv_reader_index(&direct->overrides, NULL, BTREE_AM_OID, override_keys, lengthof(override_keys), false, &direct->override_by_id))
		return false;
	for (int i = 0; i < INDEXES; i++)
		if (!tv_reader_index(&direct->segments, indexes[i].name, indexes[i].method, indexes[i].keys, indexes[i].key_count, true, &direct->by[i]))
			return false;
	return true;
}

TvSnapDirect *
tv_snap_direct_open(TvEnv *env, int64 world_id, const TvIds *chain, Oid geometry)
{
	MemoryContext caller;
	TvSnapDirect *direct;

	if (!tv_prepared_allowed())
		return NULL;
	caller = MemoryContextSwitchTo(env->context);
	direct = palloc0(sizeof(TvSnapDirect));
	direct->env = env;
	direct->world_id = world_id;
	direct->chain = chain;
	direct->geometry = geometry;
	direct->overriding.context = env->context;
	direct->maker = tv_point_maker(env, geometry);
	if (!open_all(direct))
	{
		tv_snap_direct_close(direct);
		direct = NULL;
	}
	MemoryContextSwitchTo(caller);
	return direct;
}

void
tv_snap_direct_close(TvSnapDirect *direct)
{
	for (int i = 0; i < INDEXES; i++)
		tv_reader_index_close(&direct->by[i]);
	tv_reader_index_close(&direct->place_by_id);
	tv_reader_index_close(&direct->override_by_id);
	tv_reader_close(&direct->segments);
	tv_reader_close(&direct->places);
	tv_reader_close(&direct->overrides);
}

bool
tv_snap_direct_has(TvSnapDirect *direct, TvSnapKind kind)
{
	const int64 *const world[] = {&direct->world_id};

	return tv_reader_find(&direct->by[kind == TV_SNAP_STRAIGHT ? BY_STRAIGHT : BY_UNMAPPED], 1, world);
}

void
tv_snap_direct_owners(TvSnapDirect *direct, TvIds *owners)
{
	for (uint32 i = 0; i < direct->chain->count; i++)
	{
		const int64 *const timeline[] = {&direct->chain->ids[i]};

		if (tv_reader_find(&direct->by[BY_TIMELINE], 1, timeline))
			tv_ids_add(owners, direct->chain->ids[i]);
	}
}

static int64
get_bigint(const TvReader *reader, int column)
{
	bool		isnull;

	return DatumGetInt64(tv_reader_get(reader, column, &isnull));
}

void
tv_snap_direct_look(TvSnapDirect *direct, int map, const int64 *timeline_id, TvPosition at, TvSnapDirectRow row, void *target)
{
	TvReader   *segments = &direct->segments;
	TvReaderIndex *index = &direct->by[map == 0 ? BY_GEOM : BY_MERIDIAN];
	const int64 *const keys[] = {&direct->world_id, timeline_id};
	MemoryContext caller = MemoryContextSwitchTo(direct->env->context);
	Datum		to = tv_point_make(direct->maker, at.lon, at.lat);
	uint32		count = 0;

	MemoryContextSwitchTo(caller);
	tv_reader_look_near(index, lengthof(keys), keys, to);
	while (tv_reader_next(index))
	{
		bool		isnull;
		Datum		course = tv_reader_get(segments, GEOM, &isnull);
		TvSnap		snap = {
			.segment_id = get_bigint(segments, ID),
			.a_place_id = get_bigint(segments, A_PLACE),
			.b_place_id = get_bigint(segments, B_PLACE),
			.oneway = DatumGetBool(tv_reader_get(segments, ONEWAY, &isnull))
		};

		tv_interrupts_at(count++);
		if (!row(target, &snap, direct->geometry, course, tv_reader_distance(index)))
			break;
	}
}

static bool
has_place(TvSnapDirect *direct, int64 id)
{
	const int64 *const keys[] = {&id};

	return tv_reader_find(&direct->place_by_id, lengthof(keys), keys);
}

static void
find_overriding(TvSnapDirect *direct)
{
	for (uint32 i = 0; i < direct->chain->count; i++)
	{
		const int64 *const timeline[] = {&direct->chain->ids[i]};

		if (tv_reader_find(&direct->override_by_id, lengthof(timeline), timeline))
			tv_ids_add(&direct->overriding, direct->chain->ids[i]);
	}
	direct->overriding_known = true;
}

/* What the chain says of it last. */
static bool
is_closed(TvSnapDirect *direct, int64 segment_id)
{
	for (uint32 i = 0; i < direct->overriding.count; i++)
	{
		const int64 *const keys[] = {&direct->overriding.ids[i], &segment_id};
		bool		isnull;
		Datum		closed;

		if (!tv_reader_find(&direct->override_by_id, lengthof(keys), keys))
			continue;
		closed = tv_reader_get(&direct->overrides, CLOSED, &isnull);
		if (!isnull)
			return DatumGetBool(closed);
	}
	return false;
}

bool
tv_snap_direct_stands(TvSnapDirect *direct, const TvSnap *snap)
{
	if (!direct->overriding_known)
		find_overriding(direct);
	return !is_closed(direct, snap->segment_id) && has_place(direct, snap->a_place_id) && has_place(direct, snap->b_place_id);
}
