/*
 * snap.c: the open segments of a timeline that are nearest to a position; see snap.h.
 *
 * Courses are found by their index (snap_search.c).  What is in none is asked for apart: a
 * few courses that no map has, and segments without a course, straight from place to
 * place: a prepared graph says which of them come into question (prepared_snap.h), and
 * where it cannot, those of the world whose latitudes come near enough are measured all.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "bridge/geo/postgis.h"
#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/route/snap/prepared_snap.h"
#include "bridge/route/snap/snap.h"
#include "bridge/network/chain.h"
#include "bridge/route/snap/snap_direct.h"
#include "bridge/route/snap/snap_search.h"
#include "bridge/route/snap/snapping.h"
#include "kernel/graph/sphere.h"

/* segment, ends, oneway, latitudes and longitudes of the ends, course */
static void
receive_candidate(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	TvPosition	ends[2] = {
		{.lon = DatumGetFloat8(values[5]), .lat = DatumGetFloat8(values[4])},
		{.lon = DatumGetFloat8(values[7]), .lat = DatumGetFloat8(values[6])}
	};
	TvLine		straight = {.count = 2, .vertices = ends};
	TvSnap		snap = {
		.segment_id = DatumGetInt64(values[0]),
		.a_place_id = DatumGetInt64(values[1]),
		.b_place_id = DatumGetInt64(values[2]),
		.oneway = DatumGetBool(values[3])
	};

	tv_snap_measure(target, &snap, nulls[8] ? InvalidOid : TupleDescAttr(columns, 8)->atttypid, values[8], &straight);
}

/* Segments of world $1 that are open on the chain $2, with ends that can be seen. */
#define SEGMENTS \
	"SELECT s.id, s.a_place_id, s.b_place_id, s.oneway," \
	" a.lat AS a_lat, a.lon AS a_lon, b.lat AS b_lat, b.lon AS b_lon, s.geom, s.timeline_id" \
	" FROM timevmaps.segments s" \
	" JOIN timevmaps.places a ON a.id OPERATOR(pg_catalog.=) s.a_place_id" \
	" JOIN timevmaps.places b ON b.id OPERATOR(pg_catalog.=) s.b_place_id" \
	" WHERE s.world_id OPERATOR(pg_catalog.=) $1"
#define OPEN \
	"(s.timeline_id IS NULL OR s.timeline_id OPERATOR(pg_catalog.=) ANY ($2)) AND " TV_SNAP_IS_OPEN

static void
scan_ids(TvSnapping *snapping, const TvArg *open, const TvIds *ids)
{
	TvArg		args[3] = {open[0], open[1]};

	if (ids->count == 0)
		return;
	args[2] = tv_arg_bigints(ids->ids, ids->count);
	tv_scan(SEGMENTS " AND s.id OPERATOR(pg_catalog.=) ANY ($3) AND " OPEN, 3, args, receive_candidate, snapping);
}

/* Those of them that are open because that is supposed, whatever the tables say. */
static void
scan_opened(TvSnapping *snapping, const TvArg *open, const TvIds *ids)
{
	const TvWhatIf *what_if = snapping->what_if;
	TvIds		opened = {.context = snapping->env->context};
	TvArg		args[3] = {open[0], open[1]};

	for (uint32 i = 0; what_if != NULL && i < what_if->segment_count; i++)
	{
		const TvWhatIfSegment *says = &what_if->segments[i];

		if ((says->says & TV_WHAT_IF_CLOSED) != 0 && !says->closed &&
			(ids == NULL || tv_load_find(ids->ids, sizeof(int64), ids->count, says->segment_id) != TV_NONE))
			tv_ids_add(&opened, says->segment_id);
	}
	if (opened.count == 0)
		return;
	args[2] = tv_arg_bigints(opened.ids, opened.count);
	tv_scan(SEGMENTS " AND s.id OPERATOR(pg_catalog.=) ANY ($3)"
			" AND (s.timeline_id IS NULL OR s.timeline_id OPERATOR(pg_catalog.=) ANY ($2))",
			3, args, receive_candidate, snapping);
}

