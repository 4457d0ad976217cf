/*
 * test_measure.c: probabilities, collapse, samples and counts.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/build.h"
#include "quantum/dense.h"
#include "quantum/trajectory.h"
#include "kernel/quantum/state/counts.h"
#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/state/measure.h"
#include "kernel/quantum/state/observable.h"
#include "kernel/quantum/state/reduced.h"

TEST(probability_and_collapse_are_projections)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 1, 2);
	for (uint32_t n = 1; n <= 5; n++)
		for (uint32_t q = 0; q < n; q++)
			for (int outcome = 0; outcome <= 1; outcome++)
			{
				TvmState	state;
				TvmState	reset;
				Cx			psi[DENSE_DIM];
				Cx			moved[DENSE_DIM] = {0};
				double		p1 = 0;
				double		p;
				double		both[2];
				int			found;

				CHECK(tvm_state_init(env, &state, n, 0) == TVM_OK);
				CHECK(tvm_state_init(env, &reset, n, 0) == TVM_OK);
				dense_random_state(&rng, &state, psi);
				CHECK(tvm_state_copy(env, &reset, &state) == TVM_OK);
				for (uint64_t i = 0; i < state.count; i++)
					if ((i >> q & 1) != 0)
						p1 += creal(psi[i] * conj(psi[i]));
				CHECK(tvm_measure_both(env, &state, q, both) == TVM_OK);
				CHECK_NEAR(both[1], p1, 1e-14);
				p = outcome ? p1 : 1 - p1;
				for (uint64_t i = 0; i < state.count; i++)
				{
					psi[i] = (int) (i >> q & 1) == outcome ? psi[i] / sqrt(p) : 0;
					moved[i & ~((uint64_t) 1 << q)] += psi[i];
				}
				if (outcome)
				{
					/* Just below p1 the outcome is 1, just above it is 0. */
					CHECK(trajectory_reset(env, &reset, q, p1 - 1e-9, &found) == TVM_OK);
					CHECK_EQ(found, 1);
					CHECK(dense_distance(&reset, moved) < 1e-14);
					CHECK(trajectory_measure(env, &state, q, p1 - 1e-9, &found) == TVM_OK);
				}
				else
				{
					CHECK_NEAR(both[0], p, 1e-14);
					CHECK(tvm_measure_keep(env, &reset, q, 0, both, false) == TVM_OK);
					CHECK(dense_distance(&reset, psi) < 1e-14);
					CHECK(trajectory_measure(env, &state, q, p1 + 1e-9, &found) == TVM_OK);
				}
				CHECK_EQ(found, outcome);
				CHECK(dense_distance(&state, psi) < 1e-14);
				tvm_state_free(env, &state);
				tvm_state_free(env, &reset);
			}
}

TEST(impossible_outcomes_are_never_drawn)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	int			outcome;

	CHECK(tvm_state_init(env, &state, 3, 0) == TVM_OK);
	CHECK(tvm_state_set_basis(env, &state, 5) == TVM_OK);
	for (uint32_t q = 0; q < 3; q++)
		for (double u = 0; u <= 1; u += 0.25)
		{
			CHECK(trajectory_measure(env, &state, q, u, &outcome) == TVM_OK);
			CHECK_EQ(outcome, 5 >> q & 1);
		}
	CHECK_EQ(state.amp[5].re, 1);	/* left as it was */
	tvm_state_free(env, &state);
}

static TvmStatus
tally(TvmEnv *env, void *context, uint64_t index, uint64_t times)
{
	(void) env;
	((double *) context)[index] += (double) times;
	return TVM_OK;
}

/* The sum of (seen - wanted)^2 / wanted, against its mean and deviation. */
static void
check_chi_squared(const double *seen, const double *p, int count, double shots)
{
	double		sum = 0;
	int			cells = 0;

	for (int i = 0; i < count; i++)
	{
		if (p[i] == 0)
		{
			CHECK_EQ(seen[i], 0);
			continue;
		}
		sum += (seen[i] - shots * p[i]) * (seen[i] - shots * p[i]) / (shots * p[i]);
		cells++;
	}
	CHECK_NEAR(sum, cells - 1, 5 * sqrt(2.0 * (cells - 1)));
}

