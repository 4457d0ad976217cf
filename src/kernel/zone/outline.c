/*
 * outline.c: areas as they are drawn, unrolled; see area.h.
 *
 * A ring begins where it was begun, and each edge goes on from the one before.  So a ring that closes
 * has no pole in it, and one that ends a whole turn away has one.  Holes are moved by whole turns
 * to where their outline is.
 */
#include "kernel/zone/area.h"

#include <math.h>
#include <stdlib.h>

#define RADIANS 0.017453292519943295769

/* The mean of sin(latitude) on an edge, from latitudes in radians. */
static double
mean_sine(double a, double b)
{
	double		half = (b - a) / 2;

	/* sin(x)/x to better than a double's digits below. */
	return sin((a + b) / 2) * (fabs(half) < 1e-4 ? 1 - half * half / 6 : sin(half) / half);
}

/* Steradians of a ring on an endless map, without sign. */
static double
ring_steradians(const TvmVertex *vertices, uint32_t count)
{
	double		sum = 0;
	double		level = sin(vertices[0].lat * RADIANS);

	/* What is the same all round adds nothing, and without it a small ring far north keeps its digits. */
	for (uint32_t i = 0; i + 1 < count; i++)
		sum += (vertices[i + 1].lon - vertices[i].lon) * RADIANS *
			(mean_sine(vertices[i].lat * RADIANS, vertices[i + 1].lat * RADIANS) - level);
	return fabs(sum);
}

/* Where an edge crosses the 180th meridian, from its end in the east of the map, whichever way it goes. */
static double
crossing_latitude(TvmVertex a, TvmVertex b)
{
	TvmVertex	from = a.lon > 0 ? a : b;
	TvmVertex	to = a.lon > 0 ? b : a;
	double		before = 180 - from.lon;
	double		after = 180 + to.lon;

	return from.lat + (to.lat - from.lat) * (before / (before + after));
}

typedef struct Ring
{
	TvmVertex  *vertices;
	size_t		count;
	size_t		capacity;
	double		west;
	double		east;
	double		south;
	double		north;
} Ring;

static TvmStatus
add(TvmEnv *env, Ring *ring, double lon, double lat)
{
	TvmStatus	status = tvm_grow(env, &ring->vertices, ring->count, &ring->capacity, sizeof(TvmVertex));

	if (status != TVM_OK)
		return status;
	ring->vertices[ring->count++] = (TvmVertex) {lon, lat};
	ring->west = fmin(ring->west, lon);
	ring->east = fmax(ring->east, lon);
	ring->south = fmin(ring->south, lat);
	ring->north = fmax(ring->north, lat);
	return TVM_OK;
}

static TvmStatus
unroll(TvmEnv *env, const TvmVertex *drawn, uint32_t count, Ring *ring)
{
	double		turn = 0;
	TvmStatus	status;

	*ring = (Ring) {.west = INFINITY, .east = -INFINITY, .south = INFINITY, .north = -INFINITY};
	status = add(env, ring, drawn[0].lon, drawn[0].lat);
	for (uint32_t i = 1; i < count && status == TVM_OK; i++)
	{
		double		step = drawn[i].lon - drawn[i - 1].lon;

		if (fabs(step) > 180 && fabs(step) < 360)
		{
			/* One end may be on the meridian itself, by its other name. */
			if (fabs(drawn[i].lon) < 180 && fabs(drawn[i - 1].lon) < 180)
				status = add(env, ring, turn + (step > 0 ? -180 : 180), crossing_latitude(drawn[i - 1], drawn[i]));
			turn += step > 0 ? -360 : 360;
		}
		if (status == TVM_OK)
			status = add(env, ring, drawn[i].lon + turn, drawn[i].lat);
	}
	return status;
}

/* Checks --------------------------------------------------------------------- */

