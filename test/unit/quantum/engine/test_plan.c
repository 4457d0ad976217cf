/*
 * test_plan.c: planned circuits against full matrices: every vector path,
 * every gate at every position with every pattern of controls, and blocks so small
 * that a few qubits make many passes.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/engine/execute.h"
#include "kernel/quantum/engine/plan.h"
#include "quantum/build.h"

/* Each vector path that this processor has, then the best again. */
#define FOR_PATHS(simd) \
	for (int simd = TVM_SIMD_PORTABLE; simd < TVM_SIMD_COUNT || !tvm_simd_choose(TVM_SIMD_AUTO); \
		 simd++) \
		if (tvm_simd_choose((TvmSimd) simd))

/* Block, low, tile and table bits, by which a few qubits make many passes, tiles and rows. */
typedef TvmPlanOptions Sizes;

static Sizes
random_sizes(TvmRng *rng, uint32_t n)
{
	Sizes		sizes = {TVM_DOUBLE, 1 + dense_below(rng, n), dense_below(rng, 4),
	1 + dense_below(rng, n), 1 + dense_below(rng, n), {0, 0}};

	return sizes;
}

/* Plan and run a circuit on a state that is there. */
static TvmStatus
run_planned(TvmEnv *env, const TvmCircuit *circuit, TvmState *state, const Sizes *sizes)
{
	TvmStatus	status = TVM_OK;

	for (size_t at = 0; at < circuit->count && status == TVM_OK;)
	{
		TvmPlan		plan;

		status = tvm_plan_make(env, &plan, circuit, at, circuit->count, sizes);
		if (status != TVM_OK)
			break;
		status = tvm_plan_run(env, &plan, state);
		at = plan.to;
		tvm_plan_free(env, &plan);
	}
	return status;
}

/*
 * out[i] = sum over b of M[a][b] in[i with its target bits set to b], amplitude by
 * amplitude with the oracle's matrices: for states too large for theirs.
 */
static void
plain_apply(const TvmGate *gate, uint64_t count, const Cx *in, Cx *out)
{
	Cx			matrix[256];
	uint64_t	rows = (uint64_t) 1 << gate->target_count;

	dense_operation(gate, matrix);
	for (uint64_t i = 0; i < count; i++)
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
		out[i] = acts ? 0 : in[i];
		for (uint64_t b = 0; b < rows && acts; b++)
		{
			uint64_t	from = others;

			for (uint32_t j = 0; j < gate->target_count; j++)
				from |= (b >> j & 1) << gate->targets[j];
			out[i] += matrix[rows * row + b] * in[from];
		}
	}
}

#define MOST 10

static long compared;			/* runs of a circuit, in this test */

/* One path and precision: `state` has been set to what the oracle began with. */
static void
compare_run(TvmEnv *env, const TvmCircuit *circuit, TvmState *state, const Sizes *sizes,
			const Cx *wanted, const char *what)
{
	CHECK(run_planned(env, circuit, state, sizes) == TVM_OK);
	compared++;
	if (!(dense_distance(state, wanted) < (sizes->precision == TVM_SINGLE ? 2e-6 : 1e-13)))
		unit_fail(__FILE__, __LINE__,
				  "%s, %s %s, %u qubits, block %u, low %u, tile %u, table %u: off by %g", what,
				  tvm_lanes(sizes->precision)->name, tvm_precision_name(sizes->precision),
				  circuit->qubits, sizes->block_bits,
				  sizes->low_bits, sizes->tile_bits, sizes->table_bits,
				  dense_distance(state, wanted));
}

/* On the same random state, in both precisions and on each path, with the sizes given. */
static void
compare(TvmEnv *env, TvmRng *rng, const TvmCircuit *circuit, Sizes sizes, const char *what)
{
	uint64_t	count = (uint64_t) 1 << circuit->qubits;
	Cx		   *psi = malloc(3 * count * sizeof(Cx));

	for (int precision = TVM_DOUBLE; precision <= TVM_SINGLE; precision++)
	{
		TvmState	state;
		Cx		   *now = psi + count;
		Cx		   *next = psi + 2 * count;

		sizes.precision = (TvmPrecision) precision;
		CHECK(tvm_state_init_as(env, &state, circuit->qubits, sizes.precision, 0) == TVM_OK);
		dense_random_state(rng, &state, psi);
		memcpy(now, psi, count * sizeof(Cx));
		for (size_t i = 0; i < circuit->count; i++)
		{
			Cx		   *last = now;

			plain_apply(&circuit->gates[i], count, last, next);
			now = next;
			next = last;
		}
		FOR_PATHS(simd)
		{
			for (uint64_t i = 0; i < count; i++)
				tvm_put(&state, i, tvm_complex(creal(psi[i]), cimag(psi[i])));
			compare_run(env, circuit, &state, &sizes, now, what);
		}
		tvm_state_free(env, &state);
	}
	free(psi);
}

