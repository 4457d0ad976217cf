/*
 * policies.h: who may be answered from what holds every row of a world.
 *
 * Whoever no policy binds may, and whoever is bound by the policies that
 * tv_init() made alone: those decide by world, and the worlds are always read as the
 * caller.  All of it is between SPI_connect() and SPI_finish().
 */
#ifndef TV_ACCESS_POLICIES_H
#define TV_ACCESS_POLICIES_H

#include "postgres.h"

/* From graphs: by the policies on places, segments and segment_overrides. */
extern bool tv_prepared_allowed(void);

/* From kept gateways: by those on gateways. */
extern bool tv_gateways_allowed(void);

/* From the partitions of positions, the rows of a world that he sees: by those on positions. */
extern bool tv_positions_allowed(void);


/* Whether on worlds and members there are policies of reading as tv_init() makes them and no others, so that who edits one is told by the rows themselves. */
extern bool tv_editors_known(void);

/* Into them; `bound`: in the worlds that the caller edits alone. Whether he may insert at all his privileges say. */
extern bool tv_reports_allowed(bool *bound);

/* From zones read by their indexes: by those on layers, zones and zone_owners. */
extern bool tv_zones_allowed(void);

#endif							/* TV_ACCESS_POLICIES_H */
