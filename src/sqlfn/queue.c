/*
 * queue.c: what the queue's triggers and its operators call: the check of
 * an experiment's arguments, waking and interrupting workers at commit, and what
 * the workers are doing.  The queue itself is in src/worker and in
 * sql/tables/060-queue.sql and 061-worker.sql.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "bridge/access/quota.h"
#include "bridge/access/roles.h"
#include "bridge/event/trace.h"
#include "bridge/server/array.h"
#include "bridge/server/error.h"
#include "bridge/experiment/check.h"
#include "bridge/experiment/kinds.h"
#include "bridge/experiment/short.h"
#include "bridge/experiment/params.h"
#include "worker/counters.h"
#include "worker/notices.h"
#include "worker/shmem.h"

PG_FUNCTION_INFO_V1(tv_experiment_kinds);
PG_FUNCTION_INFO_V1(tv_validate_experiment);
PG_FUNCTION_INFO_V1(tv_rerun_experiment);
PG_FUNCTION_INFO_V1(tv_check_tables);
PG_FUNCTION_INFO_V1(tv_experiment_is_short);
PG_FUNCTION_INFO_V1(tv_queue_notice);
PG_FUNCTION_INFO_V1(tv_wake);
PG_FUNCTION_INFO_V1(tv_interrupt_experiment);
PG_FUNCTION_INFO_V1(tv_stop_worker);
PG_FUNCTION_INFO_V1(tv_worker_status);

Datum
tv_experiment_kinds(PG_FUNCTION_ARGS)
{
	Datum		names[TV_KIND_COUNT];

	for (int i = 0; i < TV_KIND_COUNT; i++)
		names[i] = CStringGetTextDatum(tv_kinds[i].name);
	PG_RETURN_DATUM(tv_array_of(names, TV_KIND_COUNT, TEXTOID));
}

/* 22023 where it asks for more time than the caller may have it run. */
static void
check_time_limit(const TvExperiment *experiment)
{
	int64		most;

	if (experiment->timeout_s <= 1) /* the least quota, or none asked for */
		return;
	most = tv_quota_get(TV_QUOTA_EXPERIMENT_SECONDS);
	if (experiment->timeout_s > most)
		tv_report_invalid("params.timeout_s", "more than the quota experiment_seconds allows",
						  psprintf("%g is above " INT64_FORMAT ".", experiment->timeout_s, most), NULL);
}

Datum
tv_validate_experiment(PG_FUNCTION_ARGS)
{
	char	   *kind = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Jsonb	   *params = tv_trace_take(tv_experiment_params(kind, PG_GETARG_JSONB_P(1)));
	TvExperiment *experiment = tv_experiment_read(kind, params);

	check_time_limit(experiment);
	tv_experiment_check(experiment);
	PG_RETURN_JSONB_P(params);
}

/* kind, params, circuit (or null), seed, attempt: the metrics, computed here. */
Datum
tv_rerun_experiment(PG_FUNCTION_ARGS)
{
	TvExperiment *experiment;

	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i) && i != 2)
			PG_RETURN_NULL();
	experiment = tv_experiment_read(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_JSONB_P(1));
	if (!PG_ARGISNULL(2))
		experiment->circuit = PG_GETARG_JSONB_P(2);
	else if (experiment->circuit_name != NULL)
	{
		MemoryContext context = CurrentMemoryContext;

		tv_require_tables();
		SPI_connect();
		tv_experiment_load_circuit(experiment, context);
		SPI_finish();
	}
	if (PG_GETARG_INT64(4) < 0 || PG_GETARG_INT64(4) > PG_UINT32_MAX)
		tv_report_invalid("attempt", "not an attempt", NULL, NULL);
	PG_RETURN_JSONB_P(tv_experiment_rerun(experiment, PG_GETARG_INT64(3), (uint32) PG_GETARG_INT64(4)));
}

Datum
tv_check_tables(PG_FUNCTION_ARGS)
{
	tv_require_tables();
	PG_RETURN_VOID();
}

/* kind, params (in their long form), gateway (or null) */
Datum
tv_experiment_is_short(PG_FUNCTION_ARGS)
{
	TvKind		kind;

	PG_RETURN_BOOL(!PG_ARGISNULL(0) && !PG_ARGISNULL(1) && PG_ARGISNULL(2) &&
				   tv_kind_find(text_to_cstring(PG_GETARG_TEXT_PP(0)), &kind) &&
				   tv_experiment_is_brief(kind, PG_GETARG_JSONB_P(1)));
}

