/*
 * updates.h: who listens is told whose positions have come in (bridge/event/board.h, docs/live.md).
 *
 * Of the notifier: in a unit it takes what is due and sends it; when the unit has ended it counts.
 */
#ifndef TV_WORKER_UPDATES_H
#define TV_WORKER_UPDATES_H

#include "bridge/event/board.h"

typedef struct TvUpdatesTold
{
	TvUpdate   *updates;		/* taken, in the unit's memory */
	int			count;
	int			notifications;	/* sent of them; 0: they were not sent */
	int64		lost;			/* on the way here */
} TvUpdatesTold;

extern void tv_updates_take(TvUpdatesTold *told);
extern void tv_updates_send(TvUpdatesTold *told);
extern void tv_updates_count(const TvUpdatesTold *told, bool committed);

#endif							/* TV_WORKER_UPDATES_H */
