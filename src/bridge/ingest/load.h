/*
 * load.h: fixes by the million, from a table or view of somebody's.
 */
#ifndef TV_INGEST_LOAD_H
#define TV_INGEST_LOAD_H

#include "postgres.h"

#include "bridge/ingest/store.h"
#include "bridge/ingest/terms.h"

typedef struct TvLoad
{
	Oid			relation;
	const TvFixTerms *terms;
	bool		replace;
	bool		make_vehicles;
	bool		direct;
	int64		most_refused;	/* so many rows may be left out */
	TvStored	stored;
	int64		refused;
} TvLoad;

/* 22023 unless the relation has what a fix needs, in types that can be read as that. */
extern void tv_load_check(Oid relation);

/* The days, as dates, of which it has so many rows that they are worth a partition each, and which have none. As the caller, within SPI; in the caller's memory. */
extern int32 *tv_load_days(const TvLoad *load, MemoryContext memory, int *count);

/* All of it, as the caller, within SPI, in this transaction. 22023 at the first row that may not be left out. Tells how it goes by NOTICE. */
extern void tv_load_run(TvLoad *load);

#endif							/* TV_INGEST_LOAD_H */
