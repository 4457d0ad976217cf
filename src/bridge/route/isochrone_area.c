/*
 * isochrone_area.c: what can be reached, as areas; see isochrone_area.h and docs/areas.md.
 *
 * The search goes somewhat beyond the limit, so that costs rise beyond the border as they do within it.  Then come
 * points: segments that are entered within the limit with their courses, all other places of the network in the box
 * around those, reached or not, and segments between them; and triangles over them (area_field.h), whose rings
 * are drawn by contour.h.  A place belongs to the network if an open segment ends at it.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "bridge/geo/polyline.h"
#include "bridge/geo/triangles.h"
#include "bridge/graph/layer_segment.h"
#include "bridge/route/isochrone_area.h"
#include "bridge/route/prepared/prepared_steps.h"
#include "bridge/server/compat.h"
#include "bridge/server/scan.h"
#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/sphere.h"

#define DEGREE (3.14159265358979323846 / 180)
#define LEAST_STRETCH 0.01		/* of longitudes, near the poles */
#define LONG 2					/* grains: longer pieces are cut */
#define MOST_CUTS 256			/* of a piece */
#define THIN 0.25				/* grains: vertices of a course that are nearer are left out */
#define MARGIN 8				/* grains around what is reached */
#define LONELY (1.0 / 1024)		/* degrees: the grain where there is no segment */

/* A segment of the timeline that is open, by the nodes where it is entered. */
typedef struct Road
{
	uint32		a;				/* places */
	uint32		b;
	TvFieldWay	way;
	int64		segment_id;
	bool		straight;		/* it has no course, as far as is known */
} Road;

/* A segment's course, or that it has none. */
typedef struct Course
{
	int64		segment_id;		/* first, for tv_load_find() */
	TvLine		line;
} Course;

typedef struct Area
{
	TvQuestion	question;
	Oid			geometry;
	double		limit;			/* finite */
	double		farthest;		/* where the search ends */
	TvIsochroneArea *found;

	/* While search() runs. */
	TvmQuery	query;
	const TvmLayer *layer;
	const TvmSplit *split;
	uint32		segment_count;
	uint32		place_count;
	TvFieldPoint *places;
	uint32	   *point;			/* of each place in the field, or TV_NONE */
	uint32		road_count;		/* segments, then those that no hierarchy knows */
	uint32		course_count;
	Course	   *courses;
	Oid			send;
} Area;

/* What is there ---------------------------------------------------------------------- */

static void *
take(Area *own, Size element, Size count)
{
	return MemoryContextAllocHuge(own->question.env->context, element * Max(count, 1));
}

/* INFINITY beyond the search: what it has seen there, without going there, depends on which junctions are split. */
static double
node_cost(const Area *own, uint32 node)
{
	double		cost = tvm_query_cost(&own->query, (TvmPoint) {.layer = 0, .node = node});

	return cost <= own->farthest ? cost : INFINITY;
}

/* What it costs where passing a segment begins. */
static double
tail_cost(const Area *own, uint32 segment, bool reverse)
{
	return node_cost(own, tvm_split_tail(own->split, own->layer->topology, segment, reverse));
}

static double
place_cost(const Area *own, uint32 place)
{
	return node_cost(own, tvm_split_end(own->split, place));
}

static void
get_segment(const Area *own, uint32 i, Road *road)
{
	const TvmTopology *topology = own->layer->topology;
	bool		oneway = tvm_split_is_oneway(own->split, topology, i);

	road->a = tvm_split_place(own->split, topology->a[i]);
	road->b = tvm_split_place(own->split, topology->b[i]);
	road->way = (TvFieldWay) {
		.from_a = tail_cost(own, i, false),
		.from_b = oneway ? INFINITY : tail_cost(own, i, true),
		.weight = tvm_weight(&own->layer->weights, i)
	};
}

/* It leaves from where ways to its places end. */
static void
get_extra(const Area *own, const TvExtra *extra, Road *road)
{
	road->a = extra->a;
	road->b = extra->b;
	road->way = (TvFieldWay) {
		.from_a = place_cost(own, extra->a),
		.from_b = extra->oneway ? INFINITY : place_cost(own, extra->b),
		.weight = extra->weight
	};
}

