/*
 * rows.h: the rows that a route depends on, read from the tables as the caller.
 *
 * Loading has two steps.  tv_load_scope() (scope.h) settles which timelines matter:
 * those that can be reached from the origin's and from which the destination's can be
 * reached, over open gateways, across worlds.  tv_load_network() (load.h) then reads the
 * places, segments, overrides and rules for turns of their worlds.  Whatever the caller may not
 * see does not exist: a segment with a hidden end is not used, nor is a gateway
 * into a hidden timeline.  Nothing here computes; network.h builds from it.
 *
 * Everything lies in the memory of rows->env and goes with it.  rows->bytes
 * counts the arrays that grow with the tables; when they would exceed
 * timevmaps.graph_memory, tv_graph_require_memory() raises.
 *
 * All of it is called between SPI_connect() and SPI_finish().
 */
#ifndef TV_NETWORK_ROWS_H
#define TV_NETWORK_ROWS_H

#include "postgres.h"

#include "bridge/server/env.h"
#include "bridge/network/road.h"
#include "bridge/network/what_if_rows.h"
#include "kernel/graph/timeline.h"
#include "kernel/graph/topology.h"
#include "kernel/graph/turns.h"
#include "kernel/relativity/clocks.h"

#define TV_NONE UINT32_MAX		/* no such index */

typedef struct TvPlaceRow
{
	int64		id;
	double		lat;
	double		lon;
} TvPlaceRow;

typedef struct TvSegmentRow
{
	int64		id;
	uint32		a;				/* indices of places */
	uint32		b;
	uint8		oneway;
	uint8		has_course;		/* geom is not null */
	uint32		part_of;		/* the segment that it is a part of, for a route that begins or ends within it; TV_NONE: a row */
} TvSegmentRow;

typedef struct TvWorldRows
{
	int64		id;
	TvmWorldRules rules;
	char	   *default_profile;	/* the name that its rules have; NULL: none */

	/* By id, ascending; parents are indices, TVM_NO_TIMELINE at a root. */
	uint32		timeline_count;
	int64	   *timeline_ids;
	uint32	   *parents;

	/* By id, ascending. */
	uint32		place_count;
	uint32		place_capacity;
	TvPlaceRow *places;

	/* By id, ascending; `base` is the other half of the same rows. */
	uint32		segment_count;
	uint32		segment_capacity;
	TvSegmentRow *segments;
	TvmSegment *base;

	uint32		override_count;
	uint32		override_capacity;
	TvmOverride *overrides;

	/* What profiles ask about, read only where there are roads: of `base`, and overrides by segment. */
	TvRoadKinds *roads;			/* NULL: nobody asks */
	uint32		road_override_count;
	uint32		road_override_capacity;
	TvRoadOverride *road_overrides;

	/* See turn_rows.h.  Segments are loaded that are on none of the timelines: all there are, or these. */
	uint32		turn_count;
	TvmTurnRule *turns;
	uint32		turn_row_count; /* until they are rules */
	uint32		turn_row_capacity;
	TvTurnRow  *turn_rows;
	bool		all_segments;
	uint32		named_segment_count;
	int64	   *named_segments;
} TvWorldRows;

typedef struct TvLayerRow
{
	int64		timeline_id;
	uint32		world;			/* index in worlds */
	uint32		timeline;		/* index in that world's timelines */
	const struct TvProfile *profile;	/* profile.h; NULL: none */
} TvLayerRow;

typedef struct TvRows
{
	TvEnv	   *env;
	Size		bytes;			/* of arrays that grow with the tables */

	uint32		world_count;
	TvWorldRows *worlds;		/* the origin's is the first */

	/* The timelines that matter, the origin's first; none when no gateways lead to the destination's. */
	uint32		layer_count;
	TvLayerRow *layers;
	uint32		dest_layer;

	/* Open gateways between timelines that matter, in the same order whenever there are the same. */
	uint32		gateway_count;
	const TvGatewayRow *gateways;

	/* Where they are from: of the worlds that gateways lead to. */
	uint32		set_count;
	const TvGatewaySet **sets;

	/* What the caller supposes of the origin's world, whose last timeline it then is; NULL: nothing. */
	const TvSupposed *supposed;
} TvRows;

/* What is supposed of segments and turns of the first world; NULL: nothing. */
static inline const TvWhatIf *
tv_rows_supposed(const TvRows *rows)
{
	return rows->supposed == NULL ? NULL : rows->supposed->what_if;
}

/* PT404 unless the place is in the world of the timeline; for before the network is read. */
extern void tv_load_require_place(int64 timeline_id, int64 place_id);

/* Places and segments of one world, on the timelines that it lists, as the current user. */
extern void tv_load_places_and_segments(TvRows *rows, TvWorldRows *world);

/* What its timelines say of its segments. */
extern void tv_load_overrides(TvRows *rows, TvWorldRows *world);

/* What is supposed of the first world's segments, after its overrides. */
extern void tv_load_supposed(TvRows *rows);

/* A row of TV_LOAD_OVERRIDES, of a timeline and a segment by their indices. */
#define TV_LOAD_OVERRIDES \
	"SELECT o.timeline_id, o.segment_id, o.closed, o.length_m, o.speed_kph, o.base_drag" \
	" FROM timevmaps.segment_overrides o"

/* The same with what profiles ask about, from the column TV_LOAD_OVERRIDE_ROAD on. */
#define TV_LOAD_OVERRIDES_WITH_ROADS \
	"SELECT o.timeline_id, o.segment_id, o.closed, o.length_m, o.speed_kph, o.base_drag, " TV_ROAD_COLUMNS("o") \
	" FROM timevmaps.segment_overrides o"
#define TV_LOAD_OVERRIDE_ROAD 6
extern TvmOverride tv_load_override(const Datum *values, const bool *nulls, uint32 timeline, uint32 segment);

/* The index of an id among ascending ones, or of the struct that begins with it; or TV_NONE. */
extern uint32 tv_load_find(const void *rows, Size stride, uint32 count, int64 id);

/* For the loaders: an array from one capacity to a larger one, counted and checked. */
extern void *tv_load_grow(TvRows *rows, void *array, Size element, uint32 from, uint32 to);

#endif							/* TV_NETWORK_ROWS_H */
