/*
 * crossings.h: who listens is told that vehicles enter and leave zones (sql/install/76-zone-events.sql, docs/live.md).
 *
 * Whoever tells of positions (notifier.h) has it from the board whose came, and looks whether they have crossed a border: some vehicles in
 * a unit, which writes events and what it has told of together.  What it notes is in its memory alone; what is lost with that, or
 * was never noted, a sweep over all vehicles of worlds with zones finds, in pieces, once a minute.
 */
#ifndef TV_WORKER_CROSSINGS_H
#define TV_WORKER_CROSSINGS_H

#include "bridge/event/board.h"
#include "worker/session.h"

/* These have new positions. */
extern void tv_crossings_note(const TvUpdate *updates, int count);

/* Whether some are still to be looked at. */
extern bool tv_crossings_waits(void);

/* Between units: one piece, if there is one.  Returns in how many milliseconds to call it again; -1: when something was noted, or whenever. */
extern long tv_crossings_turn(TvRunner *runner);

#endif							/* TV_WORKER_CROSSINGS_H */
