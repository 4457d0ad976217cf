/*
 * complex.h: a complex number as two doubles, laid out as C's double complex,
 * numpy's complex128 and CBLAS have it.
 *
 * C's own operators are not used: without relaxed floating-point flags each of
 * their multiplications is a call that looks for NaN and infinity.
 */
#ifndef TVM_CIRCUIT_COMPLEX_H
#define TVM_CIRCUIT_COMPLEX_H

typedef struct TvmComplex
{
	double		re;
	double		im;
} TvmComplex;

/* How amplitudes are kept; all arithmetic outside the engine's blocks is in double. */
typedef enum TvmPrecision
{
	TVM_DOUBLE,					/* complex128 */
	TVM_SINGLE					/* complex64 */
} TvmPrecision;

typedef struct TvmComplexSingle
{
	float		re;
	float		im;
} TvmComplexSingle;

static inline TvmComplex
tvm_complex(double re, double im)
{
	TvmComplex	z = {re, im};

	return z;
}

static inline TvmComplex
tvm_complex_add(TvmComplex a, TvmComplex b)
{
	return tvm_complex(a.re + b.re, a.im + b.im);
}

static inline TvmComplex
tvm_complex_mul(TvmComplex a, TvmComplex b)
{
	return tvm_complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}

static inline TvmComplex
tvm_complex_scale(TvmComplex a, double factor)
{
	return tvm_complex(a.re * factor, a.im * factor);
}

/* |z|^2 */
static inline double
tvm_complex_norm2(TvmComplex z)
{
	return z.re * z.re + z.im * z.im;
}

#endif							/* TVM_CIRCUIT_COMPLEX_H */
