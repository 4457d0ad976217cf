/*
 * clock.h: the workers' clock, which tests can move, and how long a retry waits.
 */
#ifndef TV_WORKER_CLOCK_H
#define TV_WORKER_CLOCK_H

#include "postgres.h"
#include "utils/timestamp.h"

/* Now, moved by the developers' setting timevmaps.clock_offset. */
extern TimestampTz tv_clock_now(void);

/*
 * Milliseconds before the next attempt of an experiment that failed `attempts`
 * times: 1 s, doubled each time up to 5 minutes, and up to a quarter more that
 * depends on `id`, so that what failed together is not tried together.
 */
extern int64 tv_clock_backoff_ms(int attempts, int64 id);

/*
 * Whether the log is due a line about what goes on: once a minute, by the true time,
 * which *told_at keeps (0: not told yet).
 */
extern bool tv_clock_tell(TimestampTz *told_at);

/*
 * A look at a table as a whole may take 1 % of the time: when the next is due after one that began then.  However
 * short it was, it is not due at once.
 */
extern TimestampTz tv_clock_look_next(TimestampTz began);

#endif							/* TV_WORKER_CLOCK_H */
