/*
 * what_if_zones.c: which segments the zones of a what-if slow down or close; see what_if_zones.h.
 *
 * Zones of kind speed become overrides by tv_slowed_segments() of sql/tables/074-zone.sql; this is the same of zones whose
 * speeds a caller supposes, with what he sees.  What a part of a segment is slowed to depends on how fast
 * it is on the timeline, so that here only parts are found, and what_if.c makes speeds of them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "bridge/geo/postgis.h"
#include "bridge/network/rows.h"
#include "bridge/network/what_if_zones.h"
#include "bridge/server/compat.h"
#include "bridge/server/ids.h"
#include "bridge/server/limits.h"
#include "bridge/server/scan.h"
#include "bridge/server/search_path.h"

/*
 * How much of each segment of world $1 is in the zones $2 whose rank ($3) is at most some rank.  A course over the 180th meridian is
 * on a map that is cut elsewhere, and what is in the west on ours is in the east of that.
 */
#define COVERED \
	"WITH z AS MATERIALIZED (" \
	"SELECT z.geom, w.rank FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) w (id, rank)" \
	" JOIN timevmaps.zones z ON z.id OPERATOR(pg_catalog.=) w.id AND z.world_id OPERATOR(pg_catalog.=) $1" \
	"), near AS MATERIALIZED (" \
	"SELECT s.id, s.geom AS course, z.geom AS zone, z.rank FROM z" \
	" JOIN timevmaps.segments s ON s.world_id OPERATOR(pg_catalog.=) $1 AND s.geom OPERATOR($.&&) z.geom" \
	" UNION ALL " \
	"SELECT s.id, c.course, z.geom, z.rank FROM timevmaps.segments s" \
	" JOIN timevmaps.places a ON a.id OPERATOR(pg_catalog.=) s.a_place_id" \
	" JOIN timevmaps.places b ON b.id OPERATOR(pg_catalog.=) s.b_place_id" \
	" CROSS JOIN LATERAL (SELECT $.st_makeline(a.geom, b.geom)) c (course)" \
	" JOIN z ON c.course OPERATOR($.&&) z.geom" \
	" WHERE s.world_id OPERATOR(pg_catalog.=) $1 AND s.geom IS NULL" \
	"), turned AS (" \
	"SELECT n.id, n.rank, CASE WHEN c.over THEN $.st_shiftlongitude(n.course) ELSE n.course END AS course," \
	" $.st_translate(p.geom, w.turn, '0'::pg_catalog.float8) AS zone" \
	" FROM near n CROSS JOIN LATERAL (SELECT $.st_xmax(n.course::$.box3d)" \
	" OPERATOR(pg_catalog.-) $.st_xmin(n.course::$.box3d) OPERATOR(pg_catalog.>) '180'::pg_catalog.float8) c (over)," \
	" LATERAL $.st_dump(n.zone) p, (VALUES ('0'::pg_catalog.float8), ('360'::pg_catalog.float8)) w (turn)" \
	" WHERE w.turn OPERATOR(pg_catalog.=) '0'::pg_catalog.float8 OR c.over" \
	"), covered AS (" \
	"SELECT t.id, v.rank," \
	" $.st_length($.st_intersection(t.course, $.st_unaryunion($.st_collect(t.zone)))::$.geography, true) AS inside," \
	" $.st_length(t.course::$.geography, true) AS whole" \
	" FROM (SELECT DISTINCT t.id, t.rank FROM turned t) v" \
	" JOIN turned t ON t.id OPERATOR(pg_catalog.=) v.id AND t.rank OPERATOR(pg_catalog.<=) v.rank" \
	" GROUP BY t.id, t.course, v.rank)" \
	" SELECT c.id, c.rank, c.inside, c.whole FROM covered c" \
	" WHERE c.inside OPERATOR(pg_catalog.>) '0'::pg_catalog.float8 AND c.whole OPERATOR(pg_catalog.>) '0'::pg_catalog.float8"

