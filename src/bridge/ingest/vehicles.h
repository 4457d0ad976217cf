/*
 * vehicles.h: whose fixes they are.
 */
#ifndef TV_INGEST_VEHICLES_H
#define TV_INGEST_VEHICLES_H

#include "postgres.h"

#include "bridge/ingest/read.h"

/*
 * Give each fix the id of the vehicle that it names, and refuse those of none of the world's; or make it.  As the caller, within SPI, with
 * an active snapshot.
 */
extern void tv_fixes_find_vehicles(int64 world_id, TvFixDocument *document, bool make);

#endif							/* TV_INGEST_VEHICLES_H */
