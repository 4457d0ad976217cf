/*
 * positions.h: what a worker does for the table of positions.
 */
#ifndef TV_WORKER_POSITIONS_H
#define TV_WORKER_POSITIONS_H

/* In a unit: make the partitions for the days to come, and drop those that timevmaps.position_retention has had. */
extern void tv_positions_upkeep(void);

#endif							/* TV_WORKER_POSITIONS_H */
