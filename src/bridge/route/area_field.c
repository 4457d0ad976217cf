/*
 * area_field.c: costs over the ground; see area_field.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/geo/triangles.h"
#include "bridge/route/area_field.h"
#include "bridge/server/compat.h"
#include "bridge/server/limits.h"

#define DEGREE (3.14159265358979323846 / 180)
#define OPEN 2					/* times as far as segments are long, and it is open country */
#define WIDTH 0.125				/* of the grain: how wide an area is drawn where a road ends in open country */
#define ROUNDS 3				/* of triangles */
#define RIM 16					/* points on each side around all */
#define POINT_BYTES 1000		/* of memory for a point and its triangles, those in PostGIS included */

static double
to_spot(double degrees)
{
	return rint(degrees * TV_FIELD_SPOTS) / TV_FIELD_SPOTS;
}

TvFieldPoint
tv_field_place(const TvField *field, double lon, double lat)
{
	return (TvFieldPoint) {
		.x = to_spot(remainder(lon - field->lon, 360)) * field->stretch,
		.y = to_spot(lat),
		.cost = INFINITY
	};
}

uint32
tv_field_add_point(TvField *field, const TvFieldPoint *point)
{
	if (field->point_count == field->point_capacity)
		field->points = tv_grow(field->env->context, field->points, sizeof(TvFieldPoint), &field->point_capacity);
	field->points[field->point_count] = *point;
	return field->point_count++;
}

uint32
tv_field_add_way(TvField *field, const TvFieldWay *way)
{
	if (field->way_count == field->way_capacity)
		field->ways = tv_grow(field->env->context, field->ways, sizeof(TvFieldWay), &field->way_capacity);
	field->ways[field->way_count] = *way;
	return field->way_count++;
}

void
tv_field_add_piece(TvField *field, const TvFieldPiece *piece)
{
	if (field->piece_count == field->piece_capacity)
		field->pieces = tv_grow(field->env->context, field->pieces, sizeof(TvFieldPiece), &field->piece_capacity);
	field->pieces[field->piece_count++] = *piece;
}

double
tv_field_cost(const TvFieldWay *way, double fraction)
{
	return Min(way->from_a + fraction * way->weight, way->from_b + (1 - fraction) * way->weight);
}

/* Points, each spot once --------------------------------------------------------- */

static int
compare_points(const void *a, const void *b, void *points)
{
	const TvFieldPoint *p = &((const TvFieldPoint *) points)[*(const uint32 *) a];
	const TvFieldPoint *q = &((const TvFieldPoint *) points)[*(const uint32 *) b];

	if (p->x != q->x)
		return p->x < q->x ? -1 : 1;
	return p->y < q->y ? -1 : p->y > q->y;
}

/* Sort the points and join those on one spot. */
static void
settle_points(TvField *field)
{
	uint32		count = field->point_count;
	uint32	   *order = MemoryContextAllocHuge(field->env->context, sizeof(uint32) * (Size) count);
	uint32	   *to = MemoryContextAllocHuge(field->env->context, sizeof(uint32) * (Size) count);
	TvFieldPoint *points = MemoryContextAllocHuge(field->env->context, sizeof(TvFieldPoint) * (Size) count);
	uint32		kept = 0;

	for (uint32 i = 0; i < count; i++)
		order[i] = i;
	qsort_arg(order, count, sizeof(uint32), compare_points, field->points);
	for (uint32 i = 0; i < count; i++)
	{
		const TvFieldPoint *point = &field->points[order[i]];

		tv_interrupts_at(i);
		if (kept == 0 || points[kept - 1].x != point->x || points[kept - 1].y != point->y)
			points[kept++] = *point;
		points[kept - 1].cost = Min(points[kept - 1].cost, point->cost);
		points[kept - 1].scale = Max(points[kept - 1].scale, point->scale);
		to[order[i]] = kept - 1;
	}
	for (uint32 i = 0; i < field->piece_count; i++)
	{
		field->pieces[i].from = to[field->pieces[i].from];
		field->pieces[i].to = to[field->pieces[i].to];
	}
	pfree(field->points);
	pfree(order);
	pfree(to);
	field->points = points;
	field->point_count = kept;
	field->point_capacity = count;
}

/* Open country -------------------------------------------------------------------- */

