/*
 * monitor.c: what is counted, for those who watch over the queue: tv_worker_counters, and the counters of tv_metrics().
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "bridge/access/roles.h"
#include "bridge/experiment/kinds.h"
#include "bridge/graph/counts.h"
#include "bridge/server/store_directory.h"
#include "worker/counters.h"

PG_FUNCTION_INFO_V1(tv_worker_counters);
PG_FUNCTION_INFO_V1(tv_monitor_counted);

static int64
of_all_kinds(const TvCounters *counters, TvOutcome outcome)
{
	int64		sum = 0;

	for (int kind = 0; kind < TV_KIND_COUNT; kind++)
		sum += counters->outcomes[kind][outcome];
	return sum;
}

Datum
tv_worker_counters(PG_FUNCTION_ARGS)
{
	TvCounters	copy;
	Datum		values[8];
	bool		nulls[8] = {false};
	int64		run_us = 0;
	TupleDesc	desc;

	tv_require_admin();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	tv_counters_read(&copy);
	for (int kind = 0; kind < TV_KIND_COUNT; kind++)
		run_us += copy.runs[kind].sum_us;
	values[0] = Int64GetDatum(of_all_kinds(&copy, TV_OUTCOME_FINISHED));
	values[1] = Int64GetDatum(of_all_kinds(&copy, TV_OUTCOME_FAILED));
	values[2] = Int64GetDatum(of_all_kinds(&copy, TV_OUTCOME_RETRIED) + of_all_kinds(&copy, TV_OUTCOME_HANDED_BACK));
	values[3] = Int64GetDatum(of_all_kinds(&copy, TV_OUTCOME_CANCELLED));
	values[4] = Int64GetDatum(of_all_kinds(&copy, TV_OUTCOME_LOST));
	values[5] = Int64GetDatum(copy.frames);
	values[6] = Float8GetDatum(run_us / 1e6);
	values[7] = Int64GetDatum(copy.events_held);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ------------------------------------------------------------ for tv_metrics */

/* Labels are words of ours and need no escapes. */
static void
put(ReturnSetInfo *rsinfo, const char *metric, const char *suffix, const char *labels, const char *value)
{
	Datum		values[] = {CStringGetTextDatum(metric), CStringGetTextDatum(suffix), CStringGetTextDatum(labels),
	CStringGetTextDatum(value)};
	bool		nulls[lengthof(values)] = {false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_count(ReturnSetInfo *rsinfo, const char *metric, const char *suffix, const char *labels, int64 count)
{
	put(rsinfo, metric, suffix, labels, psprintf(INT64_FORMAT, count));
}

/* Microseconds as seconds, to the last digit. */
static char *
seconds(int64 us)
{
	return psprintf(INT64_FORMAT "." "%06d", us / USECS_PER_SEC, (int) (us % USECS_PER_SEC));
}

/* A histogram as it is told: buckets that hold what is in those before. */
static void
put_times(ReturnSetInfo *rsinfo, const char *metric, const char *labels, const TvTimes *times)
{
	const char *comma = labels[0] == '\0' ? "" : ",";
	int64		count = 0;

	for (int i = 0; i <= TV_TIME_BOUNDS; i++)
	{
		count += times->counts[i];
		put_count(rsinfo, metric, "_bucket", psprintf("%s%sle=\"%s\"", labels, comma,
													 i == TV_TIME_BOUNDS ? "+Inf" : tv_time_bound_names[i]), count);
	}
	put(rsinfo, metric, "_sum", labels, seconds(times->sum_us));
	put_count(rsinfo, metric, "_count", labels, count);
}

static void
add_file_size(void *arg, const char *name, Size size, TimestampTz modified)
{
	*(int64 *) arg += size;
}

Datum
tv_monitor_counted(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvCounters	copy;
	TvGraphCounts graphs;
	int64		graph_bytes = 0;

	tv_require_admin();
	InitMaterializedSRF(fcinfo, 0);
	tv_counters_read(&copy);
	tv_graph_counts_read(&graphs);
	tv_store_visit(NULL, add_file_size, &graph_bytes);
	put(rsinfo, "timevmaps_counters_created_timestamp_seconds", "", "",
		seconds(copy.since + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY));
	for (int kind = 0; kind < TV_KIND_COUNT; kind++)
	{
		const char *name = tv_kinds[kind].name;

		for (int outcome = 0; outcome < TV_OUTCOME_COUNT; outcome++)
			put_count(rsinfo, "timevmaps_attempts_total", "",
					  psprintf("kind=\"%s\",outcome=\"%s\"", name, tv_outcome_names[outcome]),
					  copy.outcomes[kind][outcome]);
		put_times(rsinfo, "timevmaps_run_seconds", psprintf("kind=\"%s\"", name), &copy.runs[kind]);
	}
	put_times(rsinfo, "timevmaps_wait_seconds", "", &copy.waits);
	for (int i = 0; i < TV_FAILURES; i++)
		if (copy.failures[i].sqlstate != 0)
			put_count(rsinfo, "timevmaps_failures_total", "",
					  psprintf("sqlstate=\"%s\"", unpack_sql_state(copy.failures[i].sqlstate)), copy.failures[i].count);
	put_count(rsinfo, "timevmaps_failures_total", "", "sqlstate=\"other\"", copy.other_failures);
	put_count(rsinfo, "timevmaps_batches_total", "", "", copy.batches);
	put_count(rsinfo, "timevmaps_batched_experiments_total", "", "", copy.batched);
	put_count(rsinfo, "timevmaps_frames_total", "", "", copy.frames);
	put_count(rsinfo, "timevmaps_frames_refused_total", "", "", copy.frames_refused);
	put_count(rsinfo, "timevmaps_notifications_total", "", "", copy.notifications);
	put_count(rsinfo, "timevmaps_events_told_total", "", "", copy.events_told);
	put_count(rsinfo, "timevmaps_events_held_total", "", "", copy.events_held);
	put_count(rsinfo, "timevmaps_position_updates_total", "", "", copy.updates_told);
	put_count(rsinfo, "timevmaps_position_updates_lost_total", "", "", copy.updates_lost);
	put_count(rsinfo, "timevmaps_zone_looks_total", "", "", copy.crossings_looked);
	put_count(rsinfo, "timevmaps_zone_vehicles_waiting", "", "", copy.crossings_waiting);
	put_count(rsinfo, "timevmaps_graph_answers_total", "", "source=\"graph\"", graphs.from_graphs);
	put_count(rsinfo, "timevmaps_graph_answers_total", "", "source=\"rows\"", graphs.from_rows);
	put_count(rsinfo, "timevmaps_graph_builds_total", "", "", graphs.builds);
	put(rsinfo, "timevmaps_graph_build_seconds_total", "", "", seconds(graphs.build_us));
	put_count(rsinfo, "timevmaps_graph_bytes", "", "", graph_bytes);
	return (Datum) 0;
}
