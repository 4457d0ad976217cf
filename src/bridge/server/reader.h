/*
 * reader.h: rows of a table of ours by its indexes, without a statement.
 *
 * A statement begins and ends the executor, some 20 to 40 us where the index itself takes one or two.  No right is asked for
 * here and no policy binds: the caller has made sure that the current user may read what he is told.  Rows are those of the
 * active snapshot, tables and indexes are locked as a statement would, until the transaction ends, and where one is not as
 * migrations have made it, the caller asks by a statement.  What is opened is closed by the end of the transaction, too.
 */
#ifndef TV_SERVER_READER_H
#define TV_SERVER_READER_H

#include "postgres.h"

#include "access/genam.h"
#include "access/skey.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#define TV_READER_COLUMNS 10
#define TV_READER_KEYS 3

/* Columns are named, and of a type; InvalidOid: of any. */
typedef struct TvReaderColumn
{
	const char *name;
	Oid			type;
} TvReaderColumn;

typedef struct TvReader
{
	MemoryContext context;
	Snapshot	snapshot;
	Relation	table;
	TupleTableSlot *slot;
	int			count;
	AttrNumber	at[TV_READER_COLUMNS];
	AttrNumber	last;			/* of them */
} TvReader;

typedef struct TvReaderIndex
{
	TvReader   *reader;
	Relation	index;
	IndexScanDesc scan;
	int			key_count;
	ScanKeyData keys[TV_READER_KEYS];
	bool		has_order;
	Oid			distance;		/* of the last column of a GiST index: what its class orders by */
	ScanKeyData order;
} TvReaderIndex;

/* What it opens and scans keep is in the current memory context; false: by a statement, and it is not open. */
extern bool tv_reader_open(TvReader *reader, const char *table, const TvReaderColumn *columns, int count);
extern void tv_reader_close(TvReader *reader);

/*
 * Its primary key (name NULL), or the index of that name in the schema timevmaps, of an access method, on the columns that
 * `keys` says by their numbers in the reader; -1: an expression.  Partial or not, as it is said.  One of GiST is ordered by <->.
 */
extern bool tv_reader_index(TvReader *reader, const char *name, Oid method, const int *keys, int key_count, bool partial, TvReaderIndex *index);
extern void tv_reader_index_close(TvReaderIndex *index);

/*
 * Look for keys, bigints that are equal, or null, in the columns of the index from the first on; by distance to a value of the
 * last column's type.
 */
extern void tv_reader_look_near(TvReaderIndex *index, int key_count, const int64 *const *values, Datum to);

/* The next row into the reader's slot. */
extern bool tv_reader_next(TvReaderIndex *index);

/* What the index knows of the distance of the row: it is no less. */
extern double tv_reader_distance(const TvReaderIndex *index);

/* Whether there is a row with such keys, into the slot. */
extern bool tv_reader_find(TvReaderIndex *index, int key_count, const int64 *const *values);

/* A column of the row. */
extern Datum tv_reader_get(const TvReader *reader, int column, bool *isnull);

#endif							/* TV_SERVER_READER_H */
