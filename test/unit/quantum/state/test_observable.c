/*
 * test_observable.c: Pauli sums, Bloch vectors, reduced density matrices,
 * overlaps and the most probable states, against full matrices.
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/state/observable.h"
#include "kernel/quantum/state/entropy.h"
#include "kernel/quantum/state/reduced.h"

/* The full matrix of a Pauli string, letters for q[0] first. */
static void
dense_pauli(int n, const char *letters, Dense *out)
{
	static Dense one;
	static Dense product;

	memset(out, 0, sizeof(*out));
	out->n = n;
	for (int i = 0; i < 1 << n; i++)
		out->m[i][i] = 1;
	for (uint32_t q = 0; q < (uint32_t) n; q++)
	{
		TvmGate		gate;

		tvm_gate_init(&gate, letters[q] == 'X' ? TVM_OP_X : letters[q] == 'Y' ? TVM_OP_Y :
					  letters[q] == 'Z' ? TVM_OP_Z : TVM_OP_I);
		gate.target_count = 1;
		gate.targets = &q;
		dense_gate(n, &gate, &one);
		memset(&product, 0, sizeof(product));
		product.n = n;
		for (int r = 0; r < 1 << n; r++)
			for (int c = 0; c < 1 << n; c++)
				for (int k = 0; k < 1 << n; k++)
					product.m[r][c] += one.m[r][k] * out->m[k][c];
		*out = product;
	}
}

static double
dense_expectation(const Dense *p, const Cx *psi)
{
	Cx			sum = 0;

	for (int r = 0; r < 1 << p->n; r++)
		for (int c = 0; c < 1 << p->n; c++)
			sum += conj(psi[r]) * p->m[r][c] * psi[c];
	return creal(sum);
}

TEST(pauli_sums_match_their_matrices)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	static Dense p;

	tvm_rng_init(&rng, 1, 5);
	for (int n = 1; n <= 5; n++)
		for (int round = 0; round < 12; round++)
		{
			TvmObservable observable;
			TvmState	state;
			Cx			psi[DENSE_DIM];
			char		text[1000] = "";
			double		wanted = 0;
			double		got;

			CHECK(tvm_state_init(env, &state, (uint32_t) n, 0) == TVM_OK);
			dense_random_state(&rng, &state, psi);
			for (int term = 0; term < 3; term++)
			{
				char		letters[8] = "";
				char	   *at = text + strlen(text);
				double		factor = dense_uniform(&rng, -3, 3);

				for (int q = 0; q < n; q++)
					letters[q] = "IXYZ"[dense_below(&rng, 4)];
				at += sprintf(at, " %s %.17g", factor < 0 ? "-" : term > 0 ? "+" : "", fabs(factor));
				if (round % 2)
				{
					*at++ = '*';
					for (int q = n; q-- > 0;)
						*at++ = letters[q];
					*at = '\0';
				}
				else
					for (int q = 0; q < n; q++)
						at += sprintf(at, " %c%d", letters[q], q);
				dense_pauli(n, letters, &p);
				wanted += factor * dense_expectation(&p, psi);
			}
			CHECK(tvm_observable_parse(env, text, strlen(text), (uint32_t) n, &observable) == TVM_OK);
			CHECK(tvm_observable_expectation(env, &state, &observable, &got) == TVM_OK);
			CHECK_NEAR(got, wanted, 1e-13);
			tvm_observable_free(env, &observable);
			tvm_state_free(env, &state);
		}
}

/* What `text` means on |q[2] q[1] q[0]> = |0 1 +>: Z of q1 is -1, of q2 1, X of q0 is 1. */
static void
check_text(TvmEnv *env, const char *text, double wanted)
{
	TvmObservable observable;
	TvmState	state;
	double		got = NAN;

	CHECK(tvm_state_init(env, &state, 3, 0) == TVM_OK);
	CHECK(tvm_state_set_basis(env, &state, 2) == TVM_OK);
	state.amp[2] = state.amp[3] = tvm_complex(sqrt(0.5), 0);
	if (tvm_observable_parse(env, text, strlen(text), 3, &observable) != TVM_OK)
		unit_fail(__FILE__, __LINE__, "\"%s\": %s %s", text, env->error.message, env->error.detail);
	else
	{
		CHECK(tvm_observable_expectation(env, &state, &observable, &got) == TVM_OK);
		if (!(fabs(got - wanted) <= 1e-14 * (1 + fabs(wanted))))
			unit_fail(__FILE__, __LINE__, "\"%s\" is %g, not %g", text, got, wanted);
	}
	tvm_observable_free(env, &observable);
	tvm_state_free(env, &state);
}

