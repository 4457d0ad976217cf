/*
 * area_field.h: costs over the ground: points with what each costs, joined by triangles.
 *
 * Points lie on a plane: `x` is the longitude from the origin's, the short way, times the cosine of its latitude, `y` the
 * latitude, in degrees; what is straight there is straight on a map.  Two points on one spot are one, at the
 * lesser cost.  All memory is the environment's.
 */
#ifndef TV_ROUTE_AREA_FIELD_H
#define TV_ROUTE_AREA_FIELD_H

#include "postgres.h"

#include "bridge/server/env.h"
#include "kernel/area/contour.h"

#define TV_FIELD_SPOTS 8589934592.0 /* 2^33 of them a degree: two points on one are one */
#define TV_FIELD_BEYOND 1.25	/* limits: areas depend on costs so far beyond (kernel/area/contour.h) */

typedef struct TvFieldPoint
{
	double		x;
	double		y;
	double		cost;			/* INFINITY: nothing gets there */
	double		scale;			/* how long segments are there; 0: open country, of no segment */
} TvFieldPoint;

/* A segment that is entered at its ends: what a place of it costs. */
typedef struct TvFieldWay
{
	double		from_a;			/* INFINITY: it is not entered there */
	double		from_b;
	double		weight;
} TvFieldWay;

/* A straight piece of a way, between two points. */
typedef struct TvFieldPiece
{
	uint32		from;
	uint32		to;
	uint32		way;
	double		from_fraction;
	double		to_fraction;
} TvFieldPiece;

typedef struct TvField
{
	TvEnv	   *env;
	double		lon;			/* of the origin */
	double		stretch;		/* the cosine */
	double		grain;			/* how long segments are on the whole, a power of two */
	double		limit;			/* the largest */

	uint32		point_count;
	uint32		point_capacity;
	TvFieldPoint *points;
	uint32		way_count;
	uint32		way_capacity;
	TvFieldWay *ways;
	uint32		piece_count;
	uint32		piece_capacity;
	TvFieldPiece *pieces;

	/* Made by tv_field_join(). */
	double	   *x;
	double	   *y;
	double	   *cost;
	uint8	   *road;
	TvmMesh		mesh;
	TvmField	field;
} TvField;

/* Positions on the plane, to a tenth of a millimetre. */
extern TvFieldPoint tv_field_place(const TvField *field, double lon, double lat);

extern uint32 tv_field_add_point(TvField *field, const TvFieldPoint *point);
extern uint32 tv_field_add_way(TvField *field, const TvFieldWay *way);
extern void tv_field_add_piece(TvField *field, const TvFieldPiece *piece);
extern double tv_field_cost(const TvFieldWay *way, double fraction);

/*
 * Join all points, of which there is one at least, by triangles.  More points come to those, of open country: around all, and where
 * nothing is for twice as far as segments near there are long; and the middles of pieces that no triangle has for a side.
 * 54000 for more than timevmaps.graph_memory.
 */
extern void tv_field_join(TvField *field, Oid geometry);

#endif							/* TV_ROUTE_AREA_FIELD_H */
