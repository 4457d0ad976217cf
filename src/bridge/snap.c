/*
 * snap.c: the open segments of a timeline that are nearest to a point; see snap.h.
 *
 * PostGIS's index knows distances in degrees of longitude and latitude, by which
 * what is nearest is not so on the ground.  So the nearest by the index only says how
 * far is far enough; then all within a box of that size are measured.  Segments
 * without a course, straight from place to place, are in no index: a prepared graph
 * says which of them come into question (prepared_snap.h), and where it cannot, those of
 * the world whose latitudes come near enough are measured all.
 *
 * Distances here are in degrees of latitude, see tv_line_nearest().
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "bridge/compat.h"
#include "bridge/error.h"
#include "bridge/load.h"
#include "bridge/prepared_snap.h"
#include "bridge/rules.h"
#include "bridge/scan.h"
#include "bridge/snap.h"
#include "kernel/graph/sphere.h"

#define TOLERANCE 1e-11			/* degrees: a micrometre on the Earth */
#define RADIANS (3.14159265358979323846 / 180)

typedef struct Snapping
{
	TvEnv	   *env;
	TvmWorldRules rules;
	bool		has_world;
	TvPosition	at;
	Oid			send;			/* the geometry type's output function */
	TvIds		chain;			/* the timeline and its ancestors, nearest first */
	double		least;
	uint32		count;
	TvSnap	   *found;
} Snapping;

static void
receive_world(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Snapping   *snapping = target;

	snapping->has_world = true;
	tv_rules_parse(snapping->env, DatumGetJsonbP(values[0]), &snapping->rules);
}

/* A parent that the caller may not see still hands on what he may see of it. */
static void
receive_ancestor(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvIds	   *chain = target;

	if (chain->count == 0)
		tv_ids_add(chain, DatumGetInt64(values[0]));
	if (!nulls[1])
		tv_ids_add(chain, DatumGetInt64(values[1]));
}

/* segment, ends, oneway, latitudes and longitudes of the ends, course */
static void
receive_candidate(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Snapping   *snapping = target;
	TvPosition	ends[2] = {
		{.lon = DatumGetFloat8(values[5]), .lat = DatumGetFloat8(values[4])},
		{.lon = DatumGetFloat8(values[7]), .lat = DatumGetFloat8(values[6])}
	};
	TvLine		straight = {.count = 2, .points = ends};
	TvLine		line = {0};
	TvSnap		snap = {
		.segment_id = DatumGetInt64(values[0]),
		.a_place_id = DatumGetInt64(values[1]),
		.b_place_id = DatumGetInt64(values[2]),
		.oneway = DatumGetBool(values[3])
	};

	if (!nulls[8])
	{
		bool		is_varlena;
		bytea	   *binary;

		if (!OidIsValid(snapping->send))
			getTypeBinaryOutputInfo(TupleDescAttr(columns, 8)->atttypid, &snapping->send, &is_varlena);
		binary = OidSendFunctionCall(snapping->send, values[8]);
		line = tv_line_read(CurrentMemoryContext, binary, snap.segment_id);
		pfree(binary);
	}
	snap.away = tv_line_nearest(line.count > 0 ? &line : &straight, snapping->at,
								&snap.position, &snap.fraction);
	if (line.points != NULL)
		pfree(line.points);

	if (!isfinite(snap.away))
		return;					/* a course of points that are no numbers */
	if (snap.away < snapping->least - TOLERANCE)
		snapping->count = 0;
	snapping->least = Min(snapping->least, snap.away);
	if (snap.away <= snapping->least + TOLERANCE && snapping->count < TV_MAX_SNAPS)
		snapping->found[snapping->count++] = snap;
}

static char *
schema_of_type(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid			schema;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	schema = ((Form_pg_type) GETSTRUCT(tuple))->typnamespace;
	ReleaseSysCache(tuple);
	return pstrdup(quote_identifier(get_namespace_name(schema)));
}

