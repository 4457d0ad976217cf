/*
 * simd.c: which set of vector instructions is in use; see simd.h.
 */
#include "kernel/quantum/simd/simd.h"

/* For the process: chosen on first use, or by a test. */
static const TvmLanes *chosen[2];

static const TvmLanes *
lanes_of(TvmSimd simd, TvmPrecision precision)
{
	switch (simd)
	{
		case TVM_SIMD_AVX512:
			return tvm_lanes_avx512(precision);
		case TVM_SIMD_AVX2:
			return tvm_lanes_avx2(precision);
		default:
			return tvm_lanes_portable(precision);
	}
}

bool
tvm_simd_available(TvmSimd simd)
{
	return lanes_of(simd, TVM_DOUBLE) != NULL;
}

bool
tvm_simd_choose(TvmSimd simd)
{
	if (simd == TVM_SIMD_AUTO)
	{
		simd = TVM_SIMD_AVX512;
		while (lanes_of(simd, TVM_DOUBLE) == NULL)
			simd--;
	}
	if (!tvm_simd_available(simd))
		return false;
	chosen[TVM_DOUBLE] = lanes_of(simd, TVM_DOUBLE);
	chosen[TVM_SINGLE] = lanes_of(simd, TVM_SINGLE);
	return true;
}

const TvmLanes *
tvm_lanes(TvmPrecision precision)
{
	if (chosen[precision] == NULL)
		tvm_simd_choose(TVM_SIMD_AUTO);
	return chosen[precision];
}

const char *
tvm_simd_name(TvmSimd simd)
{
	static const char *const names[TVM_SIMD_COUNT] = {"auto", "portable", "avx2", "avx512"};

	return names[simd];
}
