/*
 * queue_added.c: what follows from an insertion into experiments, as an aggregate over its rows, in one go: they wait or run, workers
 * and who listens are told when the transaction commits, and the submitter's quota is asked.  The trigger in
 * sql/tables/061-worker.sql calls it, as tv_owner.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/access/quota.h"
#include "bridge/event/log.h"
#include "bridge/experiment/kinds.h"
#include "bridge/experiment/short.h"
#include "bridge/server/direct.h"
#include "worker/notices.h"
#include "worker/shmem.h"

PG_FUNCTION_INFO_V1(tv_experiments_add_row);
PG_FUNCTION_INFO_V1(tv_experiments_add_end);

#define EVENTS 256

typedef struct Added
{
	TimestampTz present;
	MemoryContext row;
	int64		count;			/* that wait or run */
	char	   *submitter;		/* of the first of these */
	bool		several;		/* and others have other ones */
	int			event_count;
	TvEvent    *events;
	int			event_space;
} Added;

enum
{
	ID = 1, WORLD, TIMELINE, KIND, PARAMS, GATEWAY, STATUS, PRIORITY, RUN_AT, SUBMITTED_BY, CLAIM, STARTED_AT
};

static TvDirect ready = {
	.name = "queue_ready",.serial = "seq",.count = 7,
	.types = {INT8OID, INT8OID, INT2OID, INT8OID, TEXTOID, BOOLOID, TEXTOID}
};

typedef struct Statement
{
	const char *text;
	int			count;
	Oid			types[7];
	SPIPlanPtr	plan;
} Statement;

static Statement insert_ready = {
	.text = "INSERT INTO timevmaps.queue_ready AS q (experiment_id, world_id, rank, kind, short, submitted_by) VALUES ($1, $2, $3, $4, $5, $6)"
	" ON CONFLICT (experiment_id) DO UPDATE SET (world_id, rank, seq, kind, short, submitted_by)"
	" = ROW (excluded.world_id, excluded.rank, DEFAULT, excluded.kind, excluded.short, excluded.submitted_by) RETURNING seq",
	.count = 6,.types = {INT8OID, INT8OID, INT2OID, TEXTOID, BOOLOID, TEXTOID}
};

static Statement insert_delayed = {
	.text = "INSERT INTO timevmaps.queue_delayed AS q (experiment_id, world_id, rank, kind, short, submitted_by, run_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
	" ON CONFLICT (experiment_id) DO UPDATE SET (run_at, world_id, rank, kind, short, submitted_by)"
	" = ROW (excluded.run_at, excluded.world_id, excluded.rank, excluded.kind, excluded.short, excluded.submitted_by)",
	.count = 7,.types = {INT8OID, INT8OID, INT2OID, TEXTOID, BOOLOID, TEXTOID, TIMESTAMPTZOID}
};

static Statement insert_running = {
	.text = "INSERT INTO timevmaps.queue_running AS q (experiment_id, world_id, claim, kind, submitted_by, started_at) VALUES ($1, $2, $3, $4, $5, $6)"
	" ON CONFLICT (experiment_id) DO UPDATE SET (claim, started_at) = ROW (excluded.claim, excluded.started_at)",
	.count = 6,.types = {INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
};

/* The number that a row returns, if it does. */
static int64
execute(Statement *statement, Datum *values, const char *nulls)
{
	int64		number = 0;
	bool		isnull;

	SPI_connect();
	if (statement->plan == NULL)
	{
		statement->plan = SPI_prepare(statement->text, statement->count, statement->types);
		if (statement->plan == NULL || SPI_keepplan(statement->plan) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("planning a query on rows failed"),
					 errdetail("SPI says: %s", SPI_result_code_string(SPI_result))));
	}
	if (SPI_execute_plan(statement->plan, values, nulls, false, 0) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("writing rows failed")));
	if (SPI_tuptable != NULL && SPI_processed == 1)
		number = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	return number;
}

static int64
add_ready(Datum *six)
{
	bool		nulls[7] = {false};
	TvDirectRows rows;
	int64		seq;
	bool		there;

	if (!tv_direct_open(&ready, &rows))
		return execute(&insert_ready, six, NULL);
	/* What somebody has left who had triggers off. */
	there = tv_direct_has(&rows, DatumGetInt64(six[0]));
	if (!there)
	{
		seq = tv_direct_next(&ready);
		tv_direct_insert(&rows, (Datum[]) {six[0], six[1], six[2], Int64GetDatum(seq), six[3], six[4], six[5]}, nulls);
	}
	tv_direct_close(&rows);
	return there ? execute(&insert_ready, six, NULL) : seq;
}