/* The road of a number below road_count; false: it is not open. */
static bool
get_road(const Area *own, uint32 i, Road *road)
{
	if (i < own->segment_count)
		get_segment(own, i, road);
	else
		get_extra(own, &own->question.prepared->layers[0]->extras[i - own->segment_count], road);
	return road->way.weight < INFINITY;
}

/* Which segment it is, for who draws it. */
static void
name_road(const Area *own, uint32 i, Road *road)
{
	const TvPrepared *prepared = own->question.prepared;

	if (prepared == NULL)
	{
		const TvRows *rows = own->question.rows;
		const TvSegmentRow *segment = &rows->worlds[rows->layers[0].world].segments[i];

		road->segment_id = segment->id;
		road->straight = !segment->has_course;
	}
	else if (i < own->segment_count)
	{
		const TvLayer *layer = prepared->layers[0];

		road->segment_id = layer->graph->segment_ids[i];
		road->straight = !layer->graph->has_course[i] && !tv_layer_is_special(layer, i);
	}
	else
	{
		const TvExtra *extra = &prepared->layers[0]->extras[i - own->segment_count];

		road->segment_id = extra->segment_id;
		road->straight = !extra->has_course;
	}
}

static void
place_places(Area *own)
{
	TvField    *field = &own->found->field;
	const TvmTopology *topology = own->layer->topology;
	uint32		origin = own->question.from.node;
	TvMoved    *moved = NULL;
	uint32		moved_count = 0;
	TvPosition	from = {.lon = topology->lon[origin], .lat = topology->lat[origin]};

	if (own->question.prepared != NULL)
		moved = tv_prepared_moved(own->question.prepared, &moved_count);
	for (uint32 i = 0; i < moved_count; i++)
		if (moved[i].place_id == own->question.request.origin_place_id)
			from = (TvPosition) {.lon = moved[i].lon, .lat = moved[i].lat};
	field->lon = from.lon;
	field->stretch = Max(cos(from.lat * DEGREE), LEAST_STRETCH);
	own->places = take(own, sizeof(TvFieldPoint), own->place_count);
	own->point = take(own, sizeof(uint32), own->place_count);
	for (uint32 i = 0; i < own->place_count; i++)
	{
		tv_interrupts_at(i);
		own->places[i] = tv_field_place(field, topology->lon[i], topology->lat[i]);
		own->places[i].cost = place_cost(own, i);
		own->point[i] = TV_NONE;
	}
	for (uint32 i = 0; i < moved_count; i++)
	{
		uint32		node = tv_prepared_node(own->question.prepared->layers[0]->graph, moved[i].place_id);

		if (node == TV_NONE)
			continue;
		own->places[node] = tv_field_place(field, moved[i].lon, moved[i].lat);
		own->places[node].cost = place_cost(own, node);
	}
}

/* On the plane, the short way round. */
static double
plane_length(const TvField *field, const TvFieldPoint *a, const TvFieldPoint *b)
{
	return hypot(remainder((b->x - a->x) / field->stretch, 360) * field->stretch, b->y - a->y);
}

/* Beyond the search a place costs what the segments do on which the search gets there: those are reached in part. */
static void
reach(Area *own, const Road *road)
{
	own->places[road->a].cost = Min(own->places[road->a].cost, road->way.from_b + road->way.weight);
	own->places[road->b].cost = Min(own->places[road->b].cost, road->way.from_a + road->way.weight);
}

/* How long segments are, at each place and on the whole: of all that are open, so that limits do not matter. */
static void
measure(Area *own)
{
	TvField    *field = &own->found->field;
	double		sum = 0;
	uint32		count = 0;

	for (uint32 i = 0; i < own->road_count; i++)
	{
		Road		road;
		double		length;

		tv_interrupts_at(i);
		if (!get_road(own, i, &road))
			continue;
		reach(own, &road);
		length = plane_length(field, &own->places[road.a], &own->places[road.b]);
		/* Any scale says that the place is of the network. */
		length = Max(length, 1 / TV_FIELD_SPOTS);
		own->places[road.a].scale = Max(own->places[road.a].scale, length);
		own->places[road.b].scale = Max(own->places[road.b].scale, length);
		sum += log2(length);
		count++;
	}
	field->grain = count > 0 ? exp2(rint(sum / count)) : LONELY;
	field->grain = Max(field->grain, 1.0 / (1 << 24));
}