TEST(observables_are_read_in_every_spelling)
{
	TvmEnv	   *env = unit_env();

	check_text(env, "ZZX", -1);
	check_text(env, "zIi", 1);
	check_text(env, "IIX", 1);
	check_text(env, "XII", 0);
	check_text(env, "III", 1);
	check_text(env, "X0", 1);
	check_text(env, "Z1", -1);
	check_text(env, "X0Z1Z2", -1);
	check_text(env, "Z2*Z1 * X0", -1);
	check_text(env, "I2", 1);
	check_text(env, "-Z1", 1);
	check_text(env, "+ 2 Z1", -2);
	check_text(env, "- .5e1 * ZZX", 5);
	check_text(env, "3", 3);
	check_text(env, "0.5*ZZX - 1.2*X0 Z1 + 3.", -0.5 + 1.2 + 3);
	check_text(env, "\t1E-2ZII\n-1e+2 IIX\r\n", 0.01 - 100);
	check_text(env, "1-1+X0-X0", 0);
	check_text(env, "Z01", -1);
}

static void
check_refused(TvmEnv *env, const char *text, size_t length, const char *detail)
{
	TvmObservable observable;
	TvmStatus	status = tvm_observable_parse(env, text, length, 3, &observable);

	if (status != TVM_INVALID || strstr(env->error.detail, detail) == NULL)
		unit_fail(__FILE__, __LINE__, "\"%s\": status %d, \"%s\" instead of \"%s\"", text, status,
				  env->error.detail, detail);
	CHECK(env->error.path[0] == '\0');
	CHECK_EQ(observable.count, 0);
	tvm_observable_free(env, &observable);
}

TEST(bad_observables_are_refused_with_the_position)
{
	TvmEnv	   *env = unit_env();
	static const struct
	{
		const char *text;
		const char *detail;
	}			bad[] = {
		{"", "at character 1"},
		{"  ", "at character 3"},
		{"ZZ", "2 letters for 3 qubits at character 1"},
		{"Z", "1 letters for 3 qubits"},
		{"X0 + ZZZZ", "4 letters for 3 qubits at character 6"},
		{"X3", "at character 2: outside 0..2"},
		{"X99999999999999999999999", "outside 0..2"},
		{"X0 Y0", "at character 4"},
		{"X0 ZZZ", "at character 4"},
		{"ZZZ X0", "at character 5"},
		{"ZZZ XXX", "at character 5"},
		{"X0 +", "at character 5"},
		{"X0 *", "at character 5"},
		{"2 *", "at character 4"},
		{"2 * 3", "at character 5"},
		{"2 3", "at character 3"},
		{"+-X0", "at character 2"},
		{"*X0", "at character 1"},
		{"A0", "at character 1"},
		{"1e", "at character 3"},
		{"1e+ X0", "at character 4"},
		{".", "at character 1"},
		{"1e999", "at character 1"},
		{"1e101", "at character 1"},
		{"nan", "at character 1"},
		{"inf X0", "1 letters"},
		{"0x10", "at character 3: outside 0..2"},	/* no hexadecimal: 0 * X10 */
		{"X0; DROP", "at character 3"},
		{"X-1", "1 letters"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_refused(env, bad[i].text, strlen(bad[i].text), bad[i].detail);
	check_refused(env, "X0\0Y1", 5, "at character 3");
	check_refused(env, "11111111111111111111111111111111111111111111111111111111111111111", 65,
				  "at character 1");
}

TEST(any_bytes_are_an_observable_or_an_error)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	static const char alphabet[] = "IXYZ0123 +-*.e\t9a\xff";

	tvm_rng_init(&rng, 9, 9);
	for (int round = 0; round < 20000; round++)
	{
		char		text[24];
		size_t		length = dense_below(&rng, 24);
		char	   *exact = malloc(length + 1);	/* so that reading past the end is seen */
		TvmObservable observable;

		for (size_t i = 0; i < length; i++)
			text[i] = alphabet[dense_below(&rng, sizeof(alphabet) - 1)];
		memcpy(exact, text, length);
		if (tvm_observable_parse(env, exact, length, 2, &observable) == TVM_OK)
			tvm_observable_free(env, &observable);
		free(exact);
	}
}

TEST(bloch_vectors_and_reduced_matrices_are_partial_traces)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmComplex	rho[DENSE_DIM * DENSE_DIM];

	tvm_rng_init(&rng, 2, 5);
	for (uint32_t n = 1; n <= 6; n++)
		for (uint32_t k = 1; k <= n; k++)
		{
			TvmState	state;
			Cx			psi[DENSE_DIM];
			Cx			wanted[DENSE_DIM * DENSE_DIM] = {0};
			uint32_t	qubits[DENSE_MAX];
			uint32_t	dim = 1u << k;
			double		worst = 0;
			double		xyz[3 * DENSE_MAX];

			CHECK(tvm_state_init(env, &state, n, 0) == TVM_OK);
			dense_random_state(&rng, &state, psi);
			dense_random_qubits(&rng, n, qubits);
			for (uint32_t i = 0; i < state.count; i++)
				for (uint32_t j = 0; j < state.count; j++)
				{
					uint32_t	row = 0;
					uint32_t	column = 0;
					uint32_t	rest = i ^ j;

					for (uint32_t b = 0; b < k; b++)
					{
						row |= (i >> qubits[b] & 1) << b;
						column |= (j >> qubits[b] & 1) << b;
						rest &= ~(1u << qubits[b]);
					}
					if (rest == 0)
						wanted[dim * row + column] += psi[i] * conj(psi[j]);
				}
			CHECK(tvm_reduced_density(env, &state, qubits, k, rho) == TVM_OK);
			for (uint32_t i = 0; i < dim * dim; i++)
				worst = fmax(worst, cabs(rho[i].re + I * rho[i].im - wanted[i]));
			CHECK(worst < 1e-14);
			CHECK(tvm_reduced_bloch_all(env, &state, xyz) == TVM_OK);
			if (k == 1)
			{
				CHECK_NEAR(xyz[3 * qubits[0]], 2 * creal(wanted[2]), 1e-14);
				CHECK_NEAR(xyz[3 * qubits[0] + 1], 2 * cimag(wanted[2]), 1e-14);
				CHECK_NEAR(xyz[3 * qubits[0] + 2], creal(wanted[0] - wanted[3]), 1e-14);
			}
			tvm_state_free(env, &state);
		}
}

