/*
 * test_groups.c: trajectories that are run together give what they give one
 * by one: each its own stream, the same shots, means and errors; whatever memory
 * there is for the states of those that part.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/circuit/analysis.h"
#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/state/measure.h"
#include "quantum/build.h"
#include "quantum/trajectory.h"

#define QUBITS 5
#define BITS 4
#define SHOTS 300

/* Every kind of gate, half of them in stretches long enough to be planned. */
static void
random_circuit(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, int gates, bool random)
{
	static const TvmOp choice[] = {TVM_OP_H, TVM_OP_RY, TVM_OP_X, TVM_OP_U, TVM_OP_RXX, TVM_OP_RZZ,
	TVM_OP_T, TVM_OP_ISWAP, TVM_OP_UNITARY};

	CHECK(tvm_circuit_init(env, circuit, QUBITS) == TVM_OK);
	for (int i = 0; i < gates; i++)
	{
		uint32_t	kind = random && i > 40 ? dense_below(rng, 8) : 7;
		uint32_t	if_bits[1] = {dense_below(rng, BITS)};
		uint8_t		if_values[1] = {(uint8_t) dense_below(rng, 2)};
		TvmGate		gate = dense_random_gate(rng, kind > 1 ? choice[dense_below(rng, 9)] : TVM_OP_I,
											 QUBITS);

		if (kind <= 1)
		{
			gate.op = kind == 0 ? TVM_OP_MEASURE : TVM_OP_RESET;
			gate.target_count = 1;
			gate.control_count = 0;
			gate.bit = (int32_t) dense_below(rng, BITS);
		}
		if (kind == 2 || (kind <= 1 && dense_below(rng, 3) == 0))
		{
			gate.if_count = 1;
			gate.if_bits = if_bits;
			gate.if_values = if_values;
		}
		CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
	}
	for (uint32_t q = 0; q < 2; q++)
		CHECK(build_measure(env, circuit, q, BITS + (int) q) == TVM_OK);
}

static void
random_noise(TvmEnv *env, TvmRng *rng, TvmNoise *noise)
{
	tvm_noise_init(noise, QUBITS);
	for (int channel = 0; channel < TVM_CHANNEL_COUNT; channel++)
	{
		double		p = channel == TVM_CHANNEL_READOUT ? 0.2 : 0.02;
		TvmNoiseRule rule = build_rule((TvmChannel) channel, p);

		rule.p10 = 0.1;
		if (dense_below(rng, 2) == 0)
			CHECK(tvm_noise_add(env, noise, &rule) == TVM_OK);
	}
}

/* A trajectory as simply as can be: gate by gate, its own stream, the key of its shot. */
static uint64_t
one_trajectory(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise, uint64_t seed,
			   uint64_t t, const uint8_t *deferred)
{
	TvmState	state;
	TvmRng		rng;
	uint64_t	bits = 0;
	uint64_t	index;
	uint64_t	key;
	double		u;

	tvm_rng_init(&rng, seed, t);
	CHECK(tvm_state_init(env, &state, QUBITS, 0) == TVM_OK);
	for (size_t i = 0; i < circuit->count; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		int			outcome;

		if (deferred[i] || (gate->if_count > 0 && (bits >> gate->if_bits[0] & 1) != gate->if_values[0]))
			continue;
		if (gate->op == TVM_OP_MEASURE)
		{
			CHECK(trajectory_measure(env, &state, gate->targets[0], tvm_rng_double(&rng), &outcome) == TVM_OK);
			outcome = tvm_noise_read(noise, gate->targets[0], outcome, &rng);
			bits = (bits & ~(1u << gate->bit)) | (uint64_t) outcome << gate->bit;
		}
		else if (gate->op == TVM_OP_RESET)
			CHECK(trajectory_reset(env, &state, gate->targets[0], tvm_rng_double(&rng), NULL) == TVM_OK);
		else
			CHECK(tvm_gate_apply(env, &state, gate) == TVM_OK);
		if (noise != NULL)
			CHECK(trajectory_noise(env, noise, gate, &state, &rng) == TVM_OK);
	}
	u = tvm_rng_double(&rng);
	CHECK(tvm_measure_samples(env, &state, &u, 1, &index) == TVM_OK);
	key = bits;
	for (size_t i = 0; i < circuit->count; i++)
		if (deferred[i])
		{
			uint32_t	q = circuit->gates[i].targets[0];
			uint64_t	value = (uint64_t) tvm_noise_read(noise, q, index >> q & 1, &rng);

			key = (key & ~(1u << circuit->gates[i].bit)) | value << circuit->gates[i].bit;
		}
	tvm_state_free(env, &state);
	return key;
}

/* Run in groups; with `alone` of one trajectory each, with `tight` without a state to spare. */
static TvmStatus
run_in_groups(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
			  TvmRunOptions options, bool alone, bool tight, TvmRunResult *result)
{
	TvmStatus	status;

	if (tight)
		options.memory_limit = build_bytes(circuit, noise, &options);
	status = tvm_run_open(env, run, circuit, noise, &options);
	for (uint64_t t = 0; status == TVM_OK && t < run->trajectories; t += alone ? 1 : run->trajectories)
		status = tvm_run_trajectories(env, run, t, alone ? 1 : run->trajectories);
	return status == TVM_OK ? tvm_run_result(env, run, result) : status;
}

