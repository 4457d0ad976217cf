/*
 * see.c: what has been found by its name is read as the caller; see see.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/lsyscache.h"

#include "bridge/place/see.h"
#include "bridge/route/snap/snapping.h"
#include "bridge/server/scan.h"
#include "kernel/graph/sphere.h"

typedef struct Seeing
{
	TvFound *const *found;
	uint32		count;
	TvNameKind	kind;
	const TvPosition *near;
	Oid			send;			/* the geometry type's output function */
} Seeing;

static void
put(const Seeing *seeing, TvFound *found, double lon, double lat)
{
	found->lon = lon;
	found->lat = lat;
	found->away = seeing->near == NULL ? 0 : tvm_sphere_angle(seeing->near->lat, seeing->near->lon, lat, lon);
	found->gone = false;
}

/* Where a course is nearest to what was asked near, or else to the middle of the box around it. */
static void
put_course(const Seeing *seeing, TvFound *found, const TvLine *line)
{
	TvPosition	middle = {.lon = found->lon, .lat = found->lat};
	TvPosition	nearest;
	double		fraction;

	if (seeing->near == NULL && isnan(middle.lon))
		middle = (TvPosition) {
			.lon = remainder(line->vertices[0].lon + remainder(line->vertices[line->count - 1].lon - line->vertices[0].lon, 360) / 2, 360),
			.lat = (line->vertices[0].lat + line->vertices[line->count - 1].lat) / 2};
	if (isfinite(tv_line_nearest(line, seeing->near != NULL ? *seeing->near : middle, &nearest, &fraction)))
		put(seeing, found, nearest.lon, nearest.lat);
}

/* id, latitude and longitude; of a segment those of its ends, and its course */
static void
receive(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Seeing	   *seeing = target;
	TvLine		line = {0};
	TvPosition	ends[2];

	if (seeing->kind == TV_NAME_SEGMENT)
	{
		ends[0] = (TvPosition) {.lat = DatumGetFloat8(values[1]),.lon = DatumGetFloat8(values[2])};
		ends[1] = (TvPosition) {.lat = DatumGetFloat8(values[3]),.lon = DatumGetFloat8(values[4])};
		if (!nulls[5])
		{
			bool		is_varlena;

			if (!OidIsValid(seeing->send))
				getTypeBinaryOutputInfo(TupleDescAttr(columns, 5)->atttypid, &seeing->send, &is_varlena);
			line = tv_line_read(CurrentMemoryContext, OidSendFunctionCall(seeing->send, values[5]), DatumGetInt64(values[0]));
		}
		if (line.count == 0)
			line = (TvLine) {.count = 2,.vertices = ends};
	}
	for (uint32 i = 0; i < seeing->count; i++)
	{
		TvFound    *found = seeing->found[i];

		if (found->kind != seeing->kind || found->ref_id != DatumGetInt64(values[0]))
			continue;
		switch (found->kind)
		{
			case TV_NAME_PLACE:
				put(seeing, found, DatumGetFloat8(values[2]), DatumGetFloat8(values[1]));
				break;
			case TV_NAME_SEGMENT:
				put_course(seeing, found, &line);
				break;
			case TV_NAME_ZONE:
				put(seeing, found, found->lon, found->lat);
				break;
		}
	}
}

static const char *const queries[] = {
	[TV_NAME_PLACE] = "SELECT p.id, p.lat, p.lon FROM timevmaps.places p"
	" WHERE p.id OPERATOR(pg_catalog.=) ANY ($3) AND p.world_id OPERATOR(pg_catalog.=) $1 AND $2 IS NOT NULL",
	[TV_NAME_SEGMENT] = "SELECT s.id, a.lat, a.lon, b.lat, b.lon, s.geom FROM timevmaps.segments s"
	" JOIN timevmaps.places a ON a.id OPERATOR(pg_catalog.=) s.a_place_id"
	" JOIN timevmaps.places b ON b.id OPERATOR(pg_catalog.=) s.b_place_id"
	" WHERE s.id OPERATOR(pg_catalog.=) ANY ($3) AND s.world_id OPERATOR(pg_catalog.=) $1"
	" AND (s.timeline_id IS NULL OR s.timeline_id OPERATOR(pg_catalog.=) ANY ($2)) AND " TV_SNAP_IS_OPEN,
	[TV_NAME_ZONE] = "SELECT z.id FROM timevmaps.zones z"
	" WHERE z.id OPERATOR(pg_catalog.=) ANY ($3) AND z.world_id OPERATOR(pg_catalog.=) $1"
	" AND (z.timeline_id IS NULL OR z.timeline_id OPERATOR(pg_catalog.=) ANY ($2))"
};

void
tv_found_see(TvFound *const *found, uint32 count, int64 world_id, const TvIds *chain, const TvPosition *near)
{
	int64	   *ids = palloc(sizeof(int64) * Max(count, 1));

	for (uint32 i = 0; i < count; i++)
		found[i]->seen = found[i]->gone = true;
	for (int kind = 0; kind < lengthof(queries); kind++)
	{
		Seeing		seeing = {.found = found, .count = count, .kind = kind, .near = near};
		TvArg		args[3] = {tv_arg_bigint(world_id), tv_arg_bigints(chain->ids, chain->count)};
		int			wanted = 0;

		for (uint32 i = 0; i < count; i++)
			if ((int) found[i]->kind == kind)
				ids[wanted++] = found[i]->ref_id;
		if (wanted == 0)
			continue;
		args[2] = tv_arg_bigints(ids, wanted);
		tv_scan(queries[kind], 3, args, receive, &seeing);
	}
	pfree(ids);
}