/* Courses ------------------------------------------------------------------------------ */

static void
receive_course(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Area	   *own = target;
	Course	   *course = &own->courses[own->course_count++];
	bool		is_varlena;

	if (!OidIsValid(own->send))
		getTypeBinaryOutputInfo(TupleDescAttr(columns, 1)->atttypid, &own->send, &is_varlena);
	course->segment_id = DatumGetInt64(values[0]);
	course->line = tv_line_read(own->question.env->context, OidSendFunctionCall(own->send, values[1]), course->segment_id);
}

static bool
is_entered(const Area *own, const Road *road)
{
	return road->way.from_a <= own->limit || road->way.from_b <= own->limit;
}

static void
read_courses(Area *own)
{
	int64	   *ids = take(own, sizeof(int64), own->road_count);
	uint32		count = 0;
	TvArg		args[1];

	for (uint32 i = 0; i < own->road_count; i++)
	{
		Road		road;

		tv_interrupts_at(i);
		if (!get_road(own, i, &road) || !is_entered(own, &road))
			continue;
		name_road(own, i, &road);
		if (!road.straight)
			ids[count++] = road.segment_id;
	}
	own->courses = take(own, sizeof(Course), count);
	if (count > 0)
	{
		SPI_connect();
		args[0] = tv_arg_bigints(ids, count);
		tv_scan("SELECT s.id, s.geom FROM timevmaps.segments s"
				" WHERE s.id OPERATOR(pg_catalog.=) ANY ($1) AND s.geom IS NOT NULL ORDER BY s.id",
				lengthof(args), args, receive_course, own);
		SPI_finish();
	}
	pfree(ids);
}

/* Points --------------------------------------------------------------------------------- */

static uint32
place_point(Area *own, uint32 place)
{
	if (own->point[place] == TV_NONE)
		own->point[place] = tv_field_add_point(&own->found->field, &own->places[place]);
	return own->point[place];
}

/* A road as it is walked from a to b. */
typedef struct Walk
{
	Area	   *own;
	Road		road;
	uint32		way;
	double		scale;
	double		total;			/* radians */
	double		so_far;
	TvPosition	at;				/* where the last piece ended */
	TvFieldPiece last;			/* .to and .to_fraction: there */
} Walk;

static void
walk_to_point(Walk *walk, uint32 point, double fraction)
{
	TvFieldPiece piece = {
		.from = walk->last.to,
		.to = point,
		.way = walk->way,
		.from_fraction = walk->last.to_fraction,
		.to_fraction = fraction
	};

	tv_field_add_piece(&walk->own->found->field, &piece);
	walk->last = piece;
}

static void
walk_past(Walk *walk, TvPosition at, double fraction)
{
	TvField    *field = &walk->own->found->field;
	TvFieldPoint point = tv_field_place(field, at.lon, at.lat);

	point.cost = tv_field_cost(&walk->road.way, fraction);
	point.scale = walk->scale;
	walk_to_point(walk, tv_field_add_point(field, &point), fraction);
}

/* Straight to a position; `last`: it is b itself. */
static void
walk_straight(Walk *walk, TvPosition to, bool last)
{
	Area	   *own = walk->own;
	TvField    *field = &own->found->field;
	TvPosition	from = walk->at;
	TvFieldPoint a = tv_field_place(field, from.lon, from.lat);
	TvFieldPoint b = tv_field_place(field, to.lon, to.lat);
	double		length = plane_length(field, &a, &b);
	double		angle = tvm_sphere_angle(from.lat, from.lon, to.lat, to.lon);
	uint32		cuts = (uint32) Min(ceil(length / (LONG * field->grain)), MOST_CUTS);

	if (!last && length < THIN * field->grain)
		return;
	for (uint32 i = 1; i < cuts || (i == cuts && !last); i++)
	{
		double		part = (double) i / cuts;
		double		fraction = walk->total > 0 ? (walk->so_far + part * angle) / walk->total : part;
		TvPosition	at = {
			.lon = from.lon + part * remainder(to.lon - from.lon, 360),
			.lat = from.lat + part * (to.lat - from.lat)
		};

		walk_past(walk, at, Min(fraction, 1));
	}
	walk->so_far += angle;
	walk->at = to;
}

