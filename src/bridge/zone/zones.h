/*
 * zones.h: the zones of a timeline, as the caller sees them.
 *
 * A zone is in a timeline if it is of none, of it or of an ancestor.  Whose it is at a moment is what the newest event at or before
 * it says, of those that the timeline shows: its own after its fork, its parent's up to it, and so on.
 *
 * Rows are read as the owner of the tables, by their indexes, where the policies of tv_init() alone bind the caller: who sees
 * the world, which is asked as the caller, sees all of them.  Else they are read as the caller.
 */
#ifndef TV_ZONE_ZONES_H
#define TV_ZONE_ZONES_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "bridge/server/env.h"
#include "bridge/server/ids.h"
#include "kernel/zone/area.h"

typedef struct TvZone
{
	int64		id;
	int64		layer_id;
	int32		priority;
	bool		exclusive;
	uint32		layer;			/* its number among those of the zones */
	double		steradians;
	Datum		name;			/* text, where names were asked for; 0: it has none */
} TvZone;

/* The smallest first, of equal ones the lowest id. */
typedef struct TvZones
{
	TvEnv	   *env;
	double		radius_m;		/* of the world */
	TvZone	   *zones;
	TvmArea    *areas;			/* one for each */
	uint32		count;
	uint32		layer_count;
	uint32	   *best;			/* room for one a layer */
	/* The timeline and its ancestors, and until when they are shown. */
	int64	   *chain;
	TimestampTz *until;
	uint32		chain_count;
	/* Where it was read from. */
	uint32		room;
	uint32		chain_room;
	Size		bytes;
} TvZones;

typedef struct TvZonesAsked
{
	int64		world_id;
	int64		timeline_id;
	int64		layer_id;		/* 0: of all layers */
	int64		zone_id;		/* 0: all zones */
	TvmAreaBox	box;			/* those whose boxes touch it; west <= east */
	const TvIds *chain;			/* of a world and a timeline that the caller sees (chain.h); NULL: it is to be found. Owners cannot be told then */
	bool		names;
} TvZonesAsked;

/* Memory is the environment's.  PT404 unless the caller sees the world, and the timeline is of it; a zone or layer, where one is named. */
extern void tv_zones_read(TvEnv *env, const TvZonesAsked *asked, TvZones *zones);

/* One zone, and where its layer is exclusive those of it that may touch it. */
extern void tv_zones_read_rivals(TvEnv *env, const TvZonesAsked *asked, TvZones *zones);

/* A box that has a point in it by whatever name, for TvZonesAsked. */
extern TvmAreaBox tv_zones_box(double lon, double lat);
extern void tv_zones_box_add(TvmAreaBox *box, double lon, double lat);

/* Of the zones that cover a point, by their places ascending, in each exclusive layer keep the one that has it; how many are left. */
extern uint32 tv_zones_choose(TvZones *zones, uint32 *found, uint32 count);

/* What is told of zones at a moment. */
typedef struct TvZoneRow
{
	int64		id;
	Datum		name;			/* text, in the memory of the environment; 0: it has none */
	int64		layer_id;
	Datum		layer;
	Datum		kind;
	int32		priority;
	Datum		owner;			/* 0: nobody's */
	TimestampTz owner_since;	/* DT_NOBEGIN: nothing is said of it */
	double		steradians;
} TvZoneRow;

/* In the order of the ids; those that are gone are left out. */
extern TvZoneRow *tv_zones_tell(const TvZones *zones, const int64 *ids, uint32 count, TimestampTz t, uint32 *told);

#endif							/* TV_ZONE_ZONES_H */