/* Courses of no points, which are straight, and round the world. */
static void
scan_unmapped(TvSnapping *snapping, const TvArg *open)
{
	TvIds		ids = {.context = snapping->env->context};

	/* Apart from what is asked of them: the planner takes a third of all courses to have no points. */
	tv_scan(tv_postgis_query(snapping->postgis, "SELECT s.id FROM timevmaps.segments s WHERE s.world_id OPERATOR(pg_catalog.=) $1"
						  " AND ($.st_isempty(s.geom) OR (" TV_OVER_MERIDIAN
						  " AND $.st_xmax($.st_shiftlongitude(s.geom)::$.box3d)"
						  " OPERATOR(pg_catalog.-) $.st_xmin($.st_shiftlongitude(s.geom)::$.box3d) OPERATOR(pg_catalog.>) 180))"),
			1, open, tv_ids_receive, &ids);
	scan_ids(snapping, open, &ids);
}

static void
scan_straight(TvSnapping *snapping, const TvArg *open)
{
	TvmCap		cap = tvm_cap(snapping->at.lat, snapping->at.lon, snapping->least + TV_SNAP_TOLERANCE);
	double		high = Min(cap.lat_reach, 360);
	TvArg		args[4] = {
		open[0],
		open[1],
		tv_arg_double(snapping->at.lat - high),
		tv_arg_double(snapping->at.lat + high)
	};

	if (!tv_scan_finds("SELECT FROM timevmaps.segments s WHERE s.world_id OPERATOR(pg_catalog.=) $1"
					   " AND s.geom IS NULL LIMIT 1", 1, open))
		return;
	/* Whether it is open is asked last: that is a query a segment.  Other worlds' places are not read. */
	tv_scan("WITH s AS MATERIALIZED (" SEGMENTS " AND s.geom IS NULL"
			" AND a.world_id OPERATOR(pg_catalog.=) $1 AND b.world_id OPERATOR(pg_catalog.=) $1"
			" AND NOT (a.lat OPERATOR(pg_catalog.<) $3 AND b.lat OPERATOR(pg_catalog.<) $3)"
			" AND NOT (a.lat OPERATOR(pg_catalog.>) $4 AND b.lat OPERATOR(pg_catalog.>) $4))"
			" SELECT * FROM s WHERE " OPEN,
			4, args, receive_candidate, snapping);
}

TvSnapTo
tv_snap_to_parse(const char *name)
{
	if (name == NULL || strcmp(name, "any") == 0)
		return TV_SNAP_TO_ANY;
	if (strcmp(name, "largest") == 0)
		return TV_SNAP_TO_LARGEST;
	tv_report_invalid("snap_to", "no such choice of segments", psprintf("\"%s\" is not one.", name),
					  "The choices are any and largest.");
}

static void
find_segments(TvSnapping *snapping, TvMetric metric, Oid geometry)
{
	bool		has_unmapped = true;
	bool		has_straight = true;
	TvIds		named = {.context = snapping->env->context};
	TvArg		open[2] = {
		tv_arg_bigint(snapping->world_id),
		tv_arg_bigints(snapping->chain.ids, snapping->chain.count)
	};

	snapping->direct = tv_snap_direct_open(snapping->env, snapping->world_id, &snapping->chain, geometry);
	tv_snap_search(snapping);
	if (snapping->direct != NULL)
	{
		has_unmapped = tv_snap_direct_has(snapping->direct, TV_SNAP_UNMAPPED);
		has_straight = tv_snap_direct_has(snapping->direct, TV_SNAP_STRAIGHT);
		tv_snap_direct_close(snapping->direct);
		snapping->direct = NULL;
	}
	if (has_unmapped)
		scan_unmapped(snapping, open);
	if (has_straight)
	{
		if (tv_prepared_straight(snapping->env, snapping->world_id, &snapping->rules, &snapping->chain, snapping->what_if,
								 snapping->profile, metric,
								 snapping->component, snapping->at, snapping->least, &named))
			scan_ids(snapping, open, &named);
		else
			scan_straight(snapping, open);
	}
	scan_opened(snapping, open, NULL);
	tv_snap_tidy(snapping);
}

