/*
 * rerun.h: an experiment's computation in the caller's session, as a worker does
 * it, so that it gives the same numbers to the last bit.
 */
#ifndef TV_EXPERIMENT_RERUN_H
#define TV_EXPERIMENT_RERUN_H

#include "postgres.h"

#include "bridge/circuit/run.h"
#include "bridge/experiment/arguments.h"
#include "bridge/experiment/sweep_run.h"

/* The runs that kinds quantum and sweep are; experiment->circuit is read already. */
extern TvCircuitSpec tv_experiment_circuit_spec(const TvExperiment *experiment, int64 seed, uint32 attempt);
extern TvSweepSpec tv_experiment_sweep_spec(const TvExperiment *experiment, int64 seed);

/*
 * The metrics of an experiment, of any kind but route.  The circuit is experiment->circuit,
 * the seed and the attempt are used where its arguments do not say.
 */
extern Jsonb *tv_experiment_rerun(TvExperiment *experiment, int64 seed, uint32 attempt);

#endif							/* TV_EXPERIMENT_RERUN_H */
