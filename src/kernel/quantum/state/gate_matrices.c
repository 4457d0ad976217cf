/*
 * gate_matrices.c: the matrices of gates, and which loop applies which; see gate_matrices.h.
 */
#include "kernel/quantum/state/gate_matrices.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/angle.h"
#include "kernel/quantum/state/apply.h"
#include "kernel/quantum/state/groups.h"

#define SQRT_HALF 0.70710678118654752440

/* e^(i angle) */
static TvmComplex
phase(double angle)
{
	return tvm_complex(cos(angle), sin(angle));
}

TvmGateShape
tvm_gate_shape(const TvmGate *gate)
{
	switch (gate->op)
	{
		case TVM_OP_I:
		case TVM_OP_BARRIER:
			return TVM_SHAPE_IDENTITY;
		case TVM_OP_Z:
		case TVM_OP_S:
		case TVM_OP_SDG:
		case TVM_OP_T:
		case TVM_OP_TDG:
		case TVM_OP_RZ:
		case TVM_OP_P:
		case TVM_OP_RZZ:
			return TVM_SHAPE_DIAGONAL;
		case TVM_OP_X:
		case TVM_OP_Y:
		case TVM_OP_SWAP:
		case TVM_OP_ISWAP:
			return TVM_SHAPE_PERMUTATION;
		case TVM_OP_MEASURE:
		case TVM_OP_RESET:
			return TVM_SHAPE_NOT_UNITARY;
		default:
			return TVM_SHAPE_DENSE;
	}
}

/* The diagonal of a diagonal operation on one qubit. */
static void
diagonal(const TvmGate *gate, TvmComplex d[2])
{
	d[0] = tvm_complex(1, 0);
	switch (gate->op)
	{
		case TVM_OP_Z:
			d[1] = tvm_complex(-1, 0);
			break;
		case TVM_OP_S:
			d[1] = tvm_complex(0, 1);
			break;
		case TVM_OP_SDG:
			d[1] = tvm_complex(0, -1);
			break;
		case TVM_OP_T:
			d[1] = tvm_complex(SQRT_HALF, SQRT_HALF);
			break;
		case TVM_OP_TDG:
			d[1] = tvm_complex(SQRT_HALF, -SQRT_HALF);
			break;
		case TVM_OP_P:
			d[1] = phase(gate->theta);
			break;
		case TVM_OP_RZ:
			d[0] = phase(-gate->theta / 2);
			d[1] = phase(gate->theta / 2);
			break;
		default:
			d[1] = tvm_complex(1, 0);
			break;
	}
}

static void
matrix_of_u(const TvmGate *gate, TvmComplex m[4])
{
	double		c = cos(gate->theta / 2);
	double		s = sin(gate->theta / 2);
	double		global = tvm_angle_reduce(gate->gamma) + tvm_angle_reduce(gate->theta) / 2;
	double		phi = tvm_angle_reduce(gate->phi);
	double		lambda = tvm_angle_reduce(gate->lambda);

	m[0] = tvm_complex_scale(phase(global), c);
	m[1] = tvm_complex_scale(phase(global + lambda), -s);
	m[2] = tvm_complex_scale(phase(global + phi), s);
	m[3] = tvm_complex_scale(phase(global + phi + lambda), c);
}

/* Any operation on one qubit. */
static void
matrix1(const TvmGate *gate, TvmComplex m[4])
{
	double		c = cos(gate->theta / 2);
	double		s = sin(gate->theta / 2);

	memset(m, 0, 4 * sizeof(TvmComplex));
	switch (gate->op)
	{
		case TVM_OP_X:
			m[1] = m[2] = tvm_complex(1, 0);
			break;
		case TVM_OP_Y:
			m[1] = tvm_complex(0, -1);
			m[2] = tvm_complex(0, 1);
			break;
		case TVM_OP_H:
			m[0] = m[1] = m[2] = tvm_complex(SQRT_HALF, 0);
			m[3] = tvm_complex(-SQRT_HALF, 0);
			break;
		case TVM_OP_SX:
			m[0] = m[3] = tvm_complex(0.5, 0.5);
			m[1] = m[2] = tvm_complex(0.5, -0.5);
			break;
		case TVM_OP_SXDG:
			m[0] = m[3] = tvm_complex(0.5, -0.5);
			m[1] = m[2] = tvm_complex(0.5, 0.5);
			break;
		case TVM_OP_RX:
			m[0] = m[3] = tvm_complex(c, 0);
			m[1] = m[2] = tvm_complex(0, -s);
			break;
		case TVM_OP_RY:
			m[0] = m[3] = tvm_complex(c, 0);
			m[1] = tvm_complex(-s, 0);
			m[2] = tvm_complex(s, 0);
			break;
		case TVM_OP_U:
			matrix_of_u(gate, m);
			break;
		case TVM_OP_UNITARY:
			memcpy(m, gate->matrix, 4 * sizeof(TvmComplex));
			break;
		default:
			{
				TvmComplex	d[2];

				diagonal(gate, d);
				m[0] = d[0];
				m[3] = d[1];
			}
	}
}

/* Any operation on two qubits but UNITARY. */
static void
matrix2(const TvmGate *gate, TvmComplex m[16])
{
	double		c = cos(gate->theta / 2);
	double		s = sin(gate->theta / 2);

	memset(m, 0, 16 * sizeof(TvmComplex));
	switch (gate->op)
	{
		case TVM_OP_SWAP:
			m[0] = m[6] = m[9] = m[15] = tvm_complex(1, 0);
			break;
		case TVM_OP_ISWAP:
			m[0] = m[15] = tvm_complex(1, 0);
			m[6] = m[9] = tvm_complex(0, 1);
			break;
		case TVM_OP_RZZ:
			m[0] = m[15] = tvm_complex(c, -s);
			m[5] = m[10] = tvm_complex(c, s);
			break;
		default:				/* RXX, RYY */
			m[0] = m[5] = m[10] = m[15] = tvm_complex(c, 0);
			m[6] = m[9] = tvm_complex(0, -s);
			m[3] = m[12] = tvm_complex(0, gate->op == TVM_OP_RYY ? s : -s);
			break;
	}
}

