/*
 * timed_profiles.h: which segments follow which speed profile, read from the tables.
 */
#ifndef TV_ROUTE_TIMED_PROFILES_H
#define TV_ROUTE_TIMED_PROFILES_H

#include "postgres.h"

#include "bridge/route/prepared.h"
#include "kernel/graph/timed.h"

typedef struct TvTimedProfiles
{
	TvRows	   *rows;

	/* Of all worlds, by id. */
	uint32		profile_count;
	uint32		profile_capacity;
	int64	   *profile_ids;
	TvmProfile *profiles;
	int		   *fastest;		/* hour of each */

	/* Of one world at a time; the segments' ids ascend, at this distance from each other. */
	TvWorldRows *world;
	const void *segments_of_world;
	Size		stride;
	uint32		segment_count;
	const TvPrepared *prepared; /* NULL: the rows are searched */
	bool		extra_follows;	/* a segment that no hierarchy knows follows a profile */
	uint32		choice_count;
	uint32		choice_capacity;
	TvmProfileChoice *choices;

	/* Of each layer; slots are NULL where no segment follows a profile. */
	TvmTimedLayer *layers;
	uint32	  **slots;
	TvmTimedSegment **segments;
	double	  **weights;
	bool		any;
} TvTimedProfiles;

/* Profiles of all worlds, and what follows them on each layer.  Between SPI_connect() and SPI_finish(). */
extern void tv_timed_load(TvTimedProfiles *timed);

#endif							/* TV_ROUTE_TIMED_PROFILES_H */
