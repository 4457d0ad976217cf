/*
 * test_density.c: runs on a density matrix against Kraus sums of dense
 * matrices, and the trajectories of a state vector.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/engine/plan.h"
#include "quantum/build.h"

#define QUBITS 3
#define DIM 8

/* rho and psi by hand, gate after gate, channel after channel. */
static void
by_hand(const TvmCircuit *circuit, const TvmNoise *noise, Dense *rho, Cx *psi)
{
	static Dense full;
	Cx			kraus[16 * 16];

	memset(rho, 0, sizeof(*rho));
	rho->n = QUBITS;
	rho->m[0][0] = 1;
	for (size_t i = 0; i < circuit->count; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		uint32_t	touched[2 * QUBITS];
		uint32_t	count = gate->target_count + gate->control_count;

		memcpy(touched, gate->targets, gate->target_count * sizeof(uint32_t));
		if (gate->control_count > 0)
			memcpy(touched + gate->target_count, gate->controls, gate->control_count * sizeof(uint32_t));
		dense_gate(QUBITS, gate, &full);
		dense_conjugate(&full, rho);
		dense_apply(&full, psi);
		for (size_t j = 0; j < noise->count; j++)
		{
			const TvmNoiseRule *rule = &noise->rules[j];
			int			operators = dense_channel(rule->channel, rule->p, kraus);

			if (rule->channel == TVM_CHANNEL_DEPOLARIZING_2)
			{
				if (count == 2)
					dense_kraus(rho, kraus, operators, touched, 2);
				continue;
			}
			for (uint32_t q = 0; q < count; q++)
				dense_kraus(rho, kraus, operators, &touched[q], 1);
		}
	}
}

static void
compare(const TvmRunResult *result, const Dense *rho, const Cx *psi)
{
	Cx			fidelity = 0;
	Cx			xyz = 0;
	double		purity = 0;

	for (uint32_t r = 0; r < DIM; r++)
	{
		CHECK_NEAR(result->probability[r], creal(rho->m[r][r]), 1e-11);
		for (uint32_t c = 0; c < DIM; c++)
		{
			fidelity += conj(psi[r]) * rho->m[r][c] * psi[c];
			purity += creal(rho->m[r][c] * conj(rho->m[r][c]));
		}
	}
	for (uint32_t q = 0; q < QUBITS; q++)
	{
		Cx			x = 0;
		double		z = 0;

		for (uint32_t i = 0; i < DIM; i++)
		{
			if ((i >> q & 1) == 0)
				x += 2 * rho->m[i | 1u << q][i];
			z += (i >> q & 1) ? -creal(rho->m[i][i]) : creal(rho->m[i][i]);
		}
		CHECK_NEAR(result->bloch[3 * q], creal(x), 1e-11);
		CHECK_NEAR(result->bloch[3 * q + 1], cimag(x), 1e-11);
		CHECK_NEAR(result->bloch[3 * q + 2], z, 1e-11);
	}

	/* tr(X0 Y1 Z2 rho), twice and a half, plus one: Y|0> = i|1>. */
	for (uint32_t c = 0; c < DIM; c++)
		xyz += rho->m[c ^ 3][c] * ((c & 2) != 0 ? I : -I) * ((c & 4) != 0 ? -1 : 1);
	CHECK_NEAR(result->expectation[0].mean, 2.5 * creal(xyz) + 1, 1e-11);
	CHECK_EQ(tvm_mean_error(&result->expectation[0]), 0);
	CHECK_NEAR(result->fidelity, creal(fidelity), 1e-11);
	CHECK_EQ(result->fidelity_error, 0);
	CHECK_NEAR(result->purity, purity, 1e-11);
	CHECK_NEAR(result->norm, 1, 1e-12);
}

