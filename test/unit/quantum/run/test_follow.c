/*
 * test_follow.c: the fidelity of circuits that measure in the middle, in lanes of a
 * tableau, against an oracle that walks all outcomes, errors as Kraus operators on a density
 * matrix and the ideal state beside it.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/run/tableau_parts.h"
#include "quantum/clifford_build.h"

#define NOTHING 1e-12

typedef struct Oracle
{
	const TvmCircuit *circuit;
	const TvmNoise *noise;
	double		fidelity;
} Oracle;

/* A trajectory's classical side, and its ideal state. */
typedef struct Branch
{
	uint32_t	bits;
	uint32_t	ideal_bits;
	bool		lost;
	Cx			psi[DENSE_DIM];
	Dense		rho;
} Branch;

static void
make_noise(const TvmNoise *noise, const TvmGate *gate, Dense *rho)
{
	uint32_t	touched[8];
	uint32_t	count = gate->target_count + gate->control_count;
	Cx			kraus[16 * 16];

	memcpy(touched, gate->targets, gate->target_count * sizeof(uint32_t));
	memcpy(touched + gate->target_count, gate->controls, gate->control_count * sizeof(uint32_t));
	for (size_t i = 0; i < noise->count; i++)
	{
		uint32_t	k = noise->rules[i].channel == TVM_CHANNEL_DEPOLARIZING_2 ? 2 : 1;

		if (noise->rules[i].channel == TVM_CHANNEL_READOUT || (k == 2 && count != 2))
			continue;
		for (uint32_t q = 0; q < (k == 2 ? 1 : count); q++)
			dense_kraus(rho, kraus, dense_channel(noise->rules[i].channel, noise->rules[i].p, kraus), touched + q, k);
	}
}

/* Project the ideal state; false where there is nothing to project on. */
static bool
project(Cx *psi, uint32_t n, uint32_t qubit, int outcome, bool reset)
{
	double		norm = 0;

	for (uint32_t i = 0; i < 1u << n; i++)
	{
		psi[i] = (int) (i >> qubit & 1) == outcome ? psi[i] : 0;
		norm += creal(psi[i] * conj(psi[i]));
	}
	if (norm < NOTHING)
		return false;
	for (uint32_t i = 0; i < 1u << n; i++)
		psi[i] /= sqrt(norm);
	for (uint32_t i = 0; reset && outcome != 0 && i < 1u << n; i++)
		if ((i >> qubit & 1) == 0)
		{
			psi[i] = psi[i | 1u << qubit];
			psi[i | 1u << qubit] = 0;
		}
	return true;
}

static double
trace(const Dense *rho)
{
	double		sum = 0;

	for (int i = 0; i < DENSE_DIM; i++)
		sum += creal(rho->m[i][i]);
	return sum;
}

static void walk(Oracle *oracle, size_t from, Branch branch);

/* The outcome of a reset the ideal state follows where it can, that of a measurement always. */
static void
collapse(Oracle *oracle, size_t at, const Branch *before, int outcome)
{
	static const Cx onto[2][4] = {{1, 0, 0, 0}, {0, 0, 0, 1}};
	static const Cx down[4] = {0, 1, 0, 0};
	const TvmGate *gate = &oracle->circuit->gates[at];
	bool		reset = gate->op == TVM_OP_RESET;
	uint32_t	n = oracle->circuit->qubits;
	Branch		after = *before;
	double		one = outcome;

	dense_kraus(&after.rho, reset && outcome != 0 ? down : onto[outcome], 1, gate->targets, 1);
	if (trace(&after.rho) < NOTHING)
		return;
	if (!project(after.psi, n, gate->targets[0], outcome, reset))
	{
		memcpy(after.psi, before->psi, sizeof(after.psi));
		after.lost = after.lost || !reset;
		if (reset)
			(void) project(after.psi, n, gate->targets[0], !outcome, true);
	}
	if (reset)
	{
		walk(oracle, at + 1, after);
		return;
	}
	after.ideal_bits = (after.ideal_bits & ~(1u << gate->bit)) | (uint32_t) outcome << gate->bit;
	for (size_t i = 0; i < oracle->noise->count; i++)
		if (oracle->noise->rules[i].channel == TVM_CHANNEL_READOUT)
			one = (1 - one) * oracle->noise->rules[i].p + one * (1 - oracle->noise->rules[i].p10);
	for (uint32_t read = 0; read < 2; read++)
	{
		Branch		part = after;
		double		weight = read != 0 ? one : 1 - one;

		part.bits = (part.bits & ~(1u << gate->bit)) | read << gate->bit;
		for (int r = 0; r < DENSE_DIM; r++)
			for (int c = 0; c < DENSE_DIM; c++)
				part.rho.m[r][c] *= weight;
		if (weight > NOTHING)
			walk(oracle, at + 1, part);
	}
}

