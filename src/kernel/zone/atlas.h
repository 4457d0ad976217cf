/*
 * atlas.h: for the modules of this folder: what an index of areas is made of.
 */
#ifndef TVM_ZONE_ATLAS_H
#define TVM_ZONE_ATLAS_H

#include "kernel/zone/cover.h"

/* A range of numbers in equal steps. */
typedef struct TvmScale
{
	double		from;
	double		factor;
	uint32_t	count;
} TvmScale;

static inline uint32_t
tvm_scale_place(const TvmScale *scale, double x)
{
	double		at = (x - scale->from) * scale->factor;

	return at < 0 ? 0 : at >= scale->count ? scale->count - 1 : (uint32_t) at;
}

typedef struct TvmAtlasPart
{
	uint32_t	area;
	uint32_t	first_ring;
	uint32_t	end_ring;
	double		west;
	double		south;
	double		east;
	double		north;
	TvmScale	scale;			/* of latitudes */
	uint32_t   *strips;			/* where each begins in `edges`, and where the last ends */
	uint32_t   *edges;			/* by the index of their first vertex */
} TvmAtlasPart;

struct TvmAtlas
{
	const TvmArea *areas;
	uint32_t	area_count;
	uint32_t	part_count;
	uint32_t   *first;			/* of each area the first part, and where the last one's end */
	TvmAtlasPart *parts;
	TvmScale		columns;
	TvmScale		rows;
	uint32_t   *cells;			/* where each begins in `lists`, and where the last ends */
	uint32_t   *lists;			/* parts, ascending */
	/* Of tvm_atlas_near(): which question has found an area last. */
	uint32_t	question;		/* 0: none has been asked */
	uint32_t   *found_by;
};

/* Whether a polygon covers a point by the name that it is given. */
extern bool tvm_part_covers(const TvmAtlasPart *part, const TvmArea *area, TvmVertex p);

#endif							/* TVM_ZONE_ATLAS_H */
