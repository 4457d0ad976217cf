/*
 * test_noise.c: trajectories of every channel against exact Kraus maps
 * on a density matrix.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/state/gate_matrices.h"
#include "quantum/build.h"
#include "quantum/trajectory.h"

#define QUBITS 3
#define DIM 8

static void
projector(const Cx *psi, int n, Dense *rho)
{
	memset(rho, 0, sizeof(*rho));
	rho->n = n;
	for (int r = 0; r < 1 << n; r++)
		for (int c = 0; c < 1 << n; c++)
			rho->m[r][c] = psi[r] * conj(psi[c]);
}

/* Means and squares of each entry of |psi><psi| over trajectories. */
typedef struct Sums
{
	double		count;
	Cx			sum[DENSE_DIM][DENSE_DIM];
	double		squares[DENSE_DIM][DENSE_DIM][2];
} Sums;

static void
add_trajectory(Sums *sums, const TvmState *state)
{
	sums->count++;
	for (uint64_t r = 0; r < state->count; r++)
		for (uint64_t c = 0; c < state->count; c++)
		{
			TvmComplex	a = state->amp[r];
			TvmComplex	b = state->amp[c];
			Cx			z = (a.re + I * a.im) * (b.re - I * b.im);

			sums->sum[r][c] += z;
			sums->squares[r][c][0] += creal(z) * creal(z);
			sums->squares[r][c][1] += cimag(z) * cimag(z);
		}
}

/* Each part of each entry within 5 standard errors of the exact one. */
static void
check_sums(const Sums *sums, const Dense *rho, const char *what, double p)
{
	for (int r = 0; r < 1 << rho->n; r++)
		for (int c = 0; c < 1 << rho->n; c++)
			for (int part = 0; part < 2; part++)
			{
				double		mean = (part ? cimag(sums->sum[r][c]) : creal(sums->sum[r][c])) / sums->count;
				double		wanted = part ? cimag(rho->m[r][c]) : creal(rho->m[r][c]);
				double		variance = sums->squares[r][c][part] / sums->count - mean * mean;
				double		error = sqrt(fmax(variance, 0) / sums->count);

				if (!(fabs(mean - wanted) <= 5 * error + 1e-12))
					unit_fail(__FILE__, __LINE__, "%s(%g): rho[%d][%d] is %g, not %g: %.1f sigma",
							  what, p, r, c, mean, wanted, fabs(mean - wanted) / error);
			}
}

TEST(every_channel_averages_to_its_kraus_map)
{
	TvmEnv	   *env = unit_env();
	static const double ps[] = {0.05, 0.3, 1};
	static Dense rho;
	static Sums sums;
	Cx			kraus[16 * 16];

	for (int channel = 0; channel < TVM_CHANNEL_READOUT; channel++)
		for (int which = 0; which < 4; which++)
		{
			double		p = which < 3 ? ps[which] : dense_channel_most((TvmChannel) channel);
			uint32_t	qubits[2] = {2, (uint32_t) which % 2};
			Cx			psi[DENSE_DIM];
			TvmState	start;
			TvmState	state;
			TvmRng		rng;
			int			count = dense_channel((TvmChannel) channel, p, kraus);

			tvm_rng_init(&rng, 100 + (uint64_t) channel, (uint64_t) which);
			CHECK(tvm_state_init(env, &start, QUBITS, 0) == TVM_OK);
			CHECK(tvm_state_init(env, &state, QUBITS, 0) == TVM_OK);
			dense_random_state(&rng, &start, psi);
			projector(psi, QUBITS, &rho);
			dense_kraus(&rho, kraus, count, qubits, channel == TVM_CHANNEL_DEPOLARIZING_2 ? 2 : 1);
			memset(&sums, 0, sizeof(sums));
			for (int t = 0; t < 8000; t++)
			{
				CHECK(tvm_state_copy(env, &state, &start) == TVM_OK);
				CHECK(trajectory_channel(env, (TvmChannel) channel, p, &state, qubits, &rng) == TVM_OK);
				add_trajectory(&sums, &state);
			}
			check_sums(&sums, &rho, tvm_channel_name((TvmChannel) channel), p);
			tvm_state_free(env, &start);
			tvm_state_free(env, &state);
		}
}

