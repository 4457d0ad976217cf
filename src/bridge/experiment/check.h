/*
 * check.h: what can be known of an experiment without running it.
 */
#ifndef TV_EXPERIMENT_CHECK_H
#define TV_EXPERIMENT_CHECK_H

#include "bridge/experiment/arguments.h"

/*
 * What can be known without running it: the circuit and its memory, the formulas'
 * domains.  Connects to SPI where it must read a named circuit, which a worker has read.
 */
extern void tv_experiment_check(TvExperiment *experiment);

/*
 * Within SPI: read the circuit that is named, as the current user sees it, into
 * `context`.  22023 where there is none.
 */
extern void tv_experiment_load_circuit(TvExperiment *experiment, MemoryContext context);

#endif							/* TV_EXPERIMENT_CHECK_H */
