/*
 * near.h: which lines are near a point: a grid of short straight pieces in space.
 *
 * Points are metres from the sphere's centre (tvm_near_point()), so that neither the poles nor the 180th meridian
 * are anything particular; a piece is a chord, short enough that the ground is no farther from it than a millimetre.
 * A line is known by a number of the caller's, its owner; it has as many pieces as were added.
 */
#ifndef TVM_NEAR_H
#define TVM_NEAR_H

#include "kernel/tvm.h"

typedef struct TvmNearPoint
{
	double		x;
	double		y;
	double		z;
} TvmNearPoint;

typedef struct TvmNearPiece
{
	TvmNearPoint a;
	TvmNearPoint b;
	double		from;			/* fractions of its line */
	double		to;
	uint32_t	owner;
} TvmNearPiece;

/* The nearest point of a line. */
typedef struct TvmNearHit
{
	uint32_t	owner;
	double		away_m;
	double		fraction;
} TvmNearHit;

typedef struct TvmNearEntry
{
	uint32_t	piece;
	uint32_t	next;
} TvmNearEntry;

typedef struct TvmNear
{
	double		cell_m;
	size_t		piece_count;
	size_t		piece_capacity;
	TvmNearPiece *pieces;
	size_t		entry_count;
	size_t		entry_capacity;
	TvmNearEntry *entries;
	uint32_t	bucket_bits;
	uint32_t   *buckets;		/* of entries; made anew as they grow */

	/* Of the search in hand. */
	size_t		hit_count;
	size_t		hit_capacity;
	TvmNearHit *hits;
	uint32_t	owner_count;
	uint64_t   *seen;			/* of each owner: search and index of its hit */
	uint32_t	search;
} TvmNear;

extern TvmNearPoint tvm_near_point(double radius_m, double lat, double lon);
extern double tvm_near_distance(TvmNearPoint a, TvmNearPoint b);

/* Cells of that size, for owners below a number.  TVM_NOMEM; tvm_near_free() is allowed after it, and twice. */
extern TvmStatus tvm_near_init(TvmEnv *env, TvmNear *near, double cell_m, uint32_t owner_count);
extern void tvm_near_free(TvmEnv *env, TvmNear *near);

/* A piece, no longer than a cell; TVM_NOMEM. */
extern TvmStatus tvm_near_add(TvmEnv *env, TvmNear *near, const TvmNearPiece *piece);

/*
 * The lines within a radius, nearest first and then by owner, at most `most` of them, in near->hits until
 * the next search; TVM_NOMEM.
 */
extern TvmStatus tvm_near_find(TvmEnv *env, TvmNear *near, TvmNearPoint at, double radius_m, size_t most);

#endif							/* TVM_NEAR_H */