static TvmStatus
check_ring(TvmEnv *env, const TvmVertex *vertices, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
	{
		TvmVertex	v = vertices[i];

		if (!(isfinite(v.lon) && isfinite(v.lat) && fabs(v.lon) <= 180 && fabs(v.lat) <= 90))
		{
			(void) tvm_fail(env, TVM_INVALID, "position out of range", "Longitude is -180 to 180 degrees, latitude -90 to 90.",
							"It is %s %s.", tvm_number_text(v.lon).text, tvm_number_text(v.lat).text);
			tvm_fail_path(env, "[%u]", i);
			return TVM_INVALID;
		}
	}
	if (count < 4)
		return tvm_fail(env, TVM_INVALID, "too few positions", "A ring has at least 4, the last the same as the first.", "It has %u.", count);
	if (vertices[0].lon != vertices[count - 1].lon || vertices[0].lat != vertices[count - 1].lat)
		return tvm_fail(env, TVM_INVALID, "ring is not closed", "Repeat the first position at its end.",
						"It begins at %s %s and ends at %s %s.", tvm_number_text(vertices[0].lon).text, tvm_number_text(vertices[0].lat).text,
						tvm_number_text(vertices[count - 1].lon).text, tvm_number_text(vertices[count - 1].lat).text);
	return TVM_OK;
}

static TvmStatus
check_drawn(TvmEnv *env, const TvmArea *drawn)
{
	uint32_t	in_polygon = 0;

	if (drawn->ring_count == 0)
		return tvm_fail(env, TVM_INVALID, "area is empty", NULL, NULL);
	if (drawn->vertex_count > TVM_AREA_MAX)
		return tvm_fail(env, TVM_INVALID, "too many positions", "Draw it more coarsely, or as several zones.",
						"It has %u, and at most %d are taken.", drawn->vertex_count, TVM_AREA_MAX);
	for (uint32_t i = 0; i < drawn->ring_count; i++)
	{
		uint32_t	begin = tvm_ring_begin(drawn, i);

		in_polygon = i > 0 && drawn->polygons[i] == drawn->polygons[i - 1] ? in_polygon + 1 : 0;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		if (check_ring(env, drawn->vertices + begin, drawn->ends[i] - begin) != TVM_OK)
		{
			tvm_fail_path(env, "[%u][%u]", drawn->polygons[i], in_polygon);
			return TVM_INVALID;
		}
	}
	return TVM_OK;
}

/* Areas that grow ------------------------------------------------------------- */

typedef struct Growing
{
	TvmArea    *area;
	size_t		vertex_capacity;
	size_t		end_capacity;
	size_t		polygon_capacity;
	bool		any;
	uint32_t	last;			/* polygon that was drawn */
} Growing;

static TvmStatus
add_ring(TvmEnv *env, Growing *growing, uint32_t polygon, const Ring *ring, double shift)
{
	TvmArea    *area = growing->area;
	TvmStatus	status = TVM_OK;
	uint32_t	number = tvm_area_polygons(area);

	if (growing->any && growing->last == polygon)
		number--;
	for (size_t i = 0; i < ring->count && status == TVM_OK; i++)
	{
		size_t		count = area->vertex_count;

		status = tvm_grow(env, &area->vertices, count, &growing->vertex_capacity, sizeof(TvmVertex));
		if (status == TVM_OK)
			area->vertices[area->vertex_count++] = (TvmVertex) {ring->vertices[i].lon + shift, ring->vertices[i].lat};
	}
	if (status == TVM_OK)
		status = tvm_grow(env, &area->ends, area->ring_count, &growing->end_capacity, sizeof(uint32_t));
	if (status == TVM_OK)
		status = tvm_grow(env, &area->polygons, area->ring_count, &growing->polygon_capacity, sizeof(uint32_t));
	if (status != TVM_OK)
		return status;
	area->ends[area->ring_count] = area->vertex_count;
	area->polygons[area->ring_count++] = number;
	growing->any = true;
	growing->last = polygon;
	return TVM_OK;
}

/* Polygons -------------------------------------------------------------------- */

typedef struct Span
{
	double		west;			/* -180 to 180 */
	double		width;
} Span;

typedef struct Making
{
	TvmOutline *outline;
	Growing		flat;
	Growing		caps;
	Span	   *spans;			/* of each outline */
	size_t		span_count;
	size_t		span_capacity;
	/* Of the polygon in hand. */
	bool		cap;
	double		pole;
	double		west;
	double		east;
} Making;

static TvmStatus
add_span(TvmEnv *env, Making *making, double west, double width)
{
	TvmStatus	status = tvm_grow(env, &making->spans, making->span_count, &making->span_capacity, sizeof(Span));

	if (status == TVM_OK)
		making->spans[making->span_count++] = (Span) {west - 360 * floor((west + 180) / 360), width};
	return status;
}

