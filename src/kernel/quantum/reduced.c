/*
 * reduced.c: what a part of the qubits looks like by itself; see reduced.h.
 */
#include "kernel/quantum/reduced.h"

#include <cblas.h>
#include <string.h>

#include "kernel/quantum/blas.h"
#include "kernel/quantum/groups.h"

#define GATHER ((uint64_t) 1 << 15)

TvmStatus
tvm_reduced_bloch(TvmEnv *env, const TvmState *state, uint32_t qubit, double xyz[3])
{
	uint64_t	bit = (uint64_t) 1 << qubit;
	TvmGroups	groups;

	xyz[0] = xyz[1] = xyz[2] = 0;
	tvm_groups_start(&groups, state, bit, 0, TVM_STATE_CHUNK);
	while (tvm_groups_piece(&groups))
	{
		double		x = 0;
		double		y = 0;
		double		z = 0;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		TVM_FOR_GROUPS(&groups, i)
		{
			TvmComplex	a = tvm_get(state, i);
			TvmComplex	b = tvm_get(state, i | bit);

			x += a.re * b.re + a.im * b.im;
			y += a.re * b.im - a.im * b.re;
			z += tvm_complex_norm2(a) - tvm_complex_norm2(b);
		}
		xyz[0] += 2 * x;
		xyz[1] += 2 * y;
		xyz[2] += z;
	}
	return TVM_OK;
}

TvmStatus
tvm_reduced_bloch_all(TvmEnv *env, const TvmState *state, double *xyz)
{
	TvmStatus	status = TVM_OK;

	for (uint32_t qubit = 0; qubit < state->qubits && status == TVM_OK; qubit++)
		status = tvm_reduced_bloch(env, state, qubit, xyz + 3 * (size_t) qubit);
	return status;
}

static TvmStatus
check_qubits(TvmEnv *env, const TvmState *state, const uint32_t *qubits, uint32_t k,
			 uint64_t *mask)
{
	*mask = 0;
	if (k < 1 || k > TVM_REDUCED_MAX_QUBITS || k > state->qubits)
	{
		tvm_fail(env, TVM_INVALID, "not a possible number of qubits", NULL,
				 "%u is outside 1..%u", k, state->qubits < TVM_REDUCED_MAX_QUBITS ?
				 state->qubits : TVM_REDUCED_MAX_QUBITS);
		tvm_fail_path(env, "qubits");
		return TVM_INVALID;
	}
	for (uint32_t i = 0; i < k; i++)
	{
		TvmStatus	status = TVM_OK;

		if (qubits[i] >= state->qubits)
			status = tvm_fail(env, TVM_INVALID, "not a qubit", NULL, "%u is outside 0..%u",
							  qubits[i], state->qubits - 1);
		else if ((*mask >> qubits[i] & 1) != 0)
			status = tvm_fail(env, TVM_INVALID, "a qubit is named twice", NULL, "qubit %u",
							  qubits[i]);
		if (status != TVM_OK)
		{
			tvm_fail_path(env, "qubits[%u]", i);
			return status;
		}
		*mask |= (uint64_t) 1 << qubits[i];
	}
	return TVM_OK;
}

/*
 * rho = sum over the other qubits of |column><column|: gather columns, and let
 * zherk add the products up in the upper triangle.
 */
TvmStatus
tvm_reduced_density(TvmEnv *env, const TvmState *state, const uint32_t *qubits, uint32_t k,
					TvmComplex *rho)
{
	size_t		rows = (size_t) 1 << k;
	TvmComplex *in = NULL;
	size_t	   *offset = NULL;
	uint64_t	mask;
	TvmGroups	groups;
	TvmStatus	status = check_qubits(env, state, qubits, k, &mask);

	if (status != TVM_OK)
		return status;
	tvm_groups_start(&groups, state, mask, 0, GATHER / rows);
	in = tvm_alloc(env, rows * groups.count, sizeof(TvmComplex));
	offset = tvm_alloc_zero(env, rows, sizeof(size_t));
	if (in == NULL || offset == NULL)
		status = TVM_NOMEM;
	for (size_t row = 0; row < rows && status == TVM_OK; row++)
		for (uint32_t i = 0; i < k; i++)
			offset[row] |= (row >> i & 1) << qubits[i];
	memset(rho, 0, rows * rows * sizeof(TvmComplex));
	while (status == TVM_OK && tvm_groups_piece(&groups))
	{
		size_t		column = 0;

		if (tvm_cancelled(env))
		{
			status = TVM_CANCELLED;
			break;
		}
		TVM_FOR_GROUPS(&groups, i)
		{
			for (size_t row = 0; row < rows; row++)
				in[row * groups.count + column] = tvm_get(state, i | offset[row]);
			column++;
		}
		cblas_zherk(CblasRowMajor, CblasUpper, CblasNoTrans, (int) rows, (int) groups.count, 1,
					in, (int) groups.count, 1, rho, (int) rows);
	}
	for (size_t row = 0; row < rows && status == TVM_OK; row++)
		for (size_t column = 0; column < row; column++)
		{
			TvmComplex	z = rho[column * rows + row];

			rho[row * rows + column] = tvm_complex(z.re, -z.im);
		}
	tvm_free(env, in);
	tvm_free(env, offset);
	return status;
}

double
tvm_reduced_purity(const TvmComplex *rho, uint32_t k)
{
	size_t		count = (size_t) 1 << 2 * k;
	double		sum = 0;

	/* tr rho^2 = sum |rho_ij|^2, rho being hermitian */
	for (size_t i = 0; i < count; i++)
		sum += tvm_complex_norm2(rho[i]);
	return sum;
}