TEST(reduced_matrix_of_a_large_state)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	TvmComplex	rho[4];
	uint32_t	qubit = 16;
	double		entropy;

	/* GHZ of 17 qubits: each qubit is fully mixed. */
	CHECK(tvm_state_init(env, &state, 17, 0) == TVM_OK);
	state.amp[0] = state.amp[state.count - 1] = tvm_complex(sqrt(0.5), 0);
	CHECK(tvm_reduced_density(env, &state, &qubit, 1, rho) == TVM_OK);
	CHECK_NEAR(rho[0].re, 0.5, 1e-15);
	CHECK_NEAR(rho[3].re, 0.5, 1e-15);
	CHECK_EQ(rho[1].re, 0);
	CHECK(tvm_reduced_entropy(env, rho, 1, &entropy) == TVM_OK);
	CHECK_NEAR(entropy, 1, 1e-14);
	tvm_state_free(env, &state);
}

TEST(entropy_of_a_known_spectrum)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	/* rho = V diag(p) V* for a random V: the entropy is that of p. */
	tvm_rng_init(&rng, 3, 5);
	for (uint32_t k = 1; k <= 5; k++)
	{
		uint32_t	dim = 1u << k;
		static double v[2 * 1024];
		static TvmComplex rho[1024];
		double		p[32];
		double		total = 0;
		double		wanted = 0;
		double		entropy;
		const Cx   *m = (const Cx *) v;

		dense_random_unitary(&rng, k, v);
		for (uint32_t i = 0; i < dim; i++)
			total += p[i] = i % 4 == 3 ? 0 : dense_uniform(&rng, 0, 1);
		for (uint32_t i = 0; i < dim; i++)
		{
			p[i] /= total;
			wanted -= p[i] > 0 ? p[i] * log2(p[i]) : 0;
		}
		for (uint32_t r = 0; r < dim; r++)
			for (uint32_t c = 0; c < dim; c++)
			{
				Cx			sum = 0;

				for (uint32_t i = 0; i < dim; i++)
					sum += m[dim * r + i] * p[i] * conj(m[dim * c + i]);
				rho[dim * r + c] = tvm_complex(creal(sum), cimag(sum));
			}
		CHECK(tvm_reduced_entropy(env, rho, k, &entropy) == TVM_OK);
		CHECK_NEAR(entropy, wanted, 1e-11);
	}
	CHECK(tvm_reduced_entropy(env, NULL, 11, &(double) {0}) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "qubits") == 0);
}