typedef struct Covering
{
	TvEnv	   *env;
	uint32		count;
	uint32		capacity;
	TvWhatIfPart *parts;
	const double *speeds;		/* of each rank */
} Covering;

static void
receive_part(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Covering   *covering = target;

	if (covering->count == covering->capacity)
	{
		tv_graph_require_memory(2 * sizeof(TvWhatIfPart) * (Size) Max(covering->capacity, 16));
		covering->parts = tv_grow(covering->env->context, covering->parts, sizeof(TvWhatIfPart), &covering->capacity);
	}
	covering->parts[covering->count++] = (TvWhatIfPart) {
		.segment_id = DatumGetInt64(values[0]),
		.speed_kph = covering->speeds == NULL ? 0 : covering->speeds[DatumGetInt64(values[1])],
		.part = Min(DatumGetFloat8(values[2]) / DatumGetFloat8(values[3]), 1)
	};
}

static int
compare_parts(const void *a, const void *b)
{
	const TvWhatIfPart *x = a;
	const TvWhatIfPart *y = b;

	if (x->segment_id != y->segment_id)
		return x->segment_id < y->segment_id ? -1 : 1;
	return (x->speed_kph > y->speed_kph) - (x->speed_kph < y->speed_kph);
}

static const char *
covered_query(void)
{
	return tv_postgis_query(tv_postgis_schema(tv_postgis_geometry()), COVERED);
}

static void
find_parts(Covering *covering, int64 world_id, const int64 *zones, const int64 *ranks, uint32 count)
{
	TvArg		args[3] = {tv_arg_bigint(world_id), tv_arg_bigints(zones, count), tv_arg_bigints(ranks, count)};
	int			level = NewGUCNestLevel();

	covering->count = 0;
	/* PostGIS reads its own table of reference systems by operators that it finds on the search path. */
	tv_pin_search_path();
	tv_scan(covered_query(), lengthof(args), args, receive_part, covering);
	AtEOXact_GUC(true, level);
	if (covering->count > 1)
		qsort(covering->parts, covering->count, sizeof(TvWhatIfPart), compare_parts);
}

/* Speeds -------------------------------------------------------------------- */

static int
compare_speeds(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The parts of segments in zones that have a speed. */
static void
find_slowed(Covering *covering, const TvWhatIf *what_if, int64 world_id)
{
	double	   *speeds = palloc(sizeof(double) * what_if->zone_count);
	int64	   *zones = palloc(sizeof(int64) * what_if->zone_count);
	int64	   *ranks = palloc(sizeof(int64) * what_if->zone_count);
	uint32		count = 0;
	uint32		distinct = 0;

	for (uint32 i = 0; i < what_if->zone_count; i++)
		if (what_if->zones[i].says & TV_WHAT_IF_SPEED)
			speeds[count++] = what_if->zones[i].speed_kph;
	if (count == 0)
		return;
	qsort(speeds, count, sizeof(double), compare_speeds);
	for (uint32 i = 0; i < count; i++)
		if (distinct == 0 || speeds[i] != speeds[distinct - 1])
			speeds[distinct++] = speeds[i];
	count = 0;
	for (uint32 i = 0; i < what_if->zone_count; i++)
		if (what_if->zones[i].says & TV_WHAT_IF_SPEED)
		{
			const double *at = bsearch(&what_if->zones[i].speed_kph, speeds, distinct, sizeof(double), compare_speeds);

			zones[count] = what_if->zones[i].zone_id;
			ranks[count++] = at - speeds;
		}
	covering->speeds = speeds;
	find_parts(covering, world_id, zones, ranks, count);
}

/* Closures ------------------------------------------------------------------ */

typedef struct Closure
{
	int64		segment_id;
	uint32		entry;
	bool		closed;
} Closure;

typedef struct Closures
{
	uint32		count;
	uint32		capacity;
	Closure    *closures;
} Closures;

/* By segment; what was said last comes first. */
static int
compare_closures(const void *a, const void *b)
{
	const Closure *x = a;
	const Closure *y = b;

	if (x->segment_id != y->segment_id)
		return x->segment_id < y->segment_id ? -1 : 1;
	return (x->entry < y->entry) - (x->entry > y->entry);
}

static void
find_closures(TvEnv *env, const TvWhatIf *what_if, int64 world_id, Closures *found)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < what_if->zone_count; i++)
	{
		const TvWhatIfZone *zone = &what_if->zones[i];
		Covering	covering = {.env = env};
		int64		rank = 0;

		CHECK_FOR_INTERRUPTS();
		if ((zone->says & TV_WHAT_IF_CLOSED) == 0)
			continue;
		find_parts(&covering, world_id, &zone->zone_id, &rank, 1);
		for (uint32 j = 0; j < covering.count; j++)
		{
			if (found->count == found->capacity)
			{
				tv_graph_require_memory(2 * sizeof(Closure) * (Size) Max(found->capacity, 16));
				found->closures = tv_grow(env->context, found->closures, sizeof(Closure), &found->capacity);
			}
			found->closures[found->count++] = (Closure) {covering.parts[j].segment_id, zone->entry, zone->closed};
		}
		if (covering.parts != NULL)
			pfree(covering.parts);
	}
	if (found->count > 1)
		qsort(found->closures, found->count, sizeof(Closure), compare_closures);
	for (uint32 i = 0; i < found->count; i++)
		if (kept == 0 || found->closures[kept - 1].segment_id != found->closures[i].segment_id)
			found->closures[kept++] = found->closures[i];
	found->count = kept;
}

