/*
 * test_tableau.c: runs on a stabilizer tableau against runs on amplitudes:
 * which gates are Clifford, states, chance, noise, codes, a thousand qubits.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/state/measure.h"
#include "kernel/quantum/run/tableau_parts.h"
#include "quantum/clifford_build.h"

/* Every Pauli string on n qubits as an observable of one term. */
static size_t
all_paulis(TvmEnv *env, uint32_t n, TvmObservable *out)
{
	size_t		count = (size_t) 1 << 2 * n;

	for (size_t i = 0; i < count; i++)
	{
		char		text[16] = {0};

		for (uint32_t q = 0; q < n; q++)
			text[q] = "IXYZ"[i >> 2 * q & 3];
		CHECK(tvm_observable_parse(env, text, n, n, &out[i]) == TVM_OK);
	}
	return count;
}

/* The lists of probabilities of two runs, entry by entry. */
static void
compare_tops(TvmEnv *env, const TvmRun *a, const TvmRun *b, double tolerance)
{
	TvmTop		first[256];
	TvmTop		second[256];
	uint64_t	keys[256];
	double		p[256] = {0};
	size_t		found;
	size_t		found_b;

	CHECK(tvm_run_top(env, a, 256, first, NULL, &found) == TVM_OK);
	CHECK(tvm_run_top(env, b, 256, second, keys, &found_b) == TVM_OK);
	for (size_t i = 0; i < found; i++)
		p[first[i].basis] = first[i].probability;
	for (size_t i = 0; i < found_b; i++)
	{
		CHECK(keys[i] == second[i].basis);
		CHECK(i == 0 || second[i].probability < second[i - 1].probability ||
			  (second[i].probability == second[i - 1].probability && keys[i] > keys[i - 1]));
		CHECK_NEAR(second[i].probability, p[keys[i]], tolerance);
		p[keys[i]] = 0;
	}
	for (size_t i = 0; i < 256; i++)
		CHECK_NEAR(p[i], 0, tolerance);

	/* The first few are the first few. */
	CHECK(tvm_run_top(env, b, 3, first, NULL, &found) == TVM_OK);
	for (size_t i = 0; i < found; i++)
		CHECK(first[i].basis == second[i].basis && first[i].probability == second[i].probability);
}

