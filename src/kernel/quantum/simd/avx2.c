/*
 * avx2.c: the inner loops for processors with AVX2 and FMA; see simd.h.
 */
#include "kernel/quantum/simd/simd.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

#pragma GCC target("avx2,fma")

#define SET avx2
#define BYTES 32
#define RADIX 2
#define FMA_DOUBLE(a, b, c) _mm256_fmadd_pd(a, b, c)
#define FNMA_DOUBLE(a, b, c) _mm256_fnmadd_pd(a, b, c)
#define FMA_SINGLE(a, b, c) _mm256_fmadd_ps(a, b, c)
#define FNMA_SINGLE(a, b, c) _mm256_fnmadd_ps(a, b, c)

#include "kernel/quantum/simd/template_both.h"

const TvmLanes *
tvm_lanes_avx2(TvmPrecision precision)
{
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
		return NULL;
	return precision == TVM_SINGLE ? &avx2_single : &avx2_double;
}
#else
const TvmLanes *
tvm_lanes_avx2(TvmPrecision precision)
{
	(void) precision;
	return NULL;
}
#endif
