/*
 * run_sweep.c: a circuit at each of a sweep's points, a frame of each, then the
 * result.
 *
 * As in run_quantum.c the computation runs in slices with no transaction open, and
 * frames and progress are stored between them.  All memory is below runner->job.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"

#include "bridge/experiment/frame_policy.h"
#include "bridge/server/json.h"
#include "bridge/experiment/check.h"
#include "bridge/experiment/spec.h"
#include "worker/attempt.h"
#include "worker/pending.h"
#include "worker/runners.h"
#include "worker/watch.h"

/* A frame's summary lists the means of so many observables. */
#define SUMMARY_OBSERVABLES 16

typedef struct Sweep
{
	TvJob	   *job;
	TvExperiment *experiment;
	TvSweepRun *run;
	TvFramePolicy policy;

	TvPending	pending;
	TvResult	result;
} Sweep;

static void
how_far(const void *run, TvProgress *progress)
{
	const TvSweepRun *sweep = ((const Sweep *) run)->run;

	progress->fraction = tv_sweep_run_progress(sweep);
	progress->unit = TV_STEP_POINT;
	progress->step = sweep->point;
	progress->of = sweep->sweep->points;
}

static void
open_slice(TvRunner *runner, void *arg)
{
	Sweep	   *sweep = arg;
	const TvExperiment *experiment = sweep->experiment;
	TvSweepSpec spec = tv_experiment_sweep_spec(experiment, sweep->job->id);

	/* A named circuit may be another one than it was when the experiment was submitted. */
	tv_experiment_check_run(sweep->experiment);
	sweep->policy = tv_sweep_frame_policy(&experiment->frames, experiment->qubits,
										  experiment->sweep->points);
	spec.frame = sweep->policy.content;
	spec.deadline = tv_attempt_deadline(sweep->job, experiment);
	sweep->run = tv_sweep_run_open(&spec);
	tv_watch_progress(how_far, sweep);
	tv_pending_begin(&sweep->pending, runner->job);
}

/* {"point": 3, "params": {"alpha": 0.1}, "values": [0.5], ...} */
static Jsonb *
summary(const Sweep *sweep, int64 point)
{
	const TvSweepRun *run = sweep->run;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"point\": " INT64_FORMAT ", \"qubits\": %u, \"params\": ", point, run->qubits);
	tv_sweep_write_point(&text, run->sweep, point);
	if (run->frame != NULL)
		appendStringInfo(&text, ", \"content\": \"%s\"", tvm_frame_kind_name(run->spec.frame));
	appendStringInfoString(&text, ", \"values\": [");
	for (int i = 0; i < Min(run->series_count, SUMMARY_OBSERVABLES); i++)
	{
		if (i > 0)
			appendStringInfoString(&text, ", ");
		tv_json_write_number(&text, run->series[i].values[point]);
	}
	appendStringInfoString(&text, "]}");
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data)));
}

static void
take_frame(Sweep *sweep, int64 point)
{
	MemoryContext caller = MemoryContextSwitchTo(sweep->pending.context);

	tv_pending_add(&sweep->pending, point,
				   sweep->run->frame == NULL ? NULL : DatumGetByteaPCopy(PointerGetDatum(sweep->run->frame)),
				   summary(sweep, point));
	MemoryContextSwitchTo(caller);
}

static void
points_slice(TvRunner *runner, void *arg)
{
	Sweep	   *sweep = arg;
	TvSweepRun *run = sweep->run;
	TimestampTz start = GetCurrentTimestamp();

	while (run->point < run->sweep->points)
	{
		if (tv_sweep_run_some(run, TV_SLICE_MS) &&
			sweep->policy.every > 0 && run->done % sweep->policy.every == 0)
			take_frame(sweep, run->done);
		if (tv_pending_full(&sweep->pending) ||
			TimestampDifferenceExceeds(start, GetCurrentTimestamp(), TV_SLICE_MS))
			break;
	}
}

static void
result_slice(TvRunner *runner, void *arg)
{
	Sweep	   *sweep = arg;

	sweep->result.metrics = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(tv_sweep_run_result(sweep->run))));
	sweep->result.hash = sweep->run->hash;
	sweep->result.artifacts = tv_attempt_circuit_artifacts(sweep->job, sweep->experiment, sweep->run->hash,
														   sweep->run->spec.seed, sweep->run->method,
														   sweep->run->precision);
}

ErrorData *
tv_run_sweep(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Sweep	   *sweep = MemoryContextAllocZero(runner->job, sizeof(Sweep));
	ErrorData  *error;

	sweep->job = job;
	sweep->experiment = experiment;
	if ((error = tv_attempt_load_circuit(runner, job, experiment)) != NULL)
		return error;
	if ((error = tv_slice(runner, open_slice, sweep)) != NULL)
		return error;
	while (sweep->run->point < sweep->run->sweep->points)
	{
		bool		last;

		if ((error = tv_slice(runner, points_slice, sweep)) != NULL)
			return error;
		last = sweep->run->point == sweep->run->sweep->points;
		if (((last && sweep->pending.count > 0) || tv_pending_due(&sweep->pending)) &&
			!tv_pending_store(runner, job, &sweep->pending, tv_sweep_run_progress(sweep->run),
							  sweep->run->sweep->points - 1, &error))
			return error;
	}
	if ((error = tv_slice(runner, result_slice, sweep)) != NULL)
		return error;
	return tv_attempt_finish(runner, job, &sweep->result);
}