TEST(states_of_random_circuits_are_those_of_the_amplitudes)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmObservable paulis[256];

	tvm_rng_init(&rng, 81, 0);
	for (int round = 0; round < 1500; round++)
	{
		uint32_t	n = 1 + dense_below(&rng, round % 30 == 0 ? 8 : 4);
		size_t		count = n > 3 ? 0 : all_paulis(env, n, paulis);
		TvmRunOptions options;
		TvmCircuit	circuit;
		TvmRun		vector;
		TvmRun		tableau;
		TvmRunResult a;
		TvmRunResult b;

		if (n > 3)
		{
			CHECK(tvm_observable_parse(env, "0.5*X0 Y1 - Z2 + 3*Z0 Z1 Z2 Z3 - Y3 X2 + 2", strlen("0.5*X0 Y1 - Z2 + 3*Z0 Z1 Z2 Z3 - Y3 X2 + 2"), n,
									   &paulis[0]) == TVM_OK);
			count = 1;
		}
		clifford_random_circuit(env, &rng, &circuit, n, 1 + dense_below(&rng, 40), 0);
		tvm_run_options_init(&options);
		options.bloch = options.probabilities = true;
		options.observables = paulis;
		options.observable_count = count;
		clifford_run(env, &vector, TVM_METHOD_STATEVECTOR, &circuit, NULL, &options, &a);
		clifford_run(env, &tableau, TVM_METHOD_STABILIZER, &circuit, NULL, &options, &b);
		CHECK(tableau.deterministic && b.norm == 1 && b.trajectories == 1);
		for (size_t i = 0; i < count; i++)
			CHECK_NEAR(b.expectation[i].mean, a.expectation[i].mean, 1e-9);
		for (uint32_t i = 0; i < 3 * n; i++)
			CHECK_NEAR(b.bloch[i], a.bloch[i], 1e-9);
		compare_tops(env, &vector, &tableau, 1e-9);
		tvm_run_close(env, &vector);
		tvm_run_close(env, &tableau);
		for (size_t i = 0; i < count; i++)
			tvm_observable_free(env, &paulis[i]);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* A gate by its angles; true when it is Clifford. */
static bool
is_clifford(TvmOp op, uint32_t targets, uint32_t controls, double theta, double phi)
{
	uint32_t	qubits[6] = {0, 1, 2, 3, 4, 5};
	uint8_t		state[6] = {1, 1, 1, 1, 1, 1};
	TvmCliffordStep steps[TVM_CLIFFORD_STEPS];
	uint32_t	count;
	TvmGate		gate;

	tvm_gate_init(&gate, op);
	gate.target_count = targets;
	gate.targets = qubits;
	gate.control_count = controls;
	gate.controls = qubits + targets;
	gate.control_state = state;
	gate.theta = theta;
	gate.phi = phi;
	return tvm_clifford_steps(&gate, steps, &count);
}

TEST(which_gates_are_clifford)
{
	CHECK(is_clifford(TVM_OP_RX, 1, 0, PI / 2, 0) && !is_clifford(TVM_OP_RX, 1, 0, PI / 4, 0));
	CHECK(!is_clifford(TVM_OP_RX, 1, 0, PI / 2 + 1e-6, 0));
	CHECK(!is_clifford(TVM_OP_T, 1, 0, 0, 0) && !is_clifford(TVM_OP_TDG, 1, 0, 0, 0));
	CHECK(is_clifford(TVM_OP_X, 1, 1, 0, 0) && !is_clifford(TVM_OP_X, 1, 2, 0, 0));
	CHECK(!is_clifford(TVM_OP_S, 1, 1, 0, 0) && !is_clifford(TVM_OP_H, 1, 1, 0, 0));
	CHECK(!is_clifford(TVM_OP_SWAP, 2, 1, 0, 0) && is_clifford(TVM_OP_P, 1, 1, PI, 0));
	CHECK(!is_clifford(TVM_OP_P, 1, 1, PI / 2, 0) && is_clifford(TVM_OP_P, 1, 2, 0, 0));
	CHECK(is_clifford(TVM_OP_RZZ, 2, 0, PI / 2, 0) && !is_clifford(TVM_OP_RZZ, 2, 0, 1, 0));
	CHECK(is_clifford(TVM_OP_U, 1, 0, PI / 2, PI) && !is_clifford(TVM_OP_U, 1, 0, PI / 2, 1));
	CHECK(is_clifford(TVM_OP_I, 1, 5, 0, 0) && !is_clifford(TVM_OP_MEASURE, 1, 0, 0, 0));
}

/* Two-sample chi-squared over all keys of 8. */
static double
chi_squared(const TvmCounts *a, const TvmCounts *b, int *freedom)
{
	double		sum = 0;

	*freedom = -1;
	for (uint64_t key = 0; key < 8; key++)
	{
		double		x = (double) build_count(a, &key);
		double		y = (double) build_count(b, &key);

		if (x + y == 0)
			continue;
		sum += (x - y) * (x - y) / (x + y);
		(*freedom)++;
	}
	return sum;
}

/* Runs of both methods agree in all that they tell, within sampling error. */
static void
compare_random(TvmEnv *env, TvmRng *rng, int with, const TvmNoise *noise, uint32_t n, bool fidelity,
			   bool in_lanes)
{
	TvmObservable observable;
	TvmRunOptions options;
	TvmCircuit	circuit;
	TvmRun		vector;
	TvmRun		tableau;
	TvmRunResult a;
	TvmRunResult b;
	int			freedom;
	double		error;
	double		chi;

	clifford_random_circuit(env, rng, &circuit, n, 24, with);
	CHECK(tvm_observable_parse(env, "X0 Z1 - 2*Y2 + Z0 Z2", strlen("X0 Z1 - 2*Y2 + Z0 Z2"), n, &observable) == TVM_OK);
	tvm_run_options_init(&options);
	options.seed = tvm_rng_u64(rng);
	options.shots = 1500;
	options.bloch = options.probabilities = true;
	options.fidelity = fidelity;
	options.observables = &observable;
	options.observable_count = 1;
	clifford_run(env, &vector, TVM_METHOD_STATEVECTOR, &circuit, noise, &options, &a);
	clifford_run(env, &tableau, TVM_METHOD_STABILIZER, &circuit, noise, &options, &b);
	CHECK(tableau.stabilizer->in_lanes || !in_lanes);	/* where none waits, conditions or not */
	CHECK_EQ(b.trajectories, a.trajectories);
	chi = chi_squared(a.counts, b.counts, &freedom);
	CHECK(chi < freedom + 6 * sqrt(2 * freedom + 1));
	error = tvm_mean_error(&a.expectation[0]) + tvm_mean_error(&b.expectation[0]);
	CHECK_NEAR(b.expectation[0].mean, a.expectation[0].mean, 4.5 * error + 1e-9);
	CHECK_NEAR(b.fidelity, a.fidelity, 4.5 * (a.fidelity_error + b.fidelity_error) + 1e-9);
	for (uint32_t i = 0; i < 3 * n; i++)
		CHECK_NEAR(b.bloch[i], a.bloch[i], 6 / sqrt(1500));
	compare_tops(env, &vector, &tableau, 5 * 0.75 / sqrt(1500));
	tvm_run_close(env, &vector);
	tvm_run_close(env, &tableau);
	tvm_observable_free(env, &observable);
	tvm_circuit_free(env, &circuit);
}

TEST(chance_in_the_middle_has_the_same_statistics)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 83, 0);
	for (int round = 0; round < 12; round++)
	{
		compare_random(env, &rng, WITH_MEASURES, NULL, 3 + dense_below(&rng, 2), false, true);
		compare_random(env, &rng, WITH_MEASURES | WITH_PAULI_CONDITIONS, NULL, 4, false, true);
	}
	CHECK_EQ(unit_env_live(), 0);
}

