/*
 * block.h: the memory in which a plan's blocks are worked on; inside the engine only.
 */
#ifndef TVM_BLOCK_H
#define TVM_BLOCK_H

#include "kernel/quantum/plan.h"

/* Lowest positions of a block that a diagonal's table spans. */
#define TVM_TABLE_BITS 7

typedef struct TvmBlock
{
	void	   *memory;
	TvmPlanes	here;			/* the amplitudes */
	TvmPlanes	other;			/* where a permutation puts them */
	TvmPlanes	table;			/* a diagonal's table */
} TvmBlock;

/* Bytes of the buffers for blocks of so many bits, of numbers of `size` bytes. */
extern uint64_t tvm_block_bytes(uint32_t bits, uint32_t size);

#endif							/* TVM_BLOCK_H */
