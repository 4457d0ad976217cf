/*
 * events.h: what a worker tells of an experiment: into the log, and to who listens; docs/live.md.
 */
#ifndef TV_WORKER_EVENTS_H
#define TV_WORKER_EVENTS_H

#include "bridge/event/log.h"
#include "worker/job.h"

/* An event of a claimed experiment, for tv_event_log(), which takes many. */
extern void tv_events_fill(TvEvent *event, const TvJob *job, TvTopic topic, const int64 *values);

/* In a unit: an event of a claimed experiment; `values` as tv_event_fill() has them. */
extern void tv_events_tell(const TvJob *job, TvTopic topic, const int64 *values);

#endif							/* TV_WORKER_EVENTS_H */
