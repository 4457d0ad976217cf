/*
 * ids.h: lists of ids, as rows and changes name them.
 *
 * A list grows in its own context, so that scans, whose memory is gone after each
 * row, can add to it.  One that is all zero but for that is empty.
 */
#ifndef TV_SERVER_IDS_H
#define TV_SERVER_IDS_H

#include "postgres.h"

#include "access/tupdesc.h"

typedef struct TvIds
{
	MemoryContext context;
	int64	   *ids;
	uint32		count;
	uint32		capacity;
} TvIds;

extern void tv_ids_add(TvIds *list, int64 id);

/* A TvScanRow: add the first column to a TvIds. */
extern void tv_ids_receive(void *target, TupleDesc columns, const Datum *values, const bool *nulls);

/* Ascending, each id once. */
extern void tv_ids_sort(TvIds *list);

/* For qsort(): ids, or structs that begin with one, ascending. */
extern int	tv_ids_compare(const void *a, const void *b);

#endif							/* TV_SERVER_IDS_H */
