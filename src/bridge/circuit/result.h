/*
 * result.h: what a circuit's run has found, as the document that docs/circuits.md describes.
 */
#ifndef TV_CIRCUIT_RESULT_H
#define TV_CIRCUIT_RESULT_H

#include "bridge/circuit/run.h"

/* After tv_circuit_run_more() has returned false, once: the result, in the current context. */
extern Jsonb *tv_circuit_run_result(TvCircuitRun *run);

#endif							/* TV_CIRCUIT_RESULT_H */
