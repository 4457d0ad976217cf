/*
 * clifford.h: gates that map Pauli strings to Pauli strings, as steps of a few kinds.
 *
 * A gate is recognised by its matrix, so a rotation by a multiple of pi/2 counts,
 * whatever its name; a global phase is dropped.  Gates on more than three qubits
 * (controls included) are not looked at, and only the identity among them is one.
 */
#ifndef TVM_STABILIZER_CLIFFORD_H
#define TVM_STABILIZER_CLIFFORD_H

#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/noise/noise.h"

typedef enum TvmCliffordKind
{
	TVM_CLIFFORD_X,				/* the Paulis come first */
	TVM_CLIFFORD_Y,
	TVM_CLIFFORD_Z,
	TVM_CLIFFORD_H,
	TVM_CLIFFORD_S,
	TVM_CLIFFORD_SDG,
	TVM_CLIFFORD_SX,
	TVM_CLIFFORD_SXDG,
	TVM_CLIFFORD_CX,			/* a controls, b is flipped */
	TVM_CLIFFORD_CZ,
	TVM_CLIFFORD_SWAP
} TvmCliffordKind;

typedef struct TvmCliffordStep
{
	uint32_t	kind;			/* TvmCliffordKind */
	uint32_t	a;
	uint32_t	b;				/* of the last three */
} TvmCliffordStep;

/* The most steps of one gate. */
#define TVM_CLIFFORD_STEPS 96

/* A gate's steps, in their order; false when it is no Clifford gate (or not unitary). */
extern bool tvm_clifford_steps(const TvmGate *gate, TvmCliffordStep *steps, uint32_t *count);

/* The steps of a whole circuit; gate i has steps[first[i]] to steps[first[i + 1]]. */
typedef struct TvmCliffordProgram
{
	TvmCliffordStep *steps;
	uint64_t   *first;
} TvmCliffordProgram;

/*
 * Is every unitary gate a Clifford gate, and every channel one of Pauli errors?
 * If not, *gate is the first that is none, circuit->count where it is the noise.
 * *steps is how many there are.
 */
extern bool tvm_clifford_circuit(const TvmCircuit *circuit, const TvmNoise *noise, size_t *gate,
								 uint64_t *steps);

/* Of a circuit for which the above is true. */
extern TvmStatus tvm_clifford_compile(TvmEnv *env, const TvmCircuit *circuit, uint64_t steps,
									  TvmCliffordProgram *program);
extern void tvm_clifford_free(TvmEnv *env, TvmCliffordProgram *program);

#endif							/* TVM_STABILIZER_CLIFFORD_H */