/* The vertex of a ring, without its last, that is nearest to the pole: from there nothing lies between. */
static size_t
topmost(const Ring *ring, double pole)
{
	size_t		best = 0;

	for (size_t i = 1; i + 1 < ring->count; i++)
		if (fabs(pole - ring->vertices[i].lat) < fabs(pole - ring->vertices[best].lat))
			best = i;
	return best;
}

/* So many turns from west to east, begun at the topmost vertex and within -180 to 180, to the pole and back above where it began. */
static TvmStatus
wind(TvmEnv *env, const Ring *ring, double pole, int turns, Ring *wound)
{
	size_t		steps = ring->count - 1;
	size_t		top = topmost(ring, pole);
	bool		back = ring->vertices[steps].lon < ring->vertices[0].lon;
	double		first = 0;
	double		base = 0;
	TvmStatus	status = TVM_OK;

	*wound = (Ring) {.west = INFINITY, .east = -INFINITY, .south = INFINITY, .north = -INFINITY};
	for (size_t i = 0; i <= steps * turns && status == TVM_OK; i++)
	{
		size_t		walked = back ? steps - top + i : top + i;
		size_t		at = walked % steps;
		TvmVertex	v = ring->vertices[back ? steps - at : at];

		/* The first and the last are the same position, a turn apart. */
		v.lon += 360.0 * (double) (walked / steps);
		if (i == 0)
		{
			base = -360 * floor((v.lon + 180) / 360);
			first = v.lon + base;
		}
		status = add(env, wound, v.lon + base, v.lat);
	}
	for (int i = turns; i >= 0 && status == TVM_OK; i--)
		status = add(env, wound, first + 360 * i, pole);
	return status == TVM_OK ? add(env, wound, wound->vertices[0].lon, wound->vertices[0].lat) : status;
}

#define TURNS 4

static TvmStatus
add_cap(TvmEnv *env, Making *making, uint32_t polygon, const Ring *ring)
{
	Ring		once = {0};
	Ring		wound = {0};
	TvmStatus	status = wind(env, ring, making->pole, 1, &once);

	if (status == TVM_OK)
		making->outline->steradians += ring_steradians(once.vertices, (uint32_t) once.count);
	if (status == TVM_OK)
		status = wind(env, ring, making->pole, TURNS, &wound);
	if (status == TVM_OK)
	{
		making->west = wound.vertices[0].lon;
		making->east = wound.vertices[0].lon + 360 * TURNS;
		status = add_ring(env, &making->caps, polygon, &wound, 0);
	}
	if (status == TVM_OK)
		status = add_span(env, making, -180, 360);
	tvm_free(env, once.vertices);
	tvm_free(env, wound.vertices);
	return status;
}

static TvmStatus
add_outline(TvmEnv *env, Making *making, uint32_t polygon, const Ring *ring)
{
	double		turn = ring->vertices[ring->count - 1].lon - ring->vertices[0].lon;
	TvmAreaBox *box = &making->outline->box;
	TvmStatus	status;

	making->cap = turn != 0;
	making->west = ring->west;
	making->east = ring->east;
	if (making->cap)
	{
		if (fabs(turn) > 540)
			return tvm_fail(env, TVM_INVALID, "ring goes round more than once", NULL, NULL);
		if (ring->south < 0 && ring->north > 0)
			return tvm_fail(env, TVM_INVALID, "ring goes round and crosses the equator", "Draw it from -180 to 180 and to the pole that is in it.", NULL);
		making->pole = ring->north > 0 ? 90 : -90;
	}
	else if (ring->east - ring->west > 360)
		return tvm_fail(env, TVM_INVALID, "ring goes round more than once", NULL, NULL);
	box->south = fmin(box->south, making->cap ? fmin(ring->south, making->pole) : ring->south);
	box->north = fmax(box->north, making->cap ? fmax(ring->north, making->pole) : ring->north);
	if (making->cap)
		return add_cap(env, making, polygon, ring);
	making->outline->steradians += ring_steradians(ring->vertices, ring->count);
	making->outline->beyond |= ring->west < -180 || ring->east > 180;
	status = add_span(env, making, ring->west, ring->east - ring->west);
	return status == TVM_OK ? add_ring(env, &making->flat, polygon, ring, 0) : status;
}

