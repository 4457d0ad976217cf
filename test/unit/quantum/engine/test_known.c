/*
 * test_known.c: qubits that are known to be in a basis state, and what is left out for
 * them: plans against the same gates one by one, and runs on many qubits, most of them
 * idle, against the same runs on a few, where nothing is known.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/engine/execute.h"
#include "kernel/quantum/engine/plan.h"
#include "quantum/build.h"

#define WIDE TVM_KNOWN_LEAST
#define NARROW 6

static void
add_random(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t n)
{
	static const TvmOp classical[] = {TVM_OP_X, TVM_OP_X, TVM_OP_X, TVM_OP_SWAP, TVM_OP_Y, TVM_OP_ISWAP};
	TvmOp		op = (TvmOp) dense_below(rng, TVM_OP_COUNT);
	TvmGate		gate;

	if (dense_below(rng, 3) > 0)
		op = classical[dense_below(rng, 6)];
	if (!tvm_op_is_unitary(op) || tvm_op_targets(op) > (int) n)
		return;
	gate = dense_random_gate(rng, op, n);
	CHECK_EQ(tvm_circuit_add(env, circuit, &gate), TVM_OK);
}

TEST(plans_leave_out_what_is_known_to_be_nothing)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 71, 0);
	for (int round = 0; round < 600; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	n = 5 + dense_below(&rng, 5);
		TvmPlanOptions options = {.block_bits = 2 + dense_below(&rng, n - 1), .low_bits = dense_below(&rng, 4),
		.tile_bits = 1 + dense_below(&rng, n), .table_bits = 1 + dense_below(&rng, n)};
		TvmCircuit	circuit;
		TvmState	got,
					wanted;
		TvmPlan		plan;

		options.known.mask = dense_below(&rng, (uint32_t) 1 << n) | dense_below(&rng, (uint32_t) 1 << n);
		options.known.value = dense_below(&rng, (uint32_t) 1 << n) & options.known.mask;
		CHECK_EQ(tvm_circuit_init(env, &circuit, n), TVM_OK);
		for (int i = 0; i < 5 + round % 30; i++)
			add_random(env, &rng, &circuit, n);
		CHECK_EQ(tvm_state_init(env, &got, n, 0), TVM_OK);
		CHECK_EQ(tvm_state_init(env, &wanted, n, 0), TVM_OK);
		for (uint64_t i = 0; i < got.count; i++)
			got.amp[i] = ((i ^ options.known.value) & options.known.mask) != 0 ? tvm_complex(0, 0)
				: tvm_complex(dense_uniform(&rng, -1, 1), dense_uniform(&rng, -1, 1));
		CHECK_EQ(tvm_state_normalize(env, &got), TVM_OK);
		CHECK_EQ(tvm_state_copy(env, &wanted, &got), TVM_OK);
		for (size_t i = 0; i < circuit.count; i++)
			CHECK_EQ(tvm_gate_apply(env, &wanted, &circuit.gates[i]), TVM_OK);
		CHECK_EQ(tvm_plan_make(env, &plan, &circuit, 0, circuit.count, &options), TVM_OK);
		CHECK_EQ(tvm_plan_run(env, &plan, &got), TVM_OK);
		for (uint64_t i = 0; i < got.count; i++)
		{
			if (!(hypot(got.amp[i].re - wanted.amp[i].re, got.amp[i].im - wanted.amp[i].im) < 1e-13))
				unit_fail(__FILE__, __LINE__, "round %d, amplitude %d is off", round, (int) i);
			if (((i ^ plan.known.value) & plan.known.mask) != 0 && (got.amp[i].re != 0 || got.amp[i].im != 0))
				unit_fail(__FILE__, __LINE__, "round %d, amplitude %d is not 0", round, (int) i);
		}
		tvm_plan_free(env, &plan);
		tvm_state_free(env, &got);
		tvm_state_free(env, &wanted);
		tvm_circuit_free(env, &circuit);
		CHECK_EQ(unit_env_live(), 0);
	}
}

/* A large matrix is applied as it stands, controls that are known and all: nothing may pass it. */
TEST(a_large_matrix_keeps_its_controls)
{
	TvmEnv	   *env = unit_env();
	TvmPlanOptions options = {.known = {0x40, 0x40}};
	uint32_t	targets[5] = {0, 1, 2, 3, 4};
	uint32_t	controls[2] = {5, 6};
	double		matrix[2 * 1024] = {0};
	TvmCircuit	circuit;
	TvmGate		gate;
	TvmPlan		plan;
	TvmState	got,
				wanted;

	for (int i = 0; i < 32; i++)	/* the next index, with a phase */
	{
		matrix[2 * (32 * ((i + 1) % 32) + i)] = cos(i);
		matrix[2 * (32 * ((i + 1) % 32) + i) + 1] = sin(i);
	}
	tvm_gate_init(&gate, TVM_OP_UNITARY);
	gate.target_count = 5;
	gate.targets = targets;
	gate.control_count = 2;
	gate.controls = controls;
	gate.matrix = matrix;
	CHECK_EQ(tvm_circuit_init(env, &circuit, 7), TVM_OK);
	for (uint32_t q = 0; q < 6; q++)
		CHECK_EQ(build(env, &circuit, TVM_OP_RY, q, -1, 0.3 + q), TVM_OK);
	CHECK_EQ(tvm_circuit_add(env, &circuit, &gate), TVM_OK);
	CHECK_EQ(build(env, &circuit, TVM_OP_X, 6, -1, 0), TVM_OK);
	CHECK_EQ(build(env, &circuit, TVM_OP_H, 5, -1, 0), TVM_OK);
	CHECK_EQ(tvm_state_init(env, &got, 7, 0), TVM_OK);
	CHECK_EQ(tvm_state_init(env, &wanted, 7, 0), TVM_OK);
	CHECK_EQ(tvm_state_set_basis(env, &got, 0x40), TVM_OK);
	CHECK_EQ(tvm_state_set_basis(env, &wanted, 0x40), TVM_OK);
	for (size_t i = 0; i < circuit.count; i++)
		CHECK_EQ(tvm_gate_apply(env, &wanted, &circuit.gates[i]), TVM_OK);
	CHECK_EQ(tvm_plan_make(env, &plan, &circuit, 0, circuit.count, &options), TVM_OK);
	CHECK_EQ(tvm_plan_run(env, &plan, &got), TVM_OK);
	for (uint64_t i = 0; i < got.count; i++)
		CHECK(hypot(got.amp[i].re - wanted.amp[i].re, got.amp[i].im - wanted.amp[i].im) < 1e-13);
	tvm_plan_free(env, &plan);
	tvm_state_free(env, &got);
	tvm_state_free(env, &wanted);
	tvm_circuit_free(env, &circuit);
}

