/*
 * passes.h: a plan as data: passes over the state, each a list of steps; see plan.h.
 */
#ifndef TVM_ENGINE_PASSES_H
#define TVM_ENGINE_PASSES_H

#include "kernel/quantum/engine/atoms.h"
#include "kernel/quantum/simd/simd.h"

/* Positions of a block at most. */
#define TVM_BLOCK_MAX 20

typedef struct TvmPlanOptions
{
	TvmPrecision precision;
	uint32_t	block_bits;		/* 0: the default */
	uint32_t	low_bits;		/* the lowest qubits, always in the block; 0: the default */
	uint32_t	tile_bits;		/* of a tile in the first-level cache; 0: the default */
	uint32_t	table_bits;		/* of a diagonal's table; 0: the default */
	TvmKnown	known;			/* of every state that the plan is run on */
} TvmPlanOptions;

typedef struct TvmPlanStep
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
} TvmPlanStep;

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
	TvmPlanStep *steps;
	uint32_t	block_bits;		/* of the largest block */
	bool		timed;			/* measure the passes when run */
	struct TvmChunk *chunks;	/* memory of the steps' work */
	uint64_t	bytes;			/* of the plan and of a run's buffers */
} TvmPlan;

#endif							/* TVM_ENGINE_PASSES_H */
