/*
 * simd.h: the inner loops of the circuit engine, one table of functions for each
 * set of vector instructions and each precision.
 *
 * They work on a block: 2^bits amplitudes as two arrays of numbers, real and
 * imaginary parts apart ("planar"), both aligned to TVM_LANES_ALIGN and at least
 * `width` long (what lies past 2^bits is then zero and stays so).  A position is
 * a bit of the index in the block; the lowest log2(width) positions are lanes of
 * one vector, the others choose among vectors ("rows").  No function here can
 * fail or takes long: a block fits in the second-level cache.
 *
 * One source, template.h, is compiled for each table.  Results are the same
 * on every run of one path; paths differ in the last bits where one has fused
 * multiply-add and the other has not.  The sums of sums.h are the same on all.
 */
#ifndef TVM_SIMD_SIMD_H
#define TVM_SIMD_SIMD_H

#include "kernel/tvm.h"
#include "kernel/quantum/circuit/complex.h"

#define TVM_LANES_ALIGN 64

/* The most qubits that a dense matrix inside a block acts on. */
#define TVM_DENSE_MAX 4

typedef enum TvmSimd
{
	TVM_SIMD_AUTO,				/* the widest that the processor has */
	TVM_SIMD_PORTABLE,			/* what the compiler makes of 16-byte vectors */
	TVM_SIMD_AVX2,
	TVM_SIMD_AVX512,
	TVM_SIMD_COUNT
} TvmSimd;

/* A block, and where its second half of the memory is: see engine/execute.c. */
typedef struct TvmPlanes
{
	void	   *re;
	void	   *im;
} TvmPlanes;

/*
 * A block in the state: runs of neighbouring (re, im) pairs, not aligned, whose places are the
 * values of the bits of `upper`, in ascending order.
 */
typedef struct TvmBlockPlace
{
	char	   *start;
	uint64_t	upper;
	uint64_t	run;			/* a power of two */
	uint64_t	next;			/* where the next run starts */
} TvmBlockPlace;

/* I - i t X on a position, then X where `flip`; |t| <= 1. */
typedef struct TvmButterfly
{
	uint32_t	position;
	bool		flip;
	double		t;
} TvmButterfly;

/* Bits of the index in a block, and the values they must have. */
typedef struct TvmWhere
{
	uint32_t	mask;
	uint32_t	value;
} TvmWhere;

/* y -> x = base ^ columns[bits of y]: where the amplitude at y comes from. */
typedef struct TvmSource
{
	uint32_t	base;
	uint32_t	columns[32];
} TvmSource;

typedef struct TvmLanes
{
	const char *name;
	uint32_t	width;			/* numbers in a vector */
	uint32_t	log_width;
	uint32_t	size;			/* bytes of a number */

	/* `count` amplitudes from and to the state, number `at` of the block and those after it. */
	void		(*load) (TvmPlanes to, size_t at, size_t count, TvmBlockPlace *from);
	void		(*store) (TvmBlockPlace *to, TvmPlanes from, size_t at, size_t count,
						  TvmComplex factor);

	void		(*butterflies) (TvmPlanes block, size_t count, const TvmButterfly *list,
								uint32_t length);

	/* Write start * the product of z[j] over the set bits j of i, for i below 2^bits. */
	void		(*table) (TvmPlanes to, uint32_t bits, TvmComplex start, const TvmComplex *z);

	/* Multiply `count` numbers from `at` on by one factor, or by a table (and a factor). */
	void		(*scale) (TvmPlanes block, size_t at, size_t count, TvmComplex factor);
	void		(*multiply) (TvmPlanes block, size_t at, size_t count, TvmPlanes table);
	void		(*multiply_scaled) (TvmPlanes block, size_t at, size_t count, TvmPlanes table,
									TvmComplex factor);

	/* The amplitudes [at, at + count) of `to` from anywhere in `from`; count is a power of two. */
	void		(*permute) (TvmPlanes to, TvmPlanes from, size_t at, size_t count,
							const TvmSource *source);

	/* A 2 x 2 matrix on a position, one factor, a dense matrix: where the index says so. */
	void		(*matrix) (TvmPlanes block, size_t count, uint32_t position, TvmWhere where,
						   const TvmComplex m[4]);
	void		(*phase) (TvmPlanes block, size_t count, TvmWhere where, TvmComplex factor);

	/* A matrix of `rows` on rows `stride` apart, on `count` numbers of each, from `at` on. */
	void		(*dense) (TvmPlanes block, size_t at, size_t count, size_t stride, uint32_t rows,
						  const TvmComplex *m);

	/*
	 * The rest reads amplitudes as they are in a state, in double precision only.
	 *
	 * Of 2^bits amplitudes, bits at least 3: for each position from `from` (0 or above 1) on,
	 * Re and Im of the sum of conj(a) b over the pairs that differ there, a having a 0.
	 */
	void		(*pair_sums) (const double *pairs, uint32_t bits, uint32_t from, double *xy);

	/*
	 * The probability of a 0 less that of a 1, for each position; returns the sum of all.
	 * `scratch` has room for 2^bits numbers.
	 */
	double		(*half_sums) (const double *pairs, uint32_t bits, double *scratch, double *z);

	/* Re and Im of the sum of conj(a) b; the count is a multiple of 4. */
	void		(*dot) (const double *a, const double *b, size_t count, double *xy);

	/* Is any probability above `least`?  The count is a multiple of 8. */
	bool		(*any_above) (const double *pairs, size_t count, double least);

	/* Amplitudes in single precision made double; the count is a multiple of 4. */
	void		(*widen) (const float *from, size_t count, double *to);
} TvmLanes;

/* The table in use. */
extern const TvmLanes *tvm_lanes(TvmPrecision precision);

/* Use another from now on, in this process; false when the processor has it not. */
extern bool tvm_simd_choose(TvmSimd simd);
extern bool tvm_simd_available(TvmSimd simd);
extern const char *tvm_simd_name(TvmSimd simd); /* "auto", "portable", "avx2", "avx512" */

/* What the processor and the compiler allow; NULL where they do not. */
extern const TvmLanes *tvm_lanes_portable(TvmPrecision precision);
extern const TvmLanes *tvm_lanes_avx2(TvmPrecision precision);
extern const TvmLanes *tvm_lanes_avx512(TvmPrecision precision);

#endif							/* TVM_SIMD_SIMD_H */
