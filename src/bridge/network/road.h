/*
 * road.h: what of a segment decides which vehicles may use it: its class, its limits, its gate.
 *
 * There are few of these among many segments, so each that is there at all is kept once, and a segment has
 * its index (TvmSegment.road); 0 is that of a segment of which nothing is said.  Whoever asks without a
 * profile never has a TvRoadKinds, and reads none of the columns.
 */
#ifndef TV_NETWORK_ROAD_H
#define TV_NETWORK_ROAD_H

#include "postgres.h"

#include "utils/hsearch.h"

#include "bridge/server/env.h"
#include "kernel/graph/timeline.h"

typedef enum TvLimit
{
	TV_LIMIT_HEIGHT,
	TV_LIMIT_WIDTH,
	TV_LIMIT_LENGTH,
	TV_LIMIT_WEIGHT
} TvLimit;

#define TV_LIMITS (TV_LIMIT_WEIGHT + 1)

#define TV_CLASS_SIZE 257		/* bytes of the longest name of a class: 64 characters of up to four, and the end */

/* Compared, and written to files, byte by byte. */
typedef struct TvRoadKind
{
	uint32		class;			/* index in the classes; 0: none */
	uint32		gate;			/* 1: there is one */
	double		limit[TV_LIMITS];	/* m and kg; INFINITY: none */
} TvRoadKind;

typedef struct TvRoadKinds
{
	MemoryContext context;
	bool		may_be_incomplete;	/* beyond what fits, the first one is taken and no error raised, */
	bool		is_incomplete;	/* which has happened */
	uint32		count;			/* at least 1: nothing is said of roads[0] */
	uint32		capacity;
	TvRoadKind *roads;
	uint32		class_count;	/* at least 1: classes[0] is NULL */
	uint32		class_capacity;
	char	  **classes;
	HTAB	   *of_road;
	HTAB	   *of_class;
} TvRoadKinds;

/* Which of the columns an override says. */
#define TV_SAYS_CLASS 1
#define TV_SAYS_GATE 2
#define TV_SAYS_LIMIT(limit) (4 << (limit))

typedef struct TvRoadOverride
{
	uint32		timeline;		/* indices */
	uint32		segment;
	uint32		says;
	TvRoadKind	road;
} TvRoadOverride;

/* The columns of a segment or an override by this name that tv_road_kind_read() reads, in their order. */
#define TV_ROAD_COLUMNS(of) \
	of ".class, " of ".max_height_m, " of ".max_width_m, " of ".max_length_m, " of ".max_weight_kg, " of ".gate"
#define TV_ROAD_SAYS_SOMETHING(of) \
	"(" of ".class IS NOT NULL OR " of ".max_height_m IS NOT NULL OR " of ".max_width_m IS NOT NULL" \
	" OR " of ".max_length_m IS NOT NULL OR " of ".max_weight_kg IS NOT NULL OR " of ".gate IS NOT NULL)"

extern TvRoadKinds *tv_road_kinds_create(MemoryContext context);

/* From the first of these columns on; which of them are not null into `says`, if that is not NULL. */
extern TvRoadKind tv_road_kind_read(TvRoadKinds *roads, const Datum *values, const bool *nulls, uint32 *says);

/* What an override says, put into what a segment has. */
extern void tv_road_kind_put(TvRoadKind *road, const TvRoadOverride *override);

/* Its index; 54000 where there are more than 65,535. */
extern uint16 tv_road_kinds_intern(TvRoadKinds *roads, const TvRoadKind *road);

/* For tv_road_kinds_resolve(): by segment. */
extern void tv_road_kinds_sort(TvRoadOverride *overrides, uint32 count);

/*
 * Put the roads on one timeline into segments, which have those that the world says: column by column the
 * nearest of the timeline and its ancestors wins.  Timelines are as of tvm_timeline_resolve(); `overrides` are sorted.
 */
extern void tv_road_kinds_resolve(TvRoadKinds *roads, const uint32 *parents,
							 const TvRoadOverride *overrides, uint32 count, uint32 timeline, TvmSegment *segments);

/* The same of one segment, whose index the overrides know it by. */
extern uint16 tv_road_kinds_resolve_one(TvRoadKinds *roads, const uint32 *parents,
								   const TvRoadOverride *overrides, uint32 count, uint32 timeline,
								   uint32 segment, uint16 road);

#endif							/* TV_NETWORK_ROAD_H */
