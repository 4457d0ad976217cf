/*
 * see.h: what has been found by its name is read as the caller.
 */
#ifndef TV_PLACE_SEE_H
#define TV_PLACE_SEE_H

#include "postgres.h"

#include "bridge/geo/polyline.h"
#include "bridge/place/found.h"
#include "bridge/server/ids.h"

/*
 * Of each of these, where it is, or that it is gone: the caller does not see it, or the timeline has it not (a segment may be closed
 * there). `chain`: the timeline and its ancestors; `near`: the nearest point of a course is taken, or (NULL) one in its middle.
 */
extern void tv_found_see(TvFound *const *found, uint32 count, int64 world_id, const TvIds *chain, const TvPosition *near);

#endif							/* TV_PLACE_SEE_H */