void
tvm_gate_matrix(const TvmGate *gate, TvmComplex *out)
{
	if (gate->op == TVM_OP_UNITARY)
		memcpy(out, gate->matrix, ((size_t) 1 << 2 * gate->target_count) * sizeof(TvmComplex));
	else if (gate->target_count == 2)
		matrix2(gate, out);
	else
		matrix1(gate, out);
}

static TvmStatus
apply_matrix(TvmEnv *env, TvmState *state, const TvmComplex *matrix, const uint32_t *targets,
			 uint32_t k, TvmControls controls)
{
	if (k == 1)
		return tvm_apply_dense1(env, state, targets[0], controls, matrix);
	if (k == 2)
		return tvm_apply_dense2(env, state, targets, controls, matrix);
	return tvm_apply_dense(env, state, targets, k, controls, matrix);
}

TvmStatus
tvm_gate_apply(TvmEnv *env, TvmState *state, const TvmGate *gate)
{
	TvmControls controls = {0, 0};
	const TvmComplex one = {1, 0};
	TvmComplex	m[4];

	for (uint32_t i = 0; i < gate->control_count; i++)
	{
		controls.mask |= (uint64_t) 1 << gate->controls[i];
		controls.value |= (uint64_t) gate->control_state[i] << gate->controls[i];
	}
	switch (gate->op)
	{
		case TVM_OP_I:
		case TVM_OP_BARRIER:
			return TVM_OK;
		case TVM_OP_SWAP:
			return tvm_apply_swap(env, state, gate->targets[0], gate->targets[1], controls, one);
		case TVM_OP_ISWAP:
			return tvm_apply_swap(env, state, gate->targets[0], gate->targets[1], controls,
								  tvm_complex(0, 1));
		case TVM_OP_RXX:
		case TVM_OP_RYY:
			return tvm_apply_rpp(env, state, gate->targets[0], gate->targets[1], controls,
								 gate->theta, gate->op == TVM_OP_RXX ? 1 : -1);
		case TVM_OP_RZZ:
			return tvm_apply_rzz(env, state, gate->targets[0], gate->targets[1], controls,
								 gate->theta);
		case TVM_OP_UNITARY:
			return apply_matrix(env, state, (const TvmComplex *) gate->matrix, gate->targets,
								gate->target_count, controls);
		case TVM_OP_MEASURE:
		case TVM_OP_RESET:
		case TVM_OP_COUNT:
			return tvm_fail(env, TVM_INVALID, "not a unitary operation", NULL, NULL);
		case TVM_OP_X:
		case TVM_OP_Y:
		case TVM_OP_Z:
		case TVM_OP_H:
		case TVM_OP_S:
		case TVM_OP_SDG:
		case TVM_OP_T:
		case TVM_OP_TDG:
		case TVM_OP_SX:
		case TVM_OP_SXDG:
		case TVM_OP_RX:
		case TVM_OP_RY:
		case TVM_OP_RZ:
		case TVM_OP_P:
		case TVM_OP_U:
			break;
	}
	matrix1(gate, m);
	switch (tvm_gate_shape(gate))
	{
		case TVM_SHAPE_DIAGONAL:
			return tvm_apply_diagonal1(env, state, gate->targets[0], controls, m[0], m[3]);
		case TVM_SHAPE_PERMUTATION:
			return tvm_apply_flip(env, state, gate->targets[0], controls, m[1], m[2]);
		default:
			return tvm_apply_dense1(env, state, gate->targets[0], controls, m);
	}
}

TvmStatus
tvm_diagonal_apply(TvmEnv *env, TvmState *state, uint32_t qubit, TvmComplex d0, TvmComplex d1)
{
	TvmControls none = {0, 0};

	return tvm_apply_diagonal1(env, state, qubit, none, d0, d1);
}

/* i^power */
static TvmComplex
power_of_i(int power)
{
	static const TvmComplex powers[4] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};

	return powers[power & 3];
}

/*
 * P|i> = i^(number of Y) (-1)^|i & z| |i ^ x>.  With an X somewhere, index and
 * partner differ in the lowest bit of x, which makes them a group; without one
 * they are the same, and so is what is written.
 */
TvmStatus
tvm_pauli_apply(TvmEnv *env, TvmState *state, uint64_t x_mask, uint64_t z_mask)
{
	TvmComplex	factor = power_of_i(__builtin_popcountll(x_mask & z_mask));
	TvmComplex	minus = tvm_complex(-factor.re, -factor.im);
	TvmGroups	groups;

	tvm_groups_start(&groups, state, x_mask & (~x_mask + 1), 0, TVM_STATE_CHUNK);
	while (tvm_groups_piece(&groups))
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		TVM_FOR_GROUPS(&groups, i)
		{
			uint64_t	j = i ^ x_mask;
			TvmComplex	a = tvm_get(state, i);
			TvmComplex	b = tvm_get(state, j);

			tvm_put(state, j, tvm_complex_mul((__builtin_popcountll(i & z_mask) & 1) ? minus : factor, a));
			tvm_put(state, i, tvm_complex_mul((__builtin_popcountll(j & z_mask) & 1) ? minus : factor, b));
		}
	}
	return TVM_OK;
}
