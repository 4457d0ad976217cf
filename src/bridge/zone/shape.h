/*
 * shape.h: areas between PostGIS, GeoJSON and the kernel.
 */
#ifndef TV_ZONE_SHAPE_H
#define TV_ZONE_SHAPE_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/server/env.h"
#include "kernel/zone/area.h"

/*
 * The rings of a geometry in PostGIS's binary form (a POLYGON or a MULTIPOLYGON of two dimensions, SRID 4326), in the
 * memory of the environment; 22023 with `path` if it is another.
 */
extern TvmArea tv_shape_read(TvEnv *env, const bytea *binary, const char *path);

/*
 * The rings of GeoJSON: a Polygon, a MultiPolygon, or a Feature of one, in the memory of the environment, checked as tvm_outline_make()
 * does; 22023 with the path to what is wrong.  Members that say nothing of where it is are passed over.
 */
extern TvmArea tv_shape_read_json(TvEnv *env, Jsonb *document, const char *path);

/* A MULTIPOLYGON of the type `geometry`, SRID 4326, in the current context. */
extern Datum tv_shape_make(Oid geometry, const TvmArea *area);

#endif							/* TV_ZONE_SHAPE_H */
