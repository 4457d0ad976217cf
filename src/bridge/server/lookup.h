/*
 * lookup.h: a row of a table of ours by its primary key, without a statement.
 *
 * For what is asked with every row that a client writes: a statement of its own would cost several times what the row does.  Neither rights nor
 * policies are asked: whoever calls has decided that it may be read, or acts as the owner of the tables.
 */
#ifndef TV_SERVER_LOOKUP_H
#define TV_SERVER_LOOKUP_H

#include "postgres.h"

#include "bridge/server/scan.h"

/* A column of the row that was found, and what it is; gone after the call. */
typedef struct TvLookup
{
	const char *column;
	Datum		value;
	bool		isnull;
} TvLookup;

typedef void (*TvLookupRow) (void *target, const TvLookup *columns);

/*
 * With the active snapshot; whether there is such a row. `keys` are bigints and texts, in the key's order; `columns` as many as are named, of the row that
 * `row` is given.
 */
extern bool tv_lookup(const char *table, int key_count, const TvArg *keys, int column_count, TvLookup *columns, TvLookupRow row, void *target);

#endif							/* TV_SERVER_LOOKUP_H */
