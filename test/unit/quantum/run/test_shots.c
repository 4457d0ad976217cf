/*
 * test_shots.c: the statistics of shots: runs against distributions in closed
 * form, and neighbours among seeds, attempts and trajectories against each other.
 *
 * A seed's stream may be fine by itself and still be another's moved on by one, as
 * where a generator is seeded with seed + stream.  So runs are taken on a grid of
 * seeds x attempts x trajectories and compared along all 13 directions to a neighbour.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "quantum/build.h"

/* Open, run the trajectories [first, first + count), take the result. */
static void
run_some(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
		 const TvmRunOptions *options, uint64_t first, uint64_t count, TvmRunResult *result)
{
	CHECK(tvm_run_open(env, run, circuit, noise, options) == TVM_OK);
	CHECK(tvm_run_trajectories(env, run, first, run->deterministic ? 1 : count) == TVM_OK);
	CHECK(tvm_run_result(env, run, result) == TVM_OK);
}

/* Pearson's sum; cells of which fewer than 5 are expected are one.  *freedom rises. */
static double
chi_squared(const double *seen, const double *p, size_t cells, double shots, double *freedom)
{
	double		sum = 0;
	double		rare_seen = 0;
	double		rare = 0;
	size_t		used = 0;

	for (size_t i = 0; i < cells; i++)
	{
		double		wanted = shots * p[i];

		if (wanted < 5)
		{
			rare_seen += seen[i];
			rare += wanted;
			continue;
		}
		sum += (seen[i] - wanted) * (seen[i] - wanted) / wanted;
		used++;
	}
	if (rare >= 5)
	{
		sum += (rare_seen - rare) * (rare_seen - rare) / rare;
		used++;
	}
	else
		CHECK(rare_seen <= rare + 5 * sqrt(rare));
	*freedom += (double) used - 1;
	return sum;
}

/* Neither too far from what is expected nor too near to it. */
static void
check_chi_squared(double sum, double freedom, const char *what)
{
	double		off = (sum - freedom) / sqrt(2 * freedom);

	if (!(fabs(off) < 5))
		unit_fail(__FILE__, __LINE__, "%s: chi squared is %g with %g degrees of freedom, off by %g",
				  what, sum, freedom, off);
}

/* Twenty runs with fixed seeds, each alone and all together. */
static void
check_distribution(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise,
				   TvmRunMethod method, const double *p, size_t cells, const char *what)
{
	double		all = 0;
	double		all_freedom = 0;

	for (uint64_t seed = 0; seed < 20; seed++)
	{
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;
		double		seen[64] = {0};
		double		freedom = 0;
		double		sum;

		tvm_run_options_init(&options);
		options.method = method;
		options.seed = seed;
		options.shots = 20000;
		run_some(env, &run, circuit, noise, &options, 0, options.shots, &result);
		for (uint64_t key = 0; key < cells; key++)
			seen[key] = (double) build_count(result.counts, &key);
		sum = chi_squared(seen, p, cells, (double) options.shots, &freedom);
		CHECK(sum < freedom + 8 * sqrt(2 * freedom));
		all += sum;
		all_freedom += freedom;
		tvm_run_close(env, &run);
	}
	check_chi_squared(all, all_freedom, what);
}

TEST(shots_of_a_uniform_distribution)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	double		p[64];

	CHECK(tvm_circuit_init(env, &circuit, 6) == TVM_OK);
	for (uint32_t q = 0; q < 6; q++)
		CHECK(build(env, &circuit, TVM_OP_H, q, -1, 0) == TVM_OK);
	for (int i = 0; i < 64; i++)
		p[i] = 1 / 64.0;
	check_distribution(env, &circuit, NULL, TVM_METHOD_STATEVECTOR, p, 64, "a state vector's");
	check_distribution(env, &circuit, NULL, TVM_METHOD_STABILIZER, p, 64, "a tableau's");
	tvm_circuit_free(env, &circuit);
}

