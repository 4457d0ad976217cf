/*
 * chain.h: a world with its rules, and a timeline of it with its ancestors, as the caller sees them.
 */
#ifndef TV_NETWORK_CHAIN_H
#define TV_NETWORK_CHAIN_H

#include "postgres.h"

#include "bridge/network/rules.h"
#include "bridge/server/env.h"
#include "bridge/server/ids.h"

/*
 * The world's rules, and into `chain`, which is empty, the timeline and its ancestors, nearest first; PT404 where the caller sees
 * no such world, or the timeline not in it.  The name of the world's default profile (NULL: none) unless `default_profile` is NULL.  A parent that he may not see still hands on what he may see of it.
 * Between SPI_connect() and SPI_finish().
 */
extern void tv_chain_find(TvEnv *env, int64 world_id, int64 timeline_id, TvmWorldRules *rules,
						  char **default_profile, TvIds *chain);

#endif							/* TV_NETWORK_CHAIN_H */
