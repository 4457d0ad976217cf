/*
 * spec.h: an experiment's arguments as what its run is told, for workers and sessions alike.
 */
#ifndef TV_EXPERIMENT_SPEC_H
#define TV_EXPERIMENT_SPEC_H

#include "bridge/circuit/run.h"
#include "bridge/experiment/arguments.h"
#include "bridge/experiment/sweep_run.h"

/* The runs that kinds quantum and sweep are; experiment->circuit is read already. */
extern TvCircuitSpec tv_experiment_circuit_spec(const TvExperiment *experiment, int64 seed, uint32 attempt);
extern TvSweepSpec tv_experiment_sweep_spec(const TvExperiment *experiment, int64 seed);

#endif							/* TV_EXPERIMENT_SPEC_H */