/* Qubits that are 1 with probabilities from 0.02 to 0.99; then with errors of all kinds. */
TEST(shots_of_a_skewed_distribution_and_with_errors)
{
	static const double theta[6] = {0.3, 0.7, 1.1, 1.6, 2.2, 2.9};
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule flip = build_rule(TVM_CHANNEL_BIT_FLIP, 0.1);
	TvmNoiseRule damping = build_rule(TVM_CHANNEL_AMPLITUDE_DAMPING, 0.2);
	TvmNoiseRule readout = build_rule(TVM_CHANNEL_READOUT, 0.03);
	double		p[64];
	double		with_errors[64];

	CHECK(tvm_circuit_init(env, &circuit, 6) == TVM_OK);
	for (uint32_t q = 0; q < 6; q++)
		CHECK(build(env, &circuit, TVM_OP_RY, q, -1, theta[q]) == TVM_OK);
	readout.p10 = 0.25;
	tvm_noise_init(&noise, 6);
	CHECK(tvm_noise_add(env, &noise, &flip) == TVM_OK);
	CHECK(tvm_noise_add(env, &noise, &damping) == TVM_OK);
	CHECK(tvm_noise_add(env, &noise, &readout) == TVM_OK);
	for (int i = 0; i < 64; i++)
	{
		p[i] = with_errors[i] = 1;
		for (int q = 0; q < 6; q++)
		{
			double		one = sin(theta[q] / 2) * sin(theta[q] / 2);
			double		read;

			p[i] *= (i >> q & 1) != 0 ? one : 1 - one;
			one = one * (1 - flip.p) + (1 - one) * flip.p;
			one *= 1 - damping.p;
			read = one * (1 - readout.p10) + (1 - one) * readout.p;
			with_errors[i] *= (i >> q & 1) != 0 ? read : 1 - read;
		}
	}
	check_distribution(env, &circuit, NULL, TVM_METHOD_AUTO, p, 64, "skewed");
	check_distribution(env, &circuit, &noise, TVM_METHOD_AUTO, with_errors, 64, "with errors");
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

/*
 * Qubit 0 is measured into bit 0 and turns qubit 1 by one of two angles, which is measured
 * into bit 1; qubit 0 is reset and turned again, into bit 2; where both of
 * the first bits are 1, qubit 2 is turned, into bit 3.
 */
TEST(shots_of_measurements_in_the_middle_and_conditions)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmGate		gate;
	uint32_t	qubits[2] = {0, 2};
	uint32_t	bits[2] = {0, 1};
	const double angle[5] = {1.0, 0.8, 2.1, 1.3, 2.5};
	double		one[5];
	double		p[16];

	CHECK(tvm_circuit_init(env, &circuit, 3) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RY, 0, -1, angle[0]) == TVM_OK);
	CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
	CHECK(build_if(env, &circuit, TVM_OP_RY, 1, -1, angle[1], -1) == TVM_OK);
	CHECK(build_if(env, &circuit, TVM_OP_RY, 1, -1, angle[2] - angle[1], 0) == TVM_OK);
	CHECK(build_measure(env, &circuit, 1, 1) == TVM_OK);
	tvm_gate_init(&gate, TVM_OP_RESET);
	gate.target_count = 1;
	gate.targets = qubits;
	CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RY, 0, -1, angle[3]) == TVM_OK);
	CHECK(build_measure(env, &circuit, 0, 2) == TVM_OK);
	tvm_gate_init(&gate, TVM_OP_RY);
	gate.target_count = 1;
	gate.targets = qubits + 1;
	gate.theta = angle[4];
	gate.if_count = 2;
	gate.if_bits = bits;
	CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
	CHECK(build_measure(env, &circuit, 2, 3) == TVM_OK);
	for (int i = 0; i < 5; i++)
		one[i] = sin(angle[i] / 2) * sin(angle[i] / 2);
	for (int i = 0; i < 16; i++)
	{
		double		of[4] = {one[0], (i & 1) != 0 ? one[2] : one[1], one[3], (i & 3) == 3 ? one[4] : 0};

		p[i] = 1;
		for (int bit = 0; bit < 4; bit++)
			p[i] *= (i >> bit & 1) != 0 ? of[bit] : 1 - of[bit];
	}
	check_distribution(env, &circuit, NULL, TVM_METHOD_AUTO, p, 16, "measured in the middle");
	tvm_circuit_free(env, &circuit);
}

/* Where chance enters: eight fair bits, drawn in each of the ways that a run has. */
typedef enum Way
{
	SAMPLED,
	COLLAPSED,
	NOISY,
	READ,
	MIXED,
	TABLEAU_SAMPLED,
	TABLEAU_COLLAPSED,
	TABLEAU_NOISY,
	WAYS
} Way;

static const char *const way_names[WAYS] = {
	"sampled", "collapsed", "noisy", "readout", "mixed", "sampled on a tableau",
	"collapsed on a tableau", "noisy on a tableau"
};

