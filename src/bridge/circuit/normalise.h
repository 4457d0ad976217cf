/*
 * normalise.h: one order for what is a set in a gate.
 */
#ifndef TV_CIRCUIT_NORMALISE_H
#define TV_CIRCUIT_NORMALISE_H

#include "kernel/quantum/circuit/circuit.h"

/*
 * Controls are a set, and so are a condition's bits and the two targets of SWAP and
 * its like: put both in ascending order, so that equal gates are equal in memory.
 */
extern void tv_gate_normalise(TvmGate *gate);

#endif							/* TV_CIRCUIT_NORMALISE_H */
