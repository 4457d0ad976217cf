/*
 * events.h: what is told to who listens; docs/queue.md.
 */
#ifndef TV_WORKER_EVENTS_H
#define TV_WORKER_EVENTS_H

#include "worker/job.h"

/* In a unit: send an event to its topic and to the timeline's; `more` is ", \"key\": value". */
extern void tv_queue_notify(const TvJob *job, const char *topic, const char *more);

#endif							/* TV_WORKER_EVENTS_H */
