/*
 * result.h: what a circuit's run has found, as the document that docs/circuit.md describes.
 */
#ifndef TV_CIRCUIT_RESULT_H
#define TV_CIRCUIT_RESULT_H

#include "bridge/circuit/run.h"

/* The numbers that others go on with, as they are: nobody reads them back out of the document. */
typedef struct TvCircuitNumbers
{
	bool		has_fidelity;
	double		fidelity;
	double		fidelity_error;
	const TvmMean *expectation; /* of each observable; the run's memory */
} TvCircuitNumbers;

/* After tv_circuit_run_more() has returned false, once: the result, in the current context; `numbers` may be NULL. */
extern Jsonb *tv_circuit_run_result(TvCircuitRun *run, TvCircuitNumbers *numbers);

#endif							/* TV_CIRCUIT_RESULT_H */
