/*
 * test_branches.c: random circuits that measure, reset and branch,
 * against the exact distribution from following every branch.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "quantum/dense.h"
#include "quantum/build.h"

#define QUBITS 3
#define BITS 3
#define DIM 8
#define GATES 14
#define SHOTS 3000

/* What following every branch finds: the bits' probabilities, and <Z> of each qubit. */
typedef struct Exact
{
	double		bits[1 << BITS];
	double		z[QUBITS];
} Exact;

static double
project(const Cx *in, uint32_t qubit, uint32_t value, Cx *out)
{
	double		p = 0;

	for (uint32_t i = 0; i < DIM; i++)
	{
		out[i] = (i >> qubit & 1) == value ? in[i] : 0;
		p += creal(out[i] * conj(out[i]));
	}
	return p;
}

/* The branches' vectors are not normalised: their norm carries their probability. */
static void
follow(const TvmCircuit *circuit, size_t at, const Cx *psi, uint32_t bits, Exact *exact)
{
	const TvmGate *gate = &circuit->gates[at];
	Cx			next[DENSE_DIM];

	if (at == circuit->count)
	{
		for (uint32_t i = 0; i < DIM; i++)
		{
			double		p = creal(psi[i] * conj(psi[i]));

			exact->bits[bits] += p;
			for (uint32_t q = 0; q < QUBITS; q++)
				exact->z[q] += (i >> q & 1) ? -p : p;
		}
		return;
	}
	if (!dense_holds(gate, bits))
	{
		follow(circuit, at + 1, psi, bits, exact);
		return;
	}
	if (tvm_op_is_unitary(gate->op))
	{
		static Dense full;

		memcpy(next, psi, DIM * sizeof(Cx));
		dense_gate(QUBITS, gate, &full);
		dense_apply(&full, next);
		follow(circuit, at + 1, next, bits, exact);
		return;
	}
	for (uint32_t value = 0; value <= 1; value++)
	{
		uint32_t	after = bits;

		if (project(psi, gate->targets[0], value, next) < 1e-14)
			continue;
		if (gate->op == TVM_OP_MEASURE)
			after = (bits & ~(1u << gate->bit)) | value << gate->bit;
		else if (value == 1)
			for (uint32_t i = 0; i < DIM; i++)
				if ((i >> gate->targets[0] & 1) != 0)
				{
					next[i & ~(1u << gate->targets[0])] = next[i];
					next[i] = 0;
				}
		follow(circuit, at + 1, next, after, exact);
	}
}

static void
random_circuit(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit)
{
	CHECK(tvm_circuit_init(env, circuit, QUBITS) == TVM_OK);
	for (int i = 0; i < GATES; i++)
	{
		static const TvmOp choice[] = {TVM_OP_MEASURE, TVM_OP_RESET, TVM_OP_H, TVM_OP_RY, TVM_OP_X,
			TVM_OP_U, TVM_OP_ISWAP, TVM_OP_RXX, TVM_OP_UNITARY};
		TvmOp		op = choice[dense_below(rng, 9)];
		uint32_t	if_bits[2];
		uint8_t		if_values[2];
		TvmGate		gate = dense_random_gate(rng, tvm_op_is_unitary(op) ? op : TVM_OP_I, QUBITS);

		/* Later gates are measurements more often, so that some are final and some not. */
		if (i > GATES - 5 && dense_below(rng, 2) == 0)
			op = TVM_OP_MEASURE;
		gate.op = op;
		if (!tvm_op_is_unitary(op))
		{
			gate.control_count = 0;
			gate.target_count = 1;
		}
		gate.bit = (int32_t) dense_below(rng, BITS);
		gate.if_count = dense_below(rng, 3) == 0 ? 1 + dense_below(rng, 2) : 0;
		if_bits[0] = dense_below(rng, BITS);
		if_bits[1] = (if_bits[0] + 1 + dense_below(rng, BITS - 1)) % BITS;
		if_values[0] = (uint8_t) dense_below(rng, 2);
		if_values[1] = (uint8_t) dense_below(rng, 2);
		gate.if_bits = if_bits;
		gate.if_values = if_values;
		CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
	}
}

TEST(random_circuits_that_measure_reset_and_branch)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			with_finals = 0;
	int			exact_runs = 0;

	tvm_rng_init(&rng, 21, 0);
	for (int round = 0; round < 30; round++)
	{
		TvmCircuit	circuit;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		Cx			psi[DENSE_DIM] = {1};
		Exact		exact = {{0}, {0}};
		TvmObservable z[QUBITS];
		double		shots = SHOTS;

		random_circuit(env, &rng, &circuit);
		CHECK(tvm_circuit_set_bits(env, &circuit, BITS) == TVM_OK);
		follow(&circuit, 0, psi, 0, &exact);
		for (uint32_t q = 0; q < QUBITS; q++)
			CHECK(tvm_observable_parse(env, &"Z0Z1Z2"[2 * q], 2, QUBITS, &z[q]) == TVM_OK);
		tvm_run_options_init(&options);
		options.seed = (uint64_t) round;
		options.shots = SHOTS;
		options.observables = z;
		options.observable_count = QUBITS;
		CHECK(tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_OK);
		with_finals += run.final_count > 0 && !run.deterministic;
		CHECK(tvm_run_trajectories(env, &run, 0, run.trajectories) == TVM_OK);
		CHECK(tvm_run_result(env, &run, &result) == TVM_OK);
		for (uint64_t key = 0; run.measures && key < 1 << BITS; key++)
		{
			double		p = exact.bits[key];
			double		got = (double) build_count(result.counts, &key) / shots;

			CHECK_NEAR(got, p, 5 * sqrt(fmax(p * (1 - p), 0) / shots) + 1e-9);
		}

		/* Final measurements do not change <Z>, collapsed or not. */
		for (uint32_t q = 0; q < QUBITS; q++)
		{
			CHECK_NEAR(result.expectation[q].mean, exact.z[q],
					   5 * tvm_mean_error(&result.expectation[q]) + 1e-9);
			tvm_observable_free(env, &z[q]);
		}
		tvm_run_close(env, &run);

		/* A density matrix follows the branches itself: no sampling error but in the shots. */
		for (uint32_t q = 0; q < QUBITS; q++)
			CHECK(tvm_observable_parse(env, &"Z0Z1Z2"[2 * q], 2, QUBITS, &z[q]) == TVM_OK);
		options.method = TVM_METHOD_DENSITY;
		if (tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_OK)
		{
			exact_runs++;
			CHECK(tvm_run_trajectories(env, &run, 0, run.trajectories) == TVM_OK);
			CHECK(tvm_run_result(env, &run, &result) == TVM_OK);
			CHECK_NEAR(result.norm, 1, 1e-12);
			for (uint64_t key = 0; run.measures && key < 1 << BITS; key++)
			{
				double		p = exact.bits[key];
				double		got = (double) build_count(result.counts, &key) / shots;

				CHECK_NEAR(got, p, 5 * sqrt(fmax(p * (1 - p), 0) / shots) + 1e-9);
			}
			for (uint32_t q = 0; q < QUBITS; q++)
			{
				CHECK_NEAR(result.expectation[q].mean, exact.z[q], 1e-12);
				CHECK_EQ(tvm_mean_error(&result.expectation[q]), 0);
			}
		}
		for (uint32_t q = 0; q < QUBITS; q++)
			tvm_observable_free(env, &z[q]);
		tvm_run_close(env, &run);
		tvm_circuit_free(env, &circuit);
	}
	CHECK(exact_runs > 20);
	CHECK(with_finals > 5);
}
