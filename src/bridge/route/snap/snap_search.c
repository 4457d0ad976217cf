/*
 * snap_search.c: the nearest courses, by the index of segments; see snap_search.h.
 *
 * The index orders by distance in degrees to a box, and that order is all
 * that is asked of it: where row-level security binds, no box of PostGIS's may choose
 * rows by itself.  Some that are near in degrees say how far is far enough on the
 * ground.  Then what may be nearer is looked at box by box, the nearest box first: one
 * that has more courses in it than a few is halved, and what is farther on the ground than
 * the nearest found is left out.  So a whole town beside the circle around a point that is
 * far away costs little more than the courses that touch the circle.  Courses can lie so that
 * no halving helps (those that touch the circle all round): the more boxes it takes, the
 * more courses a box may have.
 *
 * There are two maps, one from -180 to 180 degrees, and one from 0 to 360 for courses over
 * the 180th meridian.  On each, what belongs to every timeline and what belongs to each
 * timeline of the chain are parts of their own of the index.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/geo/postgis.h"
#include "bridge/server/compat.h"
#include "bridge/route/snap/snap_direct.h"
#include "bridge/route/snap/snap_search.h"
#include "kernel/graph/sphere.h"

#define FIRST 16				/* courses that are measured to begin with */
#define FIRST_DIRECTLY 64		/* the same, where they cost little */
#define FEW 16					/* in a box that is not halved */
#define MANY_BOXES 64			/* after so many that are not enough, a box with twice as many is not halved either */
#define TINY 1e-9				/* degrees: a box that halving makes no better, a tenth of a millimetre */
#define TOUCHES 1e-12			/* degrees between a box and a course in it, by rounding */
#define MARGIN 1e-12			/* degrees: more than what rounding makes of a distance of 360 */
#define SPARSE 0x1p-15			/* degrees: beyond it single precision has steps of more than 3 * MARGIN */

/* Of one map, and one timeline or none. */
typedef struct Search
{
	TvSnapping *snapping;
	const TvMap *map;
	const char *query;
	int			arg_count;
	TvArg		args[7];
	uint32		boxes;			/* looked at */
} Search;

typedef struct Look
{
	TvSnapping *snapping;
	bool		in_box;			/* no farther than its border */
	uint32		limit;			/* of those that are not equally near as the nearest: to halve a box helps with them */
	uint32		seen;
	bool		complete;
} Look;

/* Without statements, around a point. */
typedef struct DirectLook
{
	TvSnapping *snapping;
	TvPosition	at;				/* on the map */
	const TvMap *map;
	double		least;			/* when the next two were found */
	double		nearest;		/* degrees to the nearest so far */
	double		reach;			/* degrees beyond which all is farther; INFINITY: the map ends before */
	uint32		seen;
	bool		complete;
} DirectLook;

/* segment, ends, oneway, latitudes of the ends, course, distance in degrees */
static bool
receive_course(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Look	   *look = target;
	TvSnap		snap = {
		.segment_id = DatumGetInt64(values[0]),
		.a_place_id = DatumGetInt64(values[1]),
		.b_place_id = DatumGetInt64(values[2]),
		.oneway = DatumGetBool(values[3])
	};

	if (look->in_box && (nulls[7] || DatumGetFloat8(values[7]) > TOUCHES))
		return false;
	if (look->seen == look->limit)
	{
		look->complete = false;
		return false;
	}
	/* An end that the caller may not see is not there, nor is the segment. */
	if (nulls[4] || nulls[5] ||
		!tv_snap_measure(look->snapping, &snap, TupleDescAttr(columns, 6)->atttypid, values[6], NULL))
		look->seen++;
	return true;
}

