/*
 * load.h: all rows of the network that a question needs, once its scope is known (scope.h).
 */
#ifndef TV_NETWORK_LOAD_H
#define TV_NETWORK_LOAD_H

#include "postgres.h"

#include "bridge/network/rows.h"

/* Places, segments, overrides and rules for turns of the worlds of all layers.  Between SPI_connect() and SPI_finish(). */
extern void tv_load_network(TvRows *rows);

#endif							/* TV_NETWORK_LOAD_H */
