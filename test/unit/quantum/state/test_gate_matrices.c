/*
 * test_gate_matrices.c: every gate against full matrices, at every position,
 * with every pattern of controls, and on states of more than one piece.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/state/gate_matrices.h"

#define PI 3.14159265358979323846

static bool
is_gate(int op)
{
	return tvm_op_is_unitary((TvmOp) op);
}

/* The kernel and the oracle apply `gate` to the same random state, in both precisions. */
static void
compare_gate(TvmEnv *env, TvmRng *rng, uint32_t n, const TvmGate *gate)
{
	static Dense full;

	dense_gate((int) n, gate, &full);
	for (int precision = TVM_DOUBLE; precision <= TVM_SINGLE; precision++)
	{
		Cx			psi[DENSE_DIM];
		TvmState	state;

		CHECK(tvm_state_init_as(env, &state, n, (TvmPrecision) precision, 0) == TVM_OK);
		dense_random_state(rng, &state, psi);
		dense_apply(&full, psi);
		CHECK(tvm_gate_apply(env, &state, gate) == TVM_OK);
		if (!(dense_distance(&state, psi) < (precision == TVM_SINGLE ? 1e-6 : 1e-13)))
			unit_fail(__FILE__, __LINE__, "%s %s on %u qubits, targets %u %u, %u controls: off by %g",
					  tvm_precision_name((TvmPrecision) precision), tvm_op_name(gate->op), n,
					  gate->targets[0], gate->target_count > 1 ? gate->targets[1] : 0,
					  gate->control_count, dense_distance(&state, psi));
		tvm_state_free(env, &state);
	}
}

TEST(matrices_are_the_textbook_ones)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 1, 0);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (int round = 0; round < 20 && is_gate(op); round++)
		{
			TvmGate		gate = dense_random_gate(&rng, (TvmOp) op, 4);
			TvmComplex	got[256];
			Cx			wanted[256];

			tvm_gate_matrix(&gate, got);
			dense_operation(&gate, wanted);
			for (size_t i = 0; i < (size_t) 1 << 2 * gate.target_count; i++)
				if (!(cabs(got[i].re + I * got[i].im - wanted[i]) < 1e-14))
					unit_fail(__FILE__, __LINE__, "%s entry %zu is %g%+gi, not %g%+gi",
							  tvm_op_name(gate.op), i, got[i].re, got[i].im, creal(wanted[i]),
							  cimag(wanted[i]));
		}
}

TEST(every_gate_at_every_position_with_every_control_pattern)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	uint32_t	n = 4;

	tvm_rng_init(&rng, 2, 0);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (uint32_t a = 0; a < n && is_gate(op); a++)
			for (uint32_t b = 0; b < n; b++)

				/* Each other qubit: free, control on 0, control on 1. */
				for (uint32_t pattern = 0; pattern < 81; pattern++)
				{
					TvmGate		gate = dense_random_gate(&rng, (TvmOp) op, n);
					uint32_t	targets[4] = {a, b, 0, 0};
					uint32_t	controls[4];
					uint8_t		states[4];
					uint32_t	left = pattern;
					bool		possible = true;

					if (op == TVM_OP_UNITARY)
					{
						gate.target_count = 1 + (a != b);
						dense_random_unitary(&rng, gate.target_count, gate.matrix);
					}
					if ((gate.target_count == 2) == (a == b))
						continue;
					gate.targets = targets;
					gate.controls = controls;
					gate.control_state = states;
					gate.control_count = 0;
					for (uint32_t q = 0; q < n; q++, left /= 3)
					{
						if (left % 3 == 0)
							continue;
						possible = possible && q != a && q != b;
						states[gate.control_count] = (uint8_t) (left % 3 - 1);
						controls[gate.control_count++] = q;
					}
					if (possible)
						compare_gate(env, &rng, n, &gate);
				}
}

TEST(unitaries_of_every_size_on_shuffled_qubits)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	static double matrix[2 * 1024];

	tvm_rng_init(&rng, 3, 0);
	for (uint32_t n = 1; n <= 6; n++)
		for (uint32_t k = 1; k <= n && k <= 5; k++)
			for (int round = 0; round < (k > 3 ? 2 : 6); round++)
			{
				TvmGate		gate = dense_random_gate(&rng, TVM_OP_UNITARY, n);
				uint32_t	qubits[DENSE_MAX];

				dense_random_qubits(&rng, n, qubits);
				dense_random_unitary(&rng, k, matrix);
				gate.matrix = matrix;
				gate.targets = qubits;
				gate.target_count = k;
				gate.controls = qubits + k;
				gate.control_count = dense_below(&rng, n - k + 1);
				compare_gate(env, &rng, n, &gate);
			}
}

