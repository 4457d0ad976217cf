/*
 * queue_progress.c: how far an experiment is: its row as the caller sees it, and what its worker has last said in
 * shared memory while it runs.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/server/array.h"
#include "bridge/server/error.h"
#include "bridge/server/scan.h"
#include "worker/shmem.h"

PG_FUNCTION_INFO_V1(tv_experiment_progress);
PG_FUNCTION_INFO_V1(tv_running_experiments);

typedef struct Row
{
	bool		found;
	char		status[16];
	double		progress;
} Row;

static void
receive(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Row		   *row = target;

	row->found = true;
	text_to_cstring_buffer(DatumGetTextPP(values[0]), row->status, sizeof(row->status));
	row->progress = DatumGetFloat8(values[1]);
}

/* Of the whole, in a second; 0: it has not moved yet. */
static double
rate_of(const TvProgress *progress)
{
	double		seconds = (progress->at - progress->since) / 1e6;

	return progress->at != 0 && seconds > 0 ? (progress->fraction - progress->since_fraction) / seconds : 0;
}

static const char *
unit_name(TvStepUnit unit)
{
	static const char *const names[] = {
		[TV_STEP_NONE] = "", [TV_STEP_GATE] = "gate", [TV_STEP_TRAJECTORY] = "trajectory", [TV_STEP_POINT] = "point"
	};

	return names[unit];
}

Datum
tv_experiment_progress(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	TvArg		args[] = {tv_arg_bigint(id)};
	Row			row = {0};
	TvProgress	seen = {0};
	int64		claim = 0;
	bool		runs;
	double		rate;
	double		fraction;
	Datum		values[8];
	bool		nulls[8] = {false};
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	tv_require_tables();
	SPI_connect();
	tv_scan("SELECT e.status, e.progress FROM timevmaps.experiments e WHERE e.id OPERATOR(pg_catalog.=) $1",
			lengthof(args), args, receive, &row);
	SPI_finish();
	if (!row.found)
		tv_report_not_found("experiment", id);

	runs = strcmp(row.status, "running") == 0 && tv_progress_read(id, &seen, &claim);
	rate = rate_of(&seen);
	fraction = Max(row.progress, seen.fraction);
	values[0] = CStringGetTextDatum(row.status);
	values[1] = Int64GetDatum(claim);
	nulls[1] = !runs;
	values[2] = Float8GetDatum(fraction);
	values[3] = Int64GetDatum(seen.step);
	values[4] = Int64GetDatum(seen.of);
	values[5] = CStringGetTextDatum(unit_name(seen.unit));
	nulls[3] = nulls[4] = nulls[5] = seen.unit == TV_STEP_NONE;
	values[6] = Float8GetDatum(rate * seen.of);
	nulls[6] = rate <= 0 || seen.unit == TV_STEP_NONE;
	values[7] = Float8GetDatum(0);
	if (rate > 0)
		values[7] = Float8GetDatum(Max((1 - fraction) / rate - (GetCurrentTimestamp() - seen.at) / 1e6, 0));
	nulls[7] = rate <= 0 && strcmp(row.status, "finished") != 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

Datum
tv_running_experiments(PG_FUNCTION_ARGS)
{
	int			slots = tv_shmem()->slot_count;
	int64	   *experiments = palloc(sizeof(int64) * slots);
	int			count = tv_slots_running(experiments);

	PG_RETURN_DATUM(tv_array_of_bigints(experiments, count));
}