static void
build_noise(TvmEnv *env, TvmNoise *noise, uint32_t n)
{
	TvmNoiseRule rules[] = {
		build_rule(TVM_CHANNEL_DEPOLARIZING, 0.02), build_rule(TVM_CHANNEL_DEPOLARIZING_2, 0.15),
		build_rule(TVM_CHANNEL_BIT_FLIP, 0.1), build_rule(TVM_CHANNEL_PHASE_FLIP, 0.03),
		build_rule(TVM_CHANNEL_PHASE_DAMPING, 0.1), build_rule(TVM_CHANNEL_READOUT, 0.2),
		build_rule(TVM_CHANNEL_AMPLITUDE_DAMPING, 0)
	};
	uint32_t	qubit = 1;

	tvm_noise_init(noise, n);
	rules[2].qubits = &qubit;
	rules[2].qubit_count = 1;
	rules[3].ops = TVM_OP_BIT(TVM_OP_H) | TVM_OP_BIT(TVM_OP_RESET);
	rules[5].p10 = 0.05;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		CHECK(tvm_noise_add(env, noise, &rules[i]) == TVM_OK);
}

TEST(noise_has_the_same_statistics)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmNoise	noise;

	tvm_rng_init(&rng, 84, 0);
	build_noise(env, &noise, 4);
	for (int round = 0; round < 8; round++)
	{
		compare_random(env, &rng, 0, &noise, 4, true, true);
		compare_random(env, &rng, WITH_MEASURES | WITH_PAULI_CONDITIONS, &noise, 4, true, true);
		compare_random(env, &rng, WITH_MEASURES | WITH_CONDITIONS, &noise, 4, true, false);
	}
	tvm_noise_free(env, &noise);
	CHECK_EQ(unit_env_live(), 0);
}

