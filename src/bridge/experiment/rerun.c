/*
 * rerun.c: an experiment's computation in the caller's session; see rerun.h.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "bridge/circuit/result.h"
#include "bridge/experiment/check.h"
#include "bridge/experiment/clocks.h"
#include "bridge/experiment/rerun.h"
#include "bridge/experiment/spec.h"
#include "bridge/server/error.h"

static Jsonb *
rerun_circuit(const TvExperiment *experiment, int64 seed, uint32 attempt)
{
	TvEnv	   *env = tv_env_create("rerun");
	TvCircuitSpec spec = tv_experiment_circuit_spec(experiment, seed, attempt);
	TvCircuitRun *run = tv_circuit_run_open(env, &spec);
	Jsonb	   *result;

	(void) tv_circuit_run_more(run, 0);
	result = tv_circuit_run_result(run);
	tv_env_delete(env);
	return result;
}

static char *
rerun_sweep(const TvExperiment *experiment, int64 seed)
{
	TvSweepSpec spec = tv_experiment_sweep_spec(experiment, seed);
	TvSweepRun *run = tv_sweep_run_open(&spec);
	char	   *result;

	while (run->point < run->sweep->points)
		(void) tv_sweep_run_some(run, 0);
	result = tv_sweep_run_result(run);
	MemoryContextDelete(run->context);
	return result;
}

Jsonb *
tv_experiment_rerun(TvExperiment *experiment, int64 seed, uint32 attempt)
{
	char	   *text;

	if (experiment->kind == TV_KIND_QUANTUM)
		return rerun_circuit(experiment, seed, attempt);
	if (experiment->kind == TV_KIND_ROUTE)
		tv_report_invalid("kind", "not run here", "A route is planned by tv_plan_route().", NULL);
	if (experiment->kind == TV_KIND_SWEEP)
		tv_experiment_check(experiment);
	text = experiment->kind == TV_KIND_SWEEP
		? rerun_sweep(experiment, seed) : tv_experiment_clocks(experiment);
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}
