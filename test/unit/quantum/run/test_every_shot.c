/*
 * test_every_shot.c: whatever the circuit and the method, there are as many
 * counts as shots, and they follow the distribution of a slow oracle that walks every
 * branch of a density matrix.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/run/tableau_parts.h"
#include "quantum/clifford_build.h"

#define ORACLE_QUBITS 3
#define ORACLE_KEYS 64

/* A run in one of the ways that there are. */
typedef struct Way
{
	const char *name;
	TvmRunMethod method;
	TvmPrecision precision;
	bool		clifford;		/* gates have to be */
	bool		collapse;
} Way;

static const Way ways[] = {
	{"auto", TVM_METHOD_AUTO, TVM_DOUBLE, false, false},
	{"state vector", TVM_METHOD_STATEVECTOR, TVM_DOUBLE, false, false},
	{"single precision", TVM_METHOD_STATEVECTOR, TVM_SINGLE, false, false},
	{"every measurement collapses", TVM_METHOD_STATEVECTOR, TVM_DOUBLE, false, true},
	{"density matrix", TVM_METHOD_DENSITY, TVM_DOUBLE, false, false},
	{"density matrix in single precision", TVM_METHOD_DENSITY, TVM_SINGLE, false, false},
	{"tableau", TVM_METHOD_STABILIZER, TVM_DOUBLE, true, false},
};

/* -------------------------------------------------------------- circuits */

/* One to three conditions on any bits, written before or never, on 0 or 1. */
static void
add_condition(TvmRng *rng, TvmGate *gate, uint32_t bits)
{
	static uint32_t places[3];
	static uint8_t values[3];
	uint32_t	first = dense_below(rng, bits);

	gate->if_count = 1 + dense_below(rng, bits < 3 ? bits : 3);
	for (uint32_t i = 0; i < gate->if_count; i++)
	{
		places[i] = (first + i) % bits;
		values[i] = (uint8_t) dense_below(rng, 2);
	}
	gate->if_bits = places;
	gate->if_values = values;
}

/* A gate of the circuit again, with a condition. */
static void
add_conditional_copy(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t bits)
{
	TvmGate		copy = circuit->gates[circuit->count - 1];

	if (copy.op == TVM_OP_BARRIER)
		return;
	add_condition(rng, &copy, bits);
	CHECK(tvm_circuit_add(env, circuit, &copy) == TVM_OK);
}

static void
random_circuit(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t n, uint32_t bits, bool clifford)
{
	static const TvmOp ops[] = {TVM_OP_H, TVM_OP_X, TVM_OP_RX, TVM_OP_U, TVM_OP_T, TVM_OP_P};
	uint32_t	measures = dense_below(rng, 3) == 0 ? 0 : 5;	/* of so many, at most */
	uint32_t	count = 4 + dense_below(rng, 12);

	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	q = dense_below(rng, n);
		uint32_t	kind = dense_below(rng, 10);

		if (kind == 0 && measures > 0 && bits > 0)
		{
			CHECK(build_measure(env, circuit, q, (int) dense_below(rng, bits)) == TVM_OK);
			measures--;
		}
		else if (kind == 1 && measures > 0)
		{
			CHECK(build(env, circuit, TVM_OP_RESET, q, -1, 0) == TVM_OK);
			measures--;
		}
		else if (clifford)
			clifford_random_gate(env, rng, circuit, dense_below(rng, 3) == 0, -1);
		else
		{
			TvmGate		gate = dense_random_gate(rng, ops[dense_below(rng, 6)], n);

			CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
		}
		if (bits > 0 && dense_below(rng, 3) == 0)
			add_conditional_copy(env, rng, circuit, bits);
	}
	for (uint32_t q = 0; bits > 0 && measures > 0 && q < n && q < bits; q++)
		CHECK(build_measure(env, circuit, q, (int) q) == TVM_OK);
	CHECK(tvm_circuit_set_bits(env, circuit, bits) == TVM_OK);
}

static void
random_noise(TvmEnv *env, TvmRng *rng, TvmNoise *noise, uint32_t n, bool clifford)
{
	TvmNoiseRule rules[] = {
		build_rule(TVM_CHANNEL_DEPOLARIZING, 0.1), build_rule(TVM_CHANNEL_READOUT, 0.1),
		build_rule(TVM_CHANNEL_BIT_FLIP, 0.3), build_rule(TVM_CHANNEL_DEPOLARIZING_2, 0.2),
		build_rule(TVM_CHANNEL_AMPLITUDE_DAMPING, 0.2)
	};

	tvm_noise_init(noise, n);
	rules[1].p10 = 0.3;
	for (int i = 0; i < (clifford ? 4 : 5); i++)
		if (dense_below(rng, 3) == 0)
			CHECK(tvm_noise_add(env, noise, &rules[i]) == TVM_OK);
}

/* ---------------------------------------------------------------- oracle */

typedef struct Oracle
{
	const TvmCircuit *circuit;
	const TvmNoise *noise;
	bool		measures;
	double		p[ORACLE_KEYS];
} Oracle;