/* Both sides of a cut have the same entropy, and it is that of Bell pairs across it. */
TEST(entropy_of_a_cut)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	TvmRng		rng;
	uint32_t	low[] = {0, 1, 2, 3, 4, 5};
	uint32_t	high[] = {8, 6, 7};
	uint32_t	three[] = {5, 1, 3};
	uint32_t	others[] = {0, 2, 4, 6, 7, 8};
	double		bits;
	double		other;
	double		norm;

	/* (|00> + |11>)/sqrt 2 on qubits (0, 6), (1, 7), (2, 8); 3, 4, 5 are |0> */
	CHECK(tvm_state_init(env, &state, 9, 0) == TVM_OK);
	for (uint64_t i = 0; i < state.count; i++)
		state.amp[i] = tvm_complex((i >> 6) == (i & 7) && (i >> 3 & 7) == 0 ? sqrt(0.125) : 0, 0);
	CHECK(tvm_cut_entropy(env, &state, low, 6, &bits) == TVM_OK);
	CHECK_NEAR(bits, 3, 1e-13);
	CHECK(tvm_cut_entropy(env, &state, high, 3, &bits) == TVM_OK);
	CHECK_NEAR(bits, 3, 1e-13);
	CHECK(tvm_cut_entropy(env, &state, low + 3, 3, &bits) == TVM_OK);
	CHECK_NEAR(bits, 0, 1e-13);
	CHECK(tvm_cut_entropy(env, &state, low, 0, &bits) == TVM_OK);
	CHECK_EQ(bits, 0);

	tvm_rng_init(&rng, 8, 1);
	norm = 0;
	for (uint64_t i = 0; i < state.count; i++)
	{
		state.amp[i] = tvm_complex(dense_uniform(&rng, -1, 1), dense_uniform(&rng, -1, 1));
		norm += state.amp[i].re * state.amp[i].re + state.amp[i].im * state.amp[i].im;
	}
	for (uint64_t i = 0; i < state.count; i++)
		state.amp[i] = tvm_complex(state.amp[i].re / sqrt(norm), state.amp[i].im / sqrt(norm));
	CHECK(tvm_cut_entropy(env, &state, three, 3, &bits) == TVM_OK);
	CHECK(tvm_cut_entropy(env, &state, others, 6, &other) == TVM_OK);
	CHECK_NEAR(bits, other, 1e-12);
	CHECK(bits > 2.5 && bits < 3);
	{
		/* The larger side by itself has it too: nothing above was the same code twice. */
		static TvmComplex rho[64 * 64];

		CHECK(tvm_reduced_density(env, &state, others, 6, rho) == TVM_OK);
		CHECK(tvm_reduced_entropy(env, rho, 6, &other) == TVM_OK);
		CHECK_NEAR(bits, other, 1e-12);
	}
	tvm_state_free(env, &state);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(reduced_matrices_refuse_bad_qubits)
{
	TvmEnv	   *env = unit_env();
	TvmState	state;
	TvmComplex	rho[16];
	uint32_t	qubits[3] = {0, 0, 1};

	CHECK(tvm_state_init(env, &state, 2, 0) == TVM_OK);
	CHECK(tvm_reduced_density(env, &state, qubits, 0, rho) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "qubits") == 0);
	CHECK(tvm_reduced_density(env, &state, qubits, 3, rho) == TVM_INVALID);
	CHECK(tvm_reduced_density(env, &state, qubits, 2, rho) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "qubits[1]") == 0);
	qubits[1] = 2;
	CHECK(tvm_reduced_density(env, &state, qubits, 2, rho) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "qubits[1]") == 0);
	tvm_state_free(env, &state);
}

