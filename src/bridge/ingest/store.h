/*
 * store.h: fixes into the table of positions, as the caller may write them.
 *
 * The first fix of a vehicle and a time stays, whoever else writes it at the same moment; or the last, where it is to correct.  Most often rows
 * are written directly (bridge/server/direct.h); where somebody has hung something on the table, or policies are not tv_init()'s, by statements
 * of the caller's.  The answer is the same.
 */
#ifndef TV_INGEST_STORE_H
#define TV_INGEST_STORE_H

#include "postgres.h"

#include "bridge/ingest/fix.h"
#include "bridge/ingest/terms.h"

typedef struct TvStored
{
	int64		inserted;
	int64		duplicates;		/* which said the same */
	int64		conflicts;		/* which said something else, and were left out */
	int64		replaced;		/* which corrected what was there */
} TvStored;

/* 42501 unless the caller edits the world, or is an administrator. Within SPI. */
extern void tv_fixes_require_editor(int64 world_id);

/* Whether the caller's rows go directly into the table; asked once, within SPI. Raises 42501 where he may not write in the world. */
extern bool tv_fixes_direct(int64 world_id);

/*
 * Fixes that are right and welcome, of vehicles of the world; they are put in order.  Between SPI_connect() and SPI_finish(), in a transaction
 * that has a number already.  Adds to `stored`.
 */
extern void tv_fixes_store(const TvFixTerms *terms, TvFixRow *fixes, uint32 count, bool replace, bool direct, TvStored *stored);

#endif							/* TV_INGEST_STORE_H */