/* `gates` random ones; `ops` is a set of operations, 0 for all. */
static void
random_circuit(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t n, int gates, uint64_t ops)
{
	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	while ((int) circuit->count < gates)
	{
		TvmOp		op = (TvmOp) dense_below(rng, TVM_OP_COUNT);
		TvmGate		gate;

		if (!tvm_op_is_unitary(op) || tvm_op_targets(op) > (int) n ||
			(ops != 0 && (ops >> op & 1) == 0))
			continue;
		gate = dense_random_gate(rng, op, n);
		if (dense_below(rng, 2) == 0)
			gate.control_count = 0;	/* layers that are merged */
		else if (gate.control_count > 2 && dense_below(rng, 4) > 0)
			gate.control_count = 1;
		CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
	}
}

TEST(planned_random_circuits)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 41, 0);
	for (int round = 0; round < 80; round++)
	{
		uint32_t	n = 1 + (uint32_t) round % MOST;
		Sizes		sizes = random_sizes(&rng, n);
		TvmCircuit	circuit;

		random_circuit(env, &rng, &circuit, n, 40, 0);
		compare(env, &rng, &circuit, sizes, "random");
		tvm_circuit_free(env, &circuit);
	}
	CHECK(unit_env_live() == 0);
}

/* Sets of operations: circuits of few kinds, in which more of one kind meet. */
static const uint64_t kinds[] = {
	1 << TVM_OP_H | 1 << TVM_OP_P, 1 << TVM_OP_H | 1 << TVM_OP_Z | 1 << TVM_OP_RZZ,
	1 << TVM_OP_X | 1 << TVM_OP_SWAP, 1 << TVM_OP_X | 1 << TVM_OP_RX | 1 << TVM_OP_RZ,
	1 << TVM_OP_X | 1 << TVM_OP_Y | 1 << TVM_OP_H | 1 << TVM_OP_S,
	1 << TVM_OP_RXX | 1 << TVM_OP_RYY | 1 << TVM_OP_RZZ,
	1 << TVM_OP_UNITARY | 1 << TVM_OP_X, 1 << TVM_OP_P, 1 << TVM_OP_RX | 1 << TVM_OP_RY,
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

TEST(planned_circuits_of_few_kinds)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 43, 0);
	for (size_t kind = 0; kind < KINDS; kind++)
		for (int round = 0; round < 12; round++)
		{
			uint32_t	n = 2 + (uint32_t) round % (MOST - 1);
			Sizes		sizes = random_sizes(&rng, n);
			TvmCircuit	circuit;

			random_circuit(env, &rng, &circuit, n, 60, kinds[kind]);
			compare(env, &rng, &circuit, sizes, "few kinds");
			tvm_circuit_free(env, &circuit);
		}
}

/* Blocks, tiles and tables as large as they are for users, and qubits beyond them all. */
TEST(planned_circuits_with_the_sizes_that_users_get)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 47, 0);
	for (size_t kind = 0; kind <= KINDS; kind++)
	{
		Sizes		sizes = {TVM_DOUBLE, 0, 0, 0, 0, {0, 0}};
		TvmCircuit	circuit;

		random_circuit(env, &rng, &circuit, 15 + kind % 3, 80, kind < KINDS ? kinds[kind] : 0);
		compare(env, &rng, &circuit, sizes, "sizes of users");
		tvm_circuit_free(env, &circuit);
	}
}

/*
 * The widest vector has four positions in it, so of six some choose among vectors on
 * every path.  A gate may be one that needs another number of targets: false then.
 */
static bool
place_gate(TvmRng *rng, TvmGate *gate, uint32_t n, uint32_t a, uint32_t b, uint32_t pattern)
{
	static uint32_t targets[4];
	static uint32_t controls[8];
	static uint8_t states[8];

	if (gate->op == TVM_OP_UNITARY)
	{
		gate->target_count = 1 + (a != b);
		dense_random_unitary(rng, gate->target_count, gate->matrix);
	}
	if ((gate->target_count == 2) == (a == b))
		return false;
	targets[0] = a;
	targets[1] = b;
	gate->targets = targets;
	gate->controls = controls;
	gate->control_state = states;
	gate->control_count = 0;

	/* Each other qubit: free, control on 0, control on 1. */
	for (uint32_t q = 0; q < n; q++, pattern /= 3)
	{
		if (pattern % 3 == 0)
			continue;
		if (q == a || q == b)
			return false;
		states[gate->control_count] = (uint8_t) (pattern % 3 - 1);
		controls[gate->control_count++] = q;
	}
	return true;
}