TEST(random_circuits_of_all_gates)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	static Dense full;

	tvm_rng_init(&rng, 4, 0);
	for (int round = 0; round < 20; round++)
	{
		uint32_t	n = 1 + (uint32_t) round % 6;
		Cx			psi[DENSE_DIM] = {1};
		TvmState	state;

		CHECK(tvm_state_init(env, &state, n, 0) == TVM_OK);
		for (int i = 0; i < 60; i++)
		{
			TvmOp		op;
			TvmGate		gate;

			do
				op = (TvmOp) dense_below(&rng, TVM_OP_COUNT);
			while (!is_gate(op) || tvm_op_targets(op) > (int) n);
			gate = dense_random_gate(&rng, op, n);
			dense_gate((int) n, &gate, &full);
			dense_apply(&full, psi);
			CHECK(tvm_gate_apply(env, &state, &gate) == TVM_OK);
		}
		CHECK(dense_distance(&state, psi) < 1e-12);
		tvm_state_free(env, &state);
	}
}

/* out[i] = sum over b of M[a][b] in[i with its target bits set to b] */
static void
plain_apply(const TvmGate *gate, const TvmState *in, Cx *out)
{
	Cx			matrix[256];
	uint64_t	rows = (uint64_t) 1 << gate->target_count;

	dense_operation(gate, matrix);
	for (uint64_t i = 0; i < in->count; i++)
	{
		uint64_t	row = 0;
		uint64_t	others = i;
		bool		acts = true;

		for (uint32_t j = 0; j < gate->control_count; j++)
			acts = acts && (i >> gate->controls[j] & 1) == gate->control_state[j];
		for (uint32_t j = 0; j < gate->target_count; j++)
		{
			row |= (i >> gate->targets[j] & 1) << j;
			others &= ~((uint64_t) 1 << gate->targets[j]);
		}
		out[i] = acts ? 0 : in->amp[i].re + I * in->amp[i].im;
		for (uint64_t b = 0; b < rows && acts; b++)
		{
			uint64_t	from = others;

			for (uint32_t j = 0; j < gate->target_count; j++)
				from |= (b >> j & 1) << gate->targets[j];
			out[i] += matrix[rows * row + b] * (in->amp[from].re + I * in->amp[from].im);
		}
	}
}

TEST(gates_on_states_of_several_pieces)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	uint32_t	n = 18;
	Cx		   *wanted = malloc(sizeof(Cx) << n);

	tvm_rng_init(&rng, 5, 0);
	CHECK(tvm_state_init(env, &state, n, 0) == TVM_OK);
	dense_random_state(&rng, &state, NULL);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (int round = 0; round < 2 && is_gate(op); round++)
		{
			TvmGate		gate = dense_random_gate(&rng, (TvmOp) op, n);

			/* Once with few controls at most, so that there are several pieces. */
			if (round == 0 && gate.control_count > 1)
				gate.control_count = 0;
			plain_apply(&gate, &state, wanted);
			CHECK(tvm_gate_apply(env, &state, &gate) == TVM_OK);
			if (!(dense_distance(&state, wanted) < 1e-13))
				unit_fail(__FILE__, __LINE__, "%s with target %u", tvm_op_name(gate.op),
						  gate.targets[0]);
		}
	free(wanted);
	tvm_state_free(env, &state);
}

TEST(ten_qubit_unitary_is_its_matrix)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	TvmState	column;
	uint32_t	n = 11;
	uint32_t	k = 10;
	uint32_t	targets[10];
	size_t		dim = (size_t) 1 << k;
	TvmComplex *matrix = malloc(dim * dim * sizeof(TvmComplex));
	double		worst = 0;
	TvmGate		unitary;

	/* H on each qubit: entry (r, c) is (-1)^popcount(r & c) / 32. */
	for (size_t r = 0; r < dim; r++)
		for (size_t c = 0; c < dim; c++)
			matrix[r * dim + c] = tvm_complex((__builtin_popcountll(r & c) & 1) ? -1 / 32.0 :
											  1 / 32.0, 0);
	tvm_rng_init(&rng, 6, 0);
	CHECK(tvm_state_init(env, &state, n, 0) == TVM_OK);
	CHECK(tvm_state_init(env, &column, n, 0) == TVM_OK);
	dense_random_state(&rng, &state, NULL);
	CHECK(tvm_state_copy(env, &column, &state) == TVM_OK);
	for (uint32_t i = 0; i < k; i++)
		targets[i] = (7 * i + 3) % 11;
	tvm_gate_init(&unitary, TVM_OP_UNITARY);
	unitary.target_count = k;
	unitary.targets = targets;
	unitary.matrix = &matrix->re;
	CHECK(tvm_gate_apply(env, &state, &unitary) == TVM_OK);
	for (uint32_t i = 0; i < k; i++)
	{
		TvmGate		h;

		tvm_gate_init(&h, TVM_OP_H);
		h.target_count = 1;
		h.targets = &targets[i];
		CHECK(tvm_gate_apply(env, &column, &h) == TVM_OK);
	}
	for (uint64_t i = 0; i < state.count; i++)
		worst = fmax(worst, hypot(state.amp[i].re - column.amp[i].re,
								  state.amp[i].im - column.amp[i].im));
	CHECK(worst < 1e-13);
	free(matrix);
	tvm_state_free(env, &state);
	tvm_state_free(env, &column);
}

