/*
 * event.c: the log of events, as SQL writes it, and what a reader's cursor is made of.  The log is sql/tables/070-events.sql.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "bridge/access/quota.h"
#include "bridge/event/board.h"
#include "bridge/event/log.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/json.h"

PG_FUNCTION_INFO_V1(tv_event_added);
PG_FUNCTION_INFO_V1(tv_event_now);
PG_FUNCTION_INFO_V1(tv_positions_came);
PG_FUNCTION_INFO_V1(tv_zone_events_added);

/* One column of the events: as many elements as there are events. */
static Datum *
column(FunctionCallInfo fcinfo, int number, Oid type, int *count, bool **nulls)
{
	Datum	   *values;
	int16		length;
	bool		by_value;
	char		alignment;
	int			found;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), type, length, by_value, alignment, &values, nulls, &found);
	if (*count >= 0 && found != *count)
		tv_report_invalid("events", "columns of different length", NULL, NULL);
	*count = found;
	return values;
}

/* The topic's own keys, all of them and no other but "traceparent". */
static void
read_more(TvEvent *event, Jsonb *more)
{
	const char *const *keys = tv_topics[event->topic].keys;
	const char *wanted[TV_TOPIC_MOST_KEYS + 1];
	JsonbValue	members[TV_TOPIC_MOST_KEYS + 1];
	TvPath		path = TV_PATH_KEY(NULL, "more");
	JsonbValue	root;
	int			count = 0;

	for (; keys[count] != NULL; count++)
		wanted[count] = keys[count];
	wanted[count] = "traceparent";
	tv_json_root(more, &root);
	tv_json_fields(tv_json_object(&root, &path), wanted, count + 1, members, &path);
	for (int i = 0; i <= count; i++)
	{
		TvPath		here = TV_PATH_KEY(&path, wanted[i]);
		char	   *text;

		if (!tv_json_present(&members[i]))
		{
			if (i < count)
				tv_json_fail(&here, "is missing", NULL, NULL);
			continue;
		}
		if (members[i].type == jbvString)
			text = pnstrdup(members[i].val.string.val, members[i].val.string.len);
		else
		{
			Jsonb	   *value = JsonbValueToJsonb(&members[i]);

			text = JsonbToCString(NULL, &value->root, VARSIZE(value));
		}
		if (i == count)
			tv_event_set_trace(event, text);
		else if (!tv_event_read_value(wanted[i], text, &event->values[i]))
			tv_json_fail(&here, "is not what an event says", NULL, NULL);
	}
}

/* topic, and of each event world, timeline, experiment, attempt, kind, and the topic's own keys. */
Datum
tv_event_added(PG_FUNCTION_ARGS)
{
	static const int64 none[TV_TOPIC_MOST_KEYS] = {0};
	TvTopic		topic;
	TvEvent    *events;
	Datum	   *ids[4];
	Datum	   *kinds;
	Datum	   *mores = NULL;
	bool	   *nulls;
	bool	   *lacking = NULL;
	int			count = -1;

	for (int i = 0; i < 6; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_VOID();
	topic = tv_topic_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	for (int i = 0; i < 4; i++)
		ids[i] = column(fcinfo, i + 1, INT8OID, &count, &nulls);
	kinds = column(fcinfo, 5, TEXTOID, &count, &nulls);
	if (!PG_ARGISNULL(6))
		mores = column(fcinfo, 6, JSONBOID, &count, &lacking);
	events = palloc(sizeof(TvEvent) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		tv_event_fill(&events[i], topic, DatumGetInt64(ids[2][i]), DatumGetInt64(ids[0][i]), DatumGetInt64(ids[1][i]),
					  TextDatumGetCString(kinds[i]), DatumGetInt64(ids[3][i]), none);
		if (mores != NULL && !lacking[i])
			read_more(&events[i], DatumGetJsonbP(mores[i]));
		else if (tv_topics[topic].keys[0] != NULL)
			tv_report_invalid("more", "is missing", NULL, NULL);
	}
	tv_event_log(events, count);
	PG_RETURN_VOID();
}

/*
 * The era, for a cursor of the statement's snapshot.  A transaction that was rolled back, or committed asynchronously, may have been
 * seen ended without a trace of it on disk: after a crash its number would be given again, and who has the cursor take
 * that for known.  So all is on disk before a cursor goes out.
 */
Datum
tv_event_now(PG_FUNCTION_ARGS)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("events are not read on a standby"),
				 errdetail("It does not know which transactions are still open."),
				 errhint("Ask the primary.")));
	if (GetXLogInsertRecPtr() > GetFlushRecPtr(NULL))
		XLogFlush(tv_log_message("timevmaps", "cursor", strlen("cursor")));
	PG_RETURN_INT64(tv_event_era());
}

/* world, timeline, and whose positions came there with this transaction. */
Datum
tv_positions_came(PG_FUNCTION_ARGS)
{
	ArrayType  *vehicles = PG_GETARG_ARRAYTYPE_P(2);
	int			count = ArrayGetNItems(ARR_NDIM(vehicles), ARR_DIMS(vehicles));

	if (array_contains_nulls(vehicles))
		tv_report_invalid("vehicle_ids", "a null", NULL, NULL);
	tv_board_add(tv_quota_principal(), PG_GETARG_INT64(0), PG_GETARG_INT64(1), (const int64 *) ARR_DATA_PTR(vehicles), count);
	PG_RETURN_VOID();
}

/* world, timeline, and of each crossing the vehicle, the zone, whether it was entered, and when. */
Datum
tv_zone_events_added(PG_FUNCTION_ARGS)
{
	TvEvent    *events;
	Datum	   *vehicles;
	Datum	   *zones;
	Datum	   *entered;
	Datum	   *times;
	bool	   *nulls;
	int			count = -1;

	vehicles = column(fcinfo, 2, INT8OID, &count, &nulls);
	zones = column(fcinfo, 3, INT8OID, &count, &nulls);
	entered = column(fcinfo, 4, BOOLOID, &count, &nulls);
	times = column(fcinfo, 5, TIMESTAMPTZOID, &count, &nulls);
	events = palloc(sizeof(TvEvent) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		int64		zone_id = DatumGetInt64(zones[i]);

		tv_event_fill_vehicle(&events[i], DatumGetBool(entered[i]) ? TV_TOPIC_ZONE_ENTERED : TV_TOPIC_ZONE_LEFT, DatumGetInt64(vehicles[i]),
							  PG_GETARG_INT64(0), PG_GETARG_INT64(1), &zone_id, DatumGetTimestampTz(times[i]));
	}
	tv_event_log(events, count);
	PG_RETURN_VOID();
}
