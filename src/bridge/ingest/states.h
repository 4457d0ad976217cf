/*
 * states.h: what becomes of each fix of a call, and the two ways to write them.
 */
#ifndef TV_INGEST_STATES_H
#define TV_INGEST_STATES_H

#include "postgres.h"

#include "bridge/ingest/fix.h"
#include "bridge/ingest/terms.h"

typedef enum TvFixState
{
	TV_FIX_NEW,					/* to be inserted, and then it was */
	TV_FIX_SAME,				/* there is one that says the same */
	TV_FIX_OTHER				/* there is one that says something else */
} TvFixState;

/* Fixes in order, each key once, and what is known of each. */
typedef struct TvFixBatch
{
	const TvFixTerms *terms;
	TvFixRow   *fixes;
	uint8	   *states;
	uint32		count;
} TvFixBatch;

typedef enum TvWritten
{
	TV_WRITTEN,
	TV_RACED,					/* somebody else was faster */
	TV_NOT_DIRECTLY
} TvWritten;

/* Insert those that are new, directly; unless they were written, nothing was. */
extern TvWritten tv_fixes_write(TvFixBatch *batch);

/* The same by statements of the caller's, within SPI. */
extern void tv_fixes_insert(TvFixBatch *batch);

/* Have those that are other be as they are here. */
extern int64 tv_fixes_correct(TvFixBatch *batch);

#endif							/* TV_INGEST_STATES_H */
