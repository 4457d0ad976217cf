/*
 * mesh.h: triangles over points of a plane, and the edges that they share.
 *
 * Points and triangles are the caller's: every triangle counter-clockwise, no two overlapping, each edge of
 * at most two of them.  A mesh owns what tvm_mesh_join() makes.
 */
#ifndef TVM_AREA_MESH_H
#define TVM_AREA_MESH_H

#include "kernel/tvm.h"

#define TVM_MESH_NONE UINT32_MAX
#define TVM_MESH_MAX ((uint32_t) 1 << 28)	/* triangles */

typedef struct TvmMesh
{
	uint32_t	point_count;
	const double *x;
	const double *y;
	uint32_t	triangle_count;
	const uint32_t *corner;		/* three points of each */

	/* Made by tvm_mesh_join(). */
	uint32_t	edge_count;
	uint32_t   *edge;			/* of triangle t, from its corner i to the next: edge[3 t + i] */
	uint32_t   *low;			/* its points: low < high */
	uint32_t   *high;
	uint32_t	bits;			/* 2^bits slots */
	uint32_t   *slots;			/* edges by their points */
} TvmMesh;

/* TVM_INVALID ("triangles[7]") for points that do not exist, TVM_NOMEM, TVM_CANCELLED; then nothing is owned. */
extern TvmStatus tvm_mesh_join(TvmEnv *env, TvmMesh *mesh);
extern void tvm_mesh_free(TvmEnv *env, TvmMesh *mesh);

/* The edge between two points, or TVM_MESH_NONE. */
extern uint32_t tvm_mesh_edge(const TvmMesh *mesh, uint32_t a, uint32_t b);

/*
 * The centre of the circle through a triangle's corners, and its radius; INFINITY, and the
 * middle of its longest side, where they lie on a line.
 */
extern double tvm_mesh_circle(const TvmMesh *mesh, uint32_t triangle, double *x, double *y);

#endif							/* TVM_AREA_MESH_H */
