/*
 * position.h: what the functions by which fixes come in share.
 */
#ifndef TV_SQLFN_POSITION_H
#define TV_SQLFN_POSITION_H

#include "postgres.h"
#include "fmgr.h"

#include "bridge/ingest/store.h"
#include "bridge/ingest/terms.h"

/* PT404 where the caller does not see the world and its timeline. Within SPI. */
extern void tv_require_fix_terms(int64 world_id, int64 timeline_id, TvFixTerms *terms);

/* Whether what is there is to be corrected. */
extern bool tv_get_on_conflict(FunctionCallInfo fcinfo, int argument);

/* Their row: inserted, duplicates, conflicts, replaced, and what was refused. */
extern Datum tv_make_stored(FunctionCallInfo fcinfo, const TvStored *stored, Datum refused);

#endif							/* TV_SQLFN_POSITION_H */