static void
build_fair(TvmEnv *env, TvmCircuit *circuit, TvmNoise *noise, Way way, uint32_t bits)
{
	uint32_t	low[4] = {0, 1, 2, 3};
	TvmNoiseRule flip = build_rule(TVM_CHANNEL_BIT_FLIP, 0.5);
	TvmNoiseRule readout = build_rule(TVM_CHANNEL_READOUT, 0.5);

	CHECK(tvm_circuit_init(env, circuit, bits) == TVM_OK);
	tvm_noise_init(noise, bits);
	readout.p10 = 0.5;
	if (way == MIXED)
	{
		flip.qubit_count = 4;
		flip.qubits = low;
	}
	if (way == NOISY || way == MIXED || way == TABLEAU_NOISY)
		CHECK(tvm_noise_add(env, noise, &flip) == TVM_OK);
	if (way == READ)
		CHECK(tvm_noise_add(env, noise, &readout) == TVM_OK);
	for (uint32_t q = 0; q < bits; q++)
	{
		bool		errors = way == NOISY || way == TABLEAU_NOISY || (way == MIXED && q < 4);
		bool		sampled = way == SAMPLED || way == TABLEAU_SAMPLED;

		CHECK(build(env, circuit, errors || way == READ ? TVM_OP_I : TVM_OP_H, q, -1, 0) == TVM_OK);
		if (!sampled)
			CHECK(build_measure(env, circuit, q, (int) q) == TVM_OK);
		if (!sampled && !errors)
			CHECK(build(env, circuit, TVM_OP_X, q, -1, 0) == TVM_OK);
	}
}

static bool
has_trajectories(Way way)
{
	return way != SAMPLED && way != TABLEAU_SAMPLED;
}

static void
fair_options(TvmRunOptions *options, Way way, uint64_t seed, uint32_t attempt, uint64_t shots)
{
	tvm_run_options_init(options);
	options->method = way >= TABLEAU_SAMPLED ? TVM_METHOD_STABILIZER : TVM_METHOD_STATEVECTOR;
	options->seed = seed;
	options->stream = attempt;
	options->shots = shots;
}

/* Runs on a grid; a direction of it is the steps to a neighbour. */
typedef struct Grid
{
	int			size[3];		/* seeds, attempts, trajectories */
	int			step[3];
} Grid;

static bool
next_direction(Grid *grid)
{
	int			at = 0;

	while (at < 3 && grid->step[at] == 1)
		grid->step[at++] = -1;
	if (at < 3)
		grid->step[at]++;
	return at < 3;
}

/* One of each direction and its opposite, and only where the grid has neighbours there. */
static bool
usable(const Grid *grid)
{
	int			sign = 0;

	for (int i = 2; i >= 0; i--)
	{
		if (grid->step[i] != 0 && sign == 0)
			sign = grid->step[i];
		if (grid->step[i] != 0 && grid->size[i] == 1)
			return false;
	}
	return sign > 0;
}

/* The neighbour of point `at`; -1: none. */
static int
neighbour(const Grid *grid, int at)
{
	int			place[3] = {at / (grid->size[1] * grid->size[2]),
		at / grid->size[2] % grid->size[1], at % grid->size[2]};

	for (int i = 0; i < 3; i++)
	{
		place[i] += grid->step[i];
		if (place[i] < 0 || place[i] >= grid->size[i])
			return -1;
	}
	return (place[0] * grid->size[1] + place[1]) * grid->size[2] + place[2];
}

#define POINTS 4096

/* The one shot of a trajectory at each point. */
static void
draw_keys(TvmEnv *env, Way way, const Grid *grid, uint64_t *keys)
{
	TvmCircuit	circuit;
	TvmNoise	noise;

	build_fair(env, &circuit, &noise, way, 8);
	for (int at = 0; at < POINTS; at++)
	{
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;

		fair_options(&options, way, (uint64_t) (at / (grid->size[1] * grid->size[2])),
					 (uint32_t) (at / grid->size[2] % grid->size[1]), (uint64_t) grid->size[2]);
		run_some(env, &run, &circuit, &noise, &options, (uint64_t) (at % grid->size[2]), 1, &result);
		CHECK(result.counts->count == 1 && result.counts->times[0] == 1);
		keys[at] = result.counts->keys[0];
		tvm_run_close(env, &run);
	}
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

/* Each bit of the one against each of the other, and four bits of each as one table. */
static void
check_pairs(const Grid *grid, const uint64_t *keys, const char *name)
{
	double		table[256] = {0};
	double		p[256];
	double		together[8][8] = {{0}};
	double		pairs = 0;
	double		freedom = 0;
	double		sum;

	for (int at = 0; at < POINTS; at++)
	{
		int			other = neighbour(grid, at);

		if (other < 0)
			continue;
		pairs++;
		table[(keys[at] & 15) | (keys[other] & 15) << 4]++;
		for (int i = 0; i < 8; i++)
			for (int j = 0; j < 8; j++)
				together[i][j] += (keys[at] >> i & 1) == (keys[other] >> j & 1) ? 1 : -1;
	}
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 8; j++)
			if (!(fabs(together[i][j]) < 5 * sqrt(pairs)))
				unit_fail(__FILE__, __LINE__, "%s, step %d %d %d: bits %d and %d correlate, %g", name,
						  grid->step[0], grid->step[1], grid->step[2], i, j,
						  together[i][j] / pairs);
	for (int i = 0; i < 256; i++)
		p[i] = 1 / 256.0;
	sum = chi_squared(table, p, 256, pairs, &freedom);
	check_chi_squared(sum, freedom, name);
}

