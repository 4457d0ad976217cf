/*
 * prune.h: forget changes that no prepared graph needs any more, in all worlds.
 *
 * A world with many rows in the log is pruned as tv_changes_prune() says, by the
 * horizon of its graph; where there is none, of all that has ended.
 */
#ifndef TV_GRAPH_PRUNE_H
#define TV_GRAPH_PRUNE_H

#include "postgres.h"

/*
 * Between SPI_connect() and SPI_finish(), in a transaction that may write, by who
 * sees every world: a worker.
 */
extern void tv_prune_worlds(void);

#endif							/* TV_GRAPH_PRUNE_H */
