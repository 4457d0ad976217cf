/*
 * test_run.c: whole circuits: closed forms, measurement in the middle,
 * conditions, shots, reproducibility, limits, failure and cancellation.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/engine/plan.h"
#include "quantum/build.h"

#define PI 3.14159265358979323846

/* Open, run everything, take the result. */
static void
run_all(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
		const TvmRunOptions *options, TvmRunResult *result)
{
	CHECK(tvm_run_open(env, run, circuit, noise, options) == TVM_OK);
	CHECK(tvm_run_trajectories(env, run, 0, run->trajectories) == TVM_OK);
	CHECK(tvm_run_result(env, run, result) == TVM_OK);
}

static uint64_t
seen(const TvmRunResult *result, uint64_t key)
{
	return build_count(result->counts, &key);
}

static void
build_ghz(TvmEnv *env, TvmCircuit *circuit, uint32_t n)
{
	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
	for (uint32_t q = 1; q < n; q++)
		CHECK(build(env, circuit, TVM_OP_X, q, (int) q - 1, 0) == TVM_OK);
}

TEST(bell_and_ghz)
{
	TvmEnv	   *env = unit_env();

	for (uint32_t n = 2; n <= 17; n += 5)
	{
		TvmCircuit	circuit;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		TvmTop		top[3];
		size_t		found;
		uint64_t	all = ((uint64_t) 1 << n) - 1;
		double		zeros;

		build_ghz(env, &circuit, n);
		tvm_run_options_init(&options);
		options.method = TVM_METHOD_STATEVECTOR;
		options.shots = 10000;
		options.seed = n;
		options.bloch = true;
		run_all(env, &run, &circuit, NULL, &options, &result);
		CHECK(run.deterministic);
		CHECK_EQ(result.trajectories, 1);
		CHECK(tvm_run_top(env, &run, 3, top, NULL, &found) == TVM_OK);
		CHECK_EQ(found, 2);
		CHECK(top[0].basis == 0 && top[1].basis == all);
		CHECK_NEAR(top[1].re, sqrt(0.5), 1e-15);
		zeros = (double) seen(&result, 0);
		CHECK_EQ(zeros + (double) seen(&result, all), 10000);
		CHECK_NEAR(zeros, 5000, 5 * 50);
		CHECK_EQ(result.fidelity, 1);
		CHECK_NEAR(result.norm, 1, 1e-14);
		for (uint32_t i = 0; i < 3 * n; i++)
			CHECK_NEAR(result.bloch[i], 0, 1e-15);
		tvm_run_close(env, &run);
		tvm_circuit_free(env, &circuit);
	}
}

TEST(fourier_transform_of_a_basis_state)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	uint32_t	n = 8;
	uint64_t	x = 0xB5;
	double		worst = 0;

	CHECK(tvm_circuit_init(env, &circuit, n) == TVM_OK);
	for (uint32_t q = 0; q < n; q++)
		if ((x >> q & 1) != 0)
			CHECK(build(env, &circuit, TVM_OP_X, q, -1, 0) == TVM_OK);
	for (uint32_t q = n; q-- > 0;)
	{
		CHECK(build(env, &circuit, TVM_OP_H, q, -1, 0) == TVM_OK);
		for (uint32_t k = q; k-- > 0;)
			CHECK(build(env, &circuit, TVM_OP_P, q, (int) k, PI / (double) (1u << (q - k))) == TVM_OK);
	}
	for (uint32_t q = 0; q < n / 2; q++)
		CHECK(build_two(env, &circuit, TVM_OP_SWAP, q, n - 1 - q, 0) == TVM_OK);
	tvm_run_options_init(&options);
	run_all(env, &run, &circuit, NULL, &options, &result);
	for (uint64_t k = 0; k < run.state.count; k++)
	{
		double		angle = 2 * PI * (double) (x * k % run.state.count) / (double) run.state.count;

		worst = fmax(worst, hypot(run.state.amp[k].re - cos(angle) / 16,
								  run.state.amp[k].im - sin(angle) / 16));
	}
	CHECK(worst < 1e-14);
	tvm_run_close(env, &run);
	tvm_circuit_free(env, &circuit);
}

