/*
 * mesh.c: triangles and the edges that they share; see mesh.h.
 */
#include "kernel/area/mesh.h"

#include <math.h>

#define LOOK_INTERVAL 8192		/* triangles between two looks at interrupts */

static uint32_t
first_slot(const TvmMesh *mesh, uint32_t low, uint32_t high)
{
	uint64_t	mixed = ((uint64_t) low << 32 | high) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t) (mixed >> (64 - mesh->bits));
}

/* The slot of an edge, or the empty one where it would be. */
static uint32_t
find_slot(const TvmMesh *mesh, uint32_t low, uint32_t high)
{
	uint32_t	mask = ((uint32_t) 1 << mesh->bits) - 1;
	uint32_t	slot = first_slot(mesh, low, high);

	while (mesh->slots[slot] != TVM_MESH_NONE)
	{
		uint32_t	edge = mesh->slots[slot];

		if (mesh->low[edge] == low && mesh->high[edge] == high)
			break;
		slot = (slot + 1) & mask;
	}
	return slot;
}

uint32_t
tvm_mesh_edge(const TvmMesh *mesh, uint32_t a, uint32_t b)
{
	return mesh->slots[find_slot(mesh, a < b ? a : b, a < b ? b : a)];
}

static uint32_t
add_edge(TvmMesh *mesh, uint32_t a, uint32_t b)
{
	uint32_t	low = a < b ? a : b;
	uint32_t	high = a < b ? b : a;
	uint32_t	slot = find_slot(mesh, low, high);

	if (mesh->slots[slot] == TVM_MESH_NONE)
	{
		mesh->low[mesh->edge_count] = low;
		mesh->high[mesh->edge_count] = high;
		mesh->slots[slot] = mesh->edge_count++;
	}
	return mesh->slots[slot];
}

static TvmStatus
add_triangles(TvmEnv *env, TvmMesh *mesh)
{
	for (uint32_t t = 0; t < mesh->triangle_count; t++)
	{
		const uint32_t *corner = &mesh->corner[3 * (size_t) t];

		if (t % LOOK_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (int i = 0; i < 3; i++)
			if (corner[i] >= mesh->point_count || corner[i] == corner[(i + 1) % 3])
			{
				TvmStatus	status = tvm_fail(env, TVM_INVALID, "not a triangle", NULL, NULL);

				tvm_fail_path(env, "triangles[%u]", t);
				return status;
			}
		for (int i = 0; i < 3; i++)
			mesh->edge[3 * (size_t) t + i] = add_edge(mesh, corner[i], corner[(i + 1) % 3]);
	}
	return TVM_OK;
}

TvmStatus
tvm_mesh_join(TvmEnv *env, TvmMesh *mesh)
{
	size_t		most = 3 * (size_t) mesh->triangle_count;
	TvmStatus	status = TVM_NOMEM;

	mesh->edge = mesh->low = mesh->high = mesh->slots = NULL;
	mesh->edge_count = 0;
	if (mesh->triangle_count > TVM_MESH_MAX)
		return tvm_fail(env, TVM_LIMIT, "too many triangles", NULL, NULL);
	for (mesh->bits = 4; (size_t) 1 << mesh->bits < most * 2; mesh->bits++)
		;
	mesh->edge = tvm_alloc(env, most + 1, sizeof(uint32_t));
	mesh->low = tvm_alloc(env, most + 1, sizeof(uint32_t));
	mesh->high = tvm_alloc(env, most + 1, sizeof(uint32_t));
	mesh->slots = tvm_alloc(env, (size_t) 1 << mesh->bits, sizeof(uint32_t));
	if (mesh->edge != NULL && mesh->low != NULL && mesh->high != NULL && mesh->slots != NULL)
	{
		for (size_t i = 0; i < (size_t) 1 << mesh->bits; i++)
			mesh->slots[i] = TVM_MESH_NONE;
		status = add_triangles(env, mesh);
	}
	if (status != TVM_OK)
		tvm_mesh_free(env, mesh);
	return status;
}

void
tvm_mesh_free(TvmEnv *env, TvmMesh *mesh)
{
	tvm_free(env, mesh->edge);
	tvm_free(env, mesh->low);
	tvm_free(env, mesh->high);
	tvm_free(env, mesh->slots);
	mesh->edge = mesh->low = mesh->high = mesh->slots = NULL;
}

double
tvm_mesh_circle(const TvmMesh *mesh, uint32_t triangle, double *x, double *y)
{
	const uint32_t *corner = &mesh->corner[3 * (size_t) triangle];
	double		ax = mesh->x[corner[0]];
	double		ay = mesh->y[corner[0]];
	double		bx = mesh->x[corner[1]] - ax;
	double		by = mesh->y[corner[1]] - ay;
	double		cx = mesh->x[corner[2]] - ax;
	double		cy = mesh->y[corner[2]] - ay;
	double		twice = 2 * (bx * cy - by * cx);
	double		b2 = bx * bx + by * by;
	double		c2 = cx * cx + cy * cy;
	double		ox = (cy * b2 - by * c2) / twice;
	double		oy = (bx * c2 - cx * b2) / twice;
	double		a2 = (bx - cx) * (bx - cx) + (by - cy) * (by - cy);

	if (isfinite(ox) && isfinite(oy))
	{
		*x = ax + ox;
		*y = ay + oy;
		return hypot(ox, oy);
	}
	*x = ax + (a2 >= b2 && a2 >= c2 ? (bx + cx) / 2 : b2 >= c2 ? bx / 2 : cx / 2);
	*y = ay + (a2 >= b2 && a2 >= c2 ? (by + cy) / 2 : b2 >= c2 ? by / 2 : cy / 2);
	return INFINITY;
}