/* All round what there is, so that nothing of it is at the rim. */
static void
add_rim(TvField *field)
{
	double		west = INFINITY;
	double		east = -INFINITY;
	double		south = INFINITY;
	double		north = -INFINITY;
	double		away;

	for (uint32 i = 0; i < field->point_count; i++)
	{
		west = Min(west, field->points[i].x);
		east = Max(east, field->points[i].x);
		south = Min(south, field->points[i].y);
		north = Max(north, field->points[i].y);
	}
	away = Max(8 * field->grain, Max(east - west, north - south) / 4);
	west -= away;
	east += away;
	south -= away;
	north += away;
	for (int i = 0; i < RIM; i++)
	{
		double		part = (double) i / RIM;
		TvFieldPoint rim[] = {
			{.x = west + part * (east - west), .y = south},
			{.x = east, .y = south + part * (north - south)},
			{.x = east - part * (east - west), .y = north},
			{.x = west, .y = north - part * (north - south)}
		};

		for (int side = 0; side < lengthof(rim); side++)
		{
			rim[side].cost = INFINITY;
			tv_field_add_point(field, &rim[side]);
		}
	}
}

static double
middle_of(double a, double b, double c)
{
	return Max(Min(a, b), Min(Max(a, b), c));
}

/* Cells of which each takes one point, by their size and place. */
typedef struct Cells
{
	uint32		mask;
	uint64	   *keys;			/* 0: empty */
} Cells;

static bool
take_cell(Cells *cells, double size, double x, double y)
{
	int			exponent;
	double		side;
	uint64		key;

	(void) frexp(size, &exponent);
	side = ldexp(0.5, exponent);	/* between half of it and it */
	key = ((uint64) (int64) floor(x / side) * UINT64CONST(0x9e3779b97f4a7c15)) ^
		((uint64) (int64) floor(y / side) * UINT64CONST(0xc2b2ae3d27d4eb4f)) ^ ((uint64) (exponent + 4096) << 50);
	key = Max((key ^ key >> 29) * UINT64CONST(0xbf58476d1ce4e5b9), 1);
	for (uint32 slot = (key >> 32) & cells->mask;; slot = (slot + 1) & cells->mask)
	{
		if (cells->keys[slot] == key)
			return false;
		if (cells->keys[slot] == 0)
		{
			cells->keys[slot] = key;
			return true;
		}
	}
}

/*
 * A point in the open, if a triangle is so large that nothing is within `reach` of it: from the middle of its longest side towards
 * the centre of its circle, as far as that.  The circle then goes at least as far beyond the point, so that no triangle
 * of roads alone stays whose circle is so large, also where two points in one cell are one.
 */
static void
open_triangle(TvField *field, const TvmMesh *mesh, uint32 triangle, Cells *cells)
{
	const uint32 *corner = &mesh->corner[3 * (Size) triangle];
	double		scale = middle_of(field->points[corner[0]].scale, field->points[corner[1]].scale,
								  field->points[corner[2]].scale);
	double		reach = OPEN * scale;
	TvFieldPoint point = {.cost = INFINITY};
	double		mx = 0;
	double		my = 0;
	double		longest = -1;
	double		away;

	if (field->points[corner[0]].scale == 0 || field->points[corner[1]].scale == 0 || field->points[corner[2]].scale == 0 ||
		!(tvm_mesh_circle(mesh, triangle, &point.x, &point.y) > reach))
		return;
	for (int i = 0; i < 3; i++)
	{
		const TvFieldPoint *a = &field->points[corner[i]];
		const TvFieldPoint *b = &field->points[corner[(i + 1) % 3]];
		double		side = hypot(b->x - a->x, b->y - a->y);

		if (side <= longest)
			continue;
		longest = side;
		mx = (a->x + b->x) / 2;
		my = (a->y + b->y) / 2;
	}
	away = hypot(point.x - mx, point.y - my);
	if (away > reach)
	{
		point.x = mx + (point.x - mx) * (reach / away);
		point.y = my + (point.y - my) * (reach / away);
	}
	if (take_cell(cells, scale, point.x, point.y))
		tv_field_add_point(field, &point);
}

static bool
is_reached(const TvField *field, uint32 point)
{
	return field->points[point].cost <= field->limit;
}