static void
build_teleportation(TvmEnv *env, TvmCircuit *circuit, double theta, double phi)
{
	CHECK(tvm_circuit_init(env, circuit, 3) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_RY, 0, -1, theta) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_RZ, 0, -1, phi) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_H, 1, -1, 0) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_X, 2, 1, 0) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_X, 1, 0, 0) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
	CHECK(build_measure(env, circuit, 0, 0) == TVM_OK);
	CHECK(build_measure(env, circuit, 1, 1) == TVM_OK);
	CHECK(build_if(env, circuit, TVM_OP_X, 2, -1, 0, 1) == TVM_OK);
	CHECK(build_if(env, circuit, TVM_OP_Z, 2, -1, 0, 0) == TVM_OK);
}

TEST(teleportation_with_conditions)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	double		theta = 1.1;
	double		phi = 0.6;

	build_teleportation(env, &circuit, theta, phi);
	tvm_run_options_init(&options);
	options.shots = 4000;
	options.bloch = options.fidelity = true;
	run_all(env, &run, &circuit, NULL, &options, &result);
	CHECK(!run.deterministic);
	CHECK_EQ(result.trajectories, 4000);
	CHECK_NEAR(result.bloch[6], sin(theta) * cos(phi), 1e-12);	/* in every trajectory */
	CHECK_NEAR(result.bloch[7], sin(theta) * sin(phi), 1e-12);
	CHECK_NEAR(result.bloch[8], cos(theta), 1e-12);
	CHECK_EQ(result.counts->bits, 2);
	for (uint64_t key = 0; key < 4; key++)
		CHECK_NEAR((double) seen(&result, key), 1000, 5 * sqrt(750));
	CHECK_EQ(result.fidelity, 1);
	tvm_run_close(env, &run);
	tvm_circuit_free(env, &circuit);
}

TEST(fidelity_where_a_circuit_measures_in_the_middle)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_PHASE_FLIP, 0.2);
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;

	/* Z errors on the teleported qubit alone: fidelity 1 - p sin^2(theta). */
	build_teleportation(env, &circuit, 1.1, 0.6);
	tvm_noise_init(&noise, 3);
	rule.ops = TVM_OP_BIT(TVM_OP_RZ);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	tvm_run_options_init(&options);
	options.trajectories = 4000;
	options.fidelity = true;
	run_all(env, &run, &circuit, &noise, &options, &result);
	CHECK_NEAR(result.fidelity, 1 - 0.2 * sin(1.1) * sin(1.1), 5 * result.fidelity_error);
	CHECK(result.fidelity_error > 0.001);
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);

	/* Half of a Bell pair is reset: the ideal state follows either outcome. */
	build_ghz(env, &circuit, 2);
	CHECK(build(env, &circuit, TVM_OP_RESET, 0, -1, 0) == TVM_OK);
	CHECK(build_measure(env, &circuit, 1, 0) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_H, 1, -1, 0) == TVM_OK);
	tvm_noise_init(&noise, 2);
	rule = build_rule(TVM_CHANNEL_READOUT, 0.3);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	options.trajectories = 200;
	run_all(env, &run, &circuit, &noise, &options, &result);
	CHECK_NEAR(result.fidelity, 1, 1e-14);
	CHECK_EQ(result.trajectories, 200);
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
	options.trajectories = 4000;

	/* A reset hides a flip before it; a measurement that the ideal state excludes does not. */
	for (int measured = 0; measured < 2; measured++)
	{
		CHECK(tvm_circuit_init(env, &circuit, 1) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_I, 0, -1, 0) == TVM_OK);
		if (measured)
			CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_RESET, 0, -1, 0) == TVM_OK);
		tvm_noise_init(&noise, 1);
		rule = build_rule(TVM_CHANNEL_BIT_FLIP, 0.3);
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		run_all(env, &run, &circuit, &noise, &options, &result);
		CHECK_NEAR(result.fidelity, measured ? 0.7 : 1, measured ? 5 * result.fidelity_error : 0);
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
}