static void
walk(Oracle *oracle, size_t from, Branch branch)
{
	uint32_t	n = oracle->circuit->qubits;

	for (size_t i = from; i < oracle->circuit->count; i++)
	{
		const TvmGate *gate = &oracle->circuit->gates[i];
		Dense		u;

		if (!tvm_op_is_unitary(gate->op))
		{
			collapse(oracle, i, &branch, 0);
			collapse(oracle, i, &branch, 1);
			return;
		}
		dense_gate((int) n, gate, &u);
		if (dense_holds(gate, branch.ideal_bits))
			dense_apply(&u, branch.psi);
		if (!dense_holds(gate, branch.bits))
			continue;
		dense_conjugate(&u, &branch.rho);
		make_noise(oracle->noise, gate, &branch.rho);
	}
	for (uint32_t r = 0; !branch.lost && r < 1u << n; r++)
		for (uint32_t c = 0; c < 1u << n; c++)
			oracle->fidelity += creal(conj(branch.psi[r]) * branch.rho.m[r][c] * branch.psi[c]);
}

static double
exact_fidelity(const TvmCircuit *circuit, const TvmNoise *noise)
{
	Oracle		oracle = {circuit, noise, 0};
	Branch		branch = {.rho = {.n = (int) circuit->qubits}};

	branch.psi[0] = branch.rho.m[0][0] = 1;
	walk(&oracle, 0, branch);
	return oracle.fidelity;
}

/* At most six collapses, none of which waits. */
static void
random_circuit(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t n, bool paulis)
{
	int			collapses = 6;

	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	for (int i = 0; i < 22; i++)
	{
		uint32_t	kind = dense_below(rng, 10);
		uint32_t	q = dense_below(rng, n);

		if (kind <= 1 && collapses-- > 0)
			CHECK(build_measure(env, circuit, q, (int) dense_below(rng, 3)) == TVM_OK);
		else if (kind == 2 && collapses-- > 0)
			CHECK(build(env, circuit, TVM_OP_RESET, q, -1, 0) == TVM_OK);
		else if (kind == 3 || kind == 4)
			clifford_random_gate(env, rng, circuit, paulis, (int) dense_below(rng, 3));
		else
			clifford_random_gate(env, rng, circuit, false, -1);
	}
}

static void
random_noise(TvmEnv *env, TvmRng *rng, TvmNoise *noise, uint32_t n)
{
	TvmNoiseRule rules[] = {
		build_rule(TVM_CHANNEL_DEPOLARIZING, 0.02), build_rule(TVM_CHANNEL_READOUT, 0.1),
		build_rule(TVM_CHANNEL_BIT_FLIP, 0.05), build_rule(TVM_CHANNEL_DEPOLARIZING_2, 0.1), build_rule(TVM_CHANNEL_PHASE_DAMPING, 0.1)
	};

	tvm_noise_init(noise, n);
	rules[1].p10 = 0.3;
	for (int i = 0; i < 5; i++)
		if (dense_below(rng, 2) == 0)
			CHECK(tvm_noise_add(env, noise, &rules[i]) == TVM_OK);
}

