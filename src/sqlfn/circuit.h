/*
 * circuit.h: the rows that functions on circuits and on frames have in common.
 */
#ifndef TV_SQLFN_CIRCUIT_H
#define TV_SQLFN_CIRCUIT_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "bridge/server/env.h"
#include "kernel/quantum/state/state.h"

/* A row in a tuplestore: header, alignment, fixed columns and a string of bits. */
#define TV_ROW_BYTES ((uint64) 96)

/* A text of so many characters, to be filled by tv_put_amplitude(). */
extern text *tv_make_bits(uint32 qubits);

/* basis, bits, re, im, probability; re and im are null where only a probability is known. */
extern void tv_put_amplitude(ReturnSetInfo *rsinfo, text *bits, uint64 basis, bool has_amplitude,
							 double re, double im, double probability);

/* qubit, x, y, z */
extern void tv_put_bloch(ReturnSetInfo *rsinfo, uint32 qubit, const double xyz[3]);
extern void tv_put_bloch_of_state(ReturnSetInfo *rsinfo, TvEnv *env, const TvmState *state);

#endif							/* TV_SQLFN_CIRCUIT_H */
