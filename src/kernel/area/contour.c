/*
 * contour.c: rings around what costs at most a limit; see contour.h.
 *
 * In a triangle with points on both sides the border enters by the edge that leads out of the inside, counter-clockwise,
 * and leaves by the one that leads in: so each such edge has one successor, and rings are the circles of that
 * permutation.  A ring belongs to the points inside that hang together by edges and that it passes: those have one
 * outline, and what else is around them are holes; no ring need be looked for in another.
 */
#include "kernel/area/contour.h"

#include <math.h>
#include <stdlib.h>

#define LOOK_INTERVAL 8192
#define DEGREE (3.14159265358979323846 / 180)
#define FARTHEST (1 - 1.0 / 256)	/* of an edge, towards what is outside */

typedef struct Ring
{
	uint32_t	root;			/* the component that it is of */
	uint32_t	begin;			/* vertices */
	uint32_t	end;
	double		area;
} Ring;

typedef struct Tracing
{
	const TvmMesh *mesh;
	const TvmField *field;
	double		limit;
	uint32_t   *root;			/* of each point: towards its component's */
	uint32_t   *next;			/* of each edge */
	uint32_t	crossing_count;
	uint32_t	ring_count;
	Ring	   *rings;
	double	   *x;				/* of the rings as they are found */
	double	   *y;
} Tracing;

static bool
is_inside(const Tracing *tracing, uint32_t point)
{
	return tracing->field->value[point] <= tracing->limit;
}

static uint32_t
find_root(Tracing *tracing, uint32_t point)
{
	while (tracing->root[point] != point)
		point = tracing->root[point] = tracing->root[tracing->root[point]];
	return point;
}