static void
begin(Search *search, TvSnapping *snapping, const TvMap *map, const int64 *timeline_id)
{
	const char *text =
		"SELECT s.id, s.a_place_id, s.b_place_id, s.oneway,"
		" (SELECT a.lat FROM timevmaps.places a WHERE a.id OPERATOR(pg_catalog.=) s.a_place_id),"
		" (SELECT b.lat FROM timevmaps.places b WHERE b.id OPERATOR(pg_catalog.=) s.b_place_id),"
		" s.geom, %s OPERATOR($.<->) %s"
		" FROM timevmaps.segments s WHERE s.world_id OPERATOR(pg_catalog.=) $1 AND %s AND %s AND " TV_SNAP_IS_OPEN
		" ORDER BY %s OPERATOR($.<->) %s";
	const char *whose = timeline_id == NULL ? "s.timeline_id IS NULL" : "s.timeline_id OPERATOR(pg_catalog.=) $7";
	const char *box = "$.st_makeenvelope($3, $4, $5, $6, 4326)";

	*search = (Search) {.snapping = snapping, .map = map, .arg_count = timeline_id == NULL ? 6 : 7};
	search->query = tv_postgis_query(snapping->postgis, psprintf(text, map->geom, box, map->on_it, whose, map->geom, box));
	search->args[0] = tv_arg_bigint(snapping->world_id);
	search->args[1] = tv_arg_bigints(snapping->chain.ids, snapping->chain.count);
	if (timeline_id != NULL)
		search->args[6] = tv_arg_bigint(*timeline_id);
}

/*
 * A border of a box, moved out by so little that nothing but rounding changes.  The index knows boxes in
 * single precision, rounded outwards, and the server takes it for an error if what the index says of a
 * distance is more than the distance, be it by the last digit.  That can be where both a border and
 * a course's are exact in single precision; so no border is, nor nearly so.
 */
double
tv_snap_outward(double border, double sign)
{
	double		moved = border + sign * MARGIN;
	double		beyond;

	if (fabs(moved) <= SPARSE)
		moved = sign * (SPARSE + MARGIN);
	beyond = (float) moved;
	if ((beyond - moved) * sign < 0)
		beyond = nextafterf((float) moved, (float) (sign * INFINITY));
	if (fabs(beyond - moved) < MARGIN)
		moved += sign * 2 * MARGIN;
	return moved;
}

static void
look(Search *search, const TvmBox *box, Look *what)
{
	search->args[2] = tv_arg_double(tv_snap_outward(box->west, -1));
	search->args[3] = tv_arg_double(tv_snap_outward(box->south, -1));
	search->args[4] = tv_arg_double(tv_snap_outward(box->east, 1));
	search->args[5] = tv_arg_double(tv_snap_outward(box->north, 1));
	what->snapping = search->snapping;
	what->complete = true;
	tv_scan_nearest(search->query, search->arg_count, search->args, receive_course, what);
}

/* Leave out of a box what is too far; false where nothing is left. */
static bool
shrink(const TvSnapping *snapping, TvmBox *box)
{
	TvmCap		cap = tvm_cap(snapping->at.lat, snapping->at.lon, snapping->least + TV_SNAP_TOLERANCE);
	double		west = INFINITY;
	double		east = -INFINITY;

	if (tvm_sphere_box_angle(snapping->at.lat, snapping->at.lon, box) > snapping->least + 2 * TV_SNAP_TOLERANCE)
		return false;
	box->south = Max(box->south, cap.lat - cap.lat_reach);
	box->north = Min(box->north, cap.lat + cap.lat_reach);
	if (cap.lon_reach < 180)
	{
		/* The map may have the point's surroundings at both of its ends. */
		for (int turn = -360; turn <= 360; turn += 360)
		{
			double		from = Max(box->west, cap.lon + turn - cap.lon_reach);
			double		to = Min(box->east, cap.lon + turn + cap.lon_reach);

			if (from <= to)
			{
				west = Min(west, from);
				east = Max(east, to);
			}
		}
		box->west = west;
		box->east = east;
	}
	return box->south <= box->north && box->west <= box->east;
}

static void
search_box(Search *search, TvmBox box)
{
	TvSnapping *snapping = search->snapping;
	Look		inside = {.in_box = true};
	TvmBox		halves[2];
	double		width;
	int			nearer = 0;

	if (!shrink(snapping, &box))
		return;
	inside.limit = FEW << Min(search->boxes / MANY_BOXES, 20);
	search->boxes++;
	width = (box.east - box.west) * cos((box.south + box.north) / 2 * (M_PI / 180));
	if (width < TINY && box.north - box.south < TINY)
		inside.limit = UINT32_MAX;
	look(search, &box, &inside);
	if (inside.complete)
		return;
	halves[0] = halves[1] = box;
	if (width > box.north - box.south)
		halves[0].east = halves[1].west = (box.west + box.east) / 2;
	else
		halves[0].north = halves[1].south = (box.south + box.north) / 2;
	if (tvm_sphere_box_angle(snapping->at.lat, snapping->at.lon, &halves[1]) <
		tvm_sphere_box_angle(snapping->at.lat, snapping->at.lon, &halves[0]))
		nearer = 1;
	search_box(search, halves[nearer]);
	search_box(search, halves[1 - nearer]);
}