static void
compare(const TvmRunResult *a, const TvmRunResult *b, size_t observables)
{
	CHECK_EQ(a->counts->count, b->counts->count);
	for (size_t i = 0; i < a->counts->count && i < b->counts->count; i++)
	{
		CHECK_EQ(a->counts->keys[i], b->counts->keys[i]);
		CHECK_EQ(a->counts->times[i], b->counts->times[i]);
	}
	CHECK_EQ(a->trajectories, b->trajectories);
	CHECK_NEAR(a->fidelity, b->fidelity, 1e-12);
	CHECK_NEAR(a->fidelity_error, b->fidelity_error, 1e-12);
	for (size_t i = 0; i < observables; i++)
	{
		CHECK_NEAR(a->expectation[i].mean, b->expectation[i].mean, 1e-12);
		CHECK_NEAR(tvm_mean_error(&a->expectation[i]), tvm_mean_error(&b->expectation[i]), 1e-12);
	}
	for (uint32_t i = 0; i < 3 * QUBITS; i++)
		CHECK_NEAR(a->bloch[i], b->bloch[i], 1e-12);
	for (uint32_t i = 0; a->probability != NULL && i < 1 << QUBITS; i++)
		CHECK_NEAR(a->probability[i], b->probability[i], 1e-12);
}

TEST(trajectories_run_together_are_those_run_one_by_one)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 404, 0);
	for (int round = 0; round < 24; round++)
	{
		TvmCircuit	circuit;
		TvmNoise	noise;
		const TvmNoise *with = round % 4 == 3 ? NULL : &noise;
		TvmObservable z;
		TvmRunOptions options;
		TvmRun		runs[3];
		TvmRunResult results[3];
		uint64_t	wanted[1 << (BITS + 2)] = {0};

		random_circuit(env, &rng, &circuit, 60 + 20 * (round % 3), round % 4 != 0);
		random_noise(env, &rng, &noise);
		CHECK(tvm_observable_parse(env, "ZIXIY", 5, QUBITS, &z) == TVM_OK);
		tvm_run_options_init(&options);
		options.method = TVM_METHOD_STATEVECTOR;
		options.seed = 1000 + (uint64_t) round;
		options.shots = SHOTS;
		options.trajectories = SHOTS + (uint64_t) (round % 2) * 50;
		options.fidelity = options.bloch = options.probabilities = true;
		options.observables = &z;
		options.observable_count = 1;
		for (int way = 0; way < 3; way++)
			CHECK(run_in_groups(env, &runs[way], &circuit, with, options, way == 1, way == 2,
								&results[way]) == TVM_OK);
		compare(&results[0], &results[1], 1);
		compare(&results[0], &results[2], 1);
		for (uint64_t t = 0; t < SHOTS && !runs[0].deterministic; t++)
			wanted[one_trajectory(env, &circuit, with, options.seed, t, runs[0].deferred)]++;
		for (uint64_t key = 0; key < 1 << (BITS + 2) && !runs[0].deterministic; key++)
			CHECK_EQ(build_count(results[0].counts, &key), wanted[key]);
		for (int way = 0; way < 3; way++)
			tvm_run_close(env, &runs[way]);
		tvm_observable_free(env, &z);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* All that groups allocate and interrupt: splits with and without a state, plans that are kept. */
TEST(groups_survive_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_DEPOLARIZING, 0.01);
	TvmRunOptions options;
	long		before;
	long		count;
	long		calls = 0;
	TvmStatus	status = TVM_CANCELLED;

	tvm_rng_init(&rng, 5, 5);
	random_circuit(env, &rng, &circuit, 70, true);
	tvm_noise_init(&noise, QUBITS);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	tvm_run_options_init(&options);
	options.method = TVM_METHOD_STATEVECTOR;
	options.shots = 30;
	options.fidelity = options.bloch = true;
	before = unit_env_live();
	for (int tight = 0; tight < 2; tight++)
	{
		TvmRun		run;
		TvmRunResult result;

		unit_env_fail_at(0);
		CHECK(run_in_groups(env, &run, &circuit, &noise, options, false, tight, &result) == TVM_OK);
		tvm_run_close(env, &run);
		count = unit_env_allocations();
		CHECK(count > 20);
		for (long i = 1; i <= count; i += 1 + i / 40)
		{
			unit_env_fail_at(i);
			CHECK(run_in_groups(env, &run, &circuit, &noise, options, false, tight, &result) == TVM_NOMEM);
			tvm_run_close(env, &run);
			CHECK_EQ(unit_env_live(), before);
		}
		unit_env_fail_at(0);
		for (status = TVM_CANCELLED; status == TVM_CANCELLED && calls < 100000; calls += 1 + calls / 50)
		{
			unit_env_cancel_after(calls);
			status = run_in_groups(env, &run, &circuit, &noise, options, false, tight, &result);
			unit_env_cancel_after(-1);
			tvm_run_close(env, &run);
			CHECK(status == TVM_OK || status == TVM_CANCELLED);
			CHECK_EQ(unit_env_live(), before);
		}
		CHECK(status == TVM_OK && calls > 100);
		calls = 0;
	}
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}