TEST(a_density_matrix_is_the_sum_of_kraus_operators)
{
	TvmEnv	   *env = unit_env();
	static Dense rho;
	TvmRng		rng;

	/* Every operation that is unitary, each channel alone and all of them together. */
	tvm_rng_init(&rng, 31, 0);
	for (int round = 0; round < 36; round++)
	{
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmObservable sum;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		Cx			psi[DENSE_DIM] = {1};

		CHECK(tvm_circuit_init(env, &circuit, QUBITS) == TVM_OK);
		for (int i = 0; i < 30; i++)
		{
			TvmGate		gate = dense_random_gate(&rng, (TvmOp) ((i + round) % (TVM_OP_UNITARY + 1)), QUBITS);

			CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
		}
		tvm_noise_init(&noise, QUBITS);
		for (int channel = 0; channel < TVM_CHANNEL_READOUT; channel++)
		{
			TvmNoiseRule rule = build_rule((TvmChannel) channel, round < 24 ? 0.03 * (1 + round % 3) :
										   dense_channel_most((TvmChannel) channel) * 0.01);

			if (round >= 30 || round % 6 == channel)
				CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		}
		CHECK(tvm_observable_parse(env, "2.5*X0 Y1 Z2 + 1", 16, QUBITS, &sum) == TVM_OK);
		by_hand(&circuit, &noise, &rho, psi);
		tvm_run_options_init(&options);
		options.fidelity = options.bloch = options.probabilities = true;
		options.observables = &sum;
		options.observable_count = 1;
		CHECK(build_run(env, &run, &circuit, &noise, options, TVM_METHOD_DENSITY, &result) == TVM_OK);
		compare(&result, &rho, psi);
		tvm_run_close(env, &run);
		tvm_observable_free(env, &sum);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/*
 * Each channel at several strengths, with readout error, a measurement in the middle, a
 * condition and a reset: shots of both methods from one distribution (chi-squared for
 * two samples), means within their errors.
 */
TEST(both_methods_agree_within_sampling_error)
{
	TvmEnv	   *env = unit_env();
	static const double ps[] = {0.02, 0.2, 0.7};
	double		shots = 20000;

	for (int channel = 0; channel < TVM_CHANNEL_READOUT; channel++)
		for (int which = 0; which < 3; which++)
		{
			TvmNoiseRule rules[2] = {build_rule((TvmChannel) channel, ps[which]),
			build_rule(TVM_CHANNEL_READOUT, 0.1)};
			TvmCircuit	circuit;
			TvmNoise	noise;
			TvmObservable zz;
			TvmRunOptions options;
			TvmRun		runs[2];
			TvmRunResult results[2];
			double		chi = 0;
			int			cells = 0;

			CHECK(tvm_circuit_init(env, &circuit, 3) == TVM_OK);
			for (int i = 0; i < 2; i++)	/* an error of the phase between them is one of a bit after them */
				CHECK(build(env, &circuit, TVM_OP_H, 1, -1, 0) == TVM_OK);
			CHECK(build(env, &circuit, TVM_OP_RY, 0, -1, 1.1) == TVM_OK);
			CHECK(build(env, &circuit, TVM_OP_X, 1, 0, 0) == TVM_OK);
			CHECK(build_measure(env, &circuit, 1, 0) == TVM_OK);
			CHECK(build_if(env, &circuit, TVM_OP_RY, 2, -1, 0.8, 0) == TVM_OK);
			CHECK(build(env, &circuit, TVM_OP_RESET, 1, -1, 0) == TVM_OK);
			CHECK(build(env, &circuit, TVM_OP_RX, 1, 2, 0.9) == TVM_OK);
			CHECK(build(env, &circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
			for (uint32_t q = 0; q < 3; q++)
				CHECK(build_measure(env, &circuit, q, 1 + (int) q) == TVM_OK);
			rules[1].p10 = 0.25;
			tvm_noise_init(&noise, 3);
			for (int i = 0; i < 2; i++)
				CHECK(tvm_noise_add(env, &noise, &rules[i]) == TVM_OK);
			CHECK(tvm_observable_parse(env, "ZIZ", 3, 3, &zz) == TVM_OK);
			tvm_run_options_init(&options);
			options.shots = (uint64_t) shots;
			options.seed = 17;
			options.observables = &zz;
			options.observable_count = 1;
			CHECK(build_run(env, &runs[0], &circuit, &noise, options, TVM_METHOD_STATEVECTOR, &results[0]) == TVM_OK);
			options.seed = 18;
			CHECK(build_run(env, &runs[1], &circuit, &noise, options, TVM_METHOD_DENSITY, &results[1]) == TVM_OK);
			for (uint64_t key = 0; key < 16; key++)
			{
				double		a = (double) build_count(results[0].counts, &key);
				double		b = (double) build_count(results[1].counts, &key);

				chi += a + b > 0 ? (a - b) * (a - b) / (a + b) : 0;
				cells += a + b > 0;
			}

			/* 5 sigma of a chi-squared with cells - 1 degrees of freedom. */
			CHECK_NEAR(chi, cells - 1, 5 * sqrt(2.0 * (cells - 1)) + 5);
			CHECK_NEAR(results[0].expectation[0].mean, results[1].expectation[0].mean,
					   5 * tvm_mean_error(&results[0].expectation[0]) + 1e-9);
			CHECK_EQ(tvm_mean_error(&results[1].expectation[0]), 0);
			tvm_run_close(env, &runs[0]);
			tvm_run_close(env, &runs[1]);
			tvm_observable_free(env, &zz);
			tvm_noise_free(env, &noise);
			tvm_circuit_free(env, &circuit);
		}
}

TEST(ten_thousand_noisy_gates_keep_trace_and_positivity)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_PHASE_DAMPING, 1e-5);
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	TvmRng		rng;

	tvm_rng_init(&rng, 8, 8);
	CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
	for (int i = 0; i < 10000; i++)
	{
		TvmGate		gate = dense_random_gate(&rng, i % 3 == 0 ? TVM_OP_ISWAP : TVM_OP_U, 2);

		CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
	}
	tvm_noise_init(&noise, 2);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	tvm_run_options_init(&options);
	options.fidelity = options.bloch = options.probabilities = true;
	CHECK(build_run(env, &run, &circuit, &noise, options, TVM_METHOD_DENSITY, &result) == TVM_OK);
	CHECK_NEAR(result.norm, 1, 1e-10);
	CHECK(result.purity > 0.25 - 1e-12 && result.purity < 1);
	for (int i = 0; i < 4; i++)
		CHECK(result.probability[i] > -1e-10);
	CHECK(result.fidelity > 0.25 && result.fidelity < 1);
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

TEST(what_a_density_matrix_does_not_tell_is_refused)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_BIT_FLIP, 0.1);
	TvmRunOptions options;
	TvmRun		run;

	CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
	for (int i = 0; i < 11; i++)
	{
		CHECK(build(env, &circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
		CHECK(build_measure(env, &circuit, 0, i) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_X, 0, -1, 0) == TVM_OK);
	}
	tvm_noise_init(&noise, 2);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	tvm_run_options_init(&options);
	options.method = TVM_METHOD_DENSITY;
	options.shots = 10;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "method") == 0);
	tvm_run_close(env, &run);
	options.shots = 0;			/* nobody reads the bits: no branches */
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
	tvm_run_close(env, &run);
	options.fidelity = true;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_INVALID);
	tvm_run_close(env, &run);
	options.fidelity = false;
	options.memory_limit = build_bytes(&circuit, &noise, &options) - 1;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_LIMIT);
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);

	CHECK(tvm_circuit_init(env, &circuit, 600) == TVM_OK);
	options.memory_limit = 0;
	CHECK(tvm_run_open(env, &run, &circuit, NULL, &options) == TVM_LIMIT);
	tvm_run_close(env, &run);
	tvm_circuit_free(env, &circuit);
}

