/*
 * limits.h: memory that is refused before it is taken, by the settings that bound it.
 *
 * Memory that the kernel takes as it goes is counted by its environment: tv_env_limit().
 */
#ifndef TV_SERVER_LIMITS_H
#define TV_SERVER_LIMITS_H

#include "postgres.h"

/* 54000 if `need` bytes for one graph are more than timevmaps.graph_memory. */
extern void tv_graph_require_memory(Size need);

#endif							/* TV_SERVER_LIMITS_H */