static void
find_reach(DirectLook *look)
{
	const TvSnapping *snapping = look->snapping;
	TvmCap		cap;

	if (look->least == snapping->least)
		return;
	look->least = snapping->least;
	cap = tvm_cap(snapping->at.lat, snapping->at.lon, look->least + TV_SNAP_TOLERANCE);
	look->reach = INFINITY;
	if (cap.lon_reach < 180 && look->at.lon - cap.lon_reach > look->map->west && look->at.lon + cap.lon_reach < look->map->east)
		look->reach = hypot(cap.lat_reach, cap.lon_reach) + TINY;
}

/*
 * Boxes of courses come, the nearest first.  What is no farther, in degrees, than the nearest course, a statement
 * would look at, too: beyond it, a few more.
 */
static bool
receive_directly(void *target, TvSnap *snap, Oid type, Datum course, double degrees)
{
	DirectLook *look = target;
	TvSnapping *snapping = look->snapping;

	find_reach(look);
	if (degrees > look->reach)
		return false;
	if (degrees > look->nearest && look->seen++ == FIRST_DIRECTLY)
	{
		look->complete = false;
		return false;
	}
	(void) tv_snap_measure(snapping, snap, type, course, NULL);
	if (look->least != snapping->least)
		look->nearest = Min(look->nearest, hypot(remainder(snap->position.lon - look->at.lon, 360), snap->position.lat - look->at.lat));
	return true;
}

static bool
look_directly(TvSnapping *snapping, const TvMap *map, const int64 *timeline_id, TvPosition at)
{
	DirectLook	look = {
		.snapping = snapping, .at = at, .map = map, .least = NAN, .nearest = INFINITY, .reach = INFINITY, .complete = true
	};

	snapping->looks_directly = true;
	tv_snap_direct_look(snapping->direct, map - tv_maps, timeline_id, at, receive_directly, &look);
	snapping->looks_directly = false;
	return look.complete;
}

static void
search_map(TvSnapping *snapping, const TvMap *map, const int64 *timeline_id)
{
	Search		search;
	Look		first = {.limit = FIRST};
	TvPosition	at = snapping->at;
	double		lon = at.lon < map->west ? at.lon + 360 : at.lon;
	TvmBox		point = {.south = at.lat, .north = at.lat, .west = lon, .east = lon};
	TvmBox		everything = {.south = -90, .north = 90, .west = map->west, .east = map->east};

	if (snapping->direct != NULL)
	{
		if (look_directly(snapping, map, timeline_id, (TvPosition) {.lon = lon, .lat = at.lat}))
			return;
		begin(&search, snapping, map, timeline_id);
	}
	else
	{
		begin(&search, snapping, map, timeline_id);
		look(&search, &point, &first);
		if (first.complete)
			return;
	}
	search_box(&search, everything);
}

static void
find_owners(TvSnapping *snapping, TvIds *owners)
{
	TvArg		chain;

	if (snapping->direct != NULL)
	{
		tv_snap_direct_owners(snapping->direct, owners);
		return;
	}
	chain = tv_arg_bigints(snapping->chain.ids, snapping->chain.count);
	/* With LIMIT, so that nobody joins with all segments there are. */
	tv_scan("SELECT t.id FROM pg_catalog.unnest($1) t (id) CROSS JOIN LATERAL (SELECT FROM timevmaps.segments s"
			" WHERE s.timeline_id OPERATOR(pg_catalog.=) t.id LIMIT 1) own",
			1, &chain, tv_ids_receive, owners);
}

void
tv_snap_search(TvSnapping *snapping)
{
	TvIds		owners = {.context = snapping->env->context};

	find_owners(snapping, &owners);
	for (int i = 0; i < TV_MAPS; i++)
	{
		search_map(snapping, &tv_maps[i], NULL);
		for (uint32 j = 0; j < owners.count; j++)
			search_map(snapping, &tv_maps[i], &owners.ids[j]);
	}
}
