/*
 * events.c: what a worker tells of an experiment; see events.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "bridge/server/guc.h"
#include "worker/clock.h"
#include "worker/events.h"
#include "worker/session.h"

static TvStatement upkeep = {
	.text = "SELECT timevmaps_internal.tv_event_upkeep($1)",
	.count = 1,.types = {TIMESTAMPTZOID}
};

void
tv_events_upkeep(void)
{
	Datum		before = TimestampTzGetDatum(tv_clock_now() - (TimestampTz) tv_event_retention_s * USECS_PER_SEC);
	bool		forever = tv_event_retention_s == 0;

	(void) tv_statement(&upkeep, &before, &forever);
}

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
