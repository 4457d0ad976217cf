/*
 * line_json.h: ways with their times as documents that other programs read.
 */
#ifndef TV_MOTION_LINE_JSON_H
#define TV_MOTION_LINE_JSON_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "bridge/motion/line.h"

typedef enum TvLineFormat
{
	TV_LINE_GEOJSON,			/* a Feature with a LineString or MultiLineString; times beside it */
	TV_LINE_KEPLER,				/* a FeatureCollection of LineStrings of [lon, lat, alt, seconds] */
	TV_LINE_MFJSON				/* OGC's Moving Features: a MovingPoint, or several */
} TvLineFormat;

/* 22023 for a name that is none. */
extern TvLineFormat tv_line_format(const char *name);

/* NULL where there is no line in it. */
extern Jsonb *tv_lines_write(const TvLines *lines, int64 vehicle_id, TvLineFormat format);

#endif							/* TV_MOTION_LINE_JSON_H */
