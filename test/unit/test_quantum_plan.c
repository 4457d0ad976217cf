/*
 * test_quantum_plan.c: planned circuits against full matrices: every vector path,
 * every gate at every position with every pattern of controls, and blocks so small
 * that a few qubits make many passes.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dense.h"
#include "kernel/quantum/gates.h"
#include "kernel/quantum/plan.h"
#include "quantum_build.h"

/* Each vector path that this processor has, then the best again. */
#define FOR_PATHS(simd) \
	for (int simd = TVM_SIMD_PORTABLE; simd < TVM_SIMD_COUNT || !tvm_simd_choose(TVM_SIMD_AUTO); \
		 simd++) \
		if (tvm_simd_choose((TvmSimd) simd))

/* Plan and run a circuit on a state that is there. */
static TvmStatus
run_planned(TvmEnv *env, const TvmCircuit *circuit, TvmState *state, uint32_t block, uint32_t low)
{
	TvmPlanOptions options = {TVM_DOUBLE, block, low};
	TvmStatus	status = TVM_OK;

	for (size_t at = 0; at < circuit->count && status == TVM_OK;)
	{
		TvmPlan		plan;

		status = tvm_plan_make(env, &plan, circuit, at, circuit->count, &options);
		if (status != TVM_OK)
			break;
		status = tvm_plan_run(env, &plan, state);
		at = plan.to;
		tvm_plan_free(env, &plan);
	}
	return status;
}

/* Both on the same random state, with the block sizes given. */
static void
compare(TvmEnv *env, TvmRng *rng, const TvmCircuit *circuit, uint32_t block, uint32_t low,
		const char *what)
{
	static Dense full;
	Cx			psi[DENSE_DIM];
	TvmState	state;
	int			n = (int) circuit->qubits;

	CHECK(tvm_state_init(env, &state, circuit->qubits, 0) == TVM_OK);
	dense_random_state(rng, &state, psi);
	for (size_t i = 0; i < circuit->count; i++)
	{
		dense_gate(n, &circuit->gates[i], &full);
		dense_apply(&full, psi);
	}
	CHECK(run_planned(env, circuit, &state, block, low) == TVM_OK);
	if (!(dense_distance(&state, psi) < 1e-12))
		unit_fail(__FILE__, __LINE__, "%s, %s, %d qubits, block %u, low %u: off by %g", what,
				  tvm_lanes(TVM_DOUBLE)->name, n, block, low, dense_distance(&state, psi));
	tvm_state_free(env, &state);
}

TEST(planned_random_circuits)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 41, 0);
	FOR_PATHS(simd)
	for (int round = 0; round < 120; round++)
	{
		uint32_t	n = 1 + (uint32_t) round % 6;
		TvmCircuit	circuit;

		CHECK(tvm_circuit_init(env, &circuit, n) == TVM_OK);
		for (int i = 0; i < 40; i++)
		{
			TvmOp		op;
			TvmGate		gate;

			do
				op = (TvmOp) dense_below(&rng, TVM_OP_COUNT);
			while (!tvm_op_is_unitary(op) || tvm_op_targets(op) > (int) n);
			gate = dense_random_gate(&rng, op, n);
			CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
		}
		compare(env, &rng, &circuit, 1 + dense_below(&rng, 6), dense_below(&rng, 4), "random");
		tvm_circuit_free(env, &circuit);
	}
	CHECK(unit_env_live() == 0);
}

TEST(planned_gates_at_every_position_with_every_control_pattern)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	uint32_t	n = 5;

	tvm_rng_init(&rng, 42, 0);
	FOR_PATHS(simd)
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (uint32_t a = 0; a < n && tvm_op_is_unitary((TvmOp) op); a++)
			for (uint32_t b = 0; b < n; b++)

				/* Each other qubit: free, control on 0, control on 1. */
				for (uint32_t pattern = 0; pattern < 243; pattern++)
				{
					TvmGate		gate = dense_random_gate(&rng, (TvmOp) op, n);
					uint32_t	targets[4] = {a, b, 0, 0};
					uint32_t	controls[5];
					uint8_t		states[5];
					uint32_t	left = pattern;
					bool		possible = true;
					TvmCircuit	circuit;

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
					if (!possible)
						continue;
					CHECK(tvm_circuit_init(env, &circuit, n) == TVM_OK);
					CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
					compare(env, &rng, &circuit, 2 + pattern % 4, pattern % 3,
							tvm_op_name((TvmOp) op));
					tvm_circuit_free(env, &circuit);
				}
}
