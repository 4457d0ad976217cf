/*
 * analysis.h: what a circuit's measurements allow, found before it runs.
 *
 * A measurement is final when it is unconditional, nothing but a MEASURE or
 * BARRIER touches its qubit afterwards, and nothing reads its bit, or writes it
 * before the end.  Final measurements need not collapse the state: they are drawn
 * from it at the end.
 */
#ifndef TVM_CIRCUIT_ANALYSIS_H
#define TVM_CIRCUIT_ANALYSIS_H

#include "kernel/quantum/circuit/circuit.h"

typedef struct TvmAnalysis
{
	bool		measures;		/* there is a MEASURE */
	bool		random;			/* even without noise, a trajectory is not like another */
	bool		gathers;		/* a gate needs TVM_STATE_SCRATCH */
	size_t		finals;			/* final measurements */
} TvmAnalysis;

/*
 * With `collapse` no measurement is final.  `deferred` may be NULL: for each gate,
 * whether it is a final measurement.
 */
extern TvmAnalysis tvm_circuit_analyse(const TvmCircuit *circuit, bool collapse,
									   uint8_t *deferred);

/* What is known of a gate's condition before the circuit runs. */
typedef enum TvmCondition
{
	TVM_CONDITION_HOLDS,		/* always; also where there is none */
	TVM_CONDITION_FAILS,		/* always */
	TVM_CONDITION_WAITS			/* for bits that a measurement writes */
} TvmCondition;

/*
 * `written`: the bits that a measurement may have written before the gate, to which it
 * adds its own; all 0 before the first gate.  What nothing has written is 0.
 */
extern TvmCondition tvm_condition_of(const TvmGate *gate, uint64_t written[TVM_MAX_BITS / 64]);

/* Sets of bits in 64-bit words. */
static inline bool
tvm_bits_get(const uint64_t *set, uint32_t i)
{
	return (set[i / 64] >> i % 64 & 1) != 0;
}

static inline void
tvm_bits_put(uint64_t *set, uint32_t i, bool value)
{
	uint64_t	bit = (uint64_t) 1 << i % 64;

	set[i / 64] = value ? set[i / 64] | bit : set[i / 64] & ~bit;
}

#endif							/* TVM_CIRCUIT_ANALYSIS_H */