/* The whole ----------------------------------------------------------------- */

/* Three lists by segment into one. */
static void
join(TvWhatIf *into, const TvWhatIf *what_if, const Closures *closures)
{
	uint32		s = 0;
	uint32		p = 0;
	uint32		c = 0;

	while (s < what_if->segment_count || p < into->part_count || c < closures->count)
	{
		TvWhatIfSegment *segment = &into->segments[into->segment_count++];
		int64		id = PG_INT64_MAX;

		if (s < what_if->segment_count)
			id = what_if->segments[s].segment_id;
		if (p < into->part_count)
			id = Min(id, into->parts[p].segment_id);
		if (c < closures->count)
			id = Min(id, closures->closures[c].segment_id);
		if (s < what_if->segment_count && what_if->segments[s].segment_id == id)
			*segment = what_if->segments[s++];
		else
			*segment = (TvWhatIfSegment) {.segment_id = id};
		segment->first_part = p;
		while (p < into->part_count && into->parts[p].segment_id == id)
			p++;
		segment->part_count = p - segment->first_part;
		if (c < closures->count && closures->closures[c].segment_id == id)
		{
			if ((segment->says & TV_WHAT_IF_CLOSED) == 0)
			{
				segment->says |= TV_WHAT_IF_CLOSED;
				segment->closed = closures->closures[c].closed;
			}
			c++;
		}
	}
}

const TvWhatIf *
tv_what_if_in_zones(TvEnv *env, const TvWhatIf *what_if, int64 world_id)
{
	TvWhatIf   *found = MemoryContextAlloc(env->context, sizeof(TvWhatIf));
	Covering	slowed = {.env = env};
	Closures	closures = {0};
	Size		most;

	find_slowed(&slowed, what_if, world_id);
	find_closures(env, what_if, world_id, &closures);
	*found = *what_if;
	found->zone_count = 0;
	found->part_count = slowed.count;
	found->parts = slowed.parts;
	most = (Size) what_if->segment_count + slowed.count + closures.count;
	tv_graph_require_memory(sizeof(TvWhatIfSegment) * most);
	found->segment_count = 0;
	found->segments = MemoryContextAllocHuge(env->context, sizeof(TvWhatIfSegment) * Max(most, 1));
	join(found, what_if, &closures);
	return found;
}
