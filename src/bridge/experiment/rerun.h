/*
 * rerun.h: an experiment's computation in the caller's session, as a worker does
 * it, so that it gives the same numbers to the last bit.
 */
#ifndef TV_EXPERIMENT_RERUN_H
#define TV_EXPERIMENT_RERUN_H

#include "postgres.h"

#include "bridge/experiment/arguments.h"

/*
 * The metrics of an experiment, of any kind but route.  The circuit is experiment->circuit,
 * the seed and the attempt are used where its arguments do not say.
 */
extern Jsonb *tv_experiment_rerun(TvExperiment *experiment, int64 seed, uint32 attempt);

#endif							/* TV_EXPERIMENT_RERUN_H */