/* The probability that an outcome is read as 1. */
static double
read_as_one(const Oracle *oracle, int outcome)
{
	double		one = outcome;

	for (size_t i = 0; i < oracle->noise->count; i++)
		if (oracle->noise->rules[i].channel == TVM_CHANNEL_READOUT)
			one = (1 - one) * oracle->noise->rules[i].p + one * (1 - oracle->noise->rules[i].p10);
	return one;
}

/* All channels are on all qubits here. */
static void
make_noise(const Oracle *oracle, const TvmGate *gate, Dense *rho)
{
	uint32_t	touched[2 * ORACLE_QUBITS];
	uint32_t	count = gate->target_count + gate->control_count;
	Cx			kraus[16 * 16];

	memcpy(touched, gate->targets, gate->target_count * sizeof(uint32_t));
	memcpy(touched + gate->target_count, gate->controls, gate->control_count * sizeof(uint32_t));
	for (size_t i = 0; i < oracle->noise->count; i++)
	{
		const TvmNoiseRule *rule = &oracle->noise->rules[i];
		uint32_t	k = rule->channel == TVM_CHANNEL_DEPOLARIZING_2 ? 2 : 1;

		if (rule->channel == TVM_CHANNEL_READOUT || (k == 2 && count != 2))
			continue;
		for (uint32_t q = 0; q < (k == 2 ? 1 : count); q++)
			dense_kraus(rho, kraus, dense_channel(rule->channel, rule->p, kraus), touched + q, k);
	}
}

static void
walk(Oracle *oracle, size_t from, uint32_t bits, Dense rho)
{
	static const Cx both[2 * 4] = {1, 0, 0, 0, 0, 1, 0, 0};	/* |0><0|, |0><1| */
	static const Cx onto[2][4] = {{1, 0, 0, 0}, {0, 0, 0, 1}};
	uint32_t	n = oracle->circuit->qubits;

	for (size_t i = from; i < oracle->circuit->count; i++)
	{
		const TvmGate *gate = &oracle->circuit->gates[i];
		Dense		u;

		if (!dense_holds(gate, bits))
			continue;
		if (gate->op == TVM_OP_RESET)
		{
			dense_kraus(&rho, both, 2, gate->targets, 1);
			continue;
		}
		if (gate->op == TVM_OP_MEASURE)
		{
			for (int way = 0; way < 4; way++)
			{
				double		one = read_as_one(oracle, way & 1);
				double		weight = way >> 1 != 0 ? one : 1 - one;
				Dense		part = rho;

				if (weight == 0)
					continue;
				dense_kraus(&part, onto[way & 1], 1, gate->targets, 1);
				for (int r = 0; r < DENSE_DIM; r++)
					for (int c = 0; c < DENSE_DIM; c++)
						part.m[r][c] *= weight;
				walk(oracle, i + 1, (bits & ~(1u << gate->bit)) | (uint32_t) (way >> 1) << gate->bit, part);
			}
			return;
		}
		dense_gate((int) n, gate, &u);
		dense_conjugate(&u, &rho);
		make_noise(oracle, gate, &rho);
	}
	for (uint32_t state = 0; state < 1u << n; state++)
		for (uint32_t read = 0; read < (oracle->measures ? 1u : 1u << n); read++)
		{
			double		p = creal(rho.m[state][state]);

			for (uint32_t q = 0; !oracle->measures && q < n; q++)
			{
				double		one = read_as_one(oracle, (int) (state >> q & 1));

				p *= (read >> q & 1) != 0 ? one : 1 - one;
			}
			oracle->p[oracle->measures ? bits : read] += p;
		}
}

static void
find_distribution(Oracle *oracle, const TvmCircuit *circuit, const TvmNoise *noise)
{
	Dense		rho = {.n = (int) circuit->qubits};

	memset(oracle, 0, sizeof(*oracle));
	oracle->circuit = circuit;
	oracle->noise = noise;
	for (size_t i = 0; i < circuit->count; i++)
		oracle->measures = oracle->measures || circuit->gates[i].op == TVM_OP_MEASURE;
	rho.m[0][0] = 1;
	walk(oracle, 0, 0, rho);
}

/* ----------------------------------------------------------------- checks */

static uint64_t
total(const TvmCounts *counts)
{
	uint64_t	sum = 0;

	for (size_t i = 0; i < counts->count; i++)
		sum += counts->times[i];
	return sum;
}

/* Chi-squared of the counts, rare keys taken together. */
static void
check_distribution(const Oracle *oracle, const TvmCounts *counts, uint64_t shots, const char *name)
{
	double		chi = 0;
	double		rare = 0;
	double		rare_seen = 0;
	int			freedom = 0;

	for (uint64_t key = 0; key < ORACLE_KEYS; key++)
	{
		double		wanted = oracle->p[key] * (double) shots;
		double		seen = key >> counts->bits != 0 ? 0 : (double) build_count(counts, &key);

		if (wanted < 1e-9)
			CHECK(seen == 0);
		else if (wanted < 6)
		{
			rare += wanted;
			rare_seen += seen;
		}
		else
		{
			chi += (seen - wanted) * (seen - wanted) / wanted;
			freedom++;
		}
	}
	if (rare > 0)
	{
		chi += (rare_seen - rare) * (rare_seen - rare) / (rare + 1);
		freedom++;
	}
	if (!(chi < freedom + 7 * sqrt(2 * freedom) + 12))
		unit_fail(__FILE__, __LINE__, "%s: chi-squared %g of %d", name, chi, freedom);
}

