/*
 * log.c: the durable log of events; see log.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "bridge/event/log.h"
#include "bridge/event/outbox.h"
#include "bridge/server/array.h"
#include "bridge/server/direct.h"

/* So many rows a statement. */
#define ROWS 1000

static const char insert_events[] =
"INSERT INTO timevmaps.events (era, world_id, timeline_id, type, subject, attempt, data)"
" SELECT $1, u.world_id, u.timeline_id, u.type, u.subject, u.attempt, u.data"
" FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7))"
" u (world_id, timeline_id, type, subject, attempt, data)";

int64
tv_event_era(void)
{
	uint64		cluster = GetSystemIdentifier();
	uint64		mixed = hash_bytes_extended((const unsigned char *) &cluster, sizeof(cluster), MyDatabaseId);

	return (int64) (mixed >> 11) + 1;
}

static void
insert(const TvEvent *events, int count)
{
	static SPIPlanPtr plan = NULL;
	static const Oid elements[] = {INT8OID, INT8OID, TEXTOID, INT8OID, INT8OID, JSONBOID};
	Datum	   *columns[lengthof(elements)];
	Datum		values[1 + lengthof(elements)];
	char	   *text = NULL;

	if (plan == NULL)
	{
		Oid			types[] = {INT8OID, INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, INT8ARRAYOID, INT8ARRAYOID, JSONBARRAYOID};

		plan = SPI_prepare(insert_events, lengthof(types), types);
		if (plan == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("the log of events cannot be written"),
					 errdetail("%s", SPI_result_code_string(SPI_result))));
		SPI_keepplan(plan);
	}
	for (int i = 0; i < lengthof(elements); i++)
		columns[i] = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
	{
		const TvEvent *event = &events[i];
		StringInfoData data;

		initStringInfo(&data);
		tv_event_write_data(&data, event);
		columns[0][i] = Int64GetDatum(event->world_id);
		columns[1][i] = Int64GetDatum(event->timeline_id);
		columns[2][i] = i > 0 && events[i - 1].topic == event->topic ? columns[2][i - 1] : CStringGetTextDatum(tv_topics[event->topic].name);
		columns[3][i] = Int64GetDatum(event->subject);
		columns[4][i] = Int64GetDatum(event->attempt);
		/* Most say the same. */
		columns[5][i] = text != NULL && strcmp(text, data.data) == 0 ? columns[5][i - 1] : DirectFunctionCall1(jsonb_in, CStringGetDatum(data.data));
		text = data.data;
	}
	values[0] = Int64GetDatum(tv_event_era());
	for (int i = 0; i < lengthof(elements); i++)
		values[i + 1] = tv_array_of(columns[i], count, elements[i]);
	if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_INSERT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the log of events cannot be written")));
}

static TvDirect table = {
	.name = "events",.serial = "id",.count = 10,
	.types = {INT8OID, XID8OID, INT8OID, INT8OID, INT8OID, TEXTOID, INT8OID, INT8OID, JSONBOID, TIMESTAMPTZOID}
};

/* Into the partition of the day; false where there is none. */
static bool
insert_directly(const TvEvent *events, int count)
{
	TimestampTz at = GetCurrentTimestamp();
	MemoryContext row;
	MemoryContext caller;
	TvDirectRows rows;
	StringInfoData data;

	if (!tv_direct_open_partition(&table, at, &rows))
		return false;
	row = AllocSetContextCreate(CurrentMemoryContext, "timevmaps event", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(row);
	for (int i = 0; i < count; i++)
	{
		const TvEvent *event = &events[i];
		bool		nulls[10] = {false};
		Datum		values[10];

		initStringInfo(&data);
		tv_event_write_data(&data, event);
		values[0] = Int64GetDatum(tv_direct_next(&table));
		values[1] = FullTransactionIdGetDatum(GetTopFullTransactionId());
		values[2] = Int64GetDatum(tv_event_era());
		values[3] = Int64GetDatum(event->world_id);
		values[4] = Int64GetDatum(event->timeline_id);
		values[5] = CStringGetTextDatum(tv_topics[event->topic].name);
		values[6] = Int64GetDatum(event->subject);
		values[7] = Int64GetDatum(event->attempt);
		values[8] = DirectFunctionCall1(jsonb_in, CStringGetDatum(data.data));
		values[9] = TimestampTzGetDatum(at);
		tv_direct_insert(&rows, values, nulls);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(row);
	tv_direct_close(&rows);
	return true;
}

void
tv_event_log(const TvEvent *events, int count)
{
	const bool	direct = insert_directly(events, count);

	for (int from = 0; from < count && !direct; from += ROWS)
	{
		SPI_connect();			/* what the statement takes goes with it */
		insert(events + from, Min(count - from, ROWS));
		SPI_finish();
	}
	for (int i = 0; i < count; i++)
		tv_outbox_add(&events[i]);
}