/* Gates on one, two and three qubits, rules that choose by operation, qubit and size. */
TEST(rules_attach_noise_where_they_say)
{
	TvmEnv	   *env = unit_env();
	static Dense rho;
	static Dense full;
	static Sums sums;
	Cx			kraus[16 * 16];
	Cx			psi[DENSE_DIM] = {1};
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	TvmNoiseRule rule;
	uint32_t	only[1] = {1};
	TvmGate		three;
	uint32_t	q;
	Cx			fidelity = 0;

	CHECK(tvm_circuit_init(env, &circuit, QUBITS) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RY, 0, -1, 1.1) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RX, 1, 0, 2.2) == TVM_OK);
	CHECK(build_two(env, &circuit, TVM_OP_ISWAP, 1, 2, 0) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RY, 1, -1, 0.7) == TVM_OK);
	tvm_gate_init(&three, TVM_OP_H);
	three.target_count = 1;
	three.targets = only;
	three.control_count = 2;
	three.controls = (uint32_t[]) {2, 0};
	CHECK(tvm_circuit_add(env, &circuit, &three) == TVM_OK);
	tvm_noise_init(&noise, QUBITS);
	rule = build_rule(TVM_CHANNEL_AMPLITUDE_DAMPING, 0.2);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	rule = build_rule(TVM_CHANNEL_DEPOLARIZING_2, 0.15);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	rule = build_rule(TVM_CHANNEL_BIT_FLIP, 0.1);
	rule.ops = TVM_OP_BIT(TVM_OP_RX);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	rule = build_rule(TVM_CHANNEL_PHASE_DAMPING, 0.3);
	rule.gate_qubits = 2;
	rule.qubits = only;
	rule.qubit_count = 1;
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);

	/* The same by hand. */
	projector(psi, QUBITS, &rho);
	for (size_t i = 0; i < circuit.count; i++)
	{
		const TvmGate *gate = &circuit.gates[i];
		uint32_t	touched[QUBITS];
		uint32_t	count = gate->target_count + gate->control_count;

		memcpy(touched, gate->targets, gate->target_count * sizeof(uint32_t));
		memcpy(touched + gate->target_count, gate->controls,
			   gate->control_count * sizeof(uint32_t));
		dense_gate(QUBITS, gate, &full);
		dense_conjugate(&full, &rho);
		dense_apply(&full, psi);
		for (q = 0; q < count; q++)
			dense_kraus(&rho, kraus, dense_channel(TVM_CHANNEL_AMPLITUDE_DAMPING, 0.2, kraus),
						&touched[q], 1);
		if (count == 2)
			dense_kraus(&rho, kraus, dense_channel(TVM_CHANNEL_DEPOLARIZING_2, 0.15, kraus), touched, 2);
		for (q = 0; q < count && gate->op == TVM_OP_RX; q++)
			dense_kraus(&rho, kraus, dense_channel(TVM_CHANNEL_BIT_FLIP, 0.1, kraus), &touched[q], 1);
		if (count == 2)			/* both such gates touch qubit 1 */
			dense_kraus(&rho, kraus, dense_channel(TVM_CHANNEL_PHASE_DAMPING, 0.3, kraus), only, 1);
	}
	for (int r = 0; r < DIM; r++)
		for (int c = 0; c < DIM; c++)
			fidelity += conj(psi[r]) * rho.m[r][c] * psi[c];

	tvm_run_options_init(&options);
	options.seed = 77;
	options.trajectories = 8000;
	options.fidelity = options.probabilities = options.bloch = true;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
	CHECK(!run.deterministic);
	memset(&sums, 0, sizeof(sums));
	for (uint64_t t = 0; t < run.trajectories; t++)
	{
		CHECK(tvm_run_trajectories(env, &run, t, 1) == TVM_OK);
		add_trajectory(&sums, &run.state);
	}
	check_sums(&sums, &rho, "circuit", 0);
	CHECK(tvm_run_result(env, &run, &result) == TVM_OK);
	CHECK_NEAR(result.fidelity, creal(fidelity), 5 * result.fidelity_error);
	CHECK(result.fidelity_error > 1e-4 && result.fidelity_error < 0.01);
	CHECK_NEAR(result.norm, 1, 1e-12);
	for (int i = 0; i < DIM; i++)
		CHECK_NEAR(result.probability[i], creal(sums.sum[i][i]) / sums.count, 1e-12);
	for (q = 0; q < QUBITS; q++)
	{
		Cx			x = 0;
		double		z = 0;

		for (uint32_t i = 0; i < DIM; i++)
		{
			if ((i >> q & 1) == 0)
				x += 2 * sums.sum[i | 1u << q][i] / sums.count;
			z += ((i >> q & 1) ? -1 : 1) * creal(sums.sum[i][i]) / sums.count;
		}
		CHECK_NEAR(result.bloch[3 * q], creal(x), 1e-12);
		CHECK_NEAR(result.bloch[3 * q + 1], cimag(x), 1e-12);
		CHECK_NEAR(result.bloch[3 * q + 2], z, 1e-12);
	}
	tvm_run_close(env, &run);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

