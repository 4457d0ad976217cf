/*
 * worlds.h: who may change a world itself: its owner, and administrators.
 */
#ifndef TV_ACCESS_WORLDS_H
#define TV_ACCESS_WORLDS_H

#include "postgres.h"

/*
 * A statement with $1 the world and $2, $3 texts, each perhaps null, as the current user: how many rows, and of the first the first column,
 * a boolean (null is false).  Between SPI_connect() and SPI_finish().
 */
extern uint64 tv_world_ask(const char *statement, int64 world_id, const char *first, const char *second, bool *value);

/* Whether the caller sees it. */
extern bool tv_world_visible(int64 world_id);

/*
 * As the caller: PT404 unless he sees the world, 42501 unless it is his to change.  Then its row is locked
 * until the transaction ends: against other changes, for its removal also against rows that refer to it.
 * Between SPI_connect() and SPI_finish(), with a search path that is not the caller's.
 */
extern void tv_world_lock(int64 world_id, bool for_removal);

#endif							/* TV_ACCESS_WORLDS_H */