TEST(which_measurements_are_final)
{
	TvmEnv	   *env = unit_env();
	static const struct
	{
		const char *program;	/* hN h, mNB measure N into B, xNB x on N if B, rN reset, b barrier */
		bool		deterministic;
		bool		collapse;
	}			cases[] = {
		{"h0", true, false},
		{"h0m00", true, false},
		{"h0m00", false, true},
		{"h0m00bm01m10", true, false},
		{"h0m00h0", false, false},
		{"h0m00h1", true, false},
		{"h0m00x10", false, false},
		{"h0m00x11", true, false},
		{"h0m00m10", true, false},	/* the second writes the bit, both at the end */
		{"h0m00m10h1", false, false},
		{"r0h0", true, false},
		{"h0r0", false, false},
		{"h0r1", true, false},
		{"x01r0", false, false},
		{"m00r0", false, false},
		{"", true, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		TvmCircuit	circuit;
		TvmRunOptions options;
		TvmRun		run;

		CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
		for (const char *at = cases[i].program; *at != '\0';)
		{
			TvmGate		barrier;

			switch (*at++)
			{
				case 'h':
					CHECK(build(env, &circuit, TVM_OP_H, (uint32_t) (*at - '0'), -1, 0) == TVM_OK);
					at++;
					break;
				case 'r':
					CHECK(build(env, &circuit, TVM_OP_RESET, (uint32_t) (*at - '0'), -1, 0) == TVM_OK);
					at++;
					break;
				case 'm':
					CHECK(build_measure(env, &circuit, (uint32_t) (at[0] - '0'), at[1] - '0') == TVM_OK);
					at += 2;
					break;
				case 'x':
					CHECK(build_if(env, &circuit, TVM_OP_X, (uint32_t) (at[0] - '0'), -1, 0,
								   at[1] - '0') == TVM_OK);
					at += 2;
					break;
				default:
					tvm_gate_init(&barrier, TVM_OP_BARRIER);
					CHECK(tvm_circuit_add(env, &circuit, &barrier) == TVM_OK);
			}
		}
		tvm_run_options_init(&options);
		options.collapse = cases[i].collapse;
		options.shots = 3;
		CHECK(tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_OK);
		if (run.deterministic != cases[i].deterministic)
			unit_fail(__FILE__, __LINE__, "%s: deterministic is %d", cases[i].program,
					  run.deterministic);
		CHECK_EQ(run.trajectories, run.deterministic ? 1 : 3);
		CHECK(tvm_run_trajectories(env, &run, 0, run.trajectories) == TVM_OK);
		tvm_run_close(env, &run);
		tvm_circuit_free(env, &circuit);
	}
}

/*
 * Measured in the middle or at the end, collapsed or not, the shots have one
 * distribution: here cos^2, through a bit written twice and bits above 64.
 */
TEST(shots_do_not_depend_on_how_they_are_taken)
{
	TvmEnv	   *env = unit_env();
	double		p = sin(0.4) * sin(0.4);

	for (int way = 0; way < 3; way++)
	{
		TvmCircuit	circuit;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		uint64_t	key[2] = {1, 64};	/* bits 0 and 70 */
		double		ones;

		CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_RY, 1, -1, 0.8) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_X, 0, 1, 0) == TVM_OK);
		CHECK(build_measure(env, &circuit, 0, 70) == TVM_OK);
		CHECK(build_measure(env, &circuit, 1, 0) == TVM_OK);
		CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
		if (way == 1)
			CHECK(build(env, &circuit, TVM_OP_X, 0, -1, 0) == TVM_OK);
		tvm_run_options_init(&options);
		options.shots = 20000;
		options.seed = 3;
		options.collapse = way == 2;
		run_all(env, &run, &circuit, NULL, &options, &result);
		CHECK(run.deterministic == (way == 0));
		CHECK_EQ(result.counts->bits, 71);
		CHECK_EQ(result.counts->count, 2);
		ones = (double) build_count(result.counts, key);
		CHECK_NEAR(ones / 20000, p, 5 * sqrt(p * (1 - p) / 20000));
		tvm_run_close(env, &run);
		tvm_circuit_free(env, &circuit);
	}
}