static TvPosition
position_of(const TvField *field, const TvFieldPoint *point)
{
	return (TvPosition) {.lon = remainder(point->x / field->stretch + field->lon, 360), .lat = point->y};
}

/* A road that is entered within the limit, along its course. */
static void
add_road(Area *own, const Road *road)
{
	TvField    *field = &own->found->field;
	TvPosition	a = position_of(field, &own->places[road->a]);
	TvPosition	b = position_of(field, &own->places[road->b]);
	uint32		at = road->straight ? TV_NONE
		: tv_load_find(own->courses, sizeof(Course), own->course_count, road->segment_id);
	Walk		walk = {
		.own = own,
		.road = *road,
		.way = tv_field_add_way(field, &road->way),
		.scale = Max(plane_length(field, &own->places[road->a], &own->places[road->b]), THIN * field->grain),
		.at = a,
		.last = {.to = place_point(own, road->a)}
	};

	if (at != TV_NONE && own->courses[at].line.count > 2)
	{
		const TvLine *line = &own->courses[at].line;

		walk.total = tv_line_length(line);
		for (uint32 i = 1; i + 1 < line->count; i++)
			walk_straight(&walk, line->vertices[i], false);
	}
	walk_straight(&walk, b, true);
	walk_to_point(&walk, place_point(own, road->b), 1);
}

/* The box of all points so far, and a margin. */
static TvmBox
box_of(const TvField *field)
{
	TvmBox		box = {.south = INFINITY, .north = -INFINITY, .west = INFINITY, .east = -INFINITY};
	double		margin = MARGIN * field->grain;

	for (uint32 i = 0; i < field->point_count; i++)
	{
		box.west = Min(box.west, field->points[i].x - margin);
		box.east = Max(box.east, field->points[i].x + margin);
		box.south = Min(box.south, field->points[i].y - margin);
		box.north = Max(box.north, field->points[i].y + margin);
	}
	return box;
}

static bool
is_in_box(const TvmBox *box, const TvFieldPoint *point)
{
	return point->x >= box->west && point->x <= box->east && point->y >= box->south && point->y <= box->north;
}

/* Points on a long road that nothing reaches: straight, for it only keeps the area away. */
static void
add_far_road(Area *own, const Road *road, const TvmBox *box)
{
	TvField    *field = &own->found->field;
	TvPosition	a = position_of(field, &own->places[road->a]);
	TvPosition	b = position_of(field, &own->places[road->b]);
	double		length = plane_length(field, &own->places[road->a], &own->places[road->b]);
	uint32		cuts = (uint32) Min(ceil(length / (LONG * field->grain)), MOST_CUTS);

	for (uint32 i = 1; i < cuts; i++)
	{
		double		part = (double) i / cuts;
		TvFieldPoint point = tv_field_place(field, a.lon + part * remainder(b.lon - a.lon, 360),
											a.lat + part * (b.lat - a.lat));

		point.scale = length;
		point.cost = tv_field_cost(&road->way, part);
		if (is_in_box(box, &point))
			tv_field_add_point(field, &point);
	}
}

static void
add_points(Area *own)
{
	TvField    *field = &own->found->field;
	TvmBox		box;
	Road		road;

	place_point(own, own->question.from.node);
	for (uint32 i = 0; i < own->road_count; i++)
	{
		tv_interrupts_at(i);
		if (!get_road(own, i, &road) || !is_entered(own, &road))
			continue;
		name_road(own, i, &road);
		add_road(own, &road);
	}
	for (uint32 i = 0; i < own->place_count; i++)
		if (own->places[i].cost <= own->limit)
			place_point(own, i);
	box = box_of(field);
	for (uint32 i = 0; i < own->place_count; i++)
	{
		tv_interrupts_at(i);
		if (own->places[i].scale > 0 && is_in_box(&box, &own->places[i]))
			place_point(own, i);
	}
	for (uint32 i = 0; i < own->road_count; i++)
	{
		tv_interrupts_at(i);
		if (get_road(own, i, &road) && !is_entered(own, &road) &&
			own->point[road.a] != TV_NONE && own->point[road.b] != TV_NONE)
			add_far_road(own, &road, &box);
	}
	/* Where no segment is open the origin alone is there, and it is not open country. */
	for (uint32 i = 0; i < field->point_count; i++)
		field->points[i].scale = Max(field->points[i].scale, field->grain);
}

