/*
 * known.h: which qubits of a state are known to be in a basis state.
 *
 * A promise about amplitudes: those whose bits differ from `value` in `mask` are exactly 0,
 * so that nothing need be done with them.  A circuit starts so on all its qubits, and a
 * reset or a measurement brings one back; who changes a state in another way than
 * the functions here know gives the promise up (mask 0).
 */
#ifndef TVM_ENGINE_KNOWN_H
#define TVM_ENGINE_KNOWN_H

#include "kernel/quantum/circuit/circuit.h"

/* Below so many qubits it is not kept: a plan of its own for each stretch would cost more. */
#define TVM_KNOWN_LEAST 18

typedef struct TvmKnown
{
	uint64_t	mask;
	uint64_t	value;			/* within mask */
} TvmKnown;

/* Of |0...0>. */
extern TvmKnown tvm_known_start(uint32_t qubits);

/* The qubit is in the basis state |value>; its state is not known any more. */
extern void tvm_known_set(TvmKnown *known, uint32_t qubit, int value);
extern void tvm_known_forget(TvmKnown *known, uint64_t qubits);

/*
 * The controls of a unitary gate that are not met for certain, as `mask` and `value`;
 * false if one is certainly not: the gate does nothing.
 */
extern bool tvm_known_controls(const TvmKnown *known, const TvmGate *gate, uint64_t *mask, uint64_t *value);

/* What is known after any gate, a measurement's outcome not being known. */
extern void tvm_known_follow(TvmKnown *known, const TvmGate *gate);

#endif							/* TVM_ENGINE_KNOWN_H */
