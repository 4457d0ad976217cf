/*
 * events.c: what a worker tells of an experiment; see events.h.
 */
#include "postgres.h"

#include "worker/counters.h"
#include "worker/events.h"

void
tv_events_tell(const TvJob *job, TvTopic topic, const char *const *values)
{
	TvEventSubject subject = {job->id, job->world_id, job->timeline_id, job->kind, job->claim};

	if (!tv_event_send(topic, &subject, values))
		tv_count_event_held();
}
