/*
 * wide.h: numbers of 113 bits, for what is multiplied up to 2^63 times.
 *
 * A power of a gate is exact to 1e-12 only if the gate is known much better than that: its
 * angles and its matrix, in IEEE's binary128, which glibc has on every processor.
 * Where there is none a long double has to do.
 */
#ifndef TVM_QASM_WIDE_H
#define TVM_QASM_WIDE_H

#include <math.h>

#include "kernel/tvm.h"

#if defined(__HAVE_FLOAT128) && __HAVE_FLOAT128
typedef _Float128 TvmWide;
#else
typedef long double TvmWide;
#endif

typedef struct TvmWideComplex
{
	TvmWide		re;
	TvmWide		im;
} TvmWideComplex;

extern TvmWide tvm_wide_pi(void);
extern TvmWide tvm_wide_sqrt(TvmWide x);
extern TvmWide tvm_wide_sin(TvmWide x);
extern TvmWide tvm_wide_cos(TvmWide x);

/* x - n y with the whole n for which it is least. */
extern TvmWide tvm_wide_remainder(TvmWide x, TvmWide y);

extern TvmWideComplex tvm_wide_phase(TvmWide angle);	/* e^(i angle) */
extern TvmWide tvm_wide_argument(TvmWideComplex z);

static inline TvmWideComplex
tvm_wide_complex(TvmWide re, TvmWide im)
{
	TvmWideComplex z = {re, im};

	return z;
}

static inline TvmWideComplex
tvm_wide_mul(TvmWideComplex a, TvmWideComplex b)
{
	return tvm_wide_complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}

#endif							/* TVM_QASM_WIDE_H */
