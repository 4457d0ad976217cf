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
	const char *const *checks;	/* the constraints that values are known to keep, up to a NULL; NULL: all that there are */
	uint32		required;		/* with them the columns that are never null, by their places */

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

/*
 * For rows of many times: the table, locked, or NULL, where rows are written by a statement; which partition a time is of,
 * the default one too, or InvalidOid; and that one opened.  False where it takes a statement, or one of its own has been made for the time meanwhile.
 */
extern Relation tv_direct_open_table(TvDirect *direct);
extern Oid	tv_direct_find(Relation table, TimestampTz at);
extern bool tv_direct_open_found(TvDirect *direct, Relation table, Oid partition, TimestampTz at, TvDirectRows *rows);

/* The next number of its identity column. */
extern int64 tv_direct_next(const TvDirect *direct);

/* Whether there is a row whose primary key, one bigint, is this. */
extern bool tv_direct_has(const TvDirectRows *rows, int64 key);

extern void tv_direct_insert(const TvDirectRows *rows, Datum *values, bool *nulls);

#endif							/* TV_SERVER_DIRECT_H */