/* Segments of world $1, with ends that can be seen. */
#define SEGMENTS \
	"SELECT s.id, s.a_place_id, s.b_place_id, s.oneway," \
	" a.lat AS a_lat, a.lon AS a_lon, b.lat AS b_lat, b.lon AS b_lon, s.geom, s.timeline_id" \
	" FROM timevmaps.segments s" \
	" JOIN timevmaps.places a ON a.id OPERATOR(pg_catalog.=) s.a_place_id" \
	" JOIN timevmaps.places b ON b.id OPERATOR(pg_catalog.=) s.b_place_id" \
	" WHERE s.world_id OPERATOR(pg_catalog.=) $1"

/* Of them, those that are open on the chain $2. */
#define OPEN \
	"(s.timeline_id IS NULL OR s.timeline_id OPERATOR(pg_catalog.=) ANY ($2))" \
	" AND (SELECT o.closed FROM timevmaps.segment_overrides o" \
	" WHERE o.segment_id OPERATOR(pg_catalog.=) s.id AND o.timeline_id OPERATOR(pg_catalog.=) ANY ($2)" \
	" AND o.closed IS NOT NULL" \
	" ORDER BY pg_catalog.array_position($2, o.timeline_id) LIMIT 1) IS NOT TRUE"

/* The nearest by the index, for how far it is on the ground. */
static void
scan_index(Snapping *snapping, const char *postgis, const TvArg *args)
{
	tv_scan(tv_scan_text(psprintf(SEGMENTS " AND " OPEN
					 " AND s.geom IS NOT NULL AND NOT %s.st_isempty(s.geom)"
					 " ORDER BY s.geom OPERATOR(%s.<->)"
					 " %s.st_setsrid(%s.st_makepoint($3, $4), 4326) LIMIT 1",
					 postgis, postgis, postgis, postgis)),
			4, args, receive_candidate, snapping);
}

/* All within that distance; a second box for what lies beyond the 180th meridian. */
static void
scan_box(Snapping *snapping, const char *postgis, const TvArg *open)
{
	double		high = snapping->least * (1 + 1e-9) + 2 * TOLERANCE;
	double		scale = cos(snapping->at.lat * RADIANS);
	double		wide = scale > 0 ? high / scale : INFINITY;
	double		lon = snapping->at.lon;
	double		shift = lon > 0 ? -360 : 360;
	TvArg		args[8];

	if (!(wide < 180))
	{
		wide = 360;
		lon = shift = 0;
	}
	args[0] = open[0];
	args[1] = open[1];
	args[2] = tv_arg_double(lon - wide);
	args[3] = tv_arg_double(lon + wide);
	args[4] = tv_arg_double(lon - wide + shift);
	args[5] = tv_arg_double(lon + wide + shift);
	args[6] = tv_arg_double(snapping->at.lat - high);
	args[7] = tv_arg_double(snapping->at.lat + high);
	snapping->count = 0;
	tv_scan(tv_scan_text(psprintf(SEGMENTS " AND " OPEN
					 " AND NOT %s.st_isempty(s.geom)"
					 " AND (s.geom OPERATOR(%s.&&) %s.st_makeenvelope($3, $7, $4, $8, 4326)"
					 " OR s.geom OPERATOR(%s.&&) %s.st_makeenvelope($5, $7, $6, $8, 4326))"
					 " ORDER BY s.id",
					 postgis, postgis, postgis, postgis, postgis)),
			8, args, receive_candidate, snapping);
}

static void
scan_straight(Snapping *snapping, const char *postgis, const TvArg *open)
{
	double		high = Min(snapping->least * (1 + 1e-9) + 2 * TOLERANCE, 360);
	TvArg		args[4] = {
		open[0],
		open[1],
		tv_arg_double(snapping->at.lat - high),
		tv_arg_double(snapping->at.lat + high)
	};

	/* Whether it is open is asked last: that is a query a segment. */
	tv_scan(tv_scan_text(psprintf("WITH s AS MATERIALIZED (" SEGMENTS
					 " AND (s.geom IS NULL OR %s.st_isempty(s.geom))"
					 " AND NOT (a.lat OPERATOR(pg_catalog.<) $3 AND b.lat OPERATOR(pg_catalog.<) $3)"
					 " AND NOT (a.lat OPERATOR(pg_catalog.>) $4 AND b.lat OPERATOR(pg_catalog.>) $4))"
					 " SELECT * FROM s WHERE " OPEN " ORDER BY s.id", postgis)),
			4, args, receive_candidate, snapping);
}