static void
add_queued(FunctionCallInfo fcinfo, Added *added)
{
	Jsonb	   *params = PG_GETARG_JSONB_P(PARAMS);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(KIND));
	TimestampTz run_at = PG_GETARG_TIMESTAMPTZ(RUN_AT);
	int16		rank = (int16) -PG_GETARG_INT32(PRIORITY);
	TvEvent    *event = &added->events[added->event_count++];
	TvKind		kind;
	Datum		values[7] = {
		PG_GETARG_DATUM(ID), PG_GETARG_DATUM(WORLD), Int16GetDatum(rank), PG_GETARG_DATUM(KIND), BoolGetDatum(false),
		PG_GETARG_DATUM(SUBMITTED_BY), TimestampTzGetDatum(run_at)
	};

	values[4] = BoolGetDatum(PG_ARGISNULL(GATEWAY) && tv_kind_find(name, &kind) && tv_experiment_is_brief(kind, params));
	if (run_at <= added->present)
		tv_notice_ready(PG_GETARG_INT64(WORLD), rank, add_ready(values));
	else
	{
		(void) execute(&insert_delayed, values, NULL);
		tv_notice_delayed(run_at);
	}
	tv_event_fill(event, TV_TOPIC_EXPERIMENT_SUBMITTED, PG_GETARG_INT64(ID), PG_GETARG_INT64(WORLD), PG_GETARG_INT64(TIMELINE),
				  name, PG_GETARG_INT64(CLAIM), NULL);
	tv_event_take_trace(event, params);
}

/* A superuser restores rows as they were. */
static void
add_running(FunctionCallInfo fcinfo)
{
	Datum		values[6] = {
		PG_GETARG_DATUM(ID), PG_GETARG_DATUM(WORLD), PG_GETARG_DATUM(CLAIM), PG_GETARG_DATUM(KIND), PG_GETARG_DATUM(SUBMITTED_BY),
		PG_GETARG_DATUM(STARTED_AT)
	};

	(void) execute(&insert_running, values, PG_ARGISNULL(STARTED_AT) ? "     n" : NULL);
}

static void
tell(Added *added)
{
	tv_event_log(added->events, added->event_count);
	added->event_count = 0;
}

/* The first is most often the only one. */
static void
make_room(Added *added)
{
	if (added->event_count < added->event_space)
		return;
	if (added->event_space == EVENTS)
	{
		tell(added);
		return;
	}
	added->events = repalloc(added->events, sizeof(TvEvent) * EVENTS);
	added->event_space = EVENTS;
}

static void
count(FunctionCallInfo fcinfo, Added *added, MemoryContext kept)
{
	char	   *submitter = text_to_cstring(PG_GETARG_TEXT_PP(SUBMITTED_BY));

	added->count++;
	if (added->submitter == NULL)
		added->submitter = MemoryContextStrdup(kept, submitter);
	else if (!added->several)
		added->several = strcmp(submitter, added->submitter) != 0;
}

Datum
tv_experiments_add_row(PG_FUNCTION_ARGS)
{
	Added	   *added = PG_ARGISNULL(0) ? NULL : (Added *) PG_GETARG_POINTER(0);
	MemoryContext caller;
	MemoryContext kept;
	text	   *status;

	if (!AggCheckCallContext(fcinfo, &kept))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("it is called as an aggregate alone")));
	if (added == NULL)
	{
		(void) tv_shmem();		/* not for the first time in a commit */
		added = MemoryContextAllocZero(kept, sizeof(Added));
		added->present = GetCurrentTimestamp();
		added->events = MemoryContextAlloc(kept, sizeof(TvEvent));
		added->event_space = 1;
		added->row = AllocSetContextCreate(kept, "timevmaps added", ALLOCSET_SMALL_SIZES);
	}
	make_room(added);
	caller = MemoryContextSwitchTo(added->row);
	status = PG_GETARG_TEXT_PP(STATUS);
	if (VARSIZE_ANY_EXHDR(status) == 6 && memcmp(VARDATA_ANY(status), "queued", 6) == 0)
	{
		add_queued(fcinfo, added);
		count(fcinfo, added, kept);
	}
	else if (VARSIZE_ANY_EXHDR(status) == 7 && memcmp(VARDATA_ANY(status), "running", 7) == 0)
	{
		add_running(fcinfo);
		count(fcinfo, added, kept);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(added->row);
	PG_RETURN_POINTER(added);
}

/* How many wait or run. */
Datum
tv_experiments_add_end(PG_FUNCTION_ARGS)
{
	Added	   *added = PG_ARGISNULL(0) ? NULL : (Added *) PG_GETARG_POINTER(0);

	if (added == NULL)
		PG_RETURN_INT64(0);
	if (added->event_count > 0)
		tell(added);
	if (added->count > 0)
		tv_quota_require_added(added->several ? NULL : added->submitter, added->count);
	PG_RETURN_INT64(added->count);
}
