/*
 * events.c: what a worker tells of an experiment; see events.h.
 */
#include "postgres.h"

#include "worker/events.h"

void
tv_events_fill(TvEvent *event, const TvJob *job, TvTopic topic, const int64 *values)
{
	tv_event_fill(event, topic, job->id, job->world_id, job->timeline_id, job->kind, job->claim, values);
	tv_event_take_trace(event, job->params);
}

void
tv_events_tell(const TvJob *job, TvTopic topic, const int64 *values)
{
	TvEvent		event;

	tv_events_fill(&event, job, topic, values);
	tv_event_log(&event, 1);
}