TEST(neighbouring_seeds_attempts_and_trajectories_are_unrelated)
{
	TvmEnv	   *env = unit_env();
	static uint64_t keys[POINTS];
	double		p[256];

	for (int i = 0; i < 256; i++)
		p[i] = 1 / 256.0;
	for (int way = 0; way < WAYS; way++)
		for (int thousands = 0; thousands < 2; thousands++)
		{
			Grid		grid = {{16, 16, 16}, {-1, -1, -1}};
			double		seen[256] = {0};
			double		freedom = 0;
			double		sum;
			int			directions = 0;

			if (thousands)		/* of seeds alone */
				grid = (Grid) {{POINTS, 1, 1}, {-1, -1, -1}};
			else if (!has_trajectories((Way) way))
				grid = (Grid) {{64, 64, 1}, {-1, -1, -1}};
			draw_keys(env, (Way) way, &grid, keys);
			for (int at = 0; at < POINTS; at++)
				seen[keys[at]]++;
			sum = chi_squared(seen, p, 256, POINTS, &freedom);
			check_chi_squared(sum, freedom, way_names[way]);
			do
				if (usable(&grid))
				{
					check_pairs(&grid, keys, way_names[way]);
					directions++;
				}
			while (next_direction(&grid));
			CHECK_EQ(directions, thousands ? 1 : has_trajectories((Way) way) ? 13 : 4);
		}
}

#define CELLS 16
#define SHOTS 128

/* All of a run's counts: those of neighbours against each other, and each against chance. */
TEST(counts_of_neighbouring_seeds_and_attempts_are_unrelated)
{
	TvmEnv	   *env = unit_env();
	static double counts[POINTS][CELLS];
	double		mean = (double) SHOTS / CELLS;
	double		variance = mean * (CELLS - 1) / CELLS;

	for (int way = 0; way < WAYS; way++)
	{
		Grid		grid = {{64, 64, 1}, {-1, -1, -1}};
		TvmCircuit	circuit;
		TvmNoise	noise;
		double		squares = 0;

		build_fair(env, &circuit, &noise, (Way) way, 4);
		for (int at = 0; at < POINTS; at++)
		{
			TvmRunOptions options;
			TvmRun		run;
			TvmRunResult result;

			fair_options(&options, (Way) way, (uint64_t) (at / 64), (uint32_t) (at % 64), SHOTS);
			run_some(env, &run, &circuit, &noise, &options, 0, SHOTS, &result);
			for (uint64_t key = 0; key < CELLS; key++)
			{
				counts[at][key] = (double) build_count(result.counts, &key) - mean;
				squares += counts[at][key] * counts[at][key] / mean;
			}
			tvm_run_close(env, &run);
		}
		check_chi_squared(squares, (double) POINTS * (CELLS - 1), way_names[way]);
		do
		{
			double		sum = 0;
			double		pairs = 0;

			for (int at = 0; at < POINTS && usable(&grid); at++)
			{
				int			other = neighbour(&grid, at);

				for (int key = 0; key < CELLS && other >= 0; key++)
					sum += counts[at][key] * counts[other][key] / (CELLS * variance);
				pairs += other >= 0;
			}
			if (!(fabs(sum) <= 5 * sqrt(pairs / (CELLS - 1))))
				unit_fail(__FILE__, __LINE__, "%s, step %d %d: counts correlate, %g", way_names[way],
						  grid.step[0], grid.step[1], sum / pairs);
		} while (next_direction(&grid));
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
}
