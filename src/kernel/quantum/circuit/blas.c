/*
 * blas.c: CBLAS held to one thread; see blas.h.
 */
#include "kernel/quantum/circuit/blas.h"

#include <cblas.h>

#define DOT_CHUNK ((uint64_t) 1 << 16)	/* between two questions whether it is cancelled */

#if defined(__GNUC__)
/* Only OpenBLAS has it; the reference library has no threads to hold. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
#endif

void
tvm_blas_init(void)
{
#if defined(__GNUC__)
	static bool held = false;

	if (!held && openblas_set_num_threads != NULL)
		openblas_set_num_threads(1);
	held = true;
#endif
}

TvmStatus
tvm_blas_dot(TvmEnv *env, const TvmComplex *a, const TvmComplex *b, uint64_t count,
			 TvmComplex *out)
{
	TvmComplex	sum = {0, 0};

	tvm_blas_init();
	for (uint64_t first = 0; first < count; first += DOT_CHUNK)
	{
		uint64_t	n = count - first < DOT_CHUNK ? count - first : DOT_CHUNK;
		TvmComplex	part;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		cblas_zdotc_sub((int) n, a + first, 1, b + first, 1, &part);
		sum = tvm_complex_add(sum, part);
	}
	*out = sum;
	return TVM_OK;
}
