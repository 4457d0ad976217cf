/*
 * files_quota.h: how many files of prepared graphs the worlds of one owner may have, all together (the quota graph_files).
 *
 * It is asked before a file is written that is not there yet.  Sessions that write at the same time may each write one more.
 */
#ifndef TV_GRAPH_FILES_QUOTA_H
#define TV_GRAPH_FILES_QUOTA_H

#include "postgres.h"

/* Whether a file of this world may be written: it is there already, or one more is allowed. */
extern bool tv_files_allowed(int64 world_id, const char *name);

/* 53400 unless the graph of this world may be written. */
extern void tv_files_require(int64 world_id);

/* Whose world each file is of, as a bigint[] of worlds. */
extern Datum tv_files_worlds(void);

#endif							/* TV_GRAPH_FILES_QUOTA_H */
