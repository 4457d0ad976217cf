/*
 * search.h: what is called like what somebody has typed.
 */
#ifndef TV_PLACE_SEARCH_H
#define TV_PLACE_SEARCH_H

#include "postgres.h"

#include "bridge/geo/polyline.h"
#include "bridge/place/found.h"

/* The most that one may ask for. */
#define TV_SEARCH_MOST 100

typedef struct TvSearch
{
	int64		world_id;
	int64		timeline_id;
	const char *typed;
	int			typed_length;
	bool		has_near;
	TvPosition	near;
	uint32		most;
	Oid			geometry;		/* PostGIS's type */
} TvSearch;

/*
 * The best into `list`, which is empty, at most as many as wanted, best first.  Names are looked at as tv_owner, and what is called so is
 * read as the caller: what he does not see is not found.  PT404 where the world, or the timeline in it, is not there for him.
 * Between SPI_connect() and SPI_finish().  `radius_m` gets the world's.
 */
extern void tv_search_find(TvEnv *env, const TvSearch *search, TvFoundList *list, double *radius_m);

#endif							/* TV_PLACE_SEARCH_H */
