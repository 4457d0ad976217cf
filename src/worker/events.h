/*
 * events.h: what a worker tells of an experiment, to who listens; docs/queue.md.
 */
#ifndef TV_WORKER_EVENTS_H
#define TV_WORKER_EVENTS_H

#include "bridge/event/topics.h"
#include "worker/job.h"

/* In a unit: tv_event_send() of a claimed experiment. */
extern void tv_events_tell(const TvJob *job, TvTopic topic, const char *const *values);

#endif							/* TV_WORKER_EVENTS_H */