/* All the words of a result that randomness touches. */
static void
fingerprint(TvmEnv *env, uint64_t seed, uint32_t stream, bool backwards, uint64_t out[8],
			double *fidelity)
{
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_DEPOLARIZING, 0.2);
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;

	build_ghz(env, &circuit, 3);
	tvm_noise_init(&noise, 3);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	tvm_run_options_init(&options);
	options.seed = seed;
	options.stream = stream;
	options.shots = 500;
	options.fidelity = true;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
	for (uint64_t t = 0; t < 500; t++)
		if (backwards)			/* one by one, the last first, gate by gate */
		{
			run.until = 500 - t;
			CHECK(tvm_run_begin(env, &run, 499 - t) == TVM_OK);
			for (size_t i = 0; i <= circuit.count; i++)
				CHECK(tvm_run_gates(env, &run, i) == TVM_OK);
			CHECK(tvm_run_end(env, &run) == TVM_OK);
		}
		else if (t % 100 == 0)
			CHECK(tvm_run_trajectories(env, &run, t, 100) == TVM_OK);
	CHECK(tvm_run_result(env, &run, &result) == TVM_OK);
	for (uint64_t key = 0; key < 8; key++)
		out[key] = seen(&result, key);
	*fidelity = result.fidelity;
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

TEST(a_run_is_a_function_of_seed_and_stream)
{
	TvmEnv	   *env = unit_env();
	uint64_t	a[8];
	uint64_t	b[8];
	double		fa;
	double		fb;

	fingerprint(env, 5, 0, false, a, &fa);
	fingerprint(env, 5, 0, true, b, &fb);
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK_NEAR(fa, fb, 1e-13);
	fingerprint(env, 6, 0, false, b, &fb);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	fingerprint(env, 5, 1, false, b, &fb);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
}

TEST(memory_is_checked_before_it_is_taken)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_BIT_FLIP, 0.1);
	TvmRunOptions options;
	TvmRun		run;
	TvmState	state;
	uint64_t	bytes;

	CHECK_EQ(tvm_state_bytes(10, TVM_DOUBLE), 16384);
	CHECK_EQ(tvm_state_bytes(10, TVM_SINGLE), 8192);
	CHECK_EQ(tvm_state_bytes(1024, TVM_SINGLE), (double) UINT64_MAX);
	CHECK(tvm_state_init(env, &state, 20, 1 << 20) == TVM_LIMIT);
	CHECK(strcmp(env->error.detail, "16777216 bytes are needed, the limit is 1048576") == 0);
	CHECK(tvm_state_init(env, &state, 60, 0) == TVM_LIMIT);
	CHECK_EQ(unit_env_allocations(), 0);

	build_ghz(env, &circuit, 10);
	tvm_noise_init(&noise, 10);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	tvm_run_options_init(&options);
	options.method = TVM_METHOD_STATEVECTOR;
	bytes = build_bytes(&circuit, NULL, &options);
	CHECK(bytes >= 16384 && bytes < 2 * 16384 + tvm_plan_bytes(10, circuit.count));
	options.fidelity = options.probabilities = true;
	CHECK_EQ(build_bytes(&circuit, NULL, &options), bytes);	/* deterministic: neither needs any */
	CHECK(build_bytes(&circuit, &noise, &options) >= bytes + 16384 + 8192);
	bytes = build_bytes(&circuit, &noise, &options);
	options.memory_limit = bytes - 1;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_LIMIT);
	tvm_run_close(env, &run);
	options.memory_limit = bytes;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
	tvm_run_close(env, &run);
	options.shots = TVM_MAX_SHOTS;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_LIMIT);
	tvm_run_close(env, &run);
	options.shots = (uint64_t) TVM_MAX_SHOTS + 1;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "shots") == 0);
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);

	build_ghz(env, &circuit, 1024);
	options.shots = 0;
	CHECK(tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_LIMIT);
	tvm_run_close(env, &run);
	tvm_circuit_free(env, &circuit);
}

