/*
 * crash.h: whether the server has gone down without an orderly end: a process was killed or crashed, or the whole of it was.
 */
#ifndef TV_WORKER_CRASH_H
#define TV_WORKER_CRASH_H

#include "postgres.h"
#include "utils/timestamp.h"

/* When the postmaster begins, preloaded. */
extern void tv_crash_look(void);

/* When the server has begun again after such an end; 0: it has not. */
extern TimestampTz tv_crash_time(void);

#endif							/* TV_WORKER_CRASH_H */
