/*
 * alternatives.h: the best route and others that truly differ from it.
 */
#ifndef TV_ROUTE_ALTERNATIVES_H
#define TV_ROUTE_ALTERNATIVES_H

#include "postgres.h"

#include "bridge/route/route.h"
#include "bridge/route/prepared/steps.h"
#include "kernel/graph/search/alternatives.h"

typedef struct TvAlternative
{
	TvRoute    *route;
	double		stretch;		/* its cost by the best one's */
	double		sharing;		/* what it costs where routes before it go too, by the best one's cost */
} TvAlternative;

/*
 * Up to `room` routes, best first, into found[]; how many.  0 where no way leads
 * there.  Everything lies in the memory of the environment.  Errors: as
 * tv_route_find(), and 22023 for the limits.
 */
extern uint32 tv_alternatives_find(TvEnv *env, const TvRouteRequest *request,
								   const TvmAlternativeLimits *limits, uint32 room,
								   TvAlternative *found);

#endif							/* TV_ROUTE_ALTERNATIVES_H */