TEST(depolarizing_decays_as_its_definition_says)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmNoise	noise;
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_DEPOLARIZING, 0.1);
	TvmRunOptions options;
	TvmRun		run;
	TvmRunResult result;
	TvmObservable z;
	double		wanted = pow(0.9, 12);

	/* |0> through 12 identities: <Z> = (1 - p)^12. */
	CHECK(tvm_circuit_init(env, &circuit, 1) == TVM_OK);
	for (int i = 0; i < 12; i++)
		CHECK(build(env, &circuit, TVM_OP_I, 0, -1, 0) == TVM_OK);
	tvm_noise_init(&noise, 1);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	CHECK(tvm_observable_parse(env, "Z", 1, 1, &z) == TVM_OK);
	tvm_run_options_init(&options);
	options.trajectories = 40000;
	options.observables = &z;
	options.observable_count = 1;
	options.fidelity = true;
	CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
	CHECK(tvm_run_trajectories(env, &run, 0, run.trajectories) == TVM_OK);
	CHECK(tvm_run_result(env, &run, &result) == TVM_OK);
	CHECK_NEAR(result.expectation[0].mean, wanted, 5 * tvm_mean_error(&result.expectation[0]));
	CHECK_NEAR(tvm_mean_error(&result.expectation[0]), sqrt((1 - wanted * wanted) / 40000), 1e-4);
	CHECK_NEAR(result.fidelity, (1 + wanted) / 2, 5 * result.fidelity_error);
	tvm_run_close(env, &run);
	tvm_observable_free(env, &z);
	tvm_noise_free(env, &noise);
	tvm_circuit_free(env, &circuit);
}

TEST(readout_error_flips_bits_and_leaves_the_state)
{
	TvmEnv	   *env = unit_env();
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_READOUT, 0.1);
	uint32_t	only[1] = {1};
	double		shots = 100000;

	/* |q1 q0> = |1 0>: q1 reads 0 with p10, q0 is not concerned. Measured or not is the same. */
	rule.p10 = 0.3;
	rule.qubits = only;
	rule.qubit_count = 1;
	for (int measured = 0; measured < 3; measured++)
	{
		TvmCircuit	circuit;
		TvmNoise	noise;
		TvmRunOptions options;
		TvmRun		run;
		TvmRunResult result;

		CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
		CHECK(build(env, &circuit, TVM_OP_X, 1, -1, 0) == TVM_OK);
		for (uint32_t q = 0; q < 2 && measured; q++)
			CHECK(build_measure(env, &circuit, q, (int) q) == TVM_OK);
		if (measured == 2)		/* no longer final */
			CHECK(build(env, &circuit, TVM_OP_X, 1, -1, 0) == TVM_OK);
		tvm_noise_init(&noise, 2);
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		CHECK(!tvm_noise_acts(&noise));
		tvm_run_options_init(&options);
		options.shots = (uint64_t) shots;
		CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
		CHECK(run.deterministic == (measured < 2));
		CHECK(tvm_run_trajectories(env, &run, 0, run.trajectories) == TVM_OK);
		CHECK(tvm_run_result(env, &run, &result) == TVM_OK);
		CHECK_EQ(result.counts->count, 2);
		CHECK_NEAR(build_count(result.counts, (uint64_t[]) {0}) / shots, 0.3,
				   5 * sqrt(0.21 / shots));
		CHECK_EQ(run.state.amp[measured < 2 ? 2 : 0].re, 1);
		tvm_run_close(env, &run);

		/* All shots fall on one index; reading them out is cancelled all the same. */
		unit_env_cancel_after(50);
		CHECK(tvm_run_open(env, &run, &circuit, &noise, &options) == TVM_OK);
		CHECK(tvm_run_trajectories(env, &run, 0, run.trajectories) == TVM_CANCELLED);
		unit_env_cancel_after(-1);
		tvm_run_close(env, &run);
		tvm_noise_free(env, &noise);
		tvm_circuit_free(env, &circuit);
	}
}

