/*
 * rerun.c: an experiment's computation in the caller's session; see rerun.h.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "bridge/circuit/result.h"
#include "bridge/experiment/check.h"
#include "bridge/experiment/clocks.h"
#include "bridge/experiment/rerun.h"
#include "bridge/experiment/spec.h"

Jsonb *
tv_rerun_circuit(TvExperiment *experiment, int64 seed, uint32 attempt)
{
	TvEnv	   *env = tv_env_create("rerun");
	TvCircuitSpec spec = tv_experiment_circuit_spec(experiment, seed, attempt);
	TvCircuitRun *run = tv_circuit_run_open(env, &spec);
	Jsonb	   *result;

	(void) tv_circuit_run_more(run, 0);
	result = tv_circuit_run_result(run, NULL);
	tv_env_delete(env);
	return result;
}

static Jsonb *
parse(const char *text)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

Jsonb *
tv_rerun_sweep(TvExperiment *experiment, int64 seed, uint32 attempt)
{
	TvSweepSpec spec = tv_experiment_sweep_spec(experiment, seed);
	TvSweepRun *run;
	Jsonb	   *result;

	tv_experiment_check_run(experiment);
	run = tv_sweep_run_open(&spec);
	while (run->point < run->sweep->points)
		(void) tv_sweep_run_some(run, 0);
	result = parse(tv_sweep_run_result(run));
	MemoryContextDelete(run->context);
	return result;
}

Jsonb *
tv_rerun_clocks(TvExperiment *experiment, int64 seed, uint32 attempt)
{
	return tv_experiment_clocks(experiment);
}
