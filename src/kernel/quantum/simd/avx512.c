/*
 * avx512.c: the inner loops for processors with AVX-512; see simd.h.
 *
 * Needs F and DQ, which every such processor in servers has.  Its 32 registers
 * hold eight vectors of amplitudes, so butterflies go three positions at a time.
 */
#include "kernel/quantum/simd/simd.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

#pragma GCC target("avx512f,avx512dq,avx2,fma")

#define SET avx512
#define BYTES 64
#define RADIX 3
#define FMA_DOUBLE(a, b, c) _mm512_fmadd_pd(a, b, c)
#define FNMA_DOUBLE(a, b, c) _mm512_fnmadd_pd(a, b, c)
#define FMA_SINGLE(a, b, c) _mm512_fmadd_ps(a, b, c)
#define FNMA_SINGLE(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define PICK_DOUBLE(a, index, b) _mm512_permutex2var_pd(a, (__m512i) (index), b)
#define PICK_SINGLE(a, index, b) _mm512_permutex2var_ps(a, (__m512i) (index), b)
#define BLEND_DOUBLE(mask, a, b) _mm512_mask_blend_pd((__mmask8) (mask), a, b)
#define BLEND_SINGLE(mask, a, b) _mm512_mask_blend_ps((__mmask16) (mask), a, b)

#include "kernel/quantum/simd/template_both.h"

const TvmLanes *
tvm_lanes_avx512(TvmPrecision precision)
{
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq"))
		return NULL;
	return precision == TVM_SINGLE ? &avx512_single : &avx512_double;
}
#else
const TvmLanes *
tvm_lanes_avx512(TvmPrecision precision)
{
	(void) precision;
	return NULL;
}
#endif
