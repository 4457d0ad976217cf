/*
 * contour.h: how far a cost reaches over a plane: rings around the points of a mesh that cost at most a limit.
 *
 * A point is inside if it costs at most the limit, and nothing else decides that: a ring crosses only edges
 * between a point inside and one that is not, each once, between the two and at neither.  So rings never touch each
 * other, every point inside lies in the area and every other outside it; and as a crossing only moves
 * outwards with the limit, areas are nested: all but for rounding, of a coordinate's last digits.
 *
 * Where on an edge: in proportion to the costs of its ends, at least `width` from the one inside, or a quarter
 * of the edge.  Where the one outside costs more than `beyond` times the limit, and no way leads along the edge, just that
 * far: over a river one does not come nearer to the other bank because it can be reached by a bridge, at last.
 */
#ifndef TVM_AREA_CONTOUR_H
#define TVM_AREA_CONTOUR_H

#include "kernel/area/mesh.h"

typedef struct TvmField
{
	const double *value;		/* of each point: what it costs, INFINITY: nothing gets there */
	const uint8_t *road;		/* of each edge: whether a way leads along it */
	double		width;			/* > 0 */
	double		beyond;			/* >= 1 */
} TvmField;

/*
 * Rings, closed: outlines counter-clockwise, holes clockwise; the rings of a polygon follow each other, its outline first.
 */
typedef struct TvmContour
{
	uint32_t	ring_count;
	uint32_t	vertex_count;
	uint32_t	polygon_count;
	uint32_t   *ends;			/* of each ring, the index after its last vertex, which is its first again */
	uint32_t   *polygons;		/* of each ring: which polygon it is of, from 0 */
	double	   *x;
	double	   *y;
} TvmContour;

/*
 * The mesh is joined, the limit finite.  TVM_INVALID: something inside is at the mesh's rim, or triangles do not fit;
 * TVM_NOMEM, TVM_CANCELLED.  tvm_contour_free() is allowed after it, and twice.
 */
extern TvmStatus tvm_contour_trace(TvmEnv *env, const TvmMesh *mesh, const TvmField *field, double limit,
								   TvmContour *contour);
extern void tvm_contour_free(TvmEnv *env, TvmContour *contour);

/* On the unit sphere, x being longitude and y latitude in degrees; exact for such edges, but for rounding. */
extern double tvm_contour_steradians(const TvmContour *contour);

#endif							/* TVM_AREA_CONTOUR_H */