static void
build_ghz(TvmEnv *env, TvmCircuit *circuit, uint32_t n)
{
	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
	for (uint32_t q = 1; q < n; q++)
		CHECK(build(env, circuit, TVM_OP_X, q, (int) q - 1, 0) == TVM_OK);
}

TEST(a_thousand_qubits_in_one_superposition)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmObservable observables[2];
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	TvmTop		top[4];
	uint64_t	keys[4 * 16];
	uint64_t	zeros[16] = {0};
	uint64_t	ones[16];
	char		word[1001];
	size_t		found;

	memset(word, 'X', 1000);
	memset(ones, 0xFF, sizeof(ones));
	ones[15] >>= 24;
	build_ghz(env, &circuit, 1000);
	CHECK(tvm_observable_parse(env, word, 1000, 1000, &observables[0]) == TVM_OK);
	CHECK(tvm_observable_parse(env, "Z0 Z999 + 2*Z5 - 3", strlen("Z0 Z999 + 2*Z5 - 3"), 1000, &observables[1]) == TVM_OK);
	tvm_run_options_init(&options);
	options.shots = 5000;
	options.bloch = options.probabilities = true;
	options.observables = observables;
	options.observable_count = 2;
	options.memory_limit = 64 << 20;
	CHECK(tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_OK);
	CHECK(run.method == TVM_METHOD_STABILIZER);
	CHECK(tvm_run_trajectories(env, &run, 0, run.trajectories) == TVM_OK);
	CHECK(tvm_run_result(env, &run, &result) == TVM_OK);
	CHECK_EQ(result.counts->count, 2);
	CHECK_EQ(build_count(result.counts, zeros) + build_count(result.counts, ones), 5000);
	CHECK_NEAR((double) build_count(result.counts, zeros), 2500, 180);
	CHECK_EQ(result.expectation[0].mean, 1);
	CHECK_EQ(result.expectation[1].mean, -2);
	for (uint32_t i = 0; i < 3000; i++)
		CHECK_EQ(result.bloch[i], 0);
	CHECK(tvm_run_top(env, &run, 4, top, keys, &found) == TVM_OK);
	CHECK_EQ(found, 2);
	CHECK(top[0].probability == 0.5 && top[1].probability == 0.5);
	CHECK(memcmp(keys, zeros, sizeof(zeros)) == 0 && memcmp(keys + 16, ones, sizeof(ones)) == 0);
	tvm_run_close(env, &run);
	tvm_observable_free(env, &observables[0]);
	tvm_observable_free(env, &observables[1]);
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}

/* The stabilizers of the five-qubit code, XZZXI and its turns, by an ancilla. */
static void
measure_code(TvmEnv *env, TvmCircuit *circuit, int first_bit)
{
	static const TvmOp letters[4] = {TVM_OP_X, TVM_OP_Z, TVM_OP_Z, TVM_OP_X};

	for (uint32_t s = 0; s < 4; s++)
	{
		CHECK(build(env, circuit, TVM_OP_RESET, 5, -1, 0) == TVM_OK);
		CHECK(build(env, circuit, TVM_OP_H, 5, -1, 0) == TVM_OK);
		for (uint32_t i = 0; i < 4; i++)
			CHECK(build(env, circuit, letters[i], (s + i) % 5, 5, 0) == TVM_OK);
		CHECK(build(env, circuit, TVM_OP_H, 5, -1, 0) == TVM_OK);
		CHECK(build_measure(env, circuit, 5, first_bit + (int) s) == TVM_OK);
	}
}

