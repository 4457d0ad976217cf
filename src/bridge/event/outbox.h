/*
 * outbox.h: events on their way from a commit to the notifier, in shared memory.
 *
 * NOTIFY takes a lock that all who notify share until they have committed, and fails where its queue is full.  So
 * nothing that works notifies: what a transaction has to tell goes into a ring when it has committed, and one process
 * for each database, who has the duty, takes it from there.  The ring is one for the server; who is slow loses the oldest,
 * which is counted, and is in the log (log.h).  One lightweight lock guards it; nobody holds it across anything slow.
 */
#ifndef TV_EVENT_OUTBOX_H
#define TV_EVENT_OUTBOX_H

#include "postgres.h"

#include "bridge/event/topics.h"

/* In _PG_init, when preloaded: there is room for a larger ring. */
extern void tv_outbox_preload(void);
extern Size tv_outbox_size(void);

/*
 * When this transaction commits, and its subtransactions have: into the ring.  Of one transaction go so many
 * events, of the rest how many they are.
 */
#define TV_OUTBOX_EVENTS 256
extern void tv_outbox_add(const TvEvent *event);

/* After a commit: something is to be told of that waits elsewhere (board.h).  Raises nothing; the outbox is attached by tv_outbox_find(). */
extern void tv_outbox_find(void);
extern void tv_outbox_ring(void);

/* Called after a commit that left something where nobody has the duty. */
extern void (*tv_outbox_unattended) (void);

/*
 * Who has the duty of a database takes what waits there; one at a time, until it ends or gives the duty back.
 * `dedicated`: a process that does nothing else; such a one takes it from a worker.
 */
extern bool tv_duty_take(bool dedicated);
extern void tv_duty_release(void);

/* Does another process have it, and does nothing else? */
extern bool tv_duty_is_dedicated(void);

/* Whether a dedicated one may be started now: there is none, and none was started in the last second. */
extern bool tv_duty_may_start(void);

/* Whether anything waits in this database. */
extern bool tv_outbox_waits(void);

/* With the duty: all that waits, in the order of its commits, in the current memory context; *lost: how many were overwritten. */
extern int	tv_outbox_take(TvEvent **events, int64 *lost);

#endif							/* TV_EVENT_OUTBOX_H */