TEST(shots_follow_the_distribution)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;

	CHECK(tvm_state_init(env, &state, 6, 0) == TVM_OK);
	for (uint64_t seed = 1; seed <= 5; seed++)
	{
		double		shots = seed == 5 ? 64 * 7 : 200000;	/* found one by one, or index by index */
		TvmRng		rng;
		double		seen[64] = {0};
		double		single[64] = {0};
		double		p[64];
		double		total = 0;

		tvm_rng_init(&rng, seed, 3);
		dense_random_state(&rng, &state, NULL);
		for (int i = 0; i < 64; i += 7)
			state.amp[i] = tvm_complex(0, 0);	/* the norm is not 1, either */
		for (int i = 0; i < 64; i++)
			total += p[i] = tvm_complex_norm2(state.amp[i]);
		for (int i = 0; i < 64; i++)
			p[i] /= total;
		for (double drawn = 0; drawn < 200000; drawn += shots)
			CHECK(tvm_measure_shots(env, &state, (uint64_t) shots, &rng, tally, seen) == TVM_OK);
		check_chi_squared(seen, p, 64, ceil(200000 / shots) * shots);
		for (int i = 0; i < 20000; i++)
		{
			double		u = tvm_rng_double(&rng);
			uint64_t	index;

			CHECK(tvm_measure_samples(env, &state, &u, 1, &index) == TVM_OK);
			single[index]++;
		}
		check_chi_squared(single, p, 64, 20000);
	}
	tvm_state_free(env, &state);
}

TEST(shots_of_many_blocks_and_of_one_index)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	uint64_t	count = (uint64_t) 1 << 17;
	double	   *seen = calloc(count, sizeof(double));
	double		parts[16] = {0};
	double		p[16];
	double		total = 0;

	tvm_rng_init(&rng, 11, 0);
	CHECK(tvm_state_init(env, &state, 17, 0) == TVM_OK);
	CHECK(tvm_state_set_basis(env, &state, count - 1) == TVM_OK);
	CHECK(tvm_measure_shots(env, &state, 1000, &rng, tally, seen) == TVM_OK);
	CHECK_EQ(seen[count - 1], 1000);
	seen[count - 1] = 0;
	for (uint64_t i = 0; i < count; i++)
		state.amp[i] = tvm_complex(0, i % 3 == 0 ? 1 / sqrt((double) count) : 0);
	CHECK(tvm_measure_shots(env, &state, 300000, &rng, tally, seen) == TVM_OK);
	for (uint64_t i = 0; i < count; i++)
	{
		CHECK(i % 3 == 0 || seen[i] == 0);
		parts[i >> 13] += seen[i];
		total += seen[i];
	}
	for (int i = 0; i < 16; i++)
		p[i] = 1 / 16.0;
	CHECK_EQ(total, 300000);
	check_chi_squared(parts, p, 16, total);
	free(seen);
	tvm_state_free(env, &state);
}

TEST(a_few_shots_at_a_time_follow_the_distribution_too)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	double		seen[4] = {0};
	double		p[4] = {0.25, 0.25, 0.25, 0.25};

	tvm_rng_init(&rng, 13, 0);
	CHECK(tvm_state_init(env, &state, 2, 0) == TVM_OK);
	for (int i = 0; i < 4; i++)
		state.amp[i] = tvm_complex(0.5, 0);
	for (int i = 0; i < 20000; i++)
		CHECK(tvm_measure_shots(env, &state, 1 + (uint64_t) i % 3, &rng, tally, seen) == TVM_OK);
	check_chi_squared(seen, p, 4, seen[0] + seen[1] + seen[2] + seen[3]);
	tvm_state_free(env, &state);
}

/* What should be nothing and is 1e-17 of an amplitude moves no shot: other paths round otherwise. */
TEST(rounding_where_there_is_nothing_moves_no_shots)
{
	static const uint64_t shots[] = {5, 500, 5000, 100000, 1000000000};
	TvmEnv	   *env = unit_env();
	TvmState	state;
	TvmState	rounded;

	CHECK(tvm_state_init(env, &state, 12, 0) == TVM_OK);
	CHECK(tvm_state_init(env, &rounded, 12, 0) == TVM_OK);
	for (size_t s = 0; s < sizeof(shots) / sizeof(shots[0]); s++)
	{
		double		seen[2][4096] = {{0}};
		TvmRng		rng;

		tvm_rng_init(&rng, 12, s);
		dense_random_state(&rng, &state, NULL);
		for (uint64_t i = 0; i < state.count; i++)
		{
			/* Single indices, and two whole blocks. */
			if (i % 3 == 0 || i >> 10 == 1 || i >> 10 == 3)
				state.amp[i] = tvm_complex(0, 0);
			rounded.amp[i] = state.amp[i].re == 0 ? tvm_complex(0, 1e-17 * (double) (i % 5)) : state.amp[i];
		}
		for (int way = 0; way < 2; way++)
		{
			tvm_rng_init(&rng, 13, s);
			CHECK(tvm_measure_shots(env, way == 0 ? &state : &rounded, shots[s], &rng, tally, seen[way]) == TVM_OK);
		}
		CHECK_EQ(memcmp(seen[0], seen[1], sizeof(seen[0])), 0);
	}
	tvm_state_free(env, &state);
	tvm_state_free(env, &rounded);
}

