/*
 * atoms.h: gates rewritten as few kinds of small operations, the atoms of a plan.
 *
 *   BUTTERFLY   I - i t X on a qubit, |t| <= 1, then X where `flip`
 *   DIAGONAL    amplitudes with bits a (and b) set get the phase e^(i angle)
 *   PERMUTE     CX from a to b; X on a where a = b
 *   MATRIX      a 2 x 2 matrix on a, with controls
 *   PHASE       amplitudes whose bits have given values (three and more bits) get a phase
 *   DENSE       the gate's matrix on 2 to TVM_DENSE_MAX qubits, with controls
 *   GATE        the gate as it is, by state/gate_matrices.c on the whole state: a large UNITARY
 *
 * Neighbouring one-qubit gates on a qubit are multiplied first.  Their product is
 *     scale * diag(1, e^(i beta)) (I - i t X or X + i t I) diag(1, e^(i gamma)),
 * two multiplications an amplitude instead of eight, where the diagonals merge with
 * others.  SWAP is three CX, ISWAP a SWAP and phases, RXX a CX, an RX and a CX.
 *
 * The list is in an order that may be run as it is.  Two atoms commute when on each
 * qubit that they share both are diagonal: (qubits & mixed of the other) is empty
 * both ways.  The list belongs to the environment's memory and is freed at once.
 */
#ifndef TVM_ENGINE_ATOMS_H
#define TVM_ENGINE_ATOMS_H

#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/engine/known.h"
#include "kernel/quantum/simd/simd.h"

typedef enum TvmAtomKind
{
	TVM_ATOM_BUTTERFLY,
	TVM_ATOM_DIAGONAL,
	TVM_ATOM_PERMUTE,
	TVM_ATOM_MATRIX,
	TVM_ATOM_PHASE,
	TVM_ATOM_DENSE,
	TVM_ATOM_GATE,
	TVM_ATOM_KINDS
} TvmAtomKind;

#define TVM_NO_ATOM UINT32_MAX

typedef struct TvmAtom
{
	uint8_t		kind;			/* TvmAtomKind */
	uint8_t		a;
	uint8_t		b;
	bool		flip;
	uint32_t	gates;			/* of the circuit, counted at one of the atoms that they became */
	uint32_t	next;			/* the next atom of a step, TVM_NO_ATOM at the end: plan.c */
	uint32_t	matrix;			/* MATRIX: which of the list's matrices */
	uint64_t	qubits;			/* touched; controls are */
	uint64_t	mixed;			/* of them, those where it is not diagonal */
	uint64_t	value;			/* PHASE, MATRIX, DENSE: what the controls (or bits) must be */
	double		x;				/* t or angle */
	TvmComplex	scale;			/* a factor for all amplitudes besides */
	const TvmGate *gate;		/* DENSE, GATE */
} TvmAtom;

typedef struct TvmAtoms
{
	size_t		count;
	size_t		capacity;
	TvmAtom    *atom;
	size_t		matrices;
	size_t		matrix_capacity;
	TvmComplex *matrix;			/* four numbers each */
} TvmAtoms;

/*
 * Rewrite the unitary gates [from, to) of a circuit of at most 64 qubits; BARRIERs and
 * conditions are not looked at.  `known` is what is known before and becomes what is
 * known after: controls that are certain are left out, and gates that never act.
 * On failure nothing is left to free.
 */
extern TvmStatus tvm_canonical(TvmEnv *env, const TvmCircuit *circuit, size_t from, size_t to,
							   TvmKnown *known, TvmAtoms *atoms);
extern void tvm_atoms_free(TvmEnv *env, TvmAtoms *atoms);

/* e^(i angle), exact at multiples of a quarter turn. */
extern TvmComplex tvm_unit_complex(double angle);

#endif							/* TVM_ENGINE_ATOMS_H */