/* One run; false where the method does not tell this. */
static bool
run_way(TvmEnv *env, TvmRng *rng, const Way *way, const TvmCircuit *circuit, const TvmNoise *noise,
		uint64_t shots, TvmRun *run, TvmRunResult *result)
{
	TvmRunOptions options;

	tvm_run_options_init(&options);
	options.seed = tvm_rng_u64(rng);
	options.method = way->method;
	options.precision = way->precision;
	options.collapse = way->collapse;
	options.shots = shots;
	options.trajectories = dense_below(rng, 3) == 0 ? 5 : 0;
	options.mixed = options.fidelity = dense_below(rng, 2) == 0;
	options.bloch = options.probabilities = dense_below(rng, 2) == 0;
	if (way->method == TVM_METHOD_DENSITY && tvm_run_check(env, circuit, noise, &options) != TVM_OK)
		return false;
	CHECK(tvm_run_open(env, run, circuit, noise, &options) == TVM_OK);
	CHECK(tvm_run_trajectories(env, run, 0, run->trajectories) == TVM_OK);
	CHECK(tvm_run_result(env, run, result) == TVM_OK);
	if (total(result->counts) != shots)
		unit_fail(__FILE__, __LINE__, "%s: %llu counts of %llu shots", way->name,
				  (unsigned long long) total(result->counts), (unsigned long long) shots);
	return true;
}

TEST(every_method_counts_every_shot)
{
	static const uint64_t shots[] = {0, 1, 2, 1000};
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int ran[sizeof(ways) / sizeof(ways[0])] = {0};

	tvm_rng_init(&rng, 92, 0);
	for (int round = 0; round < 400; round++)
	{
		bool		clifford = round % 2 == 0;
		uint32_t	n = 1 + dense_below(&rng, ORACLE_QUBITS);
		TvmCircuit	circuit;
		TvmNoise	noise;
		Oracle		oracle;

		random_circuit(env, &rng, &circuit, n, dense_below(&rng, 5), clifford);
		random_noise(env, &rng, &noise, n, clifford);
		if (round % 3 == 0)
			tvm_noise_free(env, &noise);
		find_distribution(&oracle, &circuit, &noise);
		for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++)
			for (size_t s = 0; s < sizeof(shots) / sizeof(shots[0]); s++)
			{
				TvmRun		run;
				TvmRunResult result;

				if ((ways[w].clifford && !clifford) ||
					!run_way(env, &rng, &ways[w], &circuit, round % 3 == 0 ? NULL : &noise, shots[s], &run, &result))
					continue;
				if (shots[s] == 1000)
					check_distribution(&oracle, result.counts, 1000, ways[w].name);
				tvm_run_close(env, &run);
				ran[w]++;
			}
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++)
		CHECK(ran[w] > 300);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(a_wide_tableau_counts_every_shot)
{
	static const uint64_t shots[] = {0, 1, 2, 1000, 1025};
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 93, 0);
	for (int round = 0; round < 200; round++)
	{
		uint32_t	n = 1 + dense_below(&rng, 40);
		TvmCircuit	circuit;
		TvmNoise	noise;

		random_circuit(env, &rng, &circuit, n, dense_below(&rng, 80), true);
		random_noise(env, &rng, &noise, n, true);
		for (size_t s = 0; s < sizeof(shots) / sizeof(shots[0]); s++)
		{
			TvmRun		run;
			TvmRunResult result;

			CHECK(run_way(env, &rng, &ways[6], &circuit, round % 2 == 0 ? NULL : &noise, shots[s], &run, &result));
			tvm_run_close(env, &run);
		}
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* Nothing writes the bit, so the gate is there or not there, and no lane differs. */
TEST(a_bit_that_nothing_writes_is_zero_in_every_shot)
{
	TvmEnv	   *env = unit_env();

	for (uint8_t value = 0; value < 2; value++)
	{
		uint32_t	target = 0;
		uint32_t	bit = 0;
		uint64_t	zero = 0;
		TvmGate		gate;
		TvmCircuit	circuit;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;

		CHECK(tvm_circuit_init(env, &circuit, 1) == TVM_OK);
		tvm_gate_init(&gate, TVM_OP_H);
		gate.target_count = gate.if_count = 1;
		gate.targets = &target;
		gate.if_bits = &bit;
		gate.if_values = &value;
		CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
		tvm_run_options_init(&options);
		options.shots = 1000;
		clifford_run(env, &run, TVM_METHOD_STABILIZER, &circuit, NULL, &options, &result);
		CHECK(run.stabilizer->in_lanes);
		CHECK_EQ(total(result.counts), 1000);
		CHECK_NEAR((double) build_count(result.counts, &zero), value == 0 ? 500 : 1000, value == 0 ? 80 : 0);
		tvm_run_close(env, &run);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}