TEST(rules_are_checked)
{
	TvmEnv	   *env = unit_env();
	TvmNoise	noise;
	uint32_t	qubits[2] = {0, TVM_MAX_QUBITS};
	TvmChannel	channel;

	tvm_noise_init(&noise, 3);
	for (int i = 0; i < TVM_CHANNEL_COUNT; i++)
	{
		double		most = dense_channel_most((TvmChannel) i);
		const double bad[] = {-1e-9, most * 1.0000001, NAN, INFINITY, -INFINITY};
		TvmNoiseRule rule = build_rule((TvmChannel) i, most);

		CHECK(tvm_channel_of(tvm_channel_name((TvmChannel) i), &channel) && (int) channel == i);
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
		for (int j = 0; j < 5; j++)
		{
			rule = build_rule((TvmChannel) i, bad[j]);
			CHECK(tvm_noise_add(env, &noise, &rule) == TVM_INVALID);
			CHECK(strcmp(env->error.path, "p") == 0);
		}
		rule = build_rule((TvmChannel) i, 0.5);
		rule.qubits = qubits;
		rule.qubit_count = 2;
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_INVALID);
		CHECK(strcmp(env->error.path, "qubits[1]") == 0);
		rule.qubit_count = 1;
		rule.gate_qubits = TVM_MAX_QUBITS + 1;
		CHECK(tvm_noise_add(env, &noise, &rule) == TVM_INVALID);
		CHECK(strcmp(env->error.path, "gate_qubits") == 0);
		rule.gate_qubits = 3;
		rule.ops = TVM_OP_BIT(TVM_OP_MEASURE);
		CHECK(tvm_noise_add(env, &noise, &rule) ==
			  (i == TVM_CHANNEL_READOUT ? TVM_OK : TVM_INVALID));
		rule.ops = TVM_OP_BIT(TVM_OP_RESET);
		rule.p10 = 1.5;
		CHECK(tvm_noise_add(env, &noise, &rule) ==
			  (i == TVM_CHANNEL_READOUT ? TVM_INVALID : TVM_OK));
	}
	CHECK(!tvm_channel_of("bit-flip", &channel));
	CHECK(tvm_channel_of("Bit_Flip", &channel) && channel == TVM_CHANNEL_BIT_FLIP);
	tvm_noise_free(env, &noise);
}

TEST(rules_for_larger_circuits_are_dropped)
{
	TvmEnv	   *env = unit_env();
	TvmNoise	noise;
	uint32_t	qubits[4] = {5, 1, 2, 1023};
	TvmNoiseRule rule = build_rule(TVM_CHANNEL_DEPOLARIZING_2, 0.5);

	tvm_noise_init(&noise, 1);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	rule = build_rule(TVM_CHANNEL_BIT_FLIP, 0.5);
	rule.gate_qubits = 2;
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	rule.gate_qubits = 0;
	rule.qubits = qubits;
	rule.qubit_count = 4;
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	CHECK(noise.count == 0 && !tvm_noise_acts(&noise));
	tvm_noise_free(env, &noise);

	/* What is left of one acts on no more than what is left of its qubits. */
	tvm_noise_init(&noise, 3);
	CHECK(tvm_noise_add(env, &noise, &rule) == TVM_OK);
	CHECK(noise.count == 1 && noise.rules[0].qubit_count == 2);
	CHECK(!tvm_noise_concerns(&noise.rules[0], 0) && tvm_noise_concerns(&noise.rules[0], 1) &&
		  tvm_noise_concerns(&noise.rules[0], 2));
	tvm_noise_free(env, &noise);
	CHECK_EQ(unit_env_live(), 0);
}
