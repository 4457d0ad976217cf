/*
 * run_clocks.c: kinds sr, gr and relativity; see runners.h.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "bridge/experiment/clocks.h"
#include "worker/attempt.h"
#include "worker/runners.h"

typedef struct Clocks
{
	const TvExperiment *experiment;
	Jsonb	   *metrics;
} Clocks;

static void
clocks_slice(TvRunner *runner, void *arg)
{
	Clocks	   *clocks = arg;

	clocks->metrics = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(tv_experiment_clocks(clocks->experiment))));
}

ErrorData *
tv_run_clocks(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Clocks		clocks = {experiment};
	TvResult	result = {0};
	ErrorData  *error = tv_slice(runner, clocks_slice, &clocks);

	if (error != NULL)
		return error;
	result.metrics = clocks.metrics;
	result.artifacts = tv_attempt_artifacts(job, "");
	return tv_attempt_finish(runner, job, &result);
}
