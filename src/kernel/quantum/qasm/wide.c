/*
 * wide.c: functions of numbers of 113 bits; see wide.h.
 */
#ifndef __STDC_WANT_IEC_60559_TYPES_EXT__
#define __STDC_WANT_IEC_60559_TYPES_EXT__	/* glibc's functions of _Float128 */
#endif
#include "kernel/quantum/qasm/wide.h"

#if defined(__HAVE_FLOAT128) && __HAVE_FLOAT128
#define WIDE(function) function##f128
#else
#define WIDE(function) function##l
#endif

TvmWide
tvm_wide_pi(void)
{
	return WIDE(acos)(-1);
}

TvmWide
tvm_wide_sqrt(TvmWide x)
{
	return WIDE(sqrt)(x);
}

TvmWide
tvm_wide_sin(TvmWide x)
{
	return WIDE(sin)(x);
}

TvmWide
tvm_wide_cos(TvmWide x)
{
	return WIDE(cos)(x);
}

TvmWide
tvm_wide_remainder(TvmWide x, TvmWide y)
{
	return WIDE(remainder)(x, y);
}

TvmWideComplex
tvm_wide_phase(TvmWide angle)
{
	return tvm_wide_complex(WIDE(cos)(angle), WIDE(sin)(angle));
}

TvmWide
tvm_wide_argument(TvmWideComplex z)
{
	return WIDE(atan2)(z.im, z.re);
}
