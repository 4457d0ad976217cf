/*
 * entropy.c: von Neumann entropy of a part of the qubits; see entropy.h.
 */
#include "kernel/quantum/state/entropy.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/blas.h"

/* Halvings of an interval around all eigenvalues, to below their rounding. */
#define BISECTIONS 58

/*
 * One step of Householder's reduction: reflect the rows and columns after k so that row
 * k has one entry right of its diagonal, whose size is returned.  Only the upper
 * triangle is kept.  v and w are scratch of n each.
 */
static double
reflect(TvmComplex *a, size_t n, size_t k, TvmComplex *v, TvmComplex *w)
{
	static const TvmComplex zero = {0, 0};
	static const TvmComplex minus_one = {-1, 0};
	size_t		m = n - k - 1;
	TvmComplex *row = a + k * n + k + 1;
	TvmComplex *block = a + (k + 1) * n + k + 1;
	TvmComplex	tau;
	TvmComplex	half;
	TvmComplex	dot;
	double		length;
	double		first;
	double		size;

	/* v is the column below the diagonal, which the row is the conjugate of. */
	for (size_t i = 0; i < m; i++)
		v[i] = tvm_complex(row[i].re, -row[i].im);
	length = cblas_dznrm2((int) m, v, 1);
	size = hypot(v[0].re, v[0].im);
	first = cblas_dznrm2((int) m - 1, v + 1, 1);
	if (first == 0)
		return size;			/* it is reduced already */
	v[0] = size == 0 ? tvm_complex(length, 0) : tvm_complex_scale(v[0], (size + length) / size);

	/* H = 1 - tau v v*; the block becomes H block H = block - v w* - w v*. */
	tau = tvm_complex(2 / (first * first + (size + length) * (size + length)), 0);
	cblas_zhemv(CblasRowMajor, CblasUpper, (int) m, &tau, block, (int) n, v, 1, &zero, w, 1);
	cblas_zdotc_sub((int) m, w, 1, v, 1, &dot);
	half = tvm_complex(-tau.re / 2 * dot.re, -tau.re / 2 * dot.im);
	cblas_zaxpy((int) m, &half, v, 1, w, 1);
	cblas_zher2(CblasRowMajor, CblasUpper, (int) m, &minus_one, v, 1, w, 1, block, (int) n);
	return length;
}

/* How many eigenvalues of the tridiagonal matrix are below x. */
static size_t
count_below(const double *diagonal, const double *square, size_t n, double x)
{
	double		q = 1;
	size_t		count = 0;

	for (size_t i = 0; i < n; i++)
	{
		/* A pivot of 0 is moved by less than rounding would. */
		q = diagonal[i] - x - (i > 0 ? square[i - 1] / (q == 0 ? 1e-300 : q) : 0);
		count += q < 0;
	}
	return count;
}

/* The sum over eigenvalues p of -p log2 p, all of which are in 0..1 but for rounding. */
static TvmStatus
sum_entropy(TvmEnv *env, const double *diagonal, const double *square, size_t n, double *bits)
{
	*bits = 0;
	for (size_t i = 0; i < n; i++)
	{
		double		low = 0;
		double		high = 1;
		double		p;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		if (count_below(diagonal, square, n, low) > i)
			continue;			/* rounding made it negative: 0 */
		for (int step = 0; step < BISECTIONS; step++)
		{
			double		middle = (low + high) / 2;

			if (count_below(diagonal, square, n, middle) > i)
				high = middle;
			else
				low = middle;
		}
		p = (low + high) / 2;
		*bits -= p * log2(p);
	}
	return TVM_OK;
}

TvmStatus
tvm_reduced_entropy(TvmEnv *env, const TvmComplex *rho, uint32_t k, double *bits)
{
	size_t		n = (size_t) 1 << k;
	TvmComplex *a;
	TvmComplex *vectors;
	double	   *diagonal;
	TvmStatus	status = TVM_OK;

	if (k < 1 || k > TVM_ENTROPY_MAX_QUBITS)
	{
		tvm_fail(env, TVM_INVALID, "not a possible number of qubits", NULL,
				 "%u is outside 1..%d", k, TVM_ENTROPY_MAX_QUBITS);
		tvm_fail_path(env, "qubits");
		return TVM_INVALID;
	}
	a = tvm_alloc(env, n * n, sizeof(TvmComplex));
	vectors = tvm_alloc(env, 2 * n, sizeof(TvmComplex));
	diagonal = tvm_alloc(env, 2 * n, sizeof(double));
	if (a == NULL || vectors == NULL || diagonal == NULL)
		status = TVM_NOMEM;
	else
		memcpy(a, rho, n * n * sizeof(TvmComplex));
	for (size_t i = 0; i + 1 < n && status == TVM_OK; i++)
	{
		double		off = reflect(a, n, i, vectors, vectors + n);

		diagonal[n + i] = off * off;
		if (tvm_cancelled(env))
			status = TVM_CANCELLED;
	}
	for (size_t i = 0; i < n && status == TVM_OK; i++)
		diagonal[i] = a[i * n + i].re;
	if (status == TVM_OK)
		status = sum_entropy(env, diagonal, diagonal + n, n, bits);
	tvm_free(env, a);
	tvm_free(env, vectors);
	tvm_free(env, diagonal);
	return status;
}

uint64_t
tvm_cut_entropy_bytes(uint32_t qubits, uint32_t k)
{
	uint32_t	side = k <= qubits - k ? k : qubits - k;

	if (side > TVM_ENTROPY_MAX_QUBITS)
		return UINT64_MAX;
	/* the density matrix, its copy, and what gathering its columns takes */
	return ((uint64_t) 2 * sizeof(TvmComplex) << 2 * side) + ((uint64_t) 1 << 20);
}

TvmStatus
tvm_cut_entropy(TvmEnv *env, const TvmState *state, const uint32_t *qubits, uint32_t k,
				double *bits)
{
	uint32_t	rest[TVM_ENTROPY_MAX_QUBITS];
	uint32_t	count = 0;
	uint64_t	mask = 0;
	TvmComplex *rho;
	TvmStatus	status;

	*bits = 0;
	for (uint32_t i = 0; i < k; i++)
		mask |= (uint64_t) 1 << qubits[i] % 64;
	if (k == 0 || k >= state->qubits)
		return TVM_OK;
	if (k > state->qubits - k && state->qubits - k <= TVM_ENTROPY_MAX_QUBITS)
	{
		for (uint32_t q = 0; q < state->qubits && count < state->qubits - k; q++)
			if ((mask >> q & 1) == 0)
				rest[count++] = q;
		qubits = rest;
		k = count;
	}
	if (k > TVM_ENTROPY_MAX_QUBITS)
		return tvm_reduced_entropy(env, NULL, k, bits);
	rho = tvm_alloc(env, (size_t) 1 << 2 * k, sizeof(TvmComplex));
	if (rho == NULL)
		return TVM_NOMEM;
	status = tvm_reduced_density(env, state, qubits, k, rho);
	if (status == TVM_OK)
		status = tvm_reduced_entropy(env, rho, k, bits);
	tvm_free(env, rho);
	return status;
}