/* The search --------------------------------------------------------------------------- */

static void
note_reached(Area *own, const uint32 *states, uint32 count)
{
	TvIsochroneArea *found = own->found;

	found->reached = take(own, sizeof(double), count);
	for (uint32 i = 0; i < count; i++)
	{
		TvmPoint	point = tvm_graph_point(own->question.graph, states[i]);

		if (point.layer == 0 && tvm_split_is_end(own->split, point.node))
			found->reached[found->reached_count++] = node_cost(own, point.node);
	}
}

static bool
search(TvQuestion *question)
{
	TvEnv	   *env = question->env;
	Area	   *own = (Area *) question;
	uint32	   *states = tv_load_grow(question->rows, NULL, sizeof(uint32), 0, tvm_graph_states(question->graph));
	uint32		count;

	own->found->field = (TvField) {.env = env, .limit = own->limit};
	own->found->reached_count = 0;
	own->farthest = own->limit < DBL_MAX ? Min(TV_FIELD_BEYOND * own->limit, DBL_MAX) : INFINITY;
	own->layer = &question->graph->layers[0];
	own->split = tv_question_split(question, 0);
	own->place_count = own->split->junction_count > 0 ? own->split->place_count : own->layer->topology->node_count;
	own->segment_count = own->split->junction_count > 0 ? own->split->segment_count : own->layer->topology->segment_count;
	own->road_count = own->segment_count;
	if (question->prepared != NULL)
		own->road_count += question->prepared->layers[0]->extra_count;
	tv_check(env, tvm_query_init(&env->tvm, &own->query, question->graph));
	tv_check(env, tvm_dijkstra_within(&env->tvm, &own->query, question->from, own->farthest, states, &count));
	note_reached(own, states, count);
	place_places(own);
	measure(own);
	read_courses(own);
	add_points(own);
	tvm_query_free(&env->tvm, &own->query);
	pfree(states);
	return true;
}

static const TvQuestionKind area_kind = {
	.ends = TV_ENDS_ORIGIN,
	.search = search
};

TvIsochroneArea *
tv_isochrone_area_find(TvEnv *env, const TvRouteRequest *request, double limit, Oid geometry)
{
	Area		own = {
		.question = {.kind = &area_kind, .env = env, .request = *request},
		.geometry = geometry,
		.limit = Min(limit, DBL_MAX),
		.found = MemoryContextAllocZero(env->context, sizeof(TvIsochroneArea))
	};

	tv_question_ask(&own.question);
	own.found->metric = own.question.metric;
	own.found->radius_m = own.question.rows->worlds[0].rules.radius_m;
	tv_field_join(&own.found->field, geometry);
	return own.found;
}

void
tv_isochrone_area_at(TvIsochroneArea *area, double limit, Oid geometry, TvIsochroneRing *ring)
{
	TvEnv	   *env = area->field.env;
	TvmContour	contour;
	TvRings		rings;

	ring->places = 0;
	while (ring->places < area->reached_count && area->reached[ring->places] <= limit)
		ring->places++;
	tv_check(env, tvm_contour_trace(&env->tvm, &area->field.mesh, &area->field.field, Min(limit, DBL_MAX), &contour));
	for (uint32 i = 0; i < contour.vertex_count; i++)
		contour.x[i] = contour.x[i] / area->field.stretch + area->field.lon;
	ring->area_m2 = tvm_contour_steradians(&contour) * area->radius_m * area->radius_m;
	rings = (TvRings) {
		.ring_count = contour.ring_count,
		.polygon_count = contour.polygon_count,
		.ends = contour.ends,
		.polygons = contour.polygons,
		.lon = contour.x,
		.lat = contour.y
	};
	ring->geom = tv_rings_make(geometry, &rings);
	tvm_contour_free(&env->tvm, &contour);
}
