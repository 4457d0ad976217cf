/*
 * qasm.h: circuits between OpenQASM and the bridge's form.
 */
#ifndef TV_CIRCUIT_QASM_H
#define TV_CIRCUIT_QASM_H

#include "bridge/circuit/circuit.h"

/*
 * Read a program of OpenQASM 2.0 or 3; 22023 with line and column where it is wrong,
 * PT413 when it needs more than timevmaps.circuit_memory.  The circuit lives in the
 * TvEnv's memory.
 */
extern TvCircuit *tv_circuit_read_qasm(TvEnv *env, const char *text, size_t length);

/*
 * Write a circuit as a program of OpenQASM `version`, 0: of 2.0 where that can say it,
 * else of 3.  22023 with the path to what cannot be written.
 */
extern text *tv_circuit_write_qasm(TvEnv *env, const TvCircuit *circuit, int version);

#endif							/* TV_CIRCUIT_QASM_H */
