/*
 * profile.h: what a vehicle may do with the roads of a world: rows of vehicle_profiles.
 *
 * A profile only closes segments and slows down.  What it makes of a segment is settled in two steps, each in
 * one place: tv_profile_note() says whether it may be used and which of the profile's speeds holds on it, and
 * tv_profile_see() how fast it then is.  In between the segment still has its own speed, for that of an hour
 * is a multiple of it, which the profile's speed bounds.
 *
 * Two rows of the same content are one profile: prepared weights are found by its hash, so a row that is changed
 * is another profile, and each snapshot has the weights of what it sees.
 */
#ifndef TV_NETWORK_PROFILE_H
#define TV_NETWORK_PROFILE_H

#include "postgres.h"

#include "bridge/network/road.h"
#include "bridge/network/rows.h"
#include "bridge/server/ids.h"

typedef struct TvProfile
{
	uint64		hash;			/* of the content; never 0 */
	uint32		speed_count;
	char	  **speed_classes;	/* ascending by strcmp() */
	double	   *speeds_kph;		/* of each of them */
	double		max_speed_kph;	/* INFINITY: no such */
	uint32		forbidden_count;
	char	  **forbidden;		/* ascending */
	double		measure[TV_LIMITS]; /* m and kg; 0: fits everywhere */
	bool		gates;
	bool		gateways;
} TvProfile;

/* The argument that says: none, whatever the world's default. */
#define TV_PROFILE_NONE "none"

/* What use a profile makes of a kind of road: closed, or which of its speeds, 0 being that of every road. */
#define TV_ROAD_CLOSED UINT16_MAX

/* Of each road. */
extern uint16 *tv_profile_uses(const TvProfile *profile, const TvRoadKind *roads, uint32 count, char *const *classes,
								MemoryContext context);

static inline double
tv_profile_cap_kph(const TvProfile *profile, uint16 use)
{
	return use == 0 ? profile->max_speed_kph : profile->speeds_kph[use - 1];
}

/* A segment as its timeline has it becomes one whose road is such a use, closed where the profile may not use it. */
static inline void
tv_profile_note(const uint16 *uses, TvmSegment *segment)
{
	uint16		use = uses[segment->road];

	if (use == TV_ROAD_CLOSED && segment->presence == TVM_SEGMENT_OPEN)
		segment->presence = TVM_SEGMENT_CLOSED;
	segment->road = use == TV_ROAD_CLOSED ? 0 : use;
}

/* How such a one is for the vehicle.  NULL: as it is. */
static inline TvmSegment
tv_profile_see(const TvProfile *profile, TvmSegment noted)
{
	if (profile != NULL)
		noted.speed_kph = Min(noted.speed_kph, tv_profile_cap_kph(profile, noted.road));
	return noted;
}

extern TvProfile *tv_profile_copy(const TvProfile *profile, MemoryContext context);

/*
 * The profiles of the layers in scope, by the name that was asked for, or (NULL) the default of the origin's
 * world; gateways that they do not take are left out.  On each timeline it is the row of that name that is
 * nearest, else the origin's; on the origin's `otherwise` where it has none, and PT404 where that is NULL.
 */
extern void tv_profiles_load(TvRows *rows, int64 timeline_id, const char *name, const TvProfile *otherwise);

/* That of a chain, nearest first; NULL where none is meant.  PT404 as above; 22023 where a row's speeds are none. */
extern const TvProfile *tv_profile_of_chain(TvEnv *env, int64 world_id, const TvIds *chain, const char *name);

/* Whether a chain has one of this name, as the caller sees it. */
extern bool tv_profile_exists(int64 world_id, const TvIds *chain, const char *name);

/* The profile that a vehicle names, if the timeline has one of that name; else NULL.  Not between SPI_connect() and SPI_finish(). */
extern char *tv_profile_of_vehicle(TvEnv *env, int64 world_id, int64 timeline_id, int64 vehicle_id);

/* Whether it may use a segment on a chain, open or not, as the caller sees it and (NULL: nothing) supposes. */
extern bool tv_profile_may_use(const TvProfile *profile, const TvIds *chain, int64 segment_id, const TvWhatIfSegment *supposed);

/* Whether any row of the world is a profile of this hash, as the current user sees it. */
extern bool tv_profile_is_in_use(int64 world_id, uint64 hash);

/* All but one of these read between SPI_connect() and SPI_finish(). */

#endif							/* TV_NETWORK_PROFILE_H */