TEST(fidelity_where_the_ideal_run_follows_is_that_of_all_branches)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			lanes = 0;
	int			between = 0;

	tvm_rng_init(&rng, 95, 0);
	for (int round = 0; round < 150; round++)
	{
		uint32_t	n = 1 + dense_below(&rng, 3);
		double		shots = 4000;
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		double		wanted;

		random_circuit(env, &rng, &circuit, n, round % 6 != 0);
		random_noise(env, &rng, &noise, n);
		wanted = fmin(exact_fidelity(&circuit, &noise), 1);
		tvm_run_options_init(&options);
		options.shots = (uint64_t) shots;
		options.seed = tvm_rng_u64(&rng);
		options.fidelity = options.collapse = true;
		clifford_run(env, &run, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &result);
		CHECK_NEAR(result.fidelity, wanted, 5 * sqrt(wanted * (1 - wanted) / shots) + (wanted < 1 - 1e-9 ? 2 / shots : 1e-12));
		CHECK(round % 6 == 0 || run.stabilizer->in_lanes);
		lanes += run.stabilizer->in_lanes && run.stabilizer->follows;
		between += wanted > 0.05 && wanted < 0.95;
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK(lanes > 80 && between > 60);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(shots_do_not_depend_on_whether_the_fidelity_is_asked_for)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 96, 0);
	for (int round = 0; round < 10; round++)
	{
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		with;
		TvmRun		without;
		TvmRunResult a;
		TvmRunResult b;

		clifford_random_circuit(env, &rng, &circuit, 70, 600, WITH_MEASURES | WITH_PAULI_CONDITIONS);
		random_noise(env, &rng, &noise, 70);
		tvm_run_options_init(&options);
		options.shots = 1500;
		clifford_run(env, &without, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &b);
		options.fidelity = true;
		clifford_run(env, &with, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &a);
		CHECK_EQ(a.counts->count, b.counts->count);
		CHECK(memcmp(a.counts->keys, b.counts->keys, a.counts->count * sizeof(uint64_t)) == 0);
		CHECK(memcmp(a.counts->times, b.counts->times, a.counts->count * sizeof(uint64_t)) == 0);
		tvm_run_close(env, &with);
		tvm_run_close(env, &without);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* Where the strings are no room for, each trajectory has a tableau: the same within sampling error. */
TEST(both_ways_have_the_same_fidelity)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 97, 0);
	for (int round = 0; round < 5; round++)
	{
		uint32_t	n = 30;
		TvmNoiseRule rule = build_rule(TVM_CHANNEL_DEPOLARIZING, 0.002);
		TvmNoiseRule readout = build_rule(TVM_CHANNEL_READOUT, 0.01);
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		lanes;
		TvmRun		single;
		TvmRunResult a;
		TvmRunResult b;

		clifford_random_circuit(env, &rng, &circuit, n, 300, WITH_MEASURES | WITH_PAULI_CONDITIONS);
		tvm_noise_init(&noise, n);
		readout.p10 = 0.02;
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK && tvm_noise_add(env, &noise, &readout) == TVM_OK);
		tvm_run_options_init(&options);
		options.shots = 800;
		options.fidelity = true;
		clifford_run(env, &lanes, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &a);

		/* The bit of an idle qubit is 0, but nobody knows. */
		CHECK(build_measure(env, &circuit, 0, 60) == TVM_OK);
		CHECK(build_if(env, &circuit, TVM_OP_S, 0, -1, 0, 60) == TVM_OK);
		CHECK(build_if(env, &circuit, TVM_OP_SDG, 0, -1, 0, 60) == TVM_OK);
		clifford_run(env, &single, TVM_METHOD_STABILIZER, &circuit, &noise, &options, &b);
		CHECK(lanes.stabilizer->in_lanes && !single.stabilizer->in_lanes);
		CHECK_NEAR(b.fidelity, a.fidelity, 5 * (a.fidelity_error + b.fidelity_error) + 0.02);
		tvm_run_close(env, &lanes);
		tvm_run_close(env, &single);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* The strings of a thousand qubits and a million measurements are too many to keep. */
TEST(strings_are_kept_while_there_is_room)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;

	CHECK(tvm_circuit_init(env, &circuit, 1000) == TVM_OK);
	for (int i = 0; i < 1000; i++)
		CHECK(build_measure(env, &circuit, (uint32_t) i, i) == TVM_OK);
	CHECK(tvm_follow_can(&circuit, 0) && tvm_follow_can(&circuit, 4 << 20));
	CHECK(!tvm_follow_can(&circuit, 512 << 10));
	tvm_circuit_free(env, &circuit);
}

/* An environment that counts bytes: each block is preceded by its size. */
static uint64_t bytes_now,
			bytes_most;

static void *
counting_alloc(void *ctx, size_t size)
{
	char	   *block = malloc(size + 64);

	(void) ctx;
	memcpy(block, &size, sizeof(size));
	bytes_now += size;
	bytes_most = bytes_now > bytes_most ? bytes_now : bytes_most;
	return block + 64;
}

static void
counting_free(void *ctx, void *block)
{
	size_t		size;

	(void) ctx;
	if (block == NULL)
		return;
	memcpy(&size, (char *) block - 64, sizeof(size));
	bytes_now -= size;
	free((char *) block - 64);
}

TEST(a_run_that_follows_takes_no_more_memory_than_it_says)
{
	TvmEnv		env = *unit_env();
	TvmRng		rng;

	env.alloc = counting_alloc;
	env.free = counting_free;
	tvm_rng_init(&rng, 98, 0);
	for (int round = 0; round < 12; round++)
	{
		uint32_t	n = 1 + 40 * (uint32_t) round;
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmNoiseRule rule = build_rule(TVM_CHANNEL_BIT_FLIP, 0.01);
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		uint64_t	said;

		clifford_random_circuit(&env, &rng, &circuit, n, 100 + 200 * (uint32_t) round, WITH_MEASURES | WITH_PAULI_CONDITIONS);
		tvm_noise_init(&noise, n);
		CHECK(tvm_noise_add(&env, &noise, &rule) == TVM_OK);
		tvm_run_options_init(&options);
		options.method = TVM_METHOD_STABILIZER;
		options.fidelity = options.bloch = options.probabilities = true;
		options.shots = 1100;
		said = build_bytes(&circuit, &noise, &options);
		bytes_now = bytes_most = 0;
		CHECK(build_run(&env, &run, &circuit, &noise, options, TVM_METHOD_STABILIZER, &result) == TVM_OK);
		CHECK(run.stabilizer->follows);
		CHECK(bytes_most <= said);
		tvm_run_close(&env, &run);
		tvm_noise_free(&env, &noise);
		tvm_circuit_free(&env, &circuit);
	}
}
