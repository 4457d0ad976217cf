/*
 * compile.h: what a step of a plan is when a block runs it: positions in the block
 * instead of qubits, complex factors instead of angles.
 *
 * Outer qubits are bits of the index `base` at which a block starts.
 */
#ifndef TVM_ENGINE_COMPILE_H
#define TVM_ENGINE_COMPILE_H

#include "kernel/quantum/engine/passes.h"

typedef struct TvmOuterPhase
{
	uint64_t	mask;			/* outer bits that must all be set */
	TvmComplex	factor;
} TvmOuterPhase;

typedef struct TvmMixedPhase
{
	uint64_t	mask;			/* an outer bit */
	uint32_t	position;
	TvmComplex	factor;
} TvmMixedPhase;

typedef struct TvmPairPhase
{
	uint32_t	position;		/* below the position whose pairs it is among */
	TvmComplex	factor;
} TvmPairPhase;

/* Lowest positions of a block that a diagonal's table spans at most. */
#define TVM_TABLE_BITS 7

/* Positions above a diagonal's table that may each double the number of its tables. */
#define TVM_VARIANT_BITS 2

/*
 * A quadratic diagonal.  The lowest `low` positions index a table; each value of
 * the others is a row of 2^low amplitudes.
 */
typedef struct TvmDiagonalWork
{
	TvmComplex	scale;
	uint32_t	low;
	bool		low_moves;		/* positions in the table have phases */
	bool		low_crossed;	/* and pairs with many positions above: each row builds its table */
	uint32_t	variant_bits;	/* with so few that there is a table for each of their values: */
	uint32_t	variant_position[TVM_VARIANT_BITS];	/* which, ascending */
	TvmComplex	linear[TVM_BLOCK_MAX];
	uint32_t	outer_count;
	uint32_t	mixed_count;
	TvmOuterPhase *outer;
	TvmMixedPhase *mixed;
	TvmPairPhase *pairs;		/* of position low first, then low + 1, ..., and at the end ... */
	TvmPairPhase *variant[TVM_VARIANT_BITS];	/* ... those of positions in the table with these */
	uint32_t	variant_count[TVM_VARIANT_BITS];
	uint32_t	pair_end[TVM_BLOCK_MAX];	/* where the pairs of a position end */
	TvmPlanes	quadratic;		/* the pairs inside the table; re is NULL without any */
} TvmDiagonalWork;

typedef struct TvmButterflyWork
{
	TvmComplex	scale;			/* multiplied in before, where it is not 1 */
	uint32_t	count;
	TvmButterfly list[TVM_BLOCK_MAX];
} TvmButterflyWork;

typedef struct TvmOuterChange
{
	uint64_t	mask;			/* an outer bit */
	uint32_t	change;
} TvmOuterChange;

typedef struct TvmPermuteWork
{
	TvmSource	source;
	uint32_t	outer_count;
	TvmOuterChange *outer;
} TvmPermuteWork;

/* MATRIX, PHASE and DENSE: only in blocks whose base has `value` in `mask`. */
typedef struct TvmControlledWork
{
	uint64_t	mask;
	uint64_t	value;
	TvmWhere	where;			/* in the block */
	uint32_t	position;
	TvmComplex	m[4];			/* PHASE: m[0] */
} TvmControlledWork;

typedef struct TvmDenseWork
{
	uint64_t	mask;
	uint64_t	value;
	TvmSource	up;				/* targets to the top, controls below them */
	TvmSource	down;			/* and back */
	size_t		at;				/* where the controls are as they must be */
	size_t		count;
	size_t		stride;
	uint32_t	rows;
	const TvmComplex *m;
} TvmDenseWork;

/* A step, or the part of its butterflies that stays in a tile or does not. */
struct TvmFragment
{
	TvmAtomKind kind;
	const void *work;
};

/*
 * Fragments that are run together, one tile of 2^tile_bits amplitudes after the
 * other, each in the first-level cache; a permutation only comes first.  Or one fragment
 * on the whole block.  A pass's first sweep loads the tiles, its last stores them.
 */
struct TvmSweep
{
	bool		whole;
	uint32_t	first;
	uint32_t	count;
	uint32_t	diagonals;		/* at most TVM_SWEEP_DIAGONALS */
};

#define TVM_SWEEP_DIAGONALS 4

/* Fill in the work and cost of a pass's steps, the pass's factor, and its sweeps. */
extern TvmStatus tvm_compile_pass(TvmEnv *env, TvmPlan *plan, TvmPass *pass);

#endif							/* TVM_ENGINE_COMPILE_H */