TEST(neighbouring_seeds_give_unrelated_shots)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	double		seen[2][16];
	double		covariance = 0;
	double		variance = 0;

	CHECK(tvm_state_init(env, &state, 4, 0) == TVM_OK);
	for (int i = 0; i < 16; i++)
		state.amp[i] = tvm_complex(0.25, 0);
	for (uint64_t seed = 0; seed < 200; seed++)
	{
		memset(seen, 0, sizeof(seen));
		for (int next = 0; next < 2; next++)
		{
			TvmRng		rng;

			tvm_rng_init(&rng, seed + (uint64_t) next, 0);
			CHECK(tvm_measure_shots(env, &state, 160, &rng, tally, seen[next]) == TVM_OK);
		}
		for (int i = 0; i < 16; i++)
		{
			covariance += (seen[0][i] - 10) * (seen[1][i] - 10);
			variance += (seen[0][i] - 10) * (seen[0][i] - 10);
		}
	}
	CHECK_NEAR(covariance / variance, 0, 5 / sqrt(200.0 * 15));
	tvm_state_free(env, &state);
}

TEST(counts_are_a_map)
{
	TvmEnv	   *env = unit_env();
	TvmCounts	counts;
	TvmRng		rng;
	uint64_t	plain[3][97] = {{0}};

	for (int width = 0; width < 3; width++)
	{
		uint32_t	bits = width == 0 ? 7 : width == 1 ? 64 : 130;
		uint64_t	before[3] = {0};
		uint64_t	total = 0;

		tvm_rng_init(&rng, 5, (uint64_t) width);
		CHECK(tvm_counts_init(env, &counts, bits) == TVM_OK);
		for (int i = 0; i < 5000; i++)
		{
			uint32_t	which = dense_below(&rng, 97);
			uint64_t	key[3] = {which, 0, 0};

			if (width == 2)
				key[2] = which % 3;
			CHECK(tvm_counts_add(env, &counts, key, 1 + i % 2) == TVM_OK);
			plain[width][which] += 1 + (uint64_t) i % 2;
		}
		for (int sorted = 0; sorted < 2; sorted++)
		{
			for (uint32_t which = 0; which < 97; which++)
			{
				uint64_t	key[3] = {which, 0, width == 2 ? which % 3 : 0};

				CHECK_EQ(build_count(&counts, key), plain[width][which]);
			}
			CHECK(build_count(&counts, (uint64_t[]) {97, 0, 0}) == 0);
			CHECK(tvm_counts_sort(env, &counts) == TVM_OK);
		}
		CHECK_EQ(counts.count, 97);
		for (size_t i = 0; i < counts.count; i++)
		{
			const uint64_t *key = counts.keys + i * counts.words;

			if (i > 0 && width < 2)
				CHECK(key[0] > before[0]);
			if (i > 0 && width == 2)
				CHECK(key[2] > before[2] || (key[2] == before[2] && key[0] > before[0]));
			memcpy(before, key, counts.words * sizeof(uint64_t));
			total += counts.times[i];
		}
		CHECK_EQ(total, 7500);
		tvm_counts_free(env, &counts);
	}
}

/* `steps` keys, ascending but for those from the `turn`-th on, each seen twice; the first failure. */
static TvmStatus
count_with_turn(TvmEnv *env, TvmCounts *counts, uint64_t *plain, size_t steps, size_t turn)
{
	TvmStatus	status = tvm_counts_init(env, counts, 70);

	for (size_t i = 0; i < 2 * steps && status == TVM_OK; i++)
	{
		uint32_t	which = (uint32_t) (i / 2 >= turn ? (i * 7919) % steps : i / 2);
		uint64_t	key[2] = {which % 8, which / 8};

		status = tvm_counts_add(env, counts, key, 1 + i % 3);
		plain[which] += 1 + i % 3;
		if (status == TVM_OK && turn > steps)
			CHECK(counts->slot == NULL);
	}
	return status;
}

TEST(counts_that_ascend_need_no_hash_table_and_others_get_one_at_any_time)
{
	static const size_t turns[] = {0, 1, 15, 16, 17, 32, 100, 299, 1000};
	TvmEnv	   *env = unit_env();

	for (size_t t = 0; t < sizeof(turns) / sizeof(*turns); t++)
	{
		TvmCounts	counts;
		uint64_t	plain[300] = {0};
		size_t		different = 0;

		CHECK(count_with_turn(env, &counts, plain, 300, turns[t]) == TVM_OK);
		CHECK((counts.slot != NULL) == (turns[t] <= 299));
		for (int sorted = 0; sorted < 2; sorted++)
		{
			for (uint32_t which = 0; which < 300; which++)
				CHECK_EQ(build_count(&counts, (uint64_t[]) {which % 8, which / 8}), plain[which]);
			CHECK(tvm_counts_sort(env, &counts) == TVM_OK);
		}
		for (uint32_t which = 0; which < 300; which++)
			different += plain[which] > 0;
		CHECK_EQ(counts.count, different);

		/* After sorting it goes on. */
		CHECK(tvm_counts_add(env, &counts, (uint64_t[]) {0, 0}, 5) == TVM_OK);
		CHECK_EQ(build_count(&counts, (uint64_t[]) {0, 0}), plain[0] + 5);
		tvm_counts_free(env, &counts);
	}
}

