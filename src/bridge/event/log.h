/*
 * log.h: the durable log of events, the table timevmaps.events.
 *
 * An event is written in the transaction that it tells of, and told to who listens when that has committed.
 */
#ifndef TV_EVENT_LOG_H
#define TV_EVENT_LOG_H

#include "postgres.h"

#include "bridge/event/topics.h"

/* As tv_owner: rows of the log, in this order, and, when the transaction commits, notifications. */
extern void tv_event_log(const TvEvent *events, int count);

/* Numbers of transactions are a database's of a cluster: another number for each.  It is not 0, and below 2^53. */
extern int64 tv_event_era(void);

#endif							/* TV_EVENT_LOG_H */