static void
begin(TvSnapping *snapping, TvEnv *env, int64 world_id, TvPosition at, Oid geometry, TvSnaps *found)
{
	*snapping = (TvSnapping) {
		.env = env,
		.world_id = world_id,
		.at = at,
		.least = INFINITY,
		.found = found,
		.postgis = tv_postgis_schema(geometry),
		.chain = {.context = env->context}
	};
	*found = (TvSnaps) {0};
}

static void
measure_distances(const TvSnapping *snapping)
{
	for (uint32 i = 0; i < snapping->found->count; i++)
		snapping->found->snaps[i].distance_m = snapping->rules.radius_m * snapping->found->snaps[i].away;
}

void
tv_snap_spot(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if, int64 segment_id, double fraction,
			 TvPosition at, const TvProfile *profile, Oid geometry, TvSnaps *found)
{
	TvIds		ids = {.context = env->context};
	TvSnapping	snapping;
	TvArg		open[2];

	begin(&snapping, env, world_id, at, geometry, found);
	tv_chain_find(env, world_id, timeline_id, &snapping.rules, NULL, &snapping.chain);
	snapping.profile = profile;
	snapping.fraction = &fraction;
	snapping.what_if = what_if;
	open[0] = tv_arg_bigint(world_id);
	open[1] = tv_arg_bigints(snapping.chain.ids, snapping.chain.count);
	tv_ids_add(&ids, segment_id);
	scan_ids(&snapping, open, &ids);
	scan_opened(&snapping, open, &ids);
	tv_snap_tidy(&snapping);
	measure_distances(&snapping);
}

static void
find_nearest(TvSnapping *snapping, TvSnapTo to, const char *metric, Oid geometry)
{
	TvComponent component = {0};
	TvMetric	asked = tv_metric_choose(metric, &snapping->rules);

	if (to == TV_SNAP_TO_LARGEST)
	{
		tv_component_find(snapping->env, snapping->world_id, &snapping->rules, &snapping->chain, snapping->what_if,
						  snapping->profile, asked, &component);
		snapping->component = &component;
	}
	PG_TRY();
	{
		find_segments(snapping, asked, geometry);
	}
	PG_FINALLY();
	{
		tv_component_release(&component);
	}
	PG_END_TRY();
	measure_distances(snapping);
}

void
tv_snap_find(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if, TvPosition at, TvSnapTo to,
			 const char *metric, const TvProfile *profile, Oid geometry, TvSnaps *found)
{
	TvSnapping	snapping;

	begin(&snapping, env, world_id, at, geometry, found);
	tv_chain_find(env, world_id, timeline_id, &snapping.rules, NULL, &snapping.chain);
	snapping.what_if = what_if;
	snapping.profile = profile;
	find_nearest(&snapping, to, metric, geometry);
}

void
tv_snap_find_named(TvEnv *env, int64 world_id, int64 timeline_id, const TvWhatIf *what_if, TvPosition at, TvSnapTo to,
				   const char *metric, const char *profile, Oid geometry, TvSnaps *found)
{
	TvSnapping	snapping;
	char	   *default_profile;

	begin(&snapping, env, world_id, at, geometry, found);
	tv_chain_find(env, world_id, timeline_id, &snapping.rules, &default_profile, &snapping.chain);
	if (what_if != NULL)
		snapping.what_if = tv_suppose(env, what_if, world_id)->what_if;
	snapping.profile = tv_profile_of_chain(env, world_id, &snapping.chain, profile != NULL ? profile : default_profile);
	find_nearest(&snapping, to, metric, geometry);
}

void
tv_snap_find_on(TvEnv *env, int64 world_id, const TvmWorldRules *rules, const TvIds *chain, TvPosition at, Oid geometry, TvSnaps *found)
{
	TvSnapping	snapping;

	begin(&snapping, env, world_id, at, geometry, found);
	snapping.rules = *rules;
	snapping.chain = *chain;
	find_segments(&snapping, tv_metric_choose(NULL, rules), geometry);
	measure_distances(&snapping);
}
