/*
 * test_sums.c: what a run gives of a state by itself: Bloch vectors, overlaps and
 * the most probable basis states, against plain loops in long double, on every vector
 * path, in both precisions.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "unit.h"

#include "kernel/quantum/simd/simd.h"
#include "kernel/quantum/state/reduced.h"

/* Amplitudes of very different sizes, some of them 0; of norm 1. */
static void
fill(TvmRng *rng, TvmState *state)
{
	double		norm = 0;

	for (uint64_t i = 0; i < state->count; i++)
	{
		double		size = dense_below(rng, 5) == 0 ? 0 : pow(10, dense_uniform(rng, -4, 0));

		tvm_put(state, i, tvm_complex(size * dense_uniform(rng, -1, 1), size * dense_uniform(rng, -1, 1)));
		norm += tvm_complex_norm2(tvm_get(state, i));
	}
	for (uint64_t i = 0; i < state->count; i++)
		tvm_put(state, i, tvm_complex_scale(tvm_get(state, i), 1 / sqrt(norm)));
}

static void
plain_bloch(const TvmState *state, uint32_t qubit, long double xyz[3])
{
	uint64_t	bit = (uint64_t) 1 << qubit;

	xyz[0] = xyz[1] = xyz[2] = 0;
	for (uint64_t i = 0; i < state->count; i++)
	{
		TvmComplex	a = tvm_get(state, i);
		TvmComplex	b = tvm_get(state, i ^ bit);
		long double p = (long double) a.re * a.re + (long double) a.im * a.im;

		xyz[2] += (i & bit) == 0 ? p : -p;
		if ((i & bit) != 0)
			continue;
		xyz[0] += 2 * ((long double) a.re * b.re + (long double) a.im * b.im);
		xyz[1] += 2 * ((long double) a.re * b.im - (long double) a.im * b.re);
	}
}

