/*
 * route_line.h: the course of a route over the ground, as a PostGIS line.
 */
#ifndef TV_ROUTE_ROUTE_LINE_H
#define TV_ROUTE_ROUTE_LINE_H

#include "postgres.h"

#include "bridge/route/prepared/steps.h"

/*
 * The LINESTRING, SRID 4326, of a route: along segments.geom, turned round where
 * the segment is passed from b to a; straight from place to place where a
 * segment has no geom, and where a gateway jumps.  Repeated vertices are left
 * out.  Returns false, and no geometry, where fewer than two are left,
 * for PostGIS calls such a line invalid.
 *
 * `geometry` is the type's Oid, wherever PostGIS is installed: lines are read
 * and written through its binary input and output.  Reads segments through SPI.
 */
extern bool tv_course(TvEnv *env, const TvRoute *route, Oid geometry, Datum *line);

#endif							/* TV_ROUTE_ROUTE_LINE_H */
