/*
 * rerun.h: an experiment's computation in the caller's session, as a worker does
 * it, so that it gives the same numbers to the last bit.
 */
#ifndef TV_EXPERIMENT_RERUN_H
#define TV_EXPERIMENT_RERUN_H

#include "postgres.h"

#include "bridge/experiment/arguments.h"

/*
 * An experiment's metrics.  The circuit is experiment->circuit; the seed and the attempt
 * are used where its arguments do not say.
 */
extern Jsonb *tv_rerun_circuit(TvExperiment *experiment, int64 seed, uint32 attempt);
extern Jsonb *tv_rerun_sweep(TvExperiment *experiment, int64 seed, uint32 attempt);
extern Jsonb *tv_rerun_clocks(TvExperiment *experiment, int64 seed, uint32 attempt);

#endif							/* TV_EXPERIMENT_RERUN_H */
