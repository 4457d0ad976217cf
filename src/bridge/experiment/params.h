/*
 * params.h: the one form in which an experiment's params are stored.
 *
 * Clients may write less: a circuit's members in place of `circuit`, and the
 * letters t, v and M in place of proper_seconds, v_mps and gm.  What is stored,
 * shown and run is the long form, so nothing past this file knows the short ones.
 */
#ifndef TV_EXPERIMENT_PARAMS_H
#define TV_EXPERIMENT_PARAMS_H

#include "postgres.h"
#include "utils/jsonb.h"

/*
 * `params` itself where it has no short form, else a palloc'd copy.  22023 where
 * both forms are given, or a letter is no number; the rest is for the reader to check.
 */
extern Jsonb *tv_experiment_params(const char *kind, Jsonb *params);

#endif							/* TV_EXPERIMENT_PARAMS_H */