static void
open_country(TvField *field, const TvmMesh *mesh)
{
	Cells		cells = {.mask = 1023};

	while (cells.mask / 4 < mesh->triangle_count)
		cells.mask = cells.mask * 2 + 1;
	cells.keys = MemoryContextAllocExtended(field->env->context, sizeof(uint64) * ((Size) cells.mask + 1),
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 t = 0; t < mesh->triangle_count; t++)
	{
		const uint32 *corner = &mesh->corner[3 * (Size) t];

		tv_interrupts_at(t);
		if (is_reached(field, corner[0]) || is_reached(field, corner[1]) || is_reached(field, corner[2]))
			open_triangle(field, mesh, t, &cells);
	}
	pfree(cells.keys);
}

/* Pieces that are no sides --------------------------------------------------------- */

static void
halve_pieces(TvField *field, const TvmMesh *mesh)
{
	uint32		count = field->piece_count;

	for (uint32 i = 0; i < count; i++)
	{
		TvFieldPiece piece = field->pieces[i];
		const TvFieldPoint *from = &field->points[piece.from];
		const TvFieldPoint *to = &field->points[piece.to];
		TvFieldPoint middle;

		tv_interrupts_at(i);
		if (piece.from == piece.to || !(is_reached(field, piece.from) || is_reached(field, piece.to)) ||
			tvm_mesh_edge(mesh, piece.from, piece.to) != TVM_MESH_NONE)
			continue;
		piece.to_fraction = (piece.from_fraction + piece.to_fraction) / 2;
		middle = (TvFieldPoint) {
			.x = (from->x + to->x) / 2,
			.y = to_spot((from->y + to->y) / 2),
			.cost = tv_field_cost(&field->ways[piece.way], piece.to_fraction),
			.scale = Min(from->scale, to->scale)
		};
		piece.to = tv_field_add_point(field, &middle);
		field->pieces[i].from = piece.to;
		field->pieces[i].from_fraction = piece.to_fraction;
		tv_field_add_piece(field, &piece);
	}
}

/* The whole -------------------------------------------------------------------------- */

static void
make_mesh(TvField *field, Oid geometry)
{
	Size		count = field->point_count;

	tv_graph_require_memory(count * POINT_BYTES);
	field->x = MemoryContextAllocHuge(field->env->context, sizeof(double) * count);
	field->y = MemoryContextAllocHuge(field->env->context, sizeof(double) * count);
	for (uint32 i = 0; i < count; i++)
	{
		field->x[i] = field->points[i].x;
		field->y[i] = field->points[i].y;
	}
	field->mesh = (TvmMesh) {.point_count = count, .x = field->x, .y = field->y};
	field->mesh.corner = tv_triangles(field->env, geometry, field->x, field->y, count, &field->mesh.triangle_count);
	tv_check(field->env, tvm_mesh_join(&field->env->tvm, &field->mesh));
}

static void
drop_mesh(TvField *field)
{
	tvm_mesh_free(&field->env->tvm, &field->mesh);
	pfree(unconstify(uint32 *, field->mesh.corner));
	pfree(field->x);
	pfree(field->y);
}

static void
mark_roads(TvField *field)
{
	field->road = MemoryContextAllocExtended(field->env->context, Max(field->mesh.edge_count, 1),
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < field->piece_count; i++)
	{
		uint32		edge = tvm_mesh_edge(&field->mesh, field->pieces[i].from, field->pieces[i].to);

		tv_interrupts_at(i);
		if (edge != TVM_MESH_NONE)
			field->road[edge] = 1;
	}
}

void
tv_field_join(TvField *field, Oid geometry)
{
	add_rim(field);
	settle_points(field);
	make_mesh(field, geometry);
	for (int round = 1; round < ROUNDS; round++)
	{
		uint32		count = field->point_count;

		if (round == 1)
			open_country(field, &field->mesh);
		halve_pieces(field, &field->mesh);
		if (field->point_count == count)
			break;
		drop_mesh(field);
		settle_points(field);
		make_mesh(field, geometry);
	}
	mark_roads(field);
	field->cost = MemoryContextAllocHuge(field->env->context, sizeof(double) * field->point_count);
	for (uint32 i = 0; i < field->point_count; i++)
		field->cost[i] = field->points[i].cost;
	field->field = (TvmField) {
		.value = field->cost,
		.road = field->road,
		.width = WIDTH * field->grain,
		.beyond = TV_FIELD_BEYOND
	};
}