TEST(pauli_strings_are_their_factors)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	uint32_t	n = 4;

	tvm_rng_init(&rng, 7, 0);
	for (uint64_t x = 0; x < 16; x++)
		for (uint64_t z = 0; z < 16; z++)
		{
			TvmState	state;
			Cx			psi[DENSE_DIM];
			static Dense full;

			CHECK(tvm_state_init(env, &state, n, 0) == TVM_OK);
			dense_random_state(&rng, &state, psi);
			for (uint32_t q = 0; q < n; q++)
			{
				TvmGate		gate;
				int			which = (int) (x >> q & 1) + 2 * (int) (z >> q & 1);

				tvm_gate_init(&gate, which == 0 ? TVM_OP_I : which == 1 ? TVM_OP_X :
							  which == 2 ? TVM_OP_Z : TVM_OP_Y);
				gate.target_count = 1;
				gate.targets = &q;
				dense_gate((int) n, &gate, &full);
				dense_apply(&full, psi);
			}
			CHECK(tvm_pauli_apply(env, &state, x, z) == TVM_OK);
			CHECK(dense_distance(&state, psi) < 1e-14);
			tvm_state_free(env, &state);
		}
}

TEST(cu_is_the_one_of_openqasm_3)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	TvmGate		gate;
	uint32_t	target = 1;
	uint32_t	control = 0;
	double		theta = 0.7;
	double		phi = 1.1;
	double		lambda = -0.4;
	double		gamma = 0.9;

	/* |1> of the control times e^(i gamma) (cos t/2 |0> + e^(i phi) sin t/2 |1>) */
	CHECK(tvm_state_init(env, &state, 2, 0) == TVM_OK);
	CHECK(tvm_state_set_basis(env, &state, 1) == TVM_OK);
	tvm_gate_init(&gate, TVM_OP_U);
	gate.target_count = gate.control_count = 1;
	gate.targets = &target;
	gate.controls = &control;
	gate.control_state = (uint8_t[]) {1};
	gate.theta = theta;
	gate.phi = phi;
	gate.lambda = lambda;
	gate.gamma = tvm_cu_gamma(theta, gamma);
	CHECK(tvm_gate_apply(env, &state, &gate) == TVM_OK);
	CHECK_NEAR(state.amp[1].re, cos(gamma) * cos(theta / 2), 1e-15);
	CHECK_NEAR(state.amp[1].im, sin(gamma) * cos(theta / 2), 1e-15);
	CHECK_NEAR(state.amp[3].re, cos(gamma + phi) * sin(theta / 2), 1e-15);
	CHECK_NEAR(state.amp[3].im, sin(gamma + phi) * sin(theta / 2), 1e-15);
	tvm_state_free(env, &state);
}

TEST(norm_stays_over_ten_thousand_gates)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	double		norm;

	tvm_rng_init(&rng, 8, 0);
	CHECK(tvm_state_init(env, &state, 8, 0) == TVM_OK);
	for (int i = 0; i < 10000; i++)
	{
		TvmOp		op;
		TvmGate		gate;

		do
			op = (TvmOp) dense_below(&rng, TVM_OP_COUNT);
		while (!is_gate(op));
		gate = dense_random_gate(&rng, op, 8);
		CHECK(tvm_gate_apply(env, &state, &gate) == TVM_OK);
	}
	CHECK(tvm_state_norm(env, &state, &norm) == TVM_OK);
	CHECK_NEAR(norm, 1, 1e-10);
	tvm_state_free(env, &state);
}

TEST(gates_are_cancelled_in_the_middle)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;

	tvm_rng_init(&rng, 9, 0);
	CHECK(tvm_state_init(env, &state, 19, 0) == TVM_OK);
	for (int op = 0; op < TVM_OP_COUNT; op++)
	{
		TvmGate		gate;

		if (!is_gate(op) || op == TVM_OP_I)
			continue;
		gate = dense_random_gate(&rng, (TvmOp) op, 19);
		gate.control_count = 0;

		/* RZ has two halves, P one: at least two pieces of 2^16 amplitudes in any. */
		unit_env_cancel_after(1);
		if (tvm_gate_apply(env, &state, &gate) != TVM_CANCELLED)
			unit_fail(__FILE__, __LINE__, "%s was not cancelled", tvm_op_name(gate.op));
		unit_env_cancel_after(-1);
	}
	for (uint32_t k = 1; k <= 4; k++)
	{
		static TvmComplex identity[256];
		uint32_t	targets[4] = {17, 0, 9, 4};
		TvmGate		gate;

		memset(identity, 0, sizeof(identity));
		for (size_t i = 0; i < (size_t) 1 << k; i++)
			identity[(i << k) + i].re = 1;
		tvm_gate_init(&gate, TVM_OP_UNITARY);
		gate.target_count = k;
		gate.targets = targets;
		gate.matrix = &identity->re;
		unit_env_cancel_after(1);
		CHECK(tvm_gate_apply(env, &state, &gate) == TVM_CANCELLED);
		unit_env_cancel_after(-1);
	}
	tvm_state_free(env, &state);
}
