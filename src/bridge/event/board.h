/*
 * board.h: whose positions have come in, on their way from commits to who listens.
 *
 * A vehicle reports once a second, and an event for each report would be as many notifications: so what commits have
 * brought is gathered for each timeline, in shared memory, and told of at most every TV_BOARD_EVERY_MS: at once where
 * nothing was told in that time, else when it is over.  The rows are the log, and an update says where to look.
 *
 * A timeline has a slot from the commit that brings something until its time after the telling is over.  Where all are
 * taken, the update that has waited longest for somebody to tell it gives way after TV_BOARD_STALE_MS; before that, one of who has
 * the most of them, if those are more than who brings the new one has; else the new one is dropped.  All are counted as lost.  Without preloading slots are few, and of fewer vehicles.
 */
#ifndef TV_EVENT_BOARD_H
#define TV_EVENT_BOARD_H

#include "postgres.h"
#include "utils/timestamp.h"

#define TV_BOARD_EVERY_MS 250
#define TV_BOARD_STALE_MS 10000
#define TV_BOARD_IDS 400		/* of so many vehicles the ids fit into a notification, each of 16 digits */

/* In _PG_init, when preloaded: there is room for a larger board. */
extern void tv_board_preload(void);
extern Size tv_board_size(void);

/*
 * When this transaction commits, and its subtransactions have: these vehicles of a timeline have new positions.  May be
 * called for each row or for many; an id may stand there more than once.  What was prepared is not told of.  `who`: a number of
 * who brings it.
 */
extern void tv_board_add(uint32 who, int64 world_id, int64 timeline_id, const int64 *vehicle_ids, int count);

/* What came to a timeline. */
typedef struct TvUpdate
{
	int64		world_id;
	int64		timeline_id;
	int64		count;			/* how many vehicles; where there are no ids, those of several transactions added up */
	const int64 *vehicle_ids;	/* rising; NULL: they are too many */
} TvUpdate;

/* In how many milliseconds something of this database is due; -1: there is nothing. */
extern long tv_board_due_ms(void);

/*
 * All of this database that is due, in the current memory context: it counts as told from now on.  *lost: how many were
 * lost since the last call.
 */
extern int	tv_board_take(TvUpdate **updates, int64 *lost);

#endif							/* TV_EVENT_BOARD_H */