TEST(planned_gates_at_every_position_with_every_control_pattern)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	uint32_t	n = 6;
	long		paths = 0;
	long		ones = 0;
	long		twos = 0;

	tvm_rng_init(&rng, 42, 0);
	compared = 0;
	for (int op = 0; op < TVM_OP_COUNT; op++)
	{
		/* UNITARY is on one or on two. */
		if (tvm_op_is_unitary((TvmOp) op))
		{
			ones += tvm_op_targets((TvmOp) op) != 2;
			twos += tvm_op_targets((TvmOp) op) != 1;
		}
		for (uint32_t a = 0; a < n && tvm_op_is_unitary((TvmOp) op); a++)
			for (uint32_t b = 0; b < n; b++)
				for (uint32_t pattern = 0; pattern < 729; pattern++)
				{
					TvmGate		gate = dense_random_gate(&rng, (TvmOp) op, n);
					TvmCircuit	circuit;

					if (!place_gate(&rng, &gate, n, a, b, pattern))
						continue;
					CHECK(tvm_circuit_init(env, &circuit, n) == TVM_OK);
					CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
					compare(env, &rng, &circuit, random_sizes(&rng, n), tvm_op_name((TvmOp) op));
					tvm_circuit_free(env, &circuit);
				}
	}

	/* In two precisions. */
	FOR_PATHS(simd)
		paths++;
	CHECK_EQ(compared, paths * 2 * (ones * 6 * 243 + twos * 30 * 81));
}

TEST(a_gate_on_more_qubits_than_a_block_has)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 44, 0);
	for (uint32_t k = 2; k <= 4; k++)
		for (int round = 0; round < 12; round++)
		{
			TvmGate		gate = dense_random_gate(&rng, TVM_OP_UNITARY, 7);
			Sizes		sizes = {TVM_DOUBLE, 2, 1, 1, 1, {0, 0}};
			uint32_t	qubits[7];
			TvmCircuit	circuit;

			dense_random_qubits(&rng, 7, qubits);
			dense_random_unitary(&rng, k, gate.matrix);
			gate.targets = qubits;
			gate.target_count = k;
			gate.controls = qubits + k;
			gate.control_count = (uint32_t) round % 3;
			CHECK(tvm_circuit_init(env, &circuit, 7) == TVM_OK);
			CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
			compare(env, &rng, &circuit, sizes, "dense");
			tvm_circuit_free(env, &circuit);
		}
}

TEST(plans_without_memory_or_time)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmCircuit	circuit;
	TvmState	state;
	Sizes		sizes = {TVM_DOUBLE, 4, 2, 3, 2, {0, 0}};
	long		made;

	tvm_rng_init(&rng, 45, 0);
	random_circuit(env, &rng, &circuit, 7, 200, 0);
	CHECK(tvm_state_init(env, &state, 7, 0) == TVM_OK);
	made = unit_env_allocations();
	CHECK(run_planned(env, &circuit, &state, &sizes) == TVM_OK);
	made = unit_env_allocations() - made;
	for (long i = 1; i <= made; i++)
	{
		long		live = unit_env_live();

		unit_env_fail_at(i);
		CHECK(run_planned(env, &circuit, &state, &sizes) == TVM_NOMEM);
		unit_env_fail_at(0);
		CHECK(unit_env_live() == live);
	}

	/* Every block asks. */
	for (long calls = 0; calls < 200; calls++)
	{
		long		live = unit_env_live();

		unit_env_cancel_after(calls);
		CHECK(run_planned(env, &circuit, &state, &sizes) == TVM_CANCELLED);
		unit_env_cancel_after(-1);
		CHECK(unit_env_live() == live);
	}
	tvm_state_free(env, &state);
	tvm_circuit_free(env, &circuit);
	CHECK(unit_env_live() == 0);
}

TEST(norm_stays_over_ten_thousand_planned_gates)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmCircuit	circuit;

	tvm_rng_init(&rng, 46, 0);
	random_circuit(env, &rng, &circuit, 8, 10000, 0);
	FOR_PATHS(simd)
		for (int precision = TVM_DOUBLE; precision <= TVM_SINGLE; precision++)
		{
			TvmPlanOptions options = {.precision = (TvmPrecision) precision};
			TvmState	state;
			double		norm;

			CHECK(tvm_state_init_as(env, &state, 8, options.precision, 0) == TVM_OK);
			CHECK(run_planned(env, &circuit, &state, &options) == TVM_OK);
			CHECK(tvm_state_norm(env, &state, &norm) == TVM_OK);
			CHECK_NEAR(norm, 1, precision == TVM_SINGLE ? 1e-4 : 1e-10);
			tvm_state_free(env, &state);
		}
	tvm_circuit_free(env, &circuit);
}