TEST(overlap_fidelity_and_norm)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	a;
	TvmState	b;
	uint32_t	n = 17;			/* more than one piece */
	Cx			sum = 0;
	Cx		   *left = malloc(sizeof(Cx) << n);
	Cx		   *right = malloc(sizeof(Cx) << n);
	TvmComplex	overlap;
	double		value;

	tvm_rng_init(&rng, 4, 5);
	CHECK(tvm_state_init(env, &a, n, 0) == TVM_OK);
	CHECK(tvm_state_init(env, &b, n, 0) == TVM_OK);
	dense_random_state(&rng, &a, left);
	dense_random_state(&rng, &b, right);
	for (uint64_t i = 0; i < a.count; i++)
		sum += conj(left[i]) * right[i];
	CHECK(tvm_state_overlap(env, &a, &b, &overlap) == TVM_OK);
	CHECK_NEAR(overlap.re, creal(sum), 1e-14);
	CHECK_NEAR(overlap.im, cimag(sum), 1e-14);
	CHECK(tvm_state_fidelity(env, &a, &b, &value) == TVM_OK);
	CHECK_NEAR(value, creal(sum * conj(sum)), 1e-14);
	CHECK(tvm_state_fidelity(env, &a, &a, &value) == TVM_OK);
	CHECK_NEAR(value, 1, 1e-13);
	CHECK(value <= 1);
	CHECK(tvm_state_norm(env, &a, &value) == TVM_OK);
	CHECK_NEAR(value, 1, 1e-13);
	free(left);
	free(right);
	tvm_state_free(env, &a);
	tvm_state_free(env, &b);
}

TEST(the_most_probable_states_in_order)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmState	state;
	double		p[256];

	tvm_rng_init(&rng, 6, 5);
	CHECK(tvm_state_init(env, &state, 8, 0) == TVM_OK);
	for (int i = 0; i < 256; i++)	/* many equal ones, many zeros */
		state.amp[i] = tvm_complex(0, dense_below(&rng, 6) / 40.0);
	for (int i = 0; i < 256; i++)
		p[i] = tvm_complex_norm2(state.amp[i]);
	for (size_t k = 0; k <= 300; k += k < 5 ? 1 : 59)
	{
		TvmTop		top[300];
		TvmTop		again[300];
		size_t		found;
		size_t		found_again;
		size_t		above = 0;

		CHECK(tvm_state_top(env, &state, k, 0, top, &found) == TVM_OK);
		CHECK(tvm_probabilities_top(env, p, 256, k, 0, again, &found_again) == TVM_OK);
		for (int i = 0; i < 256; i++)
			above += p[i] > 0;
		CHECK_EQ(found, k < above ? k : above);
		CHECK_EQ(found_again, found);
		for (size_t i = 0; i < found; i++)
		{
			size_t		better = 0;

			/* Its place is the number of those that come before it. */
			for (uint64_t j = 0; j < 256; j++)
				better += p[j] > p[top[i].basis] || (p[j] == p[top[i].basis] && j < top[i].basis);
			CHECK_EQ(better, i);
			CHECK_EQ(top[i].probability, p[top[i].basis]);
			CHECK_EQ(top[i].im, state.amp[top[i].basis].im);
			CHECK_EQ(again[i].basis, top[i].basis);
			CHECK_EQ(again[i].im, 0);
		}
	}
	tvm_state_free(env, &state);
}

static TvmStatus
observe(TvmEnv *env)
{
	static const char text[] = "X0 + Y1 + Z2 + XYZ + 1 + 2 + 3 + 4 + 5 X0";
	TvmObservable observable;
	TvmState	state;
	TvmComplex	rho[16];
	double		value;
	TvmStatus	status;

	status = tvm_observable_parse(env, text, sizeof(text) - 1, 3, &observable);
	if (status != TVM_OK)
		return status;
	status = tvm_state_init(env, &state, 3, 0);
	if (status == TVM_OK)
		status = tvm_observable_expectation(env, &state, &observable, &value);
	if (status == TVM_OK)
		status = tvm_reduced_density(env, &state, (uint32_t[]) {2, 0}, 2, rho);
	if (status == TVM_OK)
		status = tvm_reduced_entropy(env, rho, 2, &value);
	tvm_state_free(env, &state);
	tvm_observable_free(env, &observable);
	return status;
}

TEST(observing_survives_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	long		count;
	long		calls = 0;

	CHECK(observe(env) == TVM_OK);
	count = unit_env_allocations();
	for (long i = 1; i <= count; i++)
	{
		unit_env_fail_at(i);
		CHECK(observe(env) == TVM_NOMEM);
		CHECK_EQ(unit_env_live(), 0);
	}
	unit_env_fail_at(0);
	for (TvmStatus status = TVM_CANCELLED; status == TVM_CANCELLED; calls++)
	{
		unit_env_cancel_after(calls);
		status = observe(env);
		unit_env_cancel_after(-1);
		CHECK(status == TVM_OK || status == TVM_CANCELLED);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(calls > 5);
}
