/*
 * plan.h: unitary gates turned into passes over the state, each a list of steps on
 * blocks that fit in the processor's cache; how a plan is made and told.
 *
 * A pass has a set of block qubits.  For each value of the other ("outer") qubits
 * the 2^bits amplitudes of a block are gathered into two planes, all steps run on
 * them, and they go back.  What a step does not mix may be an outer qubit: diagonals
 * and controls take part with its value.  Steps are merged atoms (atoms.h):
 *
 *   BUTTERFLY   butterflies on different qubits, three at a time from registers
 *   DIAGONAL    any number of phases of one and two bits: a table, built by doubling
 *   PERMUTE     any run of CX, X and SWAP: one affine map over GF(2), buffer to buffer
 *   MATRIX, PHASE, DENSE, GATE   one atom
 *
 * Atoms go into the first step of their kind that they can reach by commuting, and
 * into the first pass that has their qubits: as many passes as needed, in order.
 *
 * A plan belongs to the caller, points into the circuit, and may be run any number of times.
 */
#ifndef TVM_ENGINE_PLAN_H
#define TVM_ENGINE_PLAN_H

#include "kernel/quantum/engine/passes.h"
#include "kernel/quantum/state/state.h"

/* Gates planned at once at most: what bounds a plan's memory and time. */
#define TVM_PLAN_GATES 2048

/*
 * Plan the unitary gates [from, to), at most TVM_PLAN_GATES of them (plan->to tells), as
 * if all conditions held.  options may be NULL.  On failure nothing is left to free.
 */
extern TvmStatus tvm_plan_make(TvmEnv *env, TvmPlan *plan, const TvmCircuit *circuit, size_t from,
							   size_t to, const TvmPlanOptions *options);
extern void tvm_plan_free(TvmEnv *env, TvmPlan *plan);

/* "Diagonal", "Butterfly", ... */
extern const char *tvm_atom_name(TvmAtomKind kind);

/* Does a stretch of so many gates cost more one by one than planned? */
extern bool tvm_plan_pays(uint32_t qubits, size_t gates);

/* The end, at most `to`, of the gates from `from` on that are unitary and unconditional. */
extern size_t tvm_stretch_end(const TvmCircuit *circuit, size_t from, size_t to);

/* What tvm_gates_apply() may allocate at most. */
extern uint64_t tvm_plan_bytes(uint32_t qubits, size_t gates);

/* Apply the unitary gates [from, to): planned where that pays, else one by one. */
extern TvmStatus tvm_gates_apply(TvmEnv *env, TvmState *state, const TvmCircuit *circuit,
								 size_t from, size_t to);

/* The same with what is known of the state; and what is known afterwards. */
extern TvmStatus tvm_gates_apply_known(TvmEnv *env, TvmState *state, const TvmCircuit *circuit,
									   size_t from, size_t to, TvmKnown *known);

#endif							/* TVM_ENGINE_PLAN_H */
