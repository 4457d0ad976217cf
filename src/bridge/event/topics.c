/*
 * topics.c: the one list of the topics of events, and how an event is sent; see topics.h.
 */
#include "postgres.h"

#include "commands/async.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "bridge/event/topics.h"
#include "bridge/server/error.h"
#include "bridge/server/guc.h"

const TvTopicEntry tv_topics[TV_TOPIC_COUNT] = {
	[TV_TOPIC_EXPERIMENT_SUBMITTED] = {"tv_experiment_submitted"},
	[TV_TOPIC_SIM_FRAME] = {"tv_sim_frame", {"first_step", "last_step", "of"}},
	[TV_TOPIC_ROUTE_REQUESTED] = {"tv_route_requested"},
	[TV_TOPIC_ROUTE_COMPUTED] = {"tv_route_computed", {"route_id"}},
	[TV_TOPIC_ERROR] = {"tv_error", {"sqlstate"}},
	[TV_TOPIC_SIM_FINISHED] = {"tv_sim_finished", {"status"}},
};

TvTopic
tv_topic_parse(const char *name)
{
	for (int i = TV_TOPIC_NONE + 1; i < TV_TOPIC_COUNT; i++)
		if (strcmp(name, tv_topics[i].name) == 0)
			return (TvTopic) i;
	tv_report_invalid("topic", "no such topic", psprintf("\"%s\" is not a topic.", name), NULL);
}

/*
 * An idle transaction that listens keeps all that was sent since, and anybody may send as much as he likes.
 * What this transaction sends comes into the queue when it commits, by when others have not filled the rest.
 */
static bool
is_crowded(void)
{
	return DatumGetFloat8(DirectFunctionCall1(pg_notification_queue_usage, (Datum) 0)) > tv_notify_share;
}

bool
tv_event_send(TvTopic topic, const TvEventSubject *subject, const char *const *values)
{
	const TvTopicEntry *entry = &tv_topics[topic];
	char		channel[NAMEDATALEN];
	StringInfoData of;
	StringInfoData more;

	if (is_crowded())
		return false;
	initStringInfo(&of);
	appendStringInfo(&of, "{\"experiment_id\": %lld, \"world_id\": %lld, \"timeline_id\": %lld, \"kind\": ",
					 (long long) subject->experiment_id, (long long) subject->world_id,
					 (long long) subject->timeline_id);
	escape_json(&of, subject->kind);
	appendStringInfo(&of, ", \"attempt\": %lld", (long long) subject->attempt);
	initStringInfo(&more);
	for (int i = 0; entry->keys[i] != NULL; i++)
		appendStringInfo(&more, ", \"%s\": %s", entry->keys[i], values[i]);
	Async_Notify(entry->name, psprintf("%s%s}", of.data, more.data));
	snprintf(channel, sizeof(channel), "tv_live_%lld_%lld",
			 (long long) subject->world_id, (long long) subject->timeline_id);
	Async_Notify(channel, psprintf("%s, \"topic\": \"%s\"%s}", of.data, entry->name, more.data));
	return true;
}
