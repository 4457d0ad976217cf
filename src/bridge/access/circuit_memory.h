/*
 * circuit_memory.h: memory of circuits that is refused before it is taken: the least of the setting
 * timevmaps.circuit_memory and of the caller's quota.
 */
#ifndef TV_ACCESS_CIRCUIT_MEMORY_H
#define TV_ACCESS_CIRCUIT_MEMORY_H

#include "postgres.h"

/* What one circuit may take, in bytes. */
extern uint64 tv_circuit_memory_limit(void);

/* PT413 with need and limit in its detail when `bytes` is above it. */
extern void tv_circuit_require_memory(uint64 bytes, const char *what);

/*
 * Between transactions nobody can be asked about: a worker says what the submitter's quota is while it computes, and 0 when
 * it is done.
 */
extern void tv_circuit_memory_hold(int64 quota);

#endif							/* TV_ACCESS_CIRCUIT_MEMORY_H */
