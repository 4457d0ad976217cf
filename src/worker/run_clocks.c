/*
 * run_clocks.c: kinds sr, gr and relativity; see runners.h.
 */
#include "postgres.h"

#include "bridge/experiment/clocks.h"
#include "worker/attempt.h"
#include "worker/runners.h"

typedef struct Clocks
{
	TvJob	   *job;
	TvExperiment *experiment;
	TvWhole		whole;
} Clocks;

void
tv_run_clocks_at_once(TvJob *job, TvExperiment *experiment, TvWhole *whole)
{
	whole->result.metrics = tv_experiment_clocks(experiment);
	whole->result.artifacts = tv_attempt_artifacts(job, "");
}

static void
clocks_slice(TvRunner *runner, void *arg)
{
	Clocks	   *clocks = arg;

	tv_run_clocks_at_once(clocks->job, clocks->experiment, &clocks->whole);
}

ErrorData *
tv_run_clocks(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Clocks		clocks = {job, experiment};
	ErrorData  *error = tv_slice(runner, clocks_slice, &clocks);

	return error != NULL ? error : tv_attempt_finish(runner, job, &clocks.whole.result);
}
