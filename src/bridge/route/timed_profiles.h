/*
 * timed_profiles.h: which segments follow which speed profile, read from the tables.
 */
#ifndef TV_ROUTE_TIMED_PROFILES_H
#define TV_ROUTE_TIMED_PROFILES_H

#include "postgres.h"

#include "bridge/route/prepared/prepared.h"
#include "kernel/graph/search/timed.h"

typedef struct TvTimedProfiles
{
	/* Of all worlds, by id. */
	uint32		profile_count;
	TvmProfile *profiles;
	int		   *fastest;		/* hour of each */

	/* Of each layer; slots are NULL where no segment follows a profile. */
	TvmTimedLayer *layers;
	uint32	  **slots;			/* of each segment: at first which profile it follows */
	TvmTimedSegment **segments; /* room for those that follow one */
	double	  **weights;		/* room for one of each segment; NULL where prepared graphs are asked */
	bool		any;			/* any segment follows a profile */
	bool		extra_follows;	/* one that no hierarchy knows */
} TvTimedProfiles;

/*
 * What the rows, or the prepared graphs (NULL: the rows), have in scope: their profiles, and what follows them.
 * Between SPI_connect() and SPI_finish(); memory is counted with the rows.
 */
extern void tv_timed_load(TvTimedProfiles *profiles, TvRows *rows, const TvPrepared *prepared);

#endif							/* TV_ROUTE_TIMED_PROFILES_H */
