/*
 * check.c: what can be known of an experiment without running it; see check.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "bridge/experiment/check.h"
#include "bridge/experiment/clocks.h"
#include "bridge/experiment/frame_policy.h"
#include "bridge/experiment/spec.h"
#include "bridge/experiment/sweep.h"

static const TvPath root = {NULL, "params", -1, 0};

void
tv_experiment_load_circuit(TvExperiment *experiment, MemoryContext context)
{
	TvPath		path = TV_PATH_KEY(&root, "circuit");
	Oid			type = TEXTOID;
	Datum		name = CStringGetTextDatum(experiment->circuit_name);
	MemoryContext caller;
	bool		isnull;

	if (SPI_execute_with_args("SELECT pg_catalog.jsonb_build_object('qubits', c.qubits, 'bits', c.bits,"
							  " 'gates', c.gates, 'params', c.params)"
							  " FROM timevmaps.circuits c WHERE c.name OPERATOR(pg_catalog.=) $1",
							  1, &type, &name, NULL, true, 1) != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not read the circuit")));
	if (SPI_processed == 0)
		tv_json_fail(&path, "no such circuit", "Give a circuit, or the name of one in table circuits.",
					 "There is no circuit \"%s\", or it is not visible to this role.", experiment->circuit_name);
	caller = MemoryContextSwitchTo(context);
	experiment->circuit = DatumGetJsonbPCopy(SPI_getbinval(SPI_tuptable->vals[0],
														   SPI_tuptable->tupdesc, 1, &isnull));
	MemoryContextSwitchTo(caller);
}

void
tv_experiment_check_run(TvExperiment *experiment)
{
	TvEnv	   *env = tv_env_create("experiment");
	const TvmCircuit *circuit;
	TvCircuitSpec spec;
	TvCircuitRun *run;

	if (experiment->circuit == NULL)
	{
		MemoryContext context = CurrentMemoryContext;

		SPI_connect();
		tv_experiment_load_circuit(experiment, context);
		SPI_finish();
	}
	spec = tv_experiment_circuit_spec(experiment, 0, 0);
	spec.check = true;
	if (experiment->sweep != NULL)
	{
		spec.options = tv_sweep_options(experiment->sweep, experiment->options, 0);
		spec.alike = true;
	}
	run = tv_circuit_run_open(env, &spec);
	circuit = &run->circuit->kernel;
	experiment->qubits = circuit->qubits;
	if (experiment->sweep != NULL)
	{
		tv_sweep_check(experiment->sweep, experiment->circuit, circuit, experiment->options, &run->options,
					   experiment->shots, experiment->gradient);
		(void) tv_sweep_frame_policy(&experiment->frames, circuit->qubits, experiment->sweep->points);
	}
	else if (!experiment->frames.off)
	{
		/* Frames are taken in a run of their own. */
		(void) tv_frame_policy(&experiment->frames, circuit->qubits, circuit->count);
		spec.steps = true;
		spec.amplitudes = tv_frames_need_amplitudes(&experiment->frames);
		tv_circuit_run_check(run, &spec);
	}
	tv_env_delete(env);
}

void
tv_experiment_check_clocks(TvExperiment *experiment)
{
	(void) tv_experiment_clocks(experiment);
}