/* worlds, ranks, seqs, run_at */
Datum
tv_queue_notice(PG_FUNCTION_ARGS)
{
	(void) tv_shmem();			/* not for the first time in a commit */
	if (!PG_ARGISNULL(0) && !PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		Datum	   *worlds;
		Datum	   *ranks;
		Datum	   *seqs;
		int			counts[3];

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &worlds, NULL, &counts[0]);
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), INT2OID, 2, true, TYPALIGN_SHORT, &ranks, NULL, &counts[1]);
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &seqs, NULL, &counts[2]);
		if (counts[0] != counts[1] || counts[0] != counts[2])
			tv_report_invalid("worlds", "not as many as ranks and seqs", NULL, NULL);
		for (int i = 0; i < counts[0]; i++)
			tv_notice_ready(DatumGetInt64(worlds[i]), DatumGetInt16(ranks[i]), DatumGetInt64(seqs[i]));
	}
	if (!PG_ARGISNULL(3))
		tv_notice_delayed(PG_GETARG_TIMESTAMPTZ(3));
	PG_RETURN_VOID();
}

Datum
tv_wake(PG_FUNCTION_ARGS)
{
	tv_wake_at_commit();
	PG_RETURN_VOID();
}

/*
 * experiment, claim: the trigger knows which attempt it cancels, for it holds the row; what a snapshot
 * shows of it may be long past.  A rollback takes the interrupt back, too.
 */
Datum
tv_interrupt_experiment(PG_FUNCTION_ARGS)
{
	tv_interrupt_at_commit(PG_GETARG_INT64(0), PG_GETARG_INT64(1));
	PG_RETURN_VOID();
}

/* Workers of this database; with the launcher preloaded it stays out until tv_start_worker(). */
Datum
tv_stop_worker(PG_FUNCTION_ARGS)
{
	bool		kept_out;

	tv_require_admin();
	kept_out = tv_database_stop(MyDatabaseId);
	if (!kept_out)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("the launcher may start workers in this database again"),
				 errdetail("%d databases are stopped already.", TV_STOPPED),
				 errhint("Name those to be served in timevmaps.databases.")));
	PG_RETURN_INT32(tv_slot_stop(MyDatabaseId, 0));
}

static const char *
state_of(const TvSlot *slot)
{
	if (slot->stop || slot->yield)
		return "stopping";
	if (slot->experiment != 0)
		return "running";
	if (slot->waits)
		return "waiting";
	return slot->read_only ? "read-only" : "idle";
}

/* What nobody does on a standby. */
static void
put_recovery(ReturnSetInfo *rsinfo)
{
	Datum		values[7] = {0, CStringGetTextDatum("server"), CStringGetTextDatum("recovery")};
	bool		nulls[7] = {true, false, false, true, true, true, true};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
tv_worker_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvShared   *shared;
	TvSlot	   *slots;
	int			count;

	tv_require_admin();
	InitMaterializedSRF(fcinfo, 0);
	if (RecoveryInProgress())
		put_recovery(rsinfo);
	shared = tv_shmem();
	count = shared->slot_count;
	slots = palloc(sizeof(TvSlot) * count);
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(slots, shared->slots, sizeof(TvSlot) * count);
	LWLockRelease(&shared->lock);
	for (int i = 0; i < count; i++)
	{
		Datum		values[7];
		bool		nulls[7] = {false};

		if (slots[i].pid == 0 || slots[i].database != MyDatabaseId)
			continue;
		values[0] = Int32GetDatum(slots[i].pid);
		values[1] = CStringGetTextDatum(slots[i].session ? "session" : "worker");
		values[2] = CStringGetTextDatum(state_of(&slots[i]));
		values[3] = Int64GetDatum(slots[i].experiment);
		values[4] = TimestampTzGetDatum(slots[i].experiment_at);
		nulls[3] = nulls[4] = slots[i].experiment == 0;
		values[5] = TimestampTzGetDatum(slots[i].started_at);
		values[6] = Int64GetDatum(slots[i].done);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
