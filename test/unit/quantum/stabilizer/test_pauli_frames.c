/*
 * test_pauli_frames.c: many shots of a tableau side by side, one lane a shot:
 * chance, noise and conditions in them.
 */
#include "unit.h"

#include <math.h>

#include "kernel/quantum/stabilizer/pauli_frames.h"
#include "kernel/quantum/run/tableau_parts.h"
#include "quantum/clifford_build.h"

TEST(lanes_are_hit_as_often_as_they_should_be)
{
	static const double chances[] = {0, 1e-3, 0.05, 0.0799, 0.08, 0.3, 0.5, 0.75, 0.999, 1};
	TvmRng		rng;

	tvm_rng_init(&rng, 82, 0);
	for (size_t i = 0; i < sizeof(chances) / sizeof(chances[0]); i++)
	{
		double		p = chances[i];
		double		hits = 0;
		double		pairs = 0;
		double		by_bit[64] = {0};
		double		rounds = 4000;

		for (int round = 0; round < rounds; round++)
		{
			uint64_t	out[4];

			tvm_lanes_chance(&rng, p, 4, out);
			for (int w = 0; w < 4; w++)
			{
				hits += __builtin_popcountll(out[w]);
				pairs += __builtin_popcountll(out[w] & out[w] >> 1);
			}
			for (int b = 0; b < 64; b++)
				by_bit[b] += (double) (out[3] >> b & 1);
		}
		CHECK_NEAR(hits, 256 * rounds * p, 5 * sqrt(256 * rounds * p * (1 - p)));
		CHECK_NEAR(pairs, 252 * rounds * p * p, 8 * sqrt(252 * rounds * p * p * (1 - p * p)) + 1e-9);
		for (int b = 0; b < 64; b++)
			CHECK_NEAR(by_bit[b], rounds * p, 5.5 * sqrt(rounds * p * (1 - p)) + 3 * (p > 0 && p < 1));
	}
}

/* Depolarizing |0> with p finds 1 with p/2, on one qubit and on each of two; in either way. */
TEST(depolarizing_has_its_closed_form)
{
	TvmEnv	   *env = unit_env();

	for (int way = 0; way < 4; way++)
	{
		TvmNoiseRule rule = build_rule(way % 2 == 0 ? TVM_CHANNEL_DEPOLARIZING : TVM_CHANNEL_DEPOLARIZING_2, 0.4);
		uint64_t	ones[2] = {0, 0};
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;

		CHECK(tvm_circuit_init(env, &circuit, 3) == TVM_OK);
		tvm_noise_init(&noise, 3);
		rule.ops = TVM_OP_BIT(TVM_OP_SWAP);
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		CHECK(build_measure(env, &circuit, 2, 2) == TVM_OK);
		CHECK(build_two(env, &circuit, TVM_OP_SWAP, 0, 1, 0) == TVM_OK);
		if (way >= 2)			/* never made, but a gate that lanes cannot follow */
			CHECK(build_if(env, &circuit, TVM_OP_H, 0, -1, 0, 2) == TVM_OK);
		CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
		CHECK(build_measure(env, &circuit, 1, 1) == TVM_OK);
		tvm_run_options_init(&options);
		options.shots = 20000;
		clifford_run(env, &run, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &result);
		CHECK(run.stabilizer->in_lanes == (way < 2));
		for (uint64_t key = 0; key < 8; key++)
			for (int q = 0; q < 2; q++)
				ones[q] += (key >> q & 1) * build_count(result.counts, &key);
		CHECK_NEAR((double) ones[0], 4000, 5 * 57);
		CHECK_NEAR((double) ones[1], 4000, 5 * 57);
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

TEST(a_gate_that_was_skipped_brings_no_noise)
{
	static const TvmChannel kinds[] = {TVM_CHANNEL_BIT_FLIP, TVM_CHANNEL_DEPOLARIZING};
	TvmEnv	   *env = unit_env();

	for (size_t i = 0; i < 2; i++)
	{
		TvmNoiseRule rule = build_rule(kinds[i], 1);
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;

		CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
		tvm_noise_init(&noise, 2);
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
		CHECK(build_if(env, &circuit, TVM_OP_X, 1, -1, 0, 0) == TVM_OK);
		CHECK(build_measure(env, &circuit, 1, 1) == TVM_OK);
		tvm_run_options_init(&options);
		options.shots = 500;
		clifford_run(env, &run, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &result);
		CHECK(run.stabilizer->in_lanes);
		CHECK(result.counts->count == 1 && result.counts->keys[0] == 0);
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
}

/* The reference makes the gate as well: readout errors make some lanes that do not. */
TEST(lanes_follow_a_gate_that_the_reference_makes)
{
	TvmEnv	   *env = unit_env();
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_READOUT, 0.25);
	uint32_t	qubit = 0;
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	uint64_t	both = 3;

	CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
	tvm_noise_init(&noise, 2);
	rule.p10 = 0.25;
	rule.qubits = &qubit;
	rule.qubit_count = 1;
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_X, 0, -1, 0) == TVM_OK);
	CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
	CHECK(build_if(env, &circuit, TVM_OP_X, 1, -1, 0, 0) == TVM_OK);
	CHECK(build_measure(env, &circuit, 1, 1) == TVM_OK);
	tvm_run_options_init(&options);
	options.shots = 4000;
	clifford_run(env, &run, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &result);
	CHECK(run.stabilizer->in_lanes);
	CHECK_EQ(result.counts->count, 2);	/* 00 and 11: the other qubit does what was read */
	CHECK_NEAR((double) build_count(result.counts, &both), 3000, 5 * 27.4);
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}
