/*
 * ways.h: many ways at once between spots on the segments of one timeline.
 *
 * Each is the one that costs least by the world's metric on that timeline's own open segments, with no gateway: from
 * prepared graphs where those answer, else from the rows, which are read once for all of them.
 */
#ifndef TV_JOURNEY_WAYS_H
#define TV_JOURNEY_WAYS_H

#include "postgres.h"

#include "bridge/network/rows.h"

/* A segment that is open on the timeline, and where on it. */
typedef struct TvSpot
{
	int64		segment_id;
	int64		a_place_id;
	int64		b_place_id;
	bool		oneway;
	double		fraction;		/* from a to b */
} TvSpot;

typedef struct TvWayLeg
{
	int64		segment_id;
	double		from;			/* fractions */
	double		to;
} TvWayLeg;

typedef struct TvWay
{
	TvSpot		from;
	TvSpot		to;				/* on another segment */

	/* What is found. */
	bool		found;
	double		seconds;		/* beside the road */
	uint32		count;			/* 0: both are at one place */
	TvWayLeg   *legs;
} TvWay;

/*
 * rows: a scope of one timeline (tv_ways_scope()).  What is found lies in the memory of its environment.  Between
 * SPI_connect() and SPI_finish(), not within a query on prepared graphs.  22003, 54000.
 */
extern void tv_ways_find(TvRows *rows, uint32 count, TvWay *ways);

/* A timeline by itself; PT404. */
extern TvRows *tv_ways_scope(TvEnv *env, int64 world_id, int64 timeline_id);

#endif							/* TV_JOURNEY_WAYS_H */
