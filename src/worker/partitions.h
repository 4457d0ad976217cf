/*
 * partitions.h: what a worker does for tables whose rows go with their day: sql/tables/067-partition.sql.
 *
 * Each in a unit: the partitions of the days to come are made, and those dropped that the table's setting of retention has had.
 */
#ifndef TV_WORKER_PARTITIONS_H
#define TV_WORKER_PARTITIONS_H

extern void tv_events_upkeep(void);
extern void tv_positions_upkeep(void);

#endif							/* TV_WORKER_PARTITIONS_H */
