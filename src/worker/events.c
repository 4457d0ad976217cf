/*
 * events.c: what is told to who listens; see events.h.
 */
#include "postgres.h"

#include "commands/async.h"
#include "utils/json.h"

#include "worker/events.h"

void
tv_queue_notify(const TvJob *job, const char *topic, const char *more)
{
	char		channel[NAMEDATALEN];
	StringInfoData ids;

	initStringInfo(&ids);
	appendStringInfo(&ids, "{\"experiment_id\": %lld, \"world_id\": %lld, \"timeline_id\": %lld, \"kind\": ",
					 (long long) job->id, (long long) job->world_id, (long long) job->timeline_id);
	escape_json(&ids, job->kind);
	Async_Notify(topic, psprintf("%s%s}", ids.data, more));
	snprintf(channel, sizeof(channel), "tv_live_%lld_%lld",
			 (long long) job->world_id, (long long) job->timeline_id);
	Async_Notify(channel, psprintf("%s, \"topic\": \"%s\"%s}", ids.data, topic, more));
}
