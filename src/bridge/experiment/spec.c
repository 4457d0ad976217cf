/*
 * spec.c: an experiment's arguments as what its run is told; see spec.h.
 */
#include "postgres.h"

#include "bridge/experiment/spec.h"

TvCircuitSpec
tv_experiment_circuit_spec(const TvExperiment *experiment, int64 seed, uint32 attempt)
{
	return (TvCircuitSpec) {
		.circuit = experiment->circuit,
		.circuit_path = "params.circuit",
		.options = experiment->options,
		.options_path = "params.options",
		.shots = experiment->shots,
		.seed = experiment->has_seed ? experiment->seed : seed,
		.attempt = attempt,
		.purpose = TV_RUN_RESULT
	};
}

TvSweepSpec
tv_experiment_sweep_spec(const TvExperiment *experiment, int64 seed)
{
	return (TvSweepSpec) {
		.sweep = experiment->sweep,
		.circuit = experiment->circuit,
		.options = experiment->options,
		.shots = experiment->shots,
		.seed = experiment->has_seed ? experiment->seed : seed,
		.gradient = experiment->gradient
	};
}
