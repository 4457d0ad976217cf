/*
 * cover.c: which areas cover a point; see cover.h.
 *
 * A point is in a polygon if a line from it to the east crosses its rings an odd number of times.  An edge
 * has its lower end and not its upper one, so that a vertex is crossed once.
 *
 * The grid divides the box of all areas; each cell lists the polygons whose boxes touch it.  A polygon's
 * strips divide its box by latitude; each lists the edges that touch it.  Places in both are found by the same
 * expression, which never falls as its argument rises, so nothing is missed by rounding.
 */
#include "kernel/zone/atlas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/zone/orient.h"

typedef enum Side
{
	OUTSIDE,
	INSIDE,
	ON_EDGE
} Side;

/* What an edge says of a point: ON_EDGE, INSIDE: the line to the east crosses it, OUTSIDE: it does not. */
static inline Side
look(TvmVertex a, TvmVertex b, TvmVertex p)
{
	double		side;

	if ((a.lat > p.lat) == (b.lat > p.lat))
	{
		/* Both below, both above; or it touches the line from below. */
		if ((a.lat == p.lat && a.lon == p.lon) || (b.lat == p.lat && b.lon == p.lon))
			return ON_EDGE;
		return a.lat == p.lat && b.lat == p.lat && fmin(a.lon, b.lon) <= p.lon && p.lon <= fmax(a.lon, b.lon) ? ON_EDGE : OUTSIDE;
	}
	if (p.lon > a.lon && p.lon > b.lon)
		return OUTSIDE;
	if (p.lon < a.lon && p.lon < b.lon)
		return INSIDE;
	side = tvm_orient(a, b, p);
	if (side == 0)
		return ON_EDGE;
	return (side > 0) == (b.lat > a.lat) ? INSIDE : OUTSIDE;
}

/* One area ------------------------------------------------------------------ */

static bool
polygon_covers(const TvmArea *area, uint32_t first, uint32_t end, TvmVertex p)
{
	bool		inside = false;

	for (uint32_t ring = first; ring < end; ring++)
		for (uint32_t i = tvm_ring_begin(area, ring); i + 1 < area->ends[ring]; i++)
		{
			Side		side = look(area->vertices[i], area->vertices[i + 1], p);

			if (side == ON_EDGE)
				return true;
			inside ^= side == INSIDE;
		}
	return inside;
}

static bool
covers_as_named(const TvmArea *area, TvmVertex p)
{
	for (uint32_t first = 0, end; first < area->ring_count; first = end)
	{
		for (end = first + 1; end < area->ring_count && area->polygons[end] == area->polygons[first]; end++)
			;
		if (polygon_covers(area, first, end, p))
			return true;
	}
	return false;
}

bool
tvm_area_covers(const TvmArea *area, double lon, double lat)
{
	if (fabs(lat) == 90)
	{
		for (uint32_t i = 0; i < area->vertex_count; i++)
			if (area->vertices[i].lat == lat)
				return true;
		return false;
	}
	return covers_as_named(area, (TvmVertex) {lon, lat}) ||
		(fabs(lon) == 180 && covers_as_named(area, (TvmVertex) {-lon, lat}));
}

/* Many areas ---------------------------------------------------------------- */

static TvmScale
make_scale(double from, double to, double count)
{
	TvmScale	scale = {.from = from, .count = (uint32_t) fmax(1, count)};

	scale.factor = to > from ? scale.count / (to - from) : 0;
	return scale;
}

static void
set_box(TvmAtlasPart *part, const TvmArea *area)
{
	part->west = part->south = INFINITY;
	part->east = part->north = -INFINITY;
	for (uint32_t i = tvm_ring_begin(area, part->first_ring); i < area->ends[part->end_ring - 1]; i++)
	{
		part->west = fmin(part->west, area->vertices[i].lon);
		part->east = fmax(part->east, area->vertices[i].lon);
		part->south = fmin(part->south, area->vertices[i].lat);
		part->north = fmax(part->north, area->vertices[i].lat);
	}
}

/* As many strips as make no more entries than twice the edges besides one for each. */
static void
choose_strips(TvmAtlasPart *part, const TvmArea *area)
{
	double		edges = 0;
	double		height = 0;

	for (uint32_t ring = part->first_ring; ring < part->end_ring; ring++)
		for (uint32_t i = tvm_ring_begin(area, ring); i + 1 < area->ends[ring]; i++)
		{
			edges++;
			height += fabs(area->vertices[i + 1].lat - area->vertices[i].lat);
		}
	part->scale = make_scale(part->south, part->north, height > 0 ? fmin(edges / 2, 2 * edges * (part->north - part->south) / height) : 1);
}

