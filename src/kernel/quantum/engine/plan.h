/*
 * plan.h: unitary gates turned into passes over the state, each a list of steps on
 * blocks that fit in the processor's cache; how a plan is made, run and told.
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

#include "kernel/quantum/engine/atoms.h"
#include "kernel/quantum/simd/simd.h"
#include "kernel/quantum/state/state.h"

/* Positions of a block at most. */
#define TVM_BLOCK_MAX 20

/* Gates planned at once at most: what bounds a plan's memory and time. */
#define TVM_PLAN_GATES 2048

typedef struct TvmPlanOptions
{
	TvmPrecision precision;
	uint32_t	block_bits;		/* 0: the default */
	uint32_t	low_bits;		/* the lowest qubits, always in the block; 0: the default */
	uint32_t	tile_bits;		/* of a tile in the first-level cache; 0: the default */
	uint32_t	table_bits;		/* of a diagonal's table; 0: the default */
	TvmKnown	known;			/* of every state that the plan is run on */
} TvmPlanOptions;

typedef struct TvmStep
{
	TvmAtomKind kind;
	uint32_t	gates;
	uint32_t	first;			/* its atoms, linked */
	uint32_t	last;
	uint64_t	qubits;
	uint64_t	mixed;
	TvmComplex	scale;			/* all amplitudes times this, when or before the next is */
	const void *work;			/* as compiled: see compile.h */
	double		fma;			/* multiplications and additions for an amplitude, estimated */
} TvmStep;

typedef struct TvmSweep TvmSweep;
typedef struct TvmFragment TvmFragment;

typedef struct TvmPass
{
	uint64_t	block;			/* the block's qubits; 0: a GATE on the whole state */
	uint32_t	bits;			/* how many they are */
	TvmKnown	known;			/* of the others: only blocks where they are so are run */
	uint32_t	gates;
	size_t		first;			/* its steps */
	size_t		count;
	TvmComplex	factor;			/* what is multiplied in as amplitudes go back */
	TvmSweep   *sweeps;			/* what execute.c runs: see compile.h */
	uint32_t	sweep_count;
	TvmFragment *fragments;
	double		fma;			/* multiplications and additions for an amplitude */
	double		estimate_s;		/* by the measured speed of one processor: see compile.c */
	double		real_s;			/* of the last run that was timed */
} TvmPass;

typedef struct TvmPlan
{
	const TvmCircuit *circuit;
	size_t		from;			/* gates [from, to) */
	size_t		to;
	TvmPlanOptions options;
	TvmKnown	known;			/* of a state that it was run on */
	const TvmLanes *lanes;
	TvmAtoms	atoms;
	size_t		pass_count;
	size_t		pass_capacity;
	TvmPass    *passes;
	size_t		step_count;
	size_t		step_capacity;
	TvmStep    *steps;
	uint32_t	block_bits;		/* of the largest block */
	bool		timed;			/* measure the passes when run */
	struct TvmChunk *chunks;	/* memory of the steps' work */
	uint64_t	bytes;			/* of the plan and of a run's buffers */
} TvmPlan;

/*
 * Plan the unitary gates [from, to), at most TVM_PLAN_GATES of them (plan->to tells), as
 * if all conditions held.  options may be NULL.  On failure nothing is left to free.
 */
extern TvmStatus tvm_plan_make(TvmEnv *env, TvmPlan *plan, const TvmCircuit *circuit, size_t from,
							   size_t to, const TvmPlanOptions *options);
extern void tvm_plan_free(TvmEnv *env, TvmPlan *plan);

/* Run it on a state of the circuit's qubits and the plan's precision. */
extern TvmStatus tvm_plan_run(TvmEnv *env, TvmPlan *plan, TvmState *state);

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

/* Memory that lives as long as the plan, aligned for vectors. */
extern void *tvm_plan_alloc(TvmEnv *env, TvmPlan *plan, size_t size);

#endif							/* TVM_ENGINE_PLAN_H */
