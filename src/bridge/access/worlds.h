/*
 * worlds.h: who may change a world itself: its owner, and administrators.
 */
#ifndef TV_ACCESS_WORLDS_H
#define TV_ACCESS_WORLDS_H

#include "postgres.h"

/* Whether the caller sees it. */
extern bool tv_world_visible(int64 world_id);

/*
 * As the caller: PT404 unless he sees the world, 42501 unless it is his to change.  Then its row is locked
 * until the transaction ends: against other changes, for its removal also against rows that refer to it.
 * Between SPI_connect() and SPI_finish(), with a search path that is not the caller's.
 */
extern void tv_world_lock(int64 world_id, bool for_removal);

#endif							/* TV_ACCESS_WORLDS_H */
