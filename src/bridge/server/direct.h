/*
 * direct.h: rows into a table of ours without a statement.
 *
 * What a trigger writes for every row that a client inserts costs less so: a statement of one row begins and ends the executor,
 * reads conditions of triggers and finds indexes anew, several times what the row itself takes.  No right is asked for and no trigger
 * fires, so it is for what only triggers write, with values that satisfy the table's constraints.  Where a table is not as migrations
 * have made it, the caller writes by a statement.
 */
#ifndef TV_SERVER_DIRECT_H
#define TV_SERVER_DIRECT_H

#include "postgres.h"
#include "catalog/indexing.h"
#include "datatype/timestamp.h"
#include "utils/relcache.h"

#define TV_DIRECT_COLUMNS 16

typedef struct TvDirect
{
	const char *name;			/* in the schema timevmaps */
	const char *serial;			/* its identity column; NULL: it has none */
	int			count;
	Oid			types[TV_DIRECT_COLUMNS];	/* of all columns in turn */

	Oid			table;			/* what is known of it, until it changes */
	bool		fits;
	Oid			sequence;
	Oid			partition;		/* that was written last */
	bool		partition_fits;
} TvDirect;

/* One that is open. */
typedef struct TvDirectRows
{
	Relation	table;
	CatalogIndexState indexes;
} TvDirectRows;

/* Open for insertions, with its lock kept until the end of the transaction; false: by a statement. */
extern bool tv_direct_open(TvDirect *direct, TvDirectRows *rows);

/* The same of a table partitioned by range of a time: the partition for that. */
extern bool tv_direct_open_partition(TvDirect *direct, TimestampTz at, TvDirectRows *rows);
extern void tv_direct_close(TvDirectRows *rows);

/* The next number of its identity column. */
extern int64 tv_direct_next(const TvDirect *direct);

/* Whether there is a row whose primary key, one bigint, is this. */
extern bool tv_direct_has(const TvDirectRows *rows, int64 key);

extern void tv_direct_insert(const TvDirectRows *rows, Datum *values, bool *nulls);

#endif							/* TV_SERVER_DIRECT_H */
