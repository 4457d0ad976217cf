/*
 * portable.c: the inner loops for any processor, on vectors of 16 bytes
 * as the compiler makes them (SSE2, NEON, or plain numbers); no fused multiply-add.
 */
#include "kernel/quantum/simd/simd.h"

#define SET portable
#define BYTES 16
#define RADIX 2
#define FMA_DOUBLE(a, b, c) ((a) * (b) + (c))
#define FNMA_DOUBLE(a, b, c) ((c) - (a) * (b))
#define FMA_SINGLE FMA_DOUBLE
#define FNMA_SINGLE FNMA_DOUBLE

#include "kernel/quantum/simd/template_both.h"

const TvmLanes *
tvm_lanes_portable(TvmPrecision precision)
{
	return precision == TVM_SINGLE ? &portable_single : &portable_double;
}