/* "auto" takes it only where it is allowed to, and where trajectories are many. */
TEST(the_density_matrix_is_chosen_for_few_noisy_qubits)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_BIT_FLIP, 0.1);
	TvmRunOptions options;
	TvmRun		run;

	CHECK(tvm_circuit_init(env, &circuit, 5) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
	tvm_noise_init(&noise, 5);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	tvm_run_options_init(&options);
	for (int way = 0; way < 4; way++)
	{
		options.mixed = way != 1;
		options.trajectories = way == 2 ? 31 : 32;
		CHECK(tvm_run_open(env, &run, &circuit, way == 3 ? NULL : &noise, &options) == TVM_OK);
		CHECK_EQ(run.method, way == 0 ? TVM_METHOD_DENSITY : TVM_METHOD_STATEVECTOR);
		tvm_run_close(env, &run);
	}
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

/* An environment that counts bytes: each block is preceded by its size. */
#define SIZE_ROOM 64

static uint64_t bytes_now,
			bytes_most;

static void *
counting_alloc(void *ctx, size_t size)
{
	char	   *block = malloc(size + SIZE_ROOM);

	(void) ctx;
	memcpy(block, &size, sizeof(size));
	bytes_now += size;
	bytes_most = bytes_now > bytes_most ? bytes_now : bytes_most;
	return block + SIZE_ROOM;
}

static void
counting_free(void *ctx, void *block)
{
	size_t		size;

	(void) ctx;
	if (block == NULL)
		return;
	memcpy(&size, (char *) block - SIZE_ROOM, sizeof(size));
	bytes_now -= size;
	free((char *) block - SIZE_ROOM);
}

TEST(a_density_run_takes_no_more_memory_than_it_says)
{
	TvmEnv		env = *unit_env();
	TvmRng		rng;

	env.alloc = counting_alloc;
	env.free = counting_free;
	tvm_rng_init(&rng, 12, 0);
	for (int round = 0; round < 40; round++)
	{
		uint32_t	n = round == 26 ? 10 : 2 + (uint32_t) round % 7;
		int			gates = n == 10 ? 25 : 1 + round * 5;
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		uint64_t	said;

		CHECK(tvm_circuit_init(&env, &circuit, n) == TVM_OK);
		tvm_noise_init(&noise, n);
		for (int i = 0; i < gates; i++)
		{
			TvmGate		gate = dense_random_gate(&rng, (TvmOp) ((i + round) % (TVM_OP_UNITARY + 1)), n);

			CHECK(tvm_circuit_add(&env, &circuit, &gate) == TVM_OK);
			if (round % 3 == 2 && i % 20 == 10)
				CHECK(build_measure(&env, &circuit, 0, i / 20) == TVM_OK);
		}
		for (int channel = 0; channel < TVM_CHANNEL_READOUT && round % 4 > 0; channel++)
		{
			TvmNoiseRule rule = build_rule((TvmChannel) channel, 0.01);

			CHECK(tvm_noise_add(&env, &noise, &rule) == TVM_OK);
		}
		tvm_run_options_init(&options);
		options.method = TVM_METHOD_DENSITY;
		options.steps = round % 5 == 4;
		options.fidelity = round % 3 != 2;
		options.bloch = options.probabilities = true;
		options.shots = 20;
		said = build_bytes(&circuit, &noise, &options);
		bytes_now = bytes_most = 0;
		CHECK(build_run(&env, &run, &circuit, &noise, options, TVM_METHOD_DENSITY, &result) == TVM_OK);
		CHECK(bytes_most <= said);
		CHECK(said < 8 * bytes_most + tvm_plan_bytes(2 * n, TVM_PLAN_GATES) + TVM_STATE_SCRATCH);
		tvm_run_close(&env, &run);
		tvm_noise_free(&env, &noise);
		tvm_circuit_free(&env, &circuit);
	}
}

/* Branches, reset, noise on two qubits, fidelity where it is told. */
static TvmStatus
everything(TvmEnv *env, bool middle)
{
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_DEPOLARIZING_2, 0.2);
	TvmObservable z;
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	TvmStatus	status = tvm_circuit_init(env, &circuit, 3);

	memset(&run, 0, sizeof(run));
	memset(&z, 0, sizeof(z));
	tvm_noise_init(&noise, 3);
	if (status == TVM_OK)
		status = build(env, &circuit, TVM_OP_Y, 1, 0, 0);
	if (status == TVM_OK)
		status = build(env, &circuit, TVM_OP_H, 0, -1, 0);
	if (status == TVM_OK && middle)
		status = build_measure(env, &circuit, 0, 0);
	if (status == TVM_OK && middle)
		status = build_if(env, &circuit, TVM_OP_H, 0, -1, 0, 0);
	if (status == TVM_OK && middle)
		status = build(env, &circuit, TVM_OP_RESET, 0, -1, 0);
	for (int i = 0; i < 40 && status == TVM_OK; i++)
		status = build(env, &circuit, TVM_OP_X, (uint32_t) (i % 2), 2, 0);
	if (status == TVM_OK)
		status = tvm_noise_add(env, &noise, &rule);
	if (status == TVM_OK)
		status = tvm_observable_parse(env, "ZZZ", 3, 3, &z);
	tvm_run_options_init(&options);
	options.shots = 40;
	options.fidelity = !middle;
	options.bloch = options.probabilities = true;
	options.observables = &z;
	options.observable_count = 1;
	if (status == TVM_OK)
		status = build_run(env, &run, &circuit, &noise, options, TVM_METHOD_DENSITY, &result);
	tvm_run_close(env, &run);
	tvm_observable_free(env, &z);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
	return status;
}

TEST(a_density_run_survives_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();

	for (int middle = 0; middle < 2; middle++)
	{
		long		count;
		long		calls = 0;
		TvmStatus	status = TVM_CANCELLED;

		unit_env_fail_at(0);
		CHECK(everything(env, middle) == TVM_OK);
		count = unit_env_allocations();
		CHECK(count > 20);
		for (long i = 1; i <= count; i++)
		{
			unit_env_fail_at(i);
			CHECK(everything(env, middle) == TVM_NOMEM);
			CHECK_EQ(unit_env_live(), 0);
		}
		unit_env_fail_at(0);
		for (; status == TVM_CANCELLED && calls < 100000; calls++)
		{
			unit_env_cancel_after(calls);
			status = everything(env, middle);
			unit_env_cancel_after(-1);
			CHECK(status == TVM_OK || status == TVM_CANCELLED);
			CHECK_EQ(unit_env_live(), 0);
		}
		CHECK(status == TVM_OK && calls > 10);
	}
}
