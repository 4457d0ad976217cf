/*
 * updates.c: who listens is told whose positions have come in; see updates.h.
 */
#include "postgres.h"

#include "commands/async.h"
#include "lib/stringinfo.h"

#include "bridge/event/topics.h"
#include "worker/counters.h"
#include "worker/updates.h"

#define PAYLOAD_BYTES 7900		/* NOTIFY takes less than 8000, and a list has a frame */

void
tv_updates_take(TvUpdatesTold *told)
{
	told->count = tv_board_take(&told->updates, &told->lost);
}

static void
write_update(StringInfo to, const TvUpdate *update, bool live)
{
	appendStringInfo(to, "{\"world_id\": %lld, \"timeline_id\": %lld, ", (long long) update->world_id, (long long) update->timeline_id);
	if (live)
		appendStringInfo(to, "\"topic\": \"%s\", ", tv_topics[TV_TOPIC_POSITION_UPDATE].name);
	if (update->vehicle_ids == NULL)
		appendStringInfo(to, "\"vehicle_ids\": null, \"count\": %lld}", (long long) update->count);
	else
	{
		appendStringInfoString(to, "\"vehicle_ids\": [");
		for (int i = 0; i < update->count; i++)
			appendStringInfo(to, i == 0 ? "%lld" : ", %lld", (long long) update->vehicle_ids[i]);
		appendStringInfoString(to, "]}");
	}
}

/* To who listens to the topic: as many in a notification as fit. */
static int
send_to_topic(const TvUpdate *updates, int count)
{
	const char *channel = tv_topics[TV_TOPIC_POSITION_UPDATE].name;
	StringInfoData list;
	StringInfoData one;
	int			sent = 0;
	int			listed = 0;

	initStringInfo(&list);
	initStringInfo(&one);
	for (int i = 0; i <= count; i++)
	{
		resetStringInfo(&one);
		if (i < count)
			write_update(&one, &updates[i], false);
		if (listed > 0 && (i == count || list.len + one.len + 32 > PAYLOAD_BYTES))
		{
			Async_Notify(channel, listed == 1 ? list.data : psprintf("{\"events\": [%s], \"more\": 0}", list.data));
			resetStringInfo(&list);
			listed = 0;
			sent++;
		}
		if (listed > 0)
			appendStringInfoString(&list, ", ");
		appendBinaryStringInfo(&list, one.data, one.len);
		listed++;
	}
	return sent;
}

void
tv_updates_send(TvUpdatesTold *told)
{
	StringInfoData one;

	if (told->count == 0)
		return;
	told->notifications = send_to_topic(told->updates, told->count);
	initStringInfo(&one);
	for (int i = 0; i < told->count; i++)
	{
		const TvUpdate *update = &told->updates[i];
		char		channel[NAMEDATALEN];

		resetStringInfo(&one);
		write_update(&one, update, true);
		snprintf(channel, sizeof(channel), "tv_live_%lld_%lld", (long long) update->world_id, (long long) update->timeline_id);
		Async_Notify(channel, one.data);
		told->notifications++;
	}
}

void
tv_updates_count(const TvUpdatesTold *told, bool committed)
{
	bool		sent = committed && told->notifications > 0;

	if (told->count > 0 || told->lost > 0)
		tv_count_updates(sent ? told->notifications : 0, sent ? told->count : 0, told->lost + (sent ? 0 : told->count));
}
