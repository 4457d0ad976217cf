/*
 * clifford_build.c: see clifford_build.h.
 */
#include "quantum/clifford_build.h"

#include <string.h>

#include "kernel/quantum/state/gate_matrices.h"

/* A gate of any name that is Clifford; a condition where if_bit is not negative. */
void
clifford_random_gate(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, bool pauli, int if_bit)
{
	static const TvmOp one[] = {
		TVM_OP_X, TVM_OP_Y, TVM_OP_Z, TVM_OP_I, TVM_OP_H, TVM_OP_S, TVM_OP_SDG, TVM_OP_SX, TVM_OP_SXDG,
		TVM_OP_RX, TVM_OP_RY, TVM_OP_RZ, TVM_OP_P, TVM_OP_U
	};
	static const TvmOp two[] = {TVM_OP_SWAP, TVM_OP_ISWAP, TVM_OP_RXX, TVM_OP_RYY, TVM_OP_RZZ};
	uint32_t	qubits[TVM_MAX_QUBITS];
	uint32_t	bit = (uint32_t) if_bit;
	uint8_t		state = (uint8_t) dense_below(rng, 2);
	double		matrix[32];
	TvmGate		gate;

	dense_random_qubits(rng, circuit->qubits, qubits);
	tvm_gate_init(&gate, one[dense_below(rng, pauli ? 4 : 14)]);
	gate.targets = qubits;
	gate.target_count = 1;
	gate.theta = PI / 2 * ((int) dense_below(rng, 9) - 4);
	gate.phi = PI / 2 * ((int) dense_below(rng, 9) - 4);
	gate.lambda = PI / 2 * ((int) dense_below(rng, 9) - 4);
	gate.gamma = dense_uniform(rng, -1, 1);
	if (!pauli && circuit->qubits > 1)
		switch (dense_below(rng, 5))
		{
			case 0:
				gate.op = two[dense_below(rng, 5)];
				gate.target_count = 2;
				break;
			case 1:
				gate.op = one[dense_below(rng, 4)];
				gate.controls = qubits + 1;
				gate.control_count = 1;
				gate.control_state = &state;
				break;
			case 2:				/* P(pi), and rotations by 2 pi, are Clifford with a control too */
				gate.op = dense_below(rng, 2) == 0 ? TVM_OP_P : TVM_OP_RZ;
				gate.theta = gate.op == TVM_OP_P ? PI : 2 * PI;
				gate.controls = qubits + 1;
				gate.control_count = 1;
				gate.control_state = &state;
				break;
			case 3:
				gate.op = two[dense_below(rng, 5)];
				gate.target_count = 2;
				tvm_gate_matrix(&gate, (TvmComplex *) matrix);
				gate.op = TVM_OP_UNITARY;
				gate.matrix = matrix;
				break;
			default:
				break;
		}
	if (if_bit >= 0)
	{
		gate.if_count = 1;
		gate.if_bits = &bit;
	}
	CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
}

void
clifford_random_circuit(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t n, uint32_t count,
						int with)
{
	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	q = dense_below(rng, n);
		int			bit = (int) dense_below(rng, 3);

		switch ((with & WITH_MEASURES) != 0 ? dense_below(rng, 9) : 9)
		{
			case 0:
				CHECK(build_measure(env, circuit, q, bit) == TVM_OK);
				break;
			case 1:
				if (dense_below(rng, 2) == 0)
					CHECK(build(env, circuit, TVM_OP_RESET, q, -1, 0) == TVM_OK);
				else if ((with & WITH_CONDITIONS) != 0)
					CHECK(build_if(env, circuit, TVM_OP_RESET, q, -1, 0, bit) == TVM_OK);
				break;
			case 2:
			case 3:
				if ((with & (WITH_PAULI_CONDITIONS | WITH_CONDITIONS)) != 0)
					clifford_random_gate(env, rng, circuit, (with & WITH_CONDITIONS) == 0, bit);
				break;
			default:
				clifford_random_gate(env, rng, circuit, false, -1);
		}
	}
	if ((with & WITH_MEASURES) != 0)
		for (uint32_t q = 0; q < n && q < 3; q++)
			CHECK(build_measure(env, circuit, q, (int) q) == TVM_OK);
}

void
clifford_run(TvmEnv *env, TvmRun *run, TvmRunMethod method, const TvmCircuit *circuit,
			 const TvmNoise *noise, const TvmRunOptions *options, TvmRunResult *result)
{
	TvmRunOptions own = *options;

	own.method = method;
	CHECK(tvm_run_open(env, run, circuit, noise, &own) == TVM_OK);
	CHECK(run->method == method);
	CHECK(tvm_run_trajectories(env, run, 0, run->trajectories) == TVM_OK);
	CHECK(tvm_run_result(env, run, result) == TVM_OK);
}