static TvmStatus
fill_strips(TvmEnv *env, TvmAtlasPart *part, const TvmArea *area)
{
	uint32_t	total = 0;

	choose_strips(part, area);
	part->strips = tvm_alloc(env, (size_t) part->scale.count + 2, sizeof(uint32_t));
	if (part->strips == NULL)
		return TVM_NOMEM;
	memset(part->strips, 0, ((size_t) part->scale.count + 2) * sizeof(uint32_t));
	/* Once to count them, once to put them where they belong. */
	for (int pass = 0; pass < 2; pass++)
	{
		for (uint32_t ring = part->first_ring; ring < part->end_ring; ring++)
			for (uint32_t i = tvm_ring_begin(area, ring); i + 1 < area->ends[ring]; i++)
			{
				double		a = area->vertices[i].lat;
				double		b = area->vertices[i + 1].lat;
				uint32_t	last = tvm_scale_place(&part->scale, fmax(a, b));

				if (i % 4096 == 0 && tvm_cancelled(env))
					return TVM_CANCELLED;
				for (uint32_t s = tvm_scale_place(&part->scale, fmin(a, b)); s <= last; s++)
					if (pass == 0)
						part->strips[s + 2]++;
					else
						part->edges[part->strips[s + 1]++] = i;
			}
		if (pass == 0)
		{
			for (uint32_t s = 0; s < part->scale.count; s++)
				part->strips[s + 2] = total += part->strips[s + 2];
			part->edges = tvm_alloc(env, (size_t) total + 1, sizeof(uint32_t));
			if (part->edges == NULL)
				return TVM_NOMEM;
		}
	}
	return TVM_OK;
}

/* So many cells a side that all lists together are not much longer than the list of parts. */
static void
choose_grid(TvmAtlas *atlas)
{
	double		west = INFINITY;
	double		south = INFINITY;
	double		east = -INFINITY;
	double		north = -INFINITY;
	double		side = fmin(1024, 4 * ceil(sqrt(atlas->part_count)));
	double		entries = INFINITY;

	for (uint32_t i = 0; i < atlas->part_count; i++)
	{
		west = fmin(west, atlas->parts[i].west);
		south = fmin(south, atlas->parts[i].south);
		east = fmax(east, atlas->parts[i].east);
		north = fmax(north, atlas->parts[i].north);
	}
	for (; entries > 16.0 * atlas->part_count + 65536; side /= 2)
	{
		atlas->columns = make_scale(west, east, side);
		atlas->rows = make_scale(south, north, side);
		entries = 0;
		for (uint32_t i = 0; i < atlas->part_count; i++)
		{
			const TvmAtlasPart *part = &atlas->parts[i];

			entries += (double) (tvm_scale_place(&atlas->columns, part->east) - tvm_scale_place(&atlas->columns, part->west) + 1) *
				(tvm_scale_place(&atlas->rows, part->north) - tvm_scale_place(&atlas->rows, part->south) + 1);
		}
		if (side <= 1)
			break;
	}
}

static TvmStatus
fill_grid(TvmEnv *env, TvmAtlas *atlas)
{
	size_t		cells;
	uint32_t	total = 0;

	choose_grid(atlas);
	cells = (size_t) atlas->columns.count * atlas->rows.count;
	atlas->cells = tvm_alloc(env, cells + 2, sizeof(uint32_t));
	if (atlas->cells == NULL)
		return TVM_NOMEM;
	memset(atlas->cells, 0, (cells + 2) * sizeof(uint32_t));
	for (int pass = 0; pass < 2; pass++)
	{
		for (uint32_t i = 0; i < atlas->part_count; i++)
		{
			const TvmAtlasPart *part = &atlas->parts[i];
			uint32_t	east = tvm_scale_place(&atlas->columns, part->east);
			uint32_t	north = tvm_scale_place(&atlas->rows, part->north);

			if (tvm_cancelled(env))
				return TVM_CANCELLED;
			for (uint32_t y = tvm_scale_place(&atlas->rows, part->south); y <= north; y++)
				for (uint32_t x = tvm_scale_place(&atlas->columns, part->west); x <= east; x++)
				{
					size_t		cell = (size_t) y * atlas->columns.count + x;

					if (pass == 0)
						atlas->cells[cell + 2]++;
					else
						atlas->lists[atlas->cells[cell + 1]++] = i;
				}
		}
		if (pass == 0)
		{
			for (size_t cell = 0; cell < cells; cell++)
				atlas->cells[cell + 2] = total += atlas->cells[cell + 2];
			atlas->lists = tvm_alloc(env, (size_t) total + 1, sizeof(uint32_t));
			if (atlas->lists == NULL)
				return TVM_NOMEM;
		}
	}
	return TVM_OK;
}

static TvmStatus
add_parts(TvmEnv *env, TvmAtlas *atlas, uint32_t number)
{
	const TvmArea *area = &atlas->areas[number];
	TvmStatus	status = TVM_OK;

	for (uint32_t first = 0, end; first < area->ring_count && status == TVM_OK; first = end)
	{
		TvmAtlasPart *part = &atlas->parts[atlas->part_count++];

		for (end = first + 1; end < area->ring_count && area->polygons[end] == area->polygons[first]; end++)
			;
		*part = (TvmAtlasPart) {.area = number, .first_ring = first, .end_ring = end};
		set_box(part, area);
		status = fill_strips(env, part, area);
	}
	return status;
}