static TvmStatus
join_points(TvmEnv *env, Tracing *tracing)
{
	const TvmMesh *mesh = tracing->mesh;

	for (uint32_t i = 0; i < mesh->point_count; i++)
		tracing->root[i] = i;
	for (uint32_t e = 0; e < mesh->edge_count; e++)
	{
		bool		low = is_inside(tracing, mesh->low[e]);
		bool		high = is_inside(tracing, mesh->high[e]);

		if (e % LOOK_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tracing->next[e] = TVM_MESH_NONE;
		tracing->crossing_count += low != high;
		if (low && high)
		{
			uint32_t	a = find_root(tracing, mesh->low[e]);
			uint32_t	b = find_root(tracing, mesh->high[e]);

			/* The lower one, so that the order of polygons is that of their points. */
			if (a < b)
				tracing->root[b] = a;
			else
				tracing->root[a] = b;
		}
	}
	return TVM_OK;
}

static TvmStatus
link_edges(TvmEnv *env, Tracing *tracing)
{
	const TvmMesh *mesh = tracing->mesh;

	for (uint32_t t = 0; t < mesh->triangle_count; t++)
	{
		const uint32_t *corner = &mesh->corner[3 * (size_t) t];
		uint32_t	out = TVM_MESH_NONE;
		uint32_t	in = TVM_MESH_NONE;

		if (t % LOOK_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (int i = 0; i < 3; i++)
		{
			bool		from = is_inside(tracing, corner[i]);
			bool		to = is_inside(tracing, corner[(i + 1) % 3]);

			if (from && !to)
				out = mesh->edge[3 * (size_t) t + i];
			if (!from && to)
				in = mesh->edge[3 * (size_t) t + i];
		}
		if (out != TVM_MESH_NONE)
			tracing->next[out] = in;
	}
	return TVM_OK;
}

/* Where the border crosses an edge. */
static void
cross(const Tracing *tracing, uint32_t edge, double *x, double *y)
{
	const TvmMesh *mesh = tracing->mesh;
	const TvmField *field = tracing->field;
	uint32_t	low = mesh->low[edge];
	bool		inward = is_inside(tracing, low);
	uint32_t	from = inward ? low : mesh->high[edge];
	uint32_t	to = inward ? mesh->high[edge] : low;
	double		dx = mesh->x[to] - mesh->x[from];
	double		dy = mesh->y[to] - mesh->y[from];
	double		part = fmin(field->width / hypot(dx, dy), 0.25);
	double		near = field->value[from];
	double		far = field->value[to];

	if (isfinite(far) && (field->road[edge] || far <= field->beyond * tracing->limit))
		part = fmin(fmax(part, (tracing->limit - near) / (far - near)), FARTHEST);
	*x = mesh->x[from] + part * dx;
	*y = mesh->y[from] + part * dy;
}

static void
add_vertex(Ring *ring, Tracing *tracing, double x, double y)
{
	double		x0 = ring->end > ring->begin ? tracing->x[ring->begin] : x;
	double		y0 = ring->end > ring->begin ? tracing->y[ring->begin] : y;

	if (ring->end > ring->begin)
	{
		double		px = tracing->x[ring->end - 1] - x0;
		double		py = tracing->y[ring->end - 1] - y0;

		ring->area += px * (y - y0) - py * (x - x0);
	}
	tracing->x[ring->end] = x;
	tracing->y[ring->end++] = y;
}

static TvmStatus
trace_ring(TvmEnv *env, Tracing *tracing, uint32_t first, uint32_t begin)
{
	const TvmMesh *mesh = tracing->mesh;
	Ring	   *ring = &tracing->rings[tracing->ring_count++];
	uint32_t	inside = is_inside(tracing, mesh->low[first]) ? mesh->low[first] : mesh->high[first];

	*ring = (Ring) {.root = find_root(tracing, inside), .begin = begin, .end = begin};
	for (uint32_t edge = first;;)
	{
		uint32_t	next = tracing->next[edge];
		double		x;
		double		y;

		cross(tracing, edge, &x, &y);
		add_vertex(ring, tracing, x, y);
		tracing->next[edge] = TVM_MESH_NONE;
		if (next == first)
			break;
		if (next == TVM_MESH_NONE || tracing->next[next] == TVM_MESH_NONE)
			return tvm_fail(env, TVM_INVALID, "triangles do not fit", NULL, NULL);
		edge = next;
	}
	add_vertex(ring, tracing, tracing->x[begin], tracing->y[begin]);
	return TVM_OK;
}

static TvmStatus
trace_rings(TvmEnv *env, Tracing *tracing)
{
	uint32_t	begin = 0;

	for (uint32_t e = 0; e < tracing->mesh->edge_count; e++)
	{
		TvmStatus	status;

		if (e % LOOK_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (tracing->next[e] == TVM_MESH_NONE)
			continue;
		status = trace_ring(env, tracing, e, begin);
		if (status != TVM_OK)
			return status;
		begin = tracing->rings[tracing->ring_count - 1].end;
	}
	return TVM_OK;
}

static int
compare_rings(const void *a, const void *b)
{
	const Ring *x = a;
	const Ring *y = b;

	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	if (x->area != y->area)
		return x->area > y->area ? -1 : 1;
	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* The rings in the order of polygons, each one's outline first. */
static TvmStatus
gather(TvmEnv *env, Tracing *tracing, TvmContour *contour)
{
	uint32_t	vertex_count = tracing->ring_count > 0 ? tracing->rings[tracing->ring_count - 1].end : 0;

	contour->ends = tvm_alloc(env, (size_t) tracing->ring_count + 1, sizeof(uint32_t));
	contour->polygons = tvm_alloc(env, (size_t) tracing->ring_count + 1, sizeof(uint32_t));
	contour->x = tvm_alloc(env, (size_t) vertex_count + 1, sizeof(double));
	contour->y = tvm_alloc(env, (size_t) vertex_count + 1, sizeof(double));
	if (contour->ends == NULL || contour->polygons == NULL || contour->x == NULL || contour->y == NULL)
		return TVM_NOMEM;
	qsort(tracing->rings, tracing->ring_count, sizeof(Ring), compare_rings);
	for (uint32_t r = 0; r < tracing->ring_count; r++)
	{
		const Ring *ring = &tracing->rings[r];

		if (r % LOOK_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		contour->polygon_count += r == 0 || ring->root != tracing->rings[r - 1].root;
		for (uint32_t i = ring->begin; i < ring->end; i++)
		{
			contour->x[contour->vertex_count] = tracing->x[i];
			contour->y[contour->vertex_count++] = tracing->y[i];
		}
		contour->polygons[r] = contour->polygon_count - 1;
		contour->ends[r] = contour->vertex_count;
	}
	contour->ring_count = tracing->ring_count;
	return TVM_OK;
}

TvmStatus
tvm_contour_trace(TvmEnv *env, const TvmMesh *mesh, const TvmField *field, double limit, TvmContour *contour)
{
	Tracing		tracing = {.mesh = mesh, .field = field, .limit = limit};
	TvmStatus	status = TVM_NOMEM;

	*contour = (TvmContour) {0};
	tracing.root = tvm_alloc(env, (size_t) mesh->point_count + 1, sizeof(uint32_t));
	tracing.next = tvm_alloc(env, (size_t) mesh->edge_count + 1, sizeof(uint32_t));
	if (tracing.root != NULL && tracing.next != NULL)
		status = join_points(env, &tracing);
	if (status == TVM_OK)
	{
		/* A ring has three crossings at least, and one vertex more than crossings. */
		size_t		rings = tracing.crossing_count / 3 + 1;

		tracing.rings = tvm_alloc(env, rings, sizeof(Ring));
		tracing.x = tvm_alloc(env, tracing.crossing_count + rings, sizeof(double));
		tracing.y = tvm_alloc(env, tracing.crossing_count + rings, sizeof(double));
		status = tracing.rings == NULL || tracing.x == NULL || tracing.y == NULL ? TVM_NOMEM
			: link_edges(env, &tracing);
	}
	if (status == TVM_OK)
		status = trace_rings(env, &tracing);
	if (status == TVM_OK)
		status = gather(env, &tracing, contour);
	if (status != TVM_OK)
		tvm_contour_free(env, contour);
	tvm_free(env, tracing.root);
	tvm_free(env, tracing.next);
	tvm_free(env, tracing.rings);
	tvm_free(env, tracing.x);
	tvm_free(env, tracing.y);
	return status;
}

void
tvm_contour_free(TvmEnv *env, TvmContour *contour)
{
	tvm_free(env, contour->ends);
	tvm_free(env, contour->polygons);
	tvm_free(env, contour->x);
	tvm_free(env, contour->y);
	*contour = (TvmContour) {0};
}

/*
 * Minus the integral of (sin(lat) - sin(lat0)) over longitude along an edge that is straight in both: with half the
 * difference of latitudes h, sin(lat) is sin(middle) sin(h) / h in the mean.  Nothing cancels
 * where the area is small.
 */
static double
below_edge(double lat0, double lon_a, double lat_a, double lon_b, double lat_b)
{
	double		middle = (lat_a + lat_b) / 2 * DEGREE;
	double		h = (lat_b - lat_a) / 2 * DEGREE;
	double		bent = fabs(h) < 1e-3 ? -h * h / 6 : sin(h) / h - 1;
	double		raised = 2 * cos((middle + lat0 * DEGREE) / 2) * sin((middle - lat0 * DEGREE) / 2);

	return -(raised + bent * sin(middle)) * (lon_b - lon_a) * DEGREE;
}

double
tvm_contour_steradians(const TvmContour *contour)
{
	double		sum = 0;

	for (uint32_t r = 0, i = 0; r < contour->ring_count; r++)
	{
		double		lat0 = contour->y[i];

		for (; i + 1 < contour->ends[r]; i++)
			sum += below_edge(lat0, contour->x[i], contour->y[i], contour->x[i + 1], contour->y[i + 1]);
		i++;
	}
	return sum;
}
