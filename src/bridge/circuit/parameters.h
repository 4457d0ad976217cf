/*
 * parameters.h: a circuit whose parameters are kept apart from their values, and the
 * gradients of expectations with respect to them.
 */
#ifndef TV_CIRCUIT_PARAMETERS_H
#define TV_CIRCUIT_PARAMETERS_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/circuit/circuit.h"
#include "bridge/server/env.h"
#include "kernel/quantum/run/gradient.h"

/* In the TvEnv that it was read with. */
typedef struct TvParameters
{
	TvCircuit  *circuit;		/* its angles hold what does not depend on the parameters */
	int			count;
	bool	   *used;			/* does an angle depend on it? */
	TvmParameterUse *uses;		/* in the order of gates and angles */
	size_t		use_count;
	double	   *constant;		/* of each use's angle */
} TvParameters;

/*
 * Read a document with these parameters open; what else it names has its value from
 * `given` (NULL: none), which wins, or from the document: 22023 where it has none.
 */
extern TvParameters *tv_parameters_read(TvEnv *env, Jsonb *document, const TvPath *path, Jsonb *given,
										const char *const *names, int count);

/* Raise 22023 where values of up to these sizes may make an angle that is too large. */
extern void tv_parameters_require_range(const TvParameters *parameters, const TvPath *path, const double *most);

/*
 * The gradients of options->observables at these values of the parameters, as
 * tvm_gradient() has them.  `path` is the document's.
 */
extern void tv_parameters_gradient(TvEnv *env, TvParameters *parameters, const TvPath *path,
								   const double *values, const TvmRunOptions *options, double *gradient);

/* Raise what tv_parameters_gradient() would refuse. */
extern void tv_parameters_gradient_check(TvEnv *env, const TvParameters *parameters, const TvPath *path);

#endif							/* TV_CIRCUIT_PARAMETERS_H */
