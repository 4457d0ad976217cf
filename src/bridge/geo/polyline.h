/*
 * polyline.h: positions on the Earth, and lines of them over the ground: read from PostGIS,
 * where a line is nearest to a position, what is at a fraction of it, and a part of a line.
 *
 * A fraction of a line is by great-circle length, 0 at its beginning and 1 at
 * its end.  Between its vertices a line is straight in longitude and latitude, as it
 * is drawn on a map, the short way round where it crosses the 180th meridian.
 */
#ifndef TV_GEO_POLYLINE_H
#define TV_GEO_POLYLINE_H

#include "postgres.h"

#define TV_EWKB_POINT 1
#define TV_EWKB_LINESTRING 2
#define TV_EWKB_SRID 0x20000000
#define TV_SRID_WGS84 4326

#ifdef WORDS_BIGENDIAN
#define TV_EWKB_BYTE_ORDER 0
#else
#define TV_EWKB_BYTE_ORDER 1
#endif

typedef struct TvPosition
{
	double		lon;
	double		lat;
} TvPosition;

typedef struct TvLine
{
	uint32		count;
	TvPosition *vertices;
} TvLine;

/*
 * The vertices of a line in PostGIS's binary form, allocated in `context`; an
 * empty line has none.  22000 with the segment if it is not a LINESTRING of two dimensions.
 */
extern TvLine tv_line_read(MemoryContext context, const bytea *binary, int64 segment_id);

/*
 * The nearest position on a line, its fraction, and how far it is, in radians on the sphere
 * (tvm_sphere_nearest()): right at any distance, at the poles and over the 180th meridian.
 */
extern double tv_line_nearest(const TvLine *line, TvPosition at, TvPosition *nearest, double *fraction);

/* Its length, in radians on the sphere; and the position at a fraction, 0 to 1. */
extern double tv_line_length(const TvLine *line);
extern TvPosition tv_line_at(const TvLine *line, double fraction);

/* The part between two fractions, from <= to, into `part`, which has room for all vertices and two more. */
extern void tv_line_cut(const TvLine *line, double from, double to, TvLine *part);

#endif							/* TV_GEO_POLYLINE_H */