/* Gates of a narrow circuit with measurements, resets and conditions. */
static void
make_narrow(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, int gates)
{
	CHECK_EQ(tvm_circuit_init(env, circuit, NARROW), TVM_OK);
	CHECK_EQ(build_measure(env, circuit, 0, 2), TVM_OK);
	while ((int) circuit->count < gates)
		switch (dense_below(rng, 8))
		{
			case 0:
				{
					uint32_t	target = dense_below(rng, NARROW);
					TvmGate		gate;

					tvm_gate_init(&gate, TVM_OP_RESET);
					gate.target_count = 1;
					gate.targets = &target;
					CHECK_EQ(tvm_circuit_add(env, circuit, &gate), TVM_OK);
					break;
				}
			case 1:
				CHECK_EQ(build_measure(env, circuit, dense_below(rng, NARROW), (int) dense_below(rng, 3)), TVM_OK);
				break;
			case 2:
				CHECK_EQ(build_if(env, circuit, dense_below(rng, 2) ? TVM_OP_X : TVM_OP_H, dense_below(rng, NARROW), -1, 0,
								  (int) dense_below(rng, 3)), TVM_OK);
				break;
			default:
				add_random(env, rng, circuit, NARROW);
		}
}

/* The same on qubits of a wide register, the others idle. */
static void
widen(TvmEnv *env, const TvmCircuit *narrow, const uint32_t *place, TvmCircuit *wide)
{
	CHECK_EQ(tvm_circuit_init(env, wide, WIDE), TVM_OK);
	wide->bits = narrow->bits;
	for (size_t i = 0; i < narrow->count; i++)
	{
		uint32_t	targets[NARROW];
		uint32_t	controls[NARROW];
		TvmGate		gate = narrow->gates[i];

		for (uint32_t j = 0; j < gate.target_count; j++)
			targets[j] = place[gate.targets[j]];
		for (uint32_t j = 0; j < gate.control_count; j++)
			controls[j] = place[gate.controls[j]];
		gate.targets = targets;
		gate.controls = controls;
		CHECK_EQ(tvm_circuit_add(env, wide, &gate), TVM_OK);
	}
}

/* What a run gives. */
typedef struct Outcome
{
	double		bloch[3 * WIDE];
	double		fidelity;
	double		norm;
	size_t		keys;
	uint64_t	checksum;		/* of shots: keys and how often */
} Outcome;