TEST(a_code_tells_every_error_apart)
{
	static const TvmOp errors[3] = {TVM_OP_X, TVM_OP_Y, TVM_OP_Z};
	TvmEnv	   *env = unit_env();
	uint32_t	seen = 0;

	for (uint32_t error = 0; error < 16; error++)
	{
		TvmCircuit	circuit;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		int			syndrome = -1;

		CHECK(tvm_circuit_init(env, &circuit, 6) == TVM_OK);
		measure_code(env, &circuit, 0);
		if (error < 15)
			CHECK(build(env, &circuit, errors[error % 3], error / 3, -1, 0) == TVM_OK);
		measure_code(env, &circuit, 4);
		tvm_run_options_init(&options);
		options.shots = 200;
		clifford_run(env, &run, TVM_METHOD_STABILIZER, &circuit, NULL, &options, &result);
		CHECK(result.counts->count > 8);	/* the first round is open: 16 outcomes */
		for (size_t i = 0; i < result.counts->count; i++)
		{
			uint64_t	key = result.counts->keys[i];

			CHECK(syndrome < 0 || syndrome == (int) ((key ^ key >> 4) & 15));
			syndrome = (int) ((key ^ key >> 4) & 15);
		}
		seen |= 1u << syndrome;
		CHECK((syndrome == 0) == (error == 15));
		tvm_run_close(env, &run);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(seen, 0xFFFF);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(pieces_of_a_run_are_the_run)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmNoise	noise;

	tvm_rng_init(&rng, 85, 0);
	build_noise(env, &noise, 4);
	for (int with = WITH_MEASURES; with <= (WITH_MEASURES | WITH_CONDITIONS); with += WITH_CONDITIONS)
	{
		TvmCircuit	circuit;
		TvmRunOptions options;
		TvmRun		whole;
		TvmRun		pieces;
		TvmRunResult a;
		TvmRunResult b;

		clifford_random_circuit(env, &rng, &circuit, 4, 30, with | WITH_PAULI_CONDITIONS);
		tvm_run_options_init(&options);
		options.fidelity = true;
		options.shots = 2500;
		options.seed = 5;
		clifford_run(env, &whole, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &a);
		options.method = TVM_METHOD_STABILIZER;
		CHECK(tvm_run_open(env, &pieces, &circuit, &noise, &options) == TVM_OK);
		CHECK(tvm_run_trajectories(env, &pieces, 1500, 1000) == TVM_OK);
		CHECK(tvm_run_trajectories(env, &pieces, 0, 7) == TVM_OK);
		CHECK(tvm_run_begin(env, &pieces, 7) == TVM_OK);	/* and begun in vain */
		CHECK(tvm_run_gates(env, &pieces, 9) == TVM_OK);
		CHECK(tvm_run_trajectories(env, &pieces, 7, 1493) == TVM_OK);
		CHECK(tvm_run_result(env, &pieces, &b) == TVM_OK);
		CHECK_EQ(b.trajectories, 2500);
		CHECK_NEAR(b.fidelity, a.fidelity, whole.stabilizer->in_lanes ? 0 : 1e-12);
		CHECK_EQ(b.counts->count, a.counts->count);
		for (size_t i = 0; i < a.counts->count; i++)
			CHECK(a.counts->keys[i] == b.counts->keys[i] && a.counts->times[i] == b.counts->times[i]);
		tvm_run_close(env, &whole);
		tvm_run_close(env, &pieces);
		tvm_circuit_free(env, &circuit);
	}
	tvm_noise_free(env, &noise);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(the_method_is_chosen_and_refused)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule damping = build_rule(TVM_CHANNEL_AMPLITUDE_DAMPING, 0.1);
	TvmRunOptions options;
	TvmRun		run;

	build_ghz(env, &circuit, 10);
	tvm_noise_init(&noise, 10);
	CHECK(tvm_noise_add(env, &noise, &damping) == TVM_OK);
	tvm_run_options_init(&options);
	CHECK(tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_OK);
	CHECK(run.method == TVM_METHOD_STATEVECTOR);	/* small: amplitudes are as fast */
	tvm_run_close(env, &run);
	options.memory_limit = 12000;
	CHECK(tvm_run_check(env, &circuit, &noise, &options) == TVM_LIMIT);
	options.memory_limit = 0;
	options.method = TVM_METHOD_STABILIZER;
	CHECK(tvm_run_check(env, &circuit, NULL, &options) == TVM_OK);
	CHECK(tvm_run_check(env, &circuit, &noise, &options) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "method") == 0);
	CHECK(build(env, &circuit, TVM_OP_T, 3, -1, 0) == TVM_OK);
	CHECK(tvm_run_check(env, &circuit, NULL, &options) == TVM_INVALID);
	CHECK(strcmp(env->error.detail, "gates[10]: T is not a Clifford gate") == 0);
	tvm_circuit_free(env, &circuit);
	build_ghz(env, &circuit, 500);
	options.memory_limit = 10000;
	CHECK(tvm_run_check(env, &circuit, NULL, &options) == TVM_LIMIT);
	options.method = TVM_METHOD_STATEVECTOR;
	options.memory_limit = 0;
	CHECK(tvm_run_check(env, &circuit, NULL, &options) == TVM_LIMIT);
	tvm_circuit_free(env, &circuit);
	tvm_noise_free(env, &noise);
	CHECK_EQ(unit_env_live(), 0);
}