/* Everything at once: noise, fidelity, a measurement in the middle, a unitary of three qubits. */
static TvmStatus
everything(TvmEnv *env)
{
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_AMPLITUDE_DAMPING, 0.2);
	uint32_t	qubits[3] = {2, 0, 1};
	double		matrix[128];
	TvmObservable z;
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	TvmRng		rng;
	TvmGate		gate;
	TvmStatus	status;

	memset(&run, 0, sizeof(run));
	memset(&z, 0, sizeof(z));
	tvm_noise_init(&noise, 3);
	tvm_rng_init(&rng, 1, 1);
	dense_random_unitary(&rng, 3, matrix);
	status = tvm_circuit_init(env, &circuit, 3);
	tvm_gate_init(&gate, TVM_OP_UNITARY);
	gate.target_count = 3;
	gate.targets = qubits;
	gate.matrix = matrix;
	if (status == TVM_OK)
		status = tvm_circuit_add(env, &circuit, &gate);
	if (status == TVM_OK)
		status = build_measure(env, &circuit, 0, 0);
	if (status == TVM_OK)
		status = build_if(env, &circuit, TVM_OP_H, 0, -1, 0, 0);
	if (status == TVM_OK)
		status = build(env, &circuit, TVM_OP_RESET, 1, -1, 0);
	rule.qubits = qubits;
	rule.qubit_count = 3;
	if (status == TVM_OK)
		status = tvm_noise_add(env, &noise, &rule);
	if (status == TVM_OK)
		status = tvm_observable_parse(env, "ZZZ", 3, 3, &z);
	tvm_run_options_init(&options);
	options.shots = 40;
	options.fidelity = options.bloch = options.probabilities = true;
	options.observables = &z;
	options.observable_count = 1;
	if (status == TVM_OK)
		status = tvm_run_open(env, &run, &circuit, &noise, &options);
	if (status == TVM_OK)
		status = tvm_run_trajectories(env, &run, 0, run.trajectories);
	if (status == TVM_OK)
		status = tvm_run_result(env, &run, &result);
	if (status == TVM_OK)
	{
		uint64_t	total = 0;

		for (size_t i = 0; i < result.counts->count; i++)
			total += result.counts->times[i];
		CHECK_EQ(total, 40);
		CHECK(result.fidelity > 0 && result.fidelity <= 1);
	}
	tvm_run_close(env, &run);
	tvm_observable_free(env, &z);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
	return status;
}

TEST(a_run_survives_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	long		count;
	long		calls = 0;
	TvmStatus	status = TVM_CANCELLED;

	CHECK(everything(env) == TVM_OK);
	count = unit_env_allocations();
	CHECK(count > 20);
	for (long i = 1; i <= count; i++)
	{
		unit_env_fail_at(i);
		CHECK(everything(env) == TVM_NOMEM);
		CHECK_EQ(unit_env_live(), 0);
	}
	unit_env_fail_at(0);
	for (; status == TVM_CANCELLED && calls < 100000; calls++)
	{
		unit_env_cancel_after(calls);
		status = everything(env);
		unit_env_cancel_after(-1);
		CHECK(status == TVM_OK || status == TVM_CANCELLED);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(status == TVM_OK && calls > 100);
}

TEST(an_observable_or_noise_of_other_qubits_is_refused)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmObservable z;
	TvmNoise	noise;
	TvmRunOptions options;
	TvmRun		run;

	build_ghz(env, &circuit, 3);
	CHECK(tvm_observable_parse(env, "ZZ", 2, 2, &z) == TVM_OK);
	tvm_run_options_init(&options);
	options.observables = &z;
	options.observable_count = 1;
	CHECK(tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "observables[0]") == 0);
	tvm_run_close(env, &run);
	options.observable_count = 0;
	tvm_noise_init(&noise, 2);
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "noise") == 0);
	tvm_run_close(env, &run);
	tvm_observable_free(env, &z);
	tvm_circuit_free(env, &circuit);
}