static void
run_it(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise, TvmPrecision precision, Outcome *out)
{
	TvmRunOptions options;
	TvmRunResult result;
	TvmRun		run;

	tvm_run_options_init(&options);
	options.method = TVM_METHOD_STATEVECTOR;
	options.precision = precision;
	options.seed = 17;
	options.shots = 6;
	options.bloch = true;
	options.fidelity = noise != NULL;
	CHECK_EQ(tvm_run_open(env, &run, circuit, noise, &options), TVM_OK);
	while (run.finished < run.trajectories)
	{
		CHECK_EQ(tvm_run_begin(env, &run, run.finished), TVM_OK);
		CHECK_EQ(tvm_run_gates(env, &run, circuit->count), TVM_OK);
		CHECK_EQ(tvm_run_end(env, &run), TVM_OK);
	}
	CHECK_EQ(tvm_run_result(env, &run, &result), TVM_OK);
	memcpy(out->bloch, result.bloch, 3 * circuit->qubits * sizeof(double));
	out->fidelity = result.fidelity;
	out->norm = result.norm;
	out->keys = result.counts->count;
	out->checksum = 0;
	for (size_t i = 0; i < result.counts->count; i++)
		out->checksum += (1 + 1000 * result.counts->keys[i * result.counts->words]) * result.counts->times[i];
	tvm_run_close(env, &run);
}

static void
compare_runs(TvmRng *rng, bool noisy, TvmPrecision precision)
{
	TvmEnv	   *env = unit_env();
	double		tolerance = precision == TVM_SINGLE ? 1e-5 : 1e-12;
	uint32_t	place[WIDE];
	TvmCircuit	narrow,
				wide;
	TvmNoise	noises[2];
	Outcome		few,
				many;

	dense_random_qubits(rng, WIDE, place);
	make_narrow(env, rng, &narrow, 30);
	widen(env, &narrow, place, &wide);
	for (int i = 0; i < 2; i++)
	{
		tvm_noise_init(&noises[i], i == 0 ? NARROW : WIDE);
		for (int channel = 0; channel < TVM_CHANNEL_COUNT && noisy; channel++)
		{
			TvmNoiseRule rule = build_rule((TvmChannel) channel, 0.03);

			CHECK_EQ(tvm_noise_add(env, &noises[i], &rule), TVM_OK);
		}
	}
	run_it(env, &narrow, noisy ? &noises[0] : NULL, precision, &few);
	run_it(env, &wide, noisy ? &noises[1] : NULL, precision, &many);
	CHECK_EQ(many.keys, few.keys);
	CHECK_EQ(many.checksum, few.checksum);
	CHECK_NEAR(many.norm, few.norm, tolerance);
	if (noisy)
		CHECK_NEAR(many.fidelity, few.fidelity, tolerance);
	for (uint32_t q = 0; q < NARROW; q++)
		for (int axis = 0; axis < 3; axis++)
			CHECK_NEAR(many.bloch[3 * place[q] + axis], few.bloch[3 * q + axis], tolerance);
	for (int i = 0; i < 2; i++)
		tvm_noise_free(env, &noises[i]);
	tvm_circuit_free(env, &narrow);
	tvm_circuit_free(env, &wide);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(runs_on_idle_qubits_are_those_without_them)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 72, 0);
	for (int round = 0; round < 8; round++)
		compare_runs(&rng, round % 3 == 2, round % 4 == 1 ? TVM_SINGLE : TVM_DOUBLE);
}

/* A walk on ten qubits of 18 with an ancilla that is used and reset: work is for 2^10 amplitudes. */
TEST(what_is_reset_costs_nothing)
{
	TvmEnv	   *env = unit_env();
	TvmKnown	known = tvm_known_start(WIDE);
	TvmPlanOptions options = {.known = known};
	uint32_t	targets[1] = {17};
	double		fma = 0;
	TvmCircuit	circuit;
	TvmGate		reset;
	TvmPlan		plan;

	tvm_gate_init(&reset, TVM_OP_RESET);
	reset.target_count = 1;
	reset.targets = targets;
	CHECK_EQ(tvm_circuit_init(env, &circuit, WIDE), TVM_OK);
	for (uint32_t q = 0; q < 10; q++)
		CHECK_EQ(build(env, &circuit, TVM_OP_H, q, -1, 0), TVM_OK);
	for (uint32_t q = 0; q < 10; q++)
	{
		CHECK_EQ(build(env, &circuit, TVM_OP_X, 17, (int) q, 0), TVM_OK);
		CHECK_EQ(build(env, &circuit, TVM_OP_H, q, 17, 0), TVM_OK);
	}
	CHECK_EQ(tvm_plan_make(env, &plan, &circuit, 0, circuit.count, &options), TVM_OK);
	CHECK_EQ(plan.known.mask, (uint64_t) 0x1FC00);
	for (size_t i = 0; i < plan.pass_count; i++)
	{
		CHECK(__builtin_popcountll(plan.passes[i].known.mask) + plan.passes[i].bits == WIDE);
		fma += plan.passes[i].estimate_s;
	}
	CHECK(fma < 1e-4);			/* 2^11 amplitudes; of 2^18 it were some milliseconds */
	tvm_known_follow(&plan.known, &reset);
	CHECK_EQ(plan.known.mask, (uint64_t) 0x3FC00);
	tvm_plan_free(env, &plan);
	tvm_circuit_free(env, &circuit);
}