/* On few qubits too, where no one looks at amplitudes and each trajectory need not have a tableau. */
TEST(many_noisy_trajectories_are_lanes)
{
	TvmEnv	   *env = unit_env();

	for (int way = 0; way < 6; way++)
	{
		TvmNoiseRule rule = build_rule(TVM_CHANNEL_BIT_FLIP, way == 1 ? 0 : 0.1);
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;

		CHECK(tvm_circuit_init(env, &circuit, 12) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
		CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
		CHECK(build_if(env, &circuit, way == 2 ? TVM_OP_H : TVM_OP_X, 1, -1, 0, 0) == TVM_OK);
		tvm_noise_init(&noise, 12);
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		tvm_run_options_init(&options);
		options.fidelity = true;
		options.mixed = way != 3;
		options.alike = way == 4;
		options.trajectories = way == 5 ? 99 : 100;
		CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
		CHECK_EQ(run.method, way == 0 ? TVM_METHOD_STABILIZER : TVM_METHOD_STATEVECTOR);
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* One run in each of the ways, to be failed and cancelled. */
static TvmStatus
run_once(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options)
{
	TvmTop		top[8];
	TvmRunResult result;
	TvmRun		run;
	size_t		found;
	TvmStatus	status = tvm_run_open(env, &run, circuit, noise, options);

	if (status == TVM_OK)
		status = tvm_run_trajectories(env, &run, 0, run.trajectories);
	if (status == TVM_OK)
		status = tvm_run_result(env, &run, &result);
	if (status == TVM_OK)
		status = tvm_run_top(env, &run, 8, top, NULL, &found);
	tvm_run_close(env, &run);
	return status;
}

TEST(tableau_runs_survive_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmNoise	noise;
	TvmObservable observable;

	tvm_rng_init(&rng, 86, 0);
	build_noise(env, &noise, 4);
	CHECK(tvm_observable_parse(env, "X0 + Z1 Z2", strlen("X0 + Z1 Z2"), 4, &observable) == TVM_OK);
	for (int way = 0; way < 3; way++)
	{
		TvmCircuit	circuit;
		TvmRunOptions options;
		long		live;
		long		needed;

		clifford_random_circuit(env, &rng, &circuit, 4, 40, way == 0 ? 0 : way == 1 ? WITH_MEASURES :
								WITH_MEASURES | WITH_CONDITIONS);
		tvm_run_options_init(&options);
		options.method = TVM_METHOD_STABILIZER;
		options.shots = 150;
		options.bloch = options.probabilities = options.fidelity = true;
		options.observables = &observable;
		options.observable_count = 1;
		live = unit_env_live();
		unit_env_fail_at(0);
		CHECK(run_once(env, &circuit, way == 0 ? NULL : &noise, &options) == TVM_OK);
		needed = unit_env_allocations();
		for (long n = 1; n <= needed; n++)
		{
			unit_env_fail_at(n);
			CHECK(run_once(env, &circuit, way == 0 ? NULL : &noise, &options) == TVM_NOMEM);
			unit_env_fail_at(0);
			CHECK_EQ(unit_env_live(), live);
		}
		for (long n = 0; n < 8; n++)
		{
			unit_env_cancel_after(n);
			CHECK(run_once(env, &circuit, way == 0 ? NULL : &noise, &options) == TVM_CANCELLED);
			CHECK_EQ(unit_env_live(), live);
		}
		unit_env_cancel_after(-1);
		tvm_circuit_free(env, &circuit);
	}
	tvm_observable_free(env, &observable);
	tvm_noise_free(env, &noise);
}

/* Outcomes of the one forced upon the other, and then every Pauli string's expectation. */
TEST(collapse_is_that_of_the_amplitudes)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 87, 0);
	for (int round = 0; round < 200; round++)
	{
		TvmCircuit	circuit;
		TvmCliffordStep steps[TVM_CLIFFORD_STEPS];
		TvmTableau	tableau;
		TvmState	state;
		uint32_t	count;

		clifford_random_circuit(env, &rng, &circuit, 4, 40, 0);
		CHECK(tvm_tableau_init(env, &tableau, 4) == TVM_OK);
		CHECK(tvm_state_init(env, &state, 4, 0) == TVM_OK);
		for (size_t i = 0; i < circuit.count; i++)
		{
			uint32_t	qubit = dense_below(&rng, 4);
			double		p[2];
			int			outcome;
			bool		open;

			CHECK(tvm_clifford_steps(&circuit.gates[i], steps, &count));
			tvm_tableau_apply(&tableau, steps, count);
			CHECK(tvm_gate_apply(env, &state, &circuit.gates[i]) == TVM_OK);
			if (i % 4 != 3)
				continue;
			outcome = tvm_tableau_measure(&tableau, qubit, (int) dense_below(&rng, 2), &open);
			CHECK(tvm_measure_both(env, &state, qubit, p) == TVM_OK);
			CHECK_NEAR(p[outcome], open ? 0.5 : 1, 1e-9);
			CHECK(tvm_measure_keep(env, &state, qubit, outcome, p, false) == TVM_OK);
		}
		for (uint64_t x = 0; x < 16; x++)
			for (uint64_t z = 0; z < 16; z++)
			{
				uint32_t	qubits[4];
				char		letters[4];
				TvmPauliTerm term = {1, 0, qubits, letters};
				double		wanted;

				for (uint32_t q = 0; q < 4; q++)
					if (((x | z) >> q & 1) != 0)
					{
						qubits[term.count] = q;
						letters[term.count++] = (x >> q & 1) == 0 ? 'Z' : (z >> q & 1) == 0 ? 'X' : 'Y';
					}
				CHECK(tvm_pauli_expectation(env, &state, x, z, &wanted) == TVM_OK);
				CHECK_NEAR(tvm_tableau_expectation(&tableau, &term), wanted, 1e-9);
			}
		tvm_tableau_free(env, &tableau);
		tvm_state_free(env, &state);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* On a ring of n qubits, H on each and CZ between neighbours, X of all of them is (-1)^n. */
TEST(signs_are_carried_across_words)
{
	TvmEnv	   *env = unit_env();

	for (uint32_t n = 60; n <= 200; n += 5)
	{
		TvmTableau	tableau;
		uint32_t	qubits[200];
		char		letters[200];
		TvmPauliTerm term = {1, n, qubits, letters};

		CHECK(tvm_tableau_init(env, &tableau, n) == TVM_OK);
		for (uint32_t q = 0; q < n; q++)
		{
			TvmCliffordStep step = {TVM_CLIFFORD_H, q, q};

			tvm_tableau_apply(&tableau, &step, 1);
			qubits[q] = q;
			letters[q] = 'X';
		}
		for (uint32_t q = 0; q < n; q++)
		{
			TvmCliffordStep step = {TVM_CLIFFORD_CZ, q, (q + 1) % n};

			tvm_tableau_apply(&tableau, &step, 1);
		}
		CHECK_EQ(tvm_tableau_expectation(&tableau, &term), n % 2 == 0 ? 1 : -1);
		tvm_tableau_free(env, &tableau);
	}
}