TEST(counts_without_memory_or_cancelled_leave_what_can_be_freed)
{
	for (size_t turn = 10; turn < 2000; turn += 1000)
		for (int n = 1; n <= 60; n++)
		{
			TvmEnv	   *env = unit_env();
			TvmCounts	counts;
			uint64_t	plain[300] = {0};
			TvmStatus	status;

			unit_env_fail_at(n % 2 == 0 ? n / 2 : 0);
			unit_env_cancel_after(n % 2 == 1 ? n / 2 : -1);
			status = count_with_turn(env, &counts, plain, 300, turn);
			CHECK(status == TVM_OK || status == (n % 2 == 0 ? TVM_NOMEM : TVM_CANCELLED));
			CHECK(n > 3 || status != TVM_OK);
			tvm_counts_free(env, &counts);
		}
}

TEST(bits_are_printed_from_the_highest)
{
	char		text[71];
	uint64_t	key[2] = {0xA, 0x21};

	tvm_bits_format(key, 4, text);
	CHECK(strcmp(text, "1010") == 0);
	tvm_bits_format(key, 70, text);
	CHECK_EQ(strlen(text), 70);
	CHECK(strncmp(text, "1000010", 7) == 0);
	tvm_bits_format(key, 0, text);
	CHECK(strcmp(text, "") == 0);
}

TEST(states_of_several_pieces_are_measured_as_plain_loops_do)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	uint32_t	n = 18;
	Cx		   *psi = malloc(sizeof(Cx) << n);

	tvm_rng_init(&rng, 12, 0);
	CHECK(tvm_state_init(env, &state, n, 0) == TVM_OK);
	for (uint32_t q = 0; q < n; q += q == 0 ? 8 : 9)	/* lowest, middle, highest */
	{
		uint64_t	bit = (uint64_t) 1 << q;
		uint64_t	x = bit | 4;
		uint64_t	z = bit | 1 << 16;
		double		p1 = 0;
		Cx			coherence = 0;
		Cx			pauli = 0;
		double		xyz[3];
		double		both[2];
		double		got;
		int			found;

		dense_random_state(&rng, &state, psi);
		for (uint64_t i = 0; i < state.count; i++)
		{
			int			sign = __builtin_popcountll(i & z) & 1 ? -1 : 1;

			if ((i & bit) != 0)
				p1 += creal(psi[i] * conj(psi[i]));
			else
				coherence += conj(psi[i]) * psi[i | bit];
			pauli += conj(psi[i ^ x]) * (sign * I) * psi[i];	/* one Y, on q */
		}
		CHECK(tvm_measure_both(env, &state, q, both) == TVM_OK);
		CHECK_NEAR(both[1], p1, 1e-12);
		CHECK(tvm_reduced_bloch(env, &state, q, xyz) == TVM_OK);
		CHECK_NEAR(xyz[0], 2 * creal(coherence), 1e-12);
		CHECK_NEAR(xyz[1], 2 * cimag(coherence), 1e-12);
		CHECK_NEAR(xyz[2], 1 - 2 * p1, 1e-12);
		CHECK(tvm_pauli_expectation(env, &state, x, z, &got) == TVM_OK);
		CHECK_NEAR(got, creal(pauli), 1e-12);
		CHECK(trajectory_reset(env, &state, q, 0, &found) == TVM_OK);
		CHECK_EQ(found, 1);
		for (uint64_t i = 0; i < state.count; i++)
			if ((i & bit) == 0)
			{
				psi[i] = psi[i | bit] / sqrt(p1);
				psi[i | bit] = 0;
			}
		CHECK(dense_distance(&state, psi) < 1e-14);
	}
	for (int call = 0; call < 4; call++)
	{
		double		xyz[3];
		TvmStatus	status;

		unit_env_cancel_after(1);
		status = call == 0 ? tvm_measure_both(env, &state, 3, xyz) :
			call == 1 ? tvm_reduced_bloch(env, &state, 3, xyz) :
			call == 2 ? tvm_pauli_expectation(env, &state, 8, 8, xyz) :
			tvm_pauli_apply(env, &state, 8, 8);
		CHECK(status == TVM_CANCELLED);
	}
	unit_env_cancel_after(-1);
	free(psi);
	tvm_state_free(env, &state);
}
