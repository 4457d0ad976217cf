/*
 * batch.h: rows of the audit, hashed in the order in which they are sealed, and seals.
 *
 * All of it is between SPI_connect() and SPI_finish(), as the owner of the tables, and reads
 * with the active snapshot.  What is hashed is in docs/security.md, byte for byte.
 */
#ifndef TV_AUDIT_BATCH_H
#define TV_AUDIT_BATCH_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"

#include "bridge/audit/merkle.h"

/* What audit_seals.leaves has of a row: its id and the beginning of its hash. */
#define TV_LEAF_ID_BYTES 8
#define TV_LEAF_HASH_BYTES 8
#define TV_LEAF_BYTES (TV_LEAF_ID_BYTES + TV_LEAF_HASH_BYTES)

/* Rows that follow each other, of one era. */
typedef struct TvBatch
{
	int64		era;
	uint64		last_xid;
	int64		count;
	int64		first_id;
	int64		last_id;
	StringInfoData leaves;
	uint8		merkle[TV_HASH_BYTES];
} TvBatch;

/* Rows of an era from a transaction on, before another; *batch is allocated in the current context. */
extern void tv_batch_read(TvBatch *batch, int64 era, uint64 from_xid, uint64 to_xid);

/*
 * The rows from (era, from_xid) on and before (current, final), of one era: whole transactions, until
 * there are `rows` of them.  False: none.
 */
extern bool tv_batch_read_next(TvBatch *batch, int64 era, uint64 from_xid, int64 current, uint64 final, int64 rows);

/* The id of leaf i. */
extern int64 tv_batch_leaf_id(const char *leaves, int64 i);

typedef struct TvSeal
{
	int64		batch;
	int64		era;
	uint64		from_xid;
	uint64		to_xid;
	int64		count;
	int64		first_id;
	int64		last_id;
	TimestampTz at;
	StringInfoData leaves;
	uint8		merkle[TV_HASH_BYTES];
	uint8		previous[TV_HASH_BYTES];
	uint8		root[TV_HASH_BYTES];
	bool		odd;			/* a hash has another length */
} TvSeal;

/* The seal of that number, or the last one for 0.  False: there is none. */
extern bool tv_seal_read(TvSeal *seal, int64 batch);

/* What its root has to be. */
extern void tv_seal_root(const TvSeal *seal, uint8 *root);

#endif							/* TV_AUDIT_BATCH_H */