TvmStatus
tvm_atlas_make(TvmEnv *env, const TvmArea *areas, uint32_t count, TvmAtlas **made)
{
	TvmAtlas   *atlas = tvm_alloc(env, 1, sizeof(TvmAtlas));
	TvmStatus	status = TVM_OK;
	size_t		parts = 0;

	*made = NULL;
	if (atlas == NULL)
		return TVM_NOMEM;
	*atlas = (TvmAtlas) {.areas = areas, .area_count = count};
	for (uint32_t i = 0; i < count; i++)
		parts += tvm_area_polygons(&areas[i]);
	atlas->parts = tvm_alloc(env, parts + 1, sizeof(TvmAtlasPart));
	atlas->first = tvm_alloc(env, (size_t) count + 1, sizeof(uint32_t));
	atlas->found_by = tvm_alloc(env, (size_t) count + 1, sizeof(uint32_t));
	if (atlas->parts == NULL || atlas->first == NULL || atlas->found_by == NULL)
		status = TVM_NOMEM;
	if (status == TVM_OK)
		atlas->first[0] = 0;
	for (uint32_t i = 0; i < count && status == TVM_OK; i++)
	{
		atlas->first[i] = atlas->part_count;
		status = add_parts(env, atlas, i);
		atlas->first[i + 1] = atlas->part_count;
	}
	if (status == TVM_OK && atlas->part_count > 0)
		status = fill_grid(env, atlas);
	if (status != TVM_OK)
	{
		tvm_atlas_free(env, atlas);
		return status;
	}
	*made = atlas;
	return TVM_OK;
}

void
tvm_atlas_free(TvmEnv *env, TvmAtlas *atlas)
{
	if (atlas == NULL)
		return;
	for (uint32_t i = 0; i < atlas->part_count; i++)
	{
		tvm_free(env, atlas->parts[i].strips);
		tvm_free(env, atlas->parts[i].edges);
	}
	tvm_free(env, atlas->parts);
	tvm_free(env, atlas->first);
	tvm_free(env, atlas->found_by);
	tvm_free(env, atlas->cells);
	tvm_free(env, atlas->lists);
	tvm_free(env, atlas);
}

/* Questions ------------------------------------------------------------------- */

bool
tvm_part_covers(const TvmAtlasPart *part, const TvmArea *area, TvmVertex p)
{
	const TvmVertex *vertices = area->vertices;
	bool		inside = false;
	uint32_t	strip;

	if (!(part->west <= p.lon && p.lon <= part->east && part->south <= p.lat && p.lat <= part->north))
		return false;
	strip = tvm_scale_place(&part->scale, p.lat);
	for (uint32_t i = part->strips[strip]; i < part->strips[strip + 1]; i++)
	{
		Side		side = look(vertices[part->edges[i]], vertices[part->edges[i] + 1], p);

		if (side == ON_EDGE)
			return true;
		inside ^= side == INSIDE;
	}
	return inside;
}

/* Parts are in the order of their areas, so an area that two of them are of is found twice in a row. */
static uint32_t
find_as_named(const TvmAtlas *atlas, TvmVertex p, uint32_t *found)
{
	uint32_t	count = 0;
	size_t		cell = (size_t) tvm_scale_place(&atlas->rows, p.lat) * atlas->columns.count + tvm_scale_place(&atlas->columns, p.lon);

	for (uint32_t i = atlas->cells[cell]; i < atlas->cells[cell + 1]; i++)
	{
		const TvmAtlasPart *part = &atlas->parts[atlas->lists[i]];

		if ((count == 0 || found[count - 1] != part->area) && tvm_part_covers(part, &atlas->areas[part->area], p))
			found[count++] = part->area;
	}
	return count;
}

/* At a pole, or on the 180th meridian, where a place has several names. */
static uint32_t
find_as_all(const TvmAtlas *atlas, double lon, double lat, uint32_t *found)
{
	uint32_t	count = 0;

	for (uint32_t i = 0; i < atlas->part_count; i++)
	{
		const TvmAtlasPart *part = &atlas->parts[i];
		const TvmArea *area = &atlas->areas[part->area];
		bool		covered = fabs(lat) == 90 ? part->north == lat || part->south == lat
			: tvm_part_covers(part, area, (TvmVertex) {lon, lat}) || tvm_part_covers(part, area, (TvmVertex) {-lon, lat});

		if (covered && (count == 0 || found[count - 1] != part->area))
			found[count++] = part->area;
	}
	return count;
}

uint32_t
tvm_atlas_find(const TvmAtlas *atlas, double lon, double lat, uint32_t *found)
{
	if (atlas->part_count == 0)
		return 0;
	if (fabs(lon) == 180 || fabs(lat) == 90)
		return find_as_all(atlas, lon, lat, found);
	return find_as_named(atlas, (TvmVertex) {lon, lat}, found);
}
