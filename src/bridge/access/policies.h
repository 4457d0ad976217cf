/*
 * policies.h: who may be answered from what holds every row of a world, and whether
 * the log of changes can be relied on.
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

/*
 * What the log of changes rests on: the files and columns of the tables and of the log, and the
 * triggers that write it.  Another value than when a graph was built means that rows may have
 * changed unseen: by a rewrite, or while triggers were disabled.  0: they may be changing so now,
 * for a trigger is disabled or a table has children or parents.
 */
extern uint64 tv_tables_signature(void);
extern uint64 tv_gateways_signature(void);

#endif							/* TV_ACCESS_POLICIES_H */
