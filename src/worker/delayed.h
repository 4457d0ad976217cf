/*
 * delayed.h: experiments that are queued for later.
 */
#ifndef TV_WORKER_DELAYED_H
#define TV_WORKER_DELAYED_H

#include "postgres.h"
#include "utils/timestamp.h"

/*
 * In a unit: what is due is made ready, at most so many of it that nobody waits for long; *moved: some was.
 * Without `look` only where some is due by what this process knows, or it has not looked for a second.
 * Returns when there will be more, as far as is known now, DT_NOEND: nothing.
 */
extern TimestampTz tv_delayed_move(bool look, bool *moved);

#endif							/* TV_WORKER_DELAYED_H */