/* Every path's Bloch vectors are right, and the same to the last bit. */
static void
check_bloch(uint32_t qubits, TvmPrecision precision)
{
	TvmEnv	   *env = unit_env();
	double		first[3 * 32];
	double		xyz[3 * 32];
	bool		compared = false;
	TvmState	state;
	TvmRng		rng;

	tvm_rng_init(&rng, 5, qubits);
	CHECK_EQ(tvm_state_init_as(env, &state, qubits, precision, 0), TVM_OK);
	fill(&rng, &state);
	for (int simd = TVM_SIMD_PORTABLE; simd < TVM_SIMD_COUNT; simd++)
	{
		if (!tvm_simd_choose((TvmSimd) simd))
			continue;
		CHECK_EQ(tvm_reduced_bloch_all(env, &state, xyz), TVM_OK);
		if (!compared)
			memcpy(first, xyz, sizeof(first));
		compared = true;
		CHECK_EQ(memcmp(first, xyz, 3 * qubits * sizeof(double)), 0);
	}
	tvm_simd_choose(TVM_SIMD_AUTO);
	for (uint32_t q = 0; q < qubits; q++)
	{
		long double wanted[3];

		plain_bloch(&state, q, wanted);
		for (int i = 0; i < 3; i++)
			CHECK_NEAR(first[3 * q + i], (double) wanted[i], 1e-14);
	}
	tvm_state_free(env, &state);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(bloch_vectors_of_all_qubits_on_every_path)
{
	for (uint32_t qubits = 1; qubits <= 16; qubits++)
	{
		check_bloch(qubits, TVM_DOUBLE);
		check_bloch(qubits, TVM_SINGLE);
	}
	check_bloch(20, TVM_DOUBLE);	/* one pass over rows far apart, and two */
	check_bloch(21, TVM_SINGLE);
}

TEST(bloch_vectors_give_up_their_memory)
{
	TvmEnv	   *env = unit_env();
	double		xyz[3 * 14];
	TvmState	state;

	CHECK_EQ(tvm_state_init(env, &state, 14, 0), TVM_OK);
	unit_env_fail_at(1);
	CHECK_EQ(tvm_reduced_bloch_all(env, &state, xyz), TVM_NOMEM);
	unit_env_fail_at(0);
	for (long calls = 0; calls < 3; calls++)
	{
		unit_env_cancel_after(calls);
		CHECK_EQ(tvm_reduced_bloch_all(env, &state, xyz), TVM_CANCELLED);
	}
	unit_env_cancel_after(-1);
	tvm_state_free(env, &state);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(overlaps_in_both_precisions)
{
	TvmEnv	   *env = unit_env();

	for (uint32_t qubits = 1; qubits <= 14; qubits++)
		for (int precision = TVM_DOUBLE; precision <= TVM_SINGLE; precision++)
		{
			long double re = 0;
			long double im = 0;
			long double square = 0;
			double		norm;
			TvmComplex	got;
			TvmState	a,
						b;
			TvmRng		rng;

			tvm_rng_init(&rng, 6, qubits);
			CHECK_EQ(tvm_state_init_as(env, &a, qubits, (TvmPrecision) precision, 0), TVM_OK);
			CHECK_EQ(tvm_state_init_as(env, &b, qubits, (TvmPrecision) precision, 0), TVM_OK);
			fill(&rng, &a);
			fill(&rng, &b);
			for (uint64_t i = 0; i < a.count; i++)
			{
				TvmComplex	x = tvm_get(&a, i);
				TvmComplex	y = tvm_get(&b, i);

				re += (long double) x.re * y.re + (long double) x.im * y.im;
				im += (long double) x.re * y.im - (long double) x.im * y.re;
				square += (long double) x.re * x.re + (long double) x.im * x.im;
			}
			CHECK_EQ(tvm_state_overlap(env, &a, &b, &got), TVM_OK);
			CHECK_NEAR(got.re, (double) re, 1e-14);
			CHECK_NEAR(got.im, (double) im, 1e-14);
			CHECK_EQ(tvm_state_norm(env, &a, &norm), TVM_OK);
			CHECK_NEAR(norm, (double) sqrtl(square), 1e-14);
			tvm_state_free(env, &a);
			tvm_state_free(env, &b);
		}
}

static int
by_probability(const void *left, const void *right)
{
	const TvmTop *l = left;
	const TvmTop *r = right;

	if (l->probability != r->probability)
		return l->probability > r->probability ? -1 : 1;
	return (l->basis > r->basis) - (l->basis < r->basis);
}

/* Against all of them sorted; `values` different probabilities, so that many are equal. */
static void
check_top(uint32_t qubits, TvmPrecision precision, uint32_t values, size_t k)
{
	TvmEnv	   *env = unit_env();
	TvmTop	   *all = calloc((size_t) 1 << qubits, sizeof(TvmTop));
	TvmTop	   *top = calloc(k, sizeof(TvmTop));
	size_t		wanted = 0;
	size_t		found;
	TvmState	state;
	TvmRng		rng;

	tvm_rng_init(&rng, 7, qubits * 1000 + values);
	CHECK_EQ(tvm_state_init_as(env, &state, qubits, precision, 0), TVM_OK);
	for (uint64_t i = 0; i < state.count; i++)
		tvm_put(&state, i, tvm_complex(dense_below(&rng, values) / 64.0, dense_below(&rng, 2) / 64.0));
	for (uint64_t i = 0; i < state.count; i++)
	{
		TvmComplex	z = tvm_get(&state, i);

		if (tvm_complex_norm2(z) > 0.001)
			all[wanted++] = (TvmTop) {i, z.re, z.im, tvm_complex_norm2(z)};
	}
	qsort(all, wanted, sizeof(TvmTop), by_probability);
	CHECK_EQ(tvm_state_top(env, &state, k, 0.001, top, &found), TVM_OK);
	CHECK_EQ(found, wanted < k ? wanted : k);
	CHECK_EQ(memcmp(top, all, found * sizeof(TvmTop)), 0);
	tvm_state_free(env, &state);
	free(all);
	free(top);
}

TEST(the_most_probable_are_those_of_all_sorted)
{
	for (uint32_t qubits = 1; qubits <= 17; qubits++)
		for (uint32_t values = 2; values <= 2000; values *= 30)
		{
			check_top(qubits, TVM_DOUBLE, values, 16);
			check_top(qubits, TVM_SINGLE, values, 16);
			check_top(qubits, TVM_DOUBLE, values, 1000);
		}
}
