/*
 * area.h: areas on the globe: rings of positions, straight in longitude and latitude between
 * them (RFC 7946), and what is made of them when one is drawn.
 *
 * An area is drawn within -180 to 180 degrees.  An edge between longitudes that are more than
 * 180 degrees apart leads over the 180th meridian, the short way; one from -180 to 180 is the
 * parallel, all the way round.  A ring that goes round once without that has the pole in it of
 * the hemisphere that it is in.
 *
 * Areas are closed sets: their edges belong to them, those of their holes, too.
 */
#ifndef TVM_ZONE_AREA_H
#define TVM_ZONE_AREA_H

#include "kernel/tvm.h"

typedef struct TvmVertex
{
	double		lon;
	double		lat;
} TvmVertex;

/* Rings of polygons: of each polygon the first is its outline, the others its holes.  The last vertex is the first. */
typedef struct TvmArea
{
	uint32_t	ring_count;
	uint32_t	vertex_count;
	uint32_t   *ends;			/* of each ring, the index after its last vertex */
	uint32_t   *polygons;		/* of each ring: which polygon it is of, from 0 */
	TvmVertex  *vertices;
} TvmArea;

/* The most vertices of one area. */
#define TVM_AREA_MAX 262144

static inline uint32_t
tvm_ring_begin(const TvmArea *area, uint32_t ring)
{
	return ring == 0 ? 0 : area->ends[ring - 1];
}

static inline uint32_t
tvm_area_polygons(const TvmArea *area)
{
	return area->ring_count == 0 ? 0 : area->polygons[area->ring_count - 1] + 1;
}

/* West may be more than east: then it leads over the 180th meridian. */
typedef struct TvmAreaBox
{
	double		west;
	double		south;
	double		east;
	double		north;
} TvmAreaBox;

/*
 * An area that was drawn, as it is on an endless map, on which nothing jumps: longitudes go on
 * beyond 180 degrees, by less than 360.  Where an edge crosses a meridian of 180 + 360 k degrees
 * there is a vertex, the same for both directions of the edge, so that neighbours that are cut there still fit.
 */
typedef struct TvmOutline
{
	TvmArea		flat;			/* what has no pole in it */
	TvmArea		caps;			/* what has, as if it went round twice: from 180 to 540 degrees it is whole */
	bool		beyond;			/* something of `flat` is beyond -180 to 180 */
	double		steradians;		/* exact for such edges, but for rounding */
	TvmAreaBox	box;
} TvmOutline;

/*
 * Checks what was drawn: TVM_INVALID with the path to it ("[0][1]", polygon, ring and vertex) unless each
 * polygon has a ring, each ring at least 4 vertices, the last as the first, all finite and in range, not
 * too many of them, and none goes round a pole more than once, or both.  Not whether rings cross.
 */
extern TvmStatus tvm_outline_make(TvmEnv *env, const TvmArea *drawn, TvmOutline *outline);
extern void tvm_outline_free(TvmEnv *env, TvmOutline *outline);

#endif							/* TVM_ZONE_AREA_H */
