/*
 * clocks.h: experiments of kinds sr, gr and relativity: two clocks.
 */
#ifndef TV_EXPERIMENT_CLOCKS_H
#define TV_EXPERIMENT_CLOCKS_H

#include "bridge/experiment/arguments.h"

/* The metrics of kinds sr, gr and relativity. */
extern Jsonb *tv_experiment_clocks(const TvExperiment *experiment);

#endif							/* TV_EXPERIMENT_CLOCKS_H */
