/*
 * execute.h: the memory in which a plan's blocks are worked on; inside the engine only.
 */
#ifndef TVM_ENGINE_EXECUTE_H
#define TVM_ENGINE_EXECUTE_H

#include "kernel/quantum/engine/compile.h"

/* Lowest positions of a block that a diagonal's table spans at most. */
#define TVM_TABLE_BITS 7

/*
 * How far a diagonal has come.  A row's factor, and the factors of the positions
 * below it, come from those of the row without its lowest set bit, which are kept at the
 * level of that row's own lowest bit; level `bits` is row 0.
 */
typedef struct TvmCursor
{
	TvmComplex	factor[TVM_BLOCK_MAX + 1];
	TvmComplex	below[TVM_BLOCK_MAX + 1][TVM_BLOCK_MAX];
	TvmPlanes	table[1 << TVM_VARIANT_BITS];
	bool		still[1 << TVM_VARIANT_BITS];	/* a table is 1 throughout */
} TvmCursor;

typedef struct TvmBlock
{
	void	   *memory;
	TvmPlanes	here;			/* the amplitudes */
	TvmPlanes	other;			/* where a permutation puts them */
	TvmCursor  *cursor;			/* of the diagonals of a sweep */
} TvmBlock;

/* Bytes of the buffers for blocks of so many bits, of numbers of `size` bytes. */
extern uint64_t tvm_block_bytes(uint32_t bits, uint32_t size);

#endif							/* TVM_ENGINE_EXECUTE_H */
