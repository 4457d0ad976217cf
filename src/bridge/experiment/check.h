/*
 * check.h: what can be known of an experiment without running it.
 */
#ifndef TV_EXPERIMENT_CHECK_H
#define TV_EXPERIMENT_CHECK_H

#include "bridge/experiment/arguments.h"

/* The formulas' domains. */
extern void tv_experiment_check_clocks(TvExperiment *experiment);

/*
 * All that opening the run would raise, without allocating the state; for a sweep, of its first point.
 * Connects to SPI where it must read a named circuit, which a worker has read.
 */
extern void tv_experiment_check_run(TvExperiment *experiment);

/*
 * Within SPI: read the circuit that is named, as the current user sees it, into
 * `context`.  22023 where there is none.
 */
extern void tv_experiment_load_circuit(TvExperiment *experiment, MemoryContext context);

#endif							/* TV_EXPERIMENT_CHECK_H */