/* As far round as its outline; of a cap, in both turns. */
static TvmStatus
add_hole(TvmEnv *env, Making *making, uint32_t polygon, const Ring *ring)
{
	double		shift = 0;
	TvmStatus	status = TVM_OK;

	if (ring->vertices[0].lon != ring->vertices[ring->count - 1].lon || ring->east - ring->west > 360)
		return tvm_fail(env, TVM_INVALID, "hole goes round a pole", "Draw what is left from -180 to 180.", NULL);
	making->outline->steradians -= ring_steradians(ring->vertices, ring->count);
	if (!making->cap)
	{
		while (ring->west + shift < making->west && ring->east + shift + 360 <= making->east)
			shift += 360;
		while (ring->east + shift > making->east && ring->west + shift - 360 >= making->west)
			shift -= 360;
		making->outline->beyond |= ring->west + shift < -180 || ring->east + shift > 180;
		return add_ring(env, &making->flat, polygon, ring, shift);
	}
	/* In each turn; those over its ends are not needed. */
	for (int i = -2; i <= TURNS + 1 && status == TVM_OK; i++)
		if (ring->west + 360 * i >= making->west && ring->east + 360 * i <= making->east)
			status = add_ring(env, &making->caps, polygon, ring, 360 * i);
	return status;
}

/* The box ---------------------------------------------------------------------- */

static int
compare_spans(const void *a, const void *b)
{
	double		x = ((const Span *) a)->west;
	double		y = ((const Span *) b)->west;

	return (x > y) - (x < y);
}

/* The least box in longitude leaves out the widest gap between what there is; of equal ones that over the 180th meridian. */
static void
set_box(Making *making, TvmAreaBox *box)
{
	Span	   *spans = making->spans;
	double		end = -INFINITY;	/* where what has been seen ends, */
	double		turn = 360;		/* and how far round from there it was drawn */
	double		widest = 0;

	qsort(spans, making->span_count, sizeof(Span), compare_spans);
	for (size_t i = 0; i < making->span_count; i++)
		end = fmax(end, spans[i].west + spans[i].width);
	box->west = -180;
	box->east = 180;
	for (size_t i = 0; i < making->span_count; i++)
	{
		double		gap = spans[i].west - (end - turn);

		if (gap > widest)
		{
			widest = gap;
			box->west = spans[i].west;
			box->east = end > 180 ? end - 360 : end;
		}
		if (spans[i].west + spans[i].width >= end - turn)
		{
			end = spans[i].west + spans[i].width;
			turn = 0;
		}
	}
}

TvmStatus
tvm_outline_make(TvmEnv *env, const TvmArea *drawn, TvmOutline *outline)
{
	Making		making = {.outline = outline, .flat.area = &outline->flat, .caps.area = &outline->caps};
	TvmStatus	status;
	uint32_t	in_polygon = 0;

	*outline = (TvmOutline) {.box = {.south = INFINITY, .north = -INFINITY}};
	status = check_drawn(env, drawn);
	for (uint32_t i = 0; i < drawn->ring_count && status == TVM_OK; i++)
	{
		uint32_t	begin = tvm_ring_begin(drawn, i);
		bool		hole = i > 0 && drawn->polygons[i] == drawn->polygons[i - 1];
		Ring		ring;

		status = unroll(env, drawn->vertices + begin, drawn->ends[i] - begin, &ring);
		if (status == TVM_OK)
			status = hole ? add_hole(env, &making, drawn->polygons[i], &ring) : add_outline(env, &making, drawn->polygons[i], &ring);
		in_polygon = hole ? in_polygon + 1 : 0;
		if (status == TVM_INVALID)
			tvm_fail_path(env, "[%u][%u]", drawn->polygons[i], in_polygon);
		tvm_free(env, ring.vertices);
		if (status == TVM_OK && tvm_cancelled(env))
			status = TVM_CANCELLED;
	}
	if (status == TVM_OK)
		set_box(&making, &outline->box);
	tvm_free(env, making.spans);
	if (status != TVM_OK)
		tvm_outline_free(env, outline);
	return status;
}

static void
free_area(TvmEnv *env, TvmArea *area)
{
	tvm_free(env, area->vertices);
	tvm_free(env, area->ends);
	tvm_free(env, area->polygons);
	*area = (TvmArea) {0};
}

void
tvm_outline_free(TvmEnv *env, TvmOutline *outline)
{
	free_area(env, &outline->flat);
	free_area(env, &outline->caps);
}
