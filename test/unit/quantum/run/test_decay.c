/*
 * test_decay.c: noise whose means have a closed form, in each method of a run:
 * depolarizing, T1 and T2, idle qubits, readout errors.
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "quantum/build.h"

/* k idle gates on each of `count` qubits from `first` on, all of which begin in |+>. */
static void
build_idle(TvmEnv *env, TvmCircuit *circuit, uint32_t n, uint32_t first, uint32_t count, int k)
{
	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	for (uint32_t q = first; q < first + count; q++)
		CHECK(build(env, circuit, TVM_OP_H, q, -1, 0) == TVM_OK);
	for (int i = 0; i < k; i++)
		for (uint32_t q = first; q < first + count; q++)
			CHECK(build(env, circuit, TVM_OP_I, q, -1, 0) == TVM_OK);
}

/*
 * Depolarizing: <X> falls by 1 - p.  T1: the |1> by 1 - gamma; T2: <X> by
 * sqrt((1 - gamma)(1 - lambda)).  On several qubits at once they multiply.
 */
static void
check_decay(TvmEnv *env, TvmRunMethod method, bool t1_t2, uint32_t n, uint32_t noisy, int k)
{
	TvmNoiseRule rules[2] = {build_rule(t1_t2 ? TVM_CHANNEL_AMPLITUDE_DAMPING :
										TVM_CHANNEL_DEPOLARIZING, 0.07),
	build_rule(TVM_CHANNEL_PHASE_DAMPING, 0.04)};
	double		x = t1_t2 ? pow(0.93 * 0.96, k / 2.0) : pow(0.93, k);
	double		z = t1_t2 ? 1 - pow(0.93, k) : 0;
	double		wanted[4] = {x, z, noisy > 1 ? x * x : x, noisy > 1 ? z * x : z};
	uint32_t	last = n - 1;
	uint32_t	other = noisy > 1 ? n - 2 : last;
	char		texts[4][16];
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmObservable sums[4];
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;

	snprintf(texts[0], 16, "X%u", last);
	snprintf(texts[1], 16, "Z%u", last);
	snprintf(texts[2], 16, noisy > 1 ? "X%u X%u" : "X%u", last, other);
	snprintf(texts[3], 16, noisy > 1 ? "Z%u X%u" : "Z%u", last, other);
	build_idle(env, &circuit, n, n - noisy, noisy, k);
	tvm_noise_init(&noise, n);
	for (int i = 0; i <= t1_t2; i++)
	{
		rules[i].ops = TVM_OP_BIT(TVM_OP_I);
		CHECK(tvm_noise_add(env, &noise, &rules[i]) == TVM_OK);
	}
	for (int i = 0; i < 4; i++)
		CHECK(tvm_observable_parse(env, texts[i], strlen(texts[i]), n, &sums[i]) == TVM_OK);
	tvm_run_options_init(&options);
	options.trajectories = n < 16 ? 20000 : n < 24 || method == TVM_METHOD_STABILIZER ? 2000 : 50;
	options.observables = sums;
	options.observable_count = 4;
	CHECK(build_run(env, &run, &circuit, &noise, options, method, &result) == TVM_OK);
	CHECK_EQ(result.trajectories, method == TVM_METHOD_DENSITY ? 1 : options.trajectories);
	for (int i = 0; i < 4; i++)
	{
		double		error = tvm_mean_error(&result.expectation[i]);

		CHECK(method != TVM_METHOD_DENSITY || error == 0);
		CHECK_NEAR(result.expectation[i].mean, wanted[i], 5 * error + 1e-12);
		CHECK(error < 1.01 / sqrt((double) result.trajectories));
		tvm_observable_free(env, &sums[i]);
	}
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

TEST(decay_has_its_closed_forms_in_each_method)
{
	TvmEnv	   *env = unit_env();

	for (int form = 0; form < 2; form++)
	{
		for (int k = 1; k <= 21; k += 10)
		{
			check_decay(env, TVM_METHOD_STATEVECTOR, form, 1, 1, k);
			check_decay(env, TVM_METHOD_DENSITY, form, 1, 1, k);
			check_decay(env, TVM_METHOD_DENSITY, form, 4, 4, k);
			check_decay(env, TVM_METHOD_DENSITY, form, 8, 8, k);
		}
		check_decay(env, TVM_METHOD_STATEVECTOR, form, 4, 2, 5);
		check_decay(env, TVM_METHOD_STATEVECTOR, form, 10, 2, 3);
		check_decay(env, TVM_METHOD_STATEVECTOR, form, 18, 1, 2);
	}
	for (uint32_t n = 24; n <= 100; n += 76)
		check_decay(env, TVM_METHOD_STABILIZER, false, n, 2, 5);
}

/* After k idle gates each of n qubits is still in |+> with (1 + (1 - p)^k) / 2. */
TEST(fidelity_of_idle_qubits_has_its_closed_form)
{
	TvmEnv	   *env = unit_env();
	static const uint32_t sizes[] = {1, 3, 8, 12};

	for (int i = 0; i < 8; i++)
	{
		TvmRunMethod method = i % 2 ? TVM_METHOD_STATEVECTOR : TVM_METHOD_DENSITY;
		uint32_t	n = sizes[i / 2];
		TvmNoiseRule rule = build_rule(TVM_CHANNEL_DEPOLARIZING, 0.02);
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;

		if (n > 8 && method == TVM_METHOD_DENSITY)
			continue;
		build_idle(env, &circuit, n, 0, n, 4);
		rule.ops = TVM_OP_BIT(TVM_OP_I);
		tvm_noise_init(&noise, n);
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		tvm_run_options_init(&options);
		options.trajectories = n > 8 ? 1000 : 10000;
		options.fidelity = true;
		CHECK(build_run(env, &run, &circuit, &noise, options, method, &result) == TVM_OK);
		CHECK_NEAR(result.fidelity, pow((1 + pow(0.98, 4)) / 2, n), 5 * result.fidelity_error + 1e-12);
		CHECK(result.fidelity_error < 0.02);
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
}

/*
 * Two readout rules on one qubit, one on the other, measured at the end, in the middle,
 * or by a condition: chi-squared against what they say, on each method.
 */
TEST(readout_errors_have_their_distribution_in_each_method)
{
	TvmEnv	   *env = unit_env();

	for (int way = 0; way < 9; way++)
	{
		static const TvmRunMethod methods[] = {TVM_METHOD_STATEVECTOR, TVM_METHOD_DENSITY, TVM_METHOD_STABILIZER};
		int			shape = way / 3;
		uint32_t	second[1] = {1};
		TvmNoiseRule rules[2] = {build_rule(TVM_CHANNEL_READOUT, 0.08), build_rule(TVM_CHANNEL_READOUT, 0.03)};
		double		one[2];		/* the probability that 1 is read of qubit q */
		double		chi = 0;
		double		shots = 40000;
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;

		/* Qubit 0 is either, qubit 1 is |1>. */
		CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_X, 1, -1, 0) == TVM_OK);
		for (uint32_t q = 0; q < 2; q++)
			CHECK(build_measure(env, &circuit, q, (int) q) == TVM_OK);
		if (shape == 1)			/* not final any more */
			CHECK(build(env, &circuit, TVM_OP_X, 1, -1, 0) == TVM_OK);
		if (shape == 2)
			CHECK(build_if(env, &circuit, TVM_OP_X, 0, -1, 0, 1) == TVM_OK);
		rules[0].p10 = 0.15;
		rules[1].p10 = 0.06;
		rules[1].qubits = second;
		rules[1].qubit_count = 1;
		tvm_noise_init(&noise, 2);
		for (int i = 0; i < 2; i++)
			CHECK(tvm_noise_add(env, &noise, &rules[i]) == TVM_OK);
		one[0] = 0.5 * 0.08 + 0.5 * 0.85;
		one[1] = 0.85 * 0.94 + 0.15 * 0.03;
		tvm_run_options_init(&options);
		options.shots = (uint64_t) shots;
		options.seed = 6;
		CHECK(build_run(env, &run, &circuit, &noise, options, methods[way % 3], &result) == TVM_OK);
		CHECK_EQ(run.method, methods[way % 3]);
		for (uint64_t key = 0; key < 4; key++)
		{
			double		wanted = shots * ((key & 1) != 0 ? one[0] : 1 - one[0]) * ((key & 2) != 0 ? one[1] : 1 - one[1]);
			double		seen = (double) build_count(result.counts, &key);

			chi += (seen - wanted) * (seen - wanted) / wanted;
		}
		CHECK(chi < 21);		/* three degrees of freedom: p = 1e-4 */
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
}
