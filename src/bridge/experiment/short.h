/*
 * short.h: which experiments are known to take so little time that many are run in one transaction.
 */
#ifndef TV_EXPERIMENT_SHORT_H
#define TV_EXPERIMENT_SHORT_H

#include "bridge/experiment/arguments.h"

/*
 * By its params in their long form: about two milliseconds at most, without a gateway.  False in doubt; it raises nothing.  What it
 * says is stored with what waits, so another answer is for what is queued from then on.
 */
extern bool tv_experiment_is_brief(TvKind kind, Jsonb *params);

#endif							/* TV_EXPERIMENT_SHORT_H */
