/*
 * scan.h: read rows through SPI as the caller, one at a time.
 *
 * A scan runs as the current user, so row-level security and grants hold, and
 * reads with the active snapshot: in a STABLE function that is the snapshot of
 * the calling query, which sees what earlier commands of its own transaction
 * did and nothing that was rolled back.  Rows go straight from the executor to
 * the callback: nothing is collected, so memory is what the callback keeps.
 *
 * Queries are constant text with parameters; they qualify every table and
 * operator, because the caller's search_path applies to them.
 */
#ifndef TV_SERVER_SCAN_H
#define TV_SERVER_SCAN_H

#include "postgres.h"

#include "access/tupdesc.h"

typedef struct TvArg
{
	Oid			type;
	Datum		value;			/* not null */
} TvArg;

/*
 * Called with each row's columns.  They belong to the executor and are gone
 * after the call, and what is allocated in the current context lives as long
 * as the scan.  May raise.
 */
typedef void (*TvScanRow) (void *target, TupleDesc columns, const Datum *values, const bool *nulls);

/*
 * Between SPI_connect() and SPI_finish().  `query` is a constant: its plan is kept by
 * its address.
 */
extern void tv_scan(const char *query, int arg_count, const TvArg *args, TvScanRow row, void *target);

/*
 * The same until the callback says false: it has seen enough.  The rows must come from an
 * index in the order that the query asks for; it is planned and run without sorting.
 */
typedef bool (*TvScanMore) (void *target, TupleDesc columns, const Datum *values, const bool *nulls);
extern void tv_scan_nearest(const char *query, int arg_count, const TvArg *args, TvScanMore row, void *target);

/* Whether there is a row at all. */
extern bool tv_scan_finds(const char *query, int arg_count, const TvArg *args);

/* A text that was put together, as a constant: equal texts have one address, for good. */
extern const char *tv_scan_text(const char *text);

extern TvArg tv_arg_bigint(int64 value);
extern TvArg tv_arg_double(double value);
extern TvArg tv_arg_bigints(const int64 *values, int count);

#endif							/* TV_SERVER_SCAN_H */
