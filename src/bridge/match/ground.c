/*
 * ground.c: the courses of all segments that are near a track; see ground.h.
 *
 * The index is asked for the order of distance to a box alone, as in route/snap/snap_search.c: where row-level security binds,
 * no operator of PostGIS's may choose rows by itself.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

#include "bridge/geo/postgis.h"
#include "bridge/match/area.h"
#include "bridge/match/ground.h"
#include "bridge/route/snap/snap_search.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/scan.h"

#define CELL_M 100.0			/* pieces are as short, for a chord of that leaves the ground by 0.2 mm */
#define MANY_PIECES 16			/* a longer line is taken only where it comes near */
#define TOUCHES 1e-12			/* degrees between a box and a course in it, by rounding */

typedef struct Loading
{
	TvGround   *ground;
	const TvArea *area;
	const char *postgis;		/* its schema, quoted */
	Oid			send;			/* the geometry type's output function */
	const char *query;
	int			arg_count;
	TvArg		args[6];
} Loading;

/* Lines --------------------------------------------------------------------- */

static void
add_piece(Loading *loading, uint32 segment, TvPosition from, TvPosition to, double first, double last)
{
	TvGround   *ground = loading->ground;
	double		radius = ground->roads->rules.radius_m;

	tv_check(ground->roads->env, tvm_near_add(&ground->roads->env->tvm, &ground->near, &(TvmNearPiece) {
		.a = tvm_near_point(radius, from.lat, from.lon),
		.b = tvm_near_point(radius, to.lat, to.lon),
		.from = first,
		.to = last,
		.owner = segment
	}));
}

static TvPosition
between(TvPosition from, TvPosition to, double part)
{
	return (TvPosition) {
		.lon = from.lon + part * remainder(to.lon - from.lon, 360),
		.lat = from.lat + part * (to.lat - from.lat)
	};
}

/* A straight part of a line, cut into pieces; fractions of its line. */
static void
add_part(Loading *loading, uint32 segment, TvPosition from, TvPosition to, double length_m, double first, double last)
{
	double		pieces = ceil(length_m / CELL_M);

	for (double i = 0; i < Max(pieces, 1); i++)
	{
		double		low = i / Max(pieces, 1);
		double		high = (i + 1) / Max(pieces, 1);
		TvPosition	a = between(from, to, low);
		TvPosition	b = between(from, to, high);

		tv_interrupts_at((uint64) i);
		if (pieces > MANY_PIECES && !tv_area_touches(loading->area, a, b))
			continue;
		add_piece(loading, segment, a, b, first + low * (last - first), first + high * (last - first));
	}
}

static void
add_line(Loading *loading, uint32 segment, const TvLine *line)
{
	double		radius = loading->ground->roads->rules.radius_m;
	double		total = 0;
	double		before = 0;

	loading->ground->loaded[segment] = true;
	for (int pass = 0; pass < 2; pass++)
		for (uint32 i = 0; i + 1 < line->count; i++)
		{
			TvPosition	a = line->vertices[i];
			TvPosition	b = line->vertices[i + 1];
			double		length = radius * tvm_sphere_angle(a.lat, a.lon, b.lat, b.lon);

			tv_interrupts_at(i);
			/* Points that are no numbers are nowhere. */
			if (!isfinite(length))
				return;
			if (pass == 0)
				total += length;
			else
			{
				add_part(loading, segment, a, b, length, total > 0 ? before / total : 0,
						 total > 0 ? Min((before + length) / total, 1) : 0);
				before += length;
			}
		}
}

/* Courses ------------------------------------------------------------------- */

static void
add_course(Loading *loading, uint32 segment, Oid type, Datum course)
{
	TvLine		line;
	bytea	   *binary;

	if (!OidIsValid(loading->send))
	{
		bool		is_varlena;

		getTypeBinaryOutputInfo(type, &loading->send, &is_varlena);
	}
	binary = OidSendFunctionCall(loading->send, course);
	line = tv_line_read(CurrentMemoryContext, binary, tv_roads_id(loading->ground->roads, segment));
	pfree(binary);
	add_line(loading, segment, &line);
	if (line.vertices != NULL)
		pfree(line.vertices);
}

/* segment, course, distance in degrees */
static bool
receive_course(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Loading    *loading = target;
	uint32		segment;

	if (nulls[2] || DatumGetFloat8(values[2]) > TOUCHES)
		return false;
	segment = tv_roads_find(loading->ground->roads, DatumGetInt64(values[0]));
	if (segment != TV_NONE && !loading->ground->loaded[segment])
		add_course(loading, segment, TupleDescAttr(columns, 1)->atttypid, values[1]);
	return true;
}

/* What of a box is on a map, which begins again at its ends. */
static void
load_box(Loading *loading, const TvMap *map, const TvmBox *box)
{
	for (int turn = -360; turn <= 360; turn += 360)
	{
		double		west = Max(box->west + loading->area->lon + turn, map->west);
		double		east = Min(box->east + loading->area->lon + turn, map->east);

		if (west > east)
			continue;
		loading->args[1] = tv_arg_double(tv_snap_outward(west, -1));
		loading->args[2] = tv_arg_double(tv_snap_outward(box->south, -1));
		loading->args[3] = tv_arg_double(tv_snap_outward(east, 1));
		loading->args[4] = tv_arg_double(tv_snap_outward(box->north, 1));
		tv_scan_nearest(loading->query, loading->arg_count, loading->args, receive_course, loading);
	}
}