/* Those that come into question, and what has a course of no points. */
static void
scan_named(Snapping *snapping, const char *postgis, const TvArg *open, TvIds *named)
{
	TvArg		args[3] = {open[0], open[1]};

	/* Apart from what is asked of them: the planner takes a third of all courses to have no points. */
	tv_scan(tv_scan_text(psprintf("SELECT s.id FROM timevmaps.segments s"
					 " WHERE s.world_id OPERATOR(pg_catalog.=) $1 AND %s.st_isempty(s.geom)", postgis)),
			1, args, tv_ids_receive, named);
	if (named->count == 0)
		return;
	args[2] = tv_arg_bigints(named->ids, named->count);
	tv_scan(tv_scan_text(psprintf(SEGMENTS " AND s.id OPERATOR(pg_catalog.=) ANY ($3)"
					 " AND (s.geom IS NULL OR %s.st_isempty(s.geom)) AND " OPEN " ORDER BY s.id", postgis)),
			3, args, receive_candidate, snapping);
}

uint32
tv_snap_find(TvEnv *env, int64 world_id, int64 timeline_id, TvPosition at, const char *metric,
			 Oid geometry, TvSnap *found)
{
	Snapping	snapping = {.env = env, .at = at, .least = INFINITY, .found = found, .chain = {.context = env->context}};
	char	   *postgis = schema_of_type(geometry);
	TvArg		args[4] = {tv_arg_bigint(world_id), tv_arg_bigint(timeline_id)};
	TvIds		named = {.context = env->context};
	uint32		kept = 0;

	tv_scan("SELECT w.rules FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1",
			1, args, receive_world, &snapping);
	if (!snapping.has_world)
		tv_report_not_found("world", world_id);
	tv_scan("WITH RECURSIVE up AS ("
			"SELECT t.id, t.parent_id, 0 AS depth FROM timevmaps.timelines t"
			" WHERE t.id OPERATOR(pg_catalog.=) $2 AND t.world_id OPERATOR(pg_catalog.=) $1"
			" UNION ALL "
			"SELECT p.id, p.parent_id, up.depth OPERATOR(pg_catalog.+) 1 FROM up"
			" JOIN timevmaps.timelines p ON p.id OPERATOR(pg_catalog.=) up.parent_id)"
			" SELECT up.id, up.parent_id FROM up ORDER BY up.depth",
			2, args, receive_ancestor, &snapping.chain);
	if (snapping.chain.count == 0)
		tv_report_not_found("timeline", timeline_id);

	args[1] = tv_arg_bigints(snapping.chain.ids, snapping.chain.count);
	args[2] = tv_arg_double(at.lon);
	args[3] = tv_arg_double(at.lat);
	scan_index(&snapping, postgis, args);
	if (snapping.count > 0)
		scan_box(&snapping, postgis, args);
	if (tv_prepared_straight(env, world_id, &snapping.rules, &snapping.chain,
							 metric != NULL ? tv_metric_parse(metric) : (TvMetric) snapping.rules.clock,
							 at, snapping.least, &named))
		scan_named(&snapping, postgis, args, &named);
	else
		scan_straight(&snapping, postgis, args);

	for (uint32 i = 0; i < snapping.count; i++)
		if (found[i].away <= snapping.least + TOLERANCE)
			found[kept++] = found[i];
	qsort(found, kept, sizeof(TvSnap), tv_ids_compare);
	for (uint32 i = 0; i < kept; i++)
		found[i].distance_m = snapping.rules.radius_m *
			tvm_sphere_angle(at.lat, at.lon, found[i].position.lat, found[i].position.lon);
	return kept;
}
