/*
 * retention.h: what is older than timevmaps.retention goes, in pieces of well below 100 ms between which the worker claims.
 */
#ifndef TV_WORKER_RETENTION_H
#define TV_WORKER_RETENTION_H

#include "postgres.h"
#include "worker/session.h"

/*
 * Between units: one piece, if one is due.  Returns in how many milliseconds to call it again; -1: whenever the worker
 * looks around.  *error: what the piece failed with, or NULL; then all is left until the next round.
 */
extern long tv_retention_turn(TvRunner *runner, ErrorData **error);

#endif							/* TV_WORKER_RETENTION_H */