static void
load_map(Loading *loading, const TvMap *map, const int64 *timeline_id)
{
	const char *box = "$.st_makeenvelope($2, $3, $4, $5, 4326)";

	loading->query = tv_postgis_query(loading->postgis, psprintf(
		"SELECT s.id, s.geom, %s OPERATOR($.<->) %s"
		" FROM timevmaps.segments s WHERE s.world_id OPERATOR(pg_catalog.=) $1 AND %s AND %s"
		" ORDER BY %s OPERATOR($.<->) %s",
		map->geom, box, map->on_it,
		timeline_id == NULL ? "s.timeline_id IS NULL" : "s.timeline_id OPERATOR(pg_catalog.=) $6", map->geom, box));
	loading->arg_count = timeline_id == NULL ? 5 : 6;
	loading->args[0] = tv_arg_bigint(loading->ground->roads->world_id);
	if (timeline_id != NULL)
		loading->args[5] = tv_arg_bigint(*timeline_id);
	for (uint32 i = 0; i < loading->area->count; i++)
		load_box(loading, map, &loading->area->boxes[i]);
}

static void
load_courses(Loading *loading)
{
	TvRoads    *roads = loading->ground->roads;
	TvArg		chain = tv_arg_bigints(roads->chain.ids, roads->chain.count);
	TvArg		world = tv_arg_bigint(roads->world_id);
	TvIds		owners = {.context = roads->env->context};

	/* With LIMIT, so that nobody joins with all segments there are. */
	tv_scan("SELECT t.id FROM pg_catalog.unnest($1) t (id) CROSS JOIN LATERAL (SELECT FROM timevmaps.segments s"
			" WHERE s.timeline_id OPERATOR(pg_catalog.=) t.id LIMIT 1) own",
			1, &chain, tv_ids_receive, &owners);
	for (int i = 0; i < TV_MAPS; i++)
	{
		if (!tv_scan_finds(tv_postgis_query(loading->postgis, psprintf("SELECT FROM timevmaps.segments s"
														" WHERE s.world_id OPERATOR(pg_catalog.=) $1 AND %s LIMIT 1", tv_maps[i].on_it)),
						   1, &world))
			continue;
		load_map(loading, &tv_maps[i], NULL);
		for (uint32 j = 0; j < owners.count; j++)
			load_map(loading, &tv_maps[i], &owners.ids[j]);
	}
}

/* Straight ones --------------------------------------------------------------- */

static void
add_straight(Loading *loading, uint32 segment)
{
	TvRoads    *roads = loading->ground->roads;
	TvPosition	ends[2];
	TvRoad		road;

	if (loading->ground->loaded[segment] || !tv_roads_get(roads, segment, &road))
		return;
	ends[0] = tv_roads_place(roads, road.a);
	ends[1] = tv_roads_place(roads, road.b);
	if (tv_area_touches(loading->area, ends[0], ends[1]))
		add_line(loading, segment, &(TvLine) {.count = 2, .vertices = ends});
}

static void
receive_straight(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Loading    *loading = target;
	uint32		segment = tv_roads_find(loading->ground->roads, DatumGetInt64(values[0]));

	if (segment != TV_NONE)
		add_straight(loading, segment);
}

static void
load_straight(Loading *loading)
{
	TvRoads    *roads = loading->ground->roads;
	TvArg		changed = tv_arg_bigints(roads->changed.ids, roads->changed.count);

	for (uint32 s = 0; s < roads->count; s++)
	{
		tv_interrupts_at(s);
		if (tv_roads_is_straight(roads, s))
			add_straight(loading, s);
	}
	if (roads->changed.count > 0)
		tv_scan("SELECT s.id FROM timevmaps.segments s WHERE s.id OPERATOR(pg_catalog.=) ANY ($1) AND s.geom IS NULL",
				1, &changed, receive_straight, loading);
}

/* The whole ------------------------------------------------------------------- */

/* Of the type of courses, which is PostGIS's. */
static const char *
schema_of_courses(void)
{
	Oid			table = get_relname_relid("segments", get_namespace_oid("timevmaps", false));

	return tv_postgis_schema(get_atttype(table, get_attnum(table, "geom")));
}

void
tv_ground_load(TvRoads *roads, const TvPosition *at, uint32 count, double radius_m, TvGround *ground)
{
	TvEnv	   *env = roads->env;
	Loading		loading = {.ground = ground, .postgis = schema_of_courses()};

	*ground = (TvGround) {.roads = roads};
	tv_check(env, tvm_near_init(&env->tvm, &ground->near, CELL_M, roads->count));
	ground->loaded = tvm_alloc_zero(&env->tvm, (Size) roads->count + 1, 1);
	if (ground->loaded == NULL)
		tv_check(env, TVM_NOMEM);
	loading.area = tv_area_make(env->context, at, count, radius_m / roads->rules.radius_m);
	load_courses(&loading);
	load_straight(&loading);
}
