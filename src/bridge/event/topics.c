/*
 * topics.c: the one list of the topics of events, and what an event says; see topics.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "bridge/event/topics.h"
#include "bridge/server/error.h"

const TvTopicEntry tv_topics[TV_TOPIC_COUNT] = {
	[TV_TOPIC_EXPERIMENT_SUBMITTED] = {"tv_experiment_submitted"},
	[TV_TOPIC_EXPERIMENT_RETRIED] = {"tv_experiment_retried"},
	[TV_TOPIC_EXPERIMENT_REMOVED] = {"tv_experiment_removed"},
	[TV_TOPIC_SIM_FRAME] = {"tv_sim_frame", {"first_step", "last_step", "of"}},
	[TV_TOPIC_ROUTE_REQUESTED] = {"tv_route_requested"},
	[TV_TOPIC_ROUTE_COMPUTED] = {"tv_route_computed", {"route_id"}},
	[TV_TOPIC_ERROR] = {"tv_error", {"sqlstate"}},
	[TV_TOPIC_SIM_FINISHED] = {"tv_sim_finished", {"status"}},
	[TV_TOPIC_ZONE_ENTERED] = {"tv_zone_entered", {"zone_id"}, .vehicle = true},
	[TV_TOPIC_ZONE_LEFT] = {"tv_zone_left", {"zone_id"}, .vehicle = true},
	[TV_TOPIC_POSITION_UPDATE] = {"tv_position_update", {"vehicle_ids", "count"}},
};

/* By TvEnded. */
static const char *const endings[] = {"finished", "failed", "cancelled"};

static const char *
of_ending(int64 value)
{
	return endings[value >= 0 && value < lengthof(endings) ? value : TV_ENDED_FAILED];
}

TvTopic
tv_topic_parse(const char *name)
{
	for (int i = TV_TOPIC_NONE + 1; i < TV_TOPIC_COUNT; i++)
		if (strcmp(name, tv_topics[i].name) == 0)
			return (TvTopic) i;
	tv_report_invalid("topic", "no such topic", psprintf("\"%s\" is not a topic.", name), NULL);
}

void
tv_event_fill(TvEvent *event, TvTopic topic, int64 subject, int64 world_id, int64 timeline_id,
			  const char *kind, int64 attempt, const int64 *values)
{
	memset(event, 0, sizeof(TvEvent));
	event->topic = (uint8) topic;
	event->subject = subject;
	event->world_id = world_id;
	event->timeline_id = timeline_id;
	event->attempt = attempt;
	strlcpy(event->kind, kind, sizeof(event->kind));
	for (int i = 0; tv_topics[topic].keys[i] != NULL; i++)
		event->values[i] = values[i];
}

void
tv_event_fill_vehicle(TvEvent *event, TvTopic topic, int64 vehicle_id, int64 world_id, int64 timeline_id,
					  const int64 *values, TimestampTz t)
{
	tv_event_fill(event, topic, vehicle_id, world_id, timeline_id, "", 0, values);
	event->t = t;
}

bool
tv_event_read_value(const char *key, const char *text, int64 *value)
{
	char	   *end;

	if (strcmp(key, "sqlstate") == 0)
	{
		if (strlen(text) != 5)
			return false;
		*value = TV_SQLSTATE(text);
		return true;
	}
	if (strcmp(key, "status") == 0)
	{
		for (int i = 0; i < lengthof(endings); i++)
			if (strcmp(text, endings[i]) == 0)
			{
				*value = i;
				return true;
			}
		return false;
	}
	errno = 0;
	*value = strtoi64(text, &end, 10);
	return errno == 0 && *text != '\0' && *end == '\0';
}

/* ------------------------------------------------------------------- traces */

void
tv_event_set_trace(TvEvent *event, const char *traceparent)
{
	event->traced = tv_trace_read(traceparent, strlen(traceparent), event->trace);
	if (event->traced)
		tv_trace_enter(event->trace, event->subject);
}

void
tv_event_take_trace(TvEvent *event, Jsonb *params)
{
	event->traced = tv_trace_of_params(params, event->trace);
	if (event->traced)
		tv_trace_enter(event->trace, event->subject);
}

static void
write_trace(StringInfo to, const TvEvent *event)
{
	char		text[TV_TRACE_TEXT];

	if (!event->traced)
		return;
	tv_trace_write(event->trace, text);
	appendStringInfo(to, ", \"traceparent\": \"%s\"", text);
}

/* ----------------------------------------------------------------- as JSON */

static void
write_values(StringInfo to, const TvEvent *event)
{
	const char *const *keys = tv_topics[event->topic].keys;

	for (int i = 0; keys[i] != NULL; i++)
		if (strcmp(keys[i], "sqlstate") == 0)
			appendStringInfo(to, ", \"%s\": \"%s\"", keys[i], unpack_sql_state((int) event->values[i]));
		else if (strcmp(keys[i], "status") == 0)
			appendStringInfo(to, ", \"%s\": \"%s\"", keys[i], of_ending(event->values[i]));
		else
			appendStringInfo(to, ", \"%s\": %lld", keys[i], (long long) event->values[i]);
	write_trace(to, event);
}

static void
write_vehicle(StringInfo to, const TvEvent *event, bool live)
{
	appendStringInfo(to, "{\"vehicle_id\": %lld, \"world_id\": %lld, \"timeline_id\": %lld",
					 (long long) event->subject, (long long) event->world_id, (long long) event->timeline_id);
	if (live)
		appendStringInfo(to, ", \"topic\": \"%s\"", tv_topics[event->topic].name);
	write_values(to, event);
	appendStringInfoChar(to, '}');
}

void
tv_event_write_payload(StringInfo to, const TvEvent *event, bool live)
{
	if (tv_topics[event->topic].vehicle)
	{
		write_vehicle(to, event, live);
		return;
	}
	appendStringInfo(to, "{\"experiment_id\": %lld, \"world_id\": %lld, \"timeline_id\": %lld, \"kind\": ",
					 (long long) event->subject, (long long) event->world_id, (long long) event->timeline_id);
	escape_json(to, event->kind);
	appendStringInfo(to, ", \"attempt\": %lld", (long long) event->attempt);
	if (live)
		appendStringInfo(to, ", \"topic\": \"%s\"", tv_topics[event->topic].name);
	write_values(to, event);
	appendStringInfoChar(to, '}');
}

void
tv_event_write_data(StringInfo to, const TvEvent *event)
{
	if (tv_topics[event->topic].vehicle)
	{
		static const int utc = 0;
		char		t[MAXDATELEN + 1];

		appendStringInfo(to, "{\"t\": \"%s\"", JsonEncodeDateTime(t, TimestampTzGetDatum(event->t), TIMESTAMPTZOID, &utc));
	}
	else
	{
		appendStringInfoString(to, "{\"kind\": ");
		escape_json(to, event->kind);
	}
	write_values(to, event);
	appendStringInfoChar(to, '}');
}
