/*
 * test_gradient.c: shifted angles against central differences of high order
 * and closed forms.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/run/gradient.h"
#include "quantum/build.h"

#define QUBITS 4
static const char text[] = "0.7*Z0 - 1.3*X1 Y2 + Z3 X0 + 0.4*Y3 + 2*ZZZZ + 1";

static double *
angle(TvmGate *gate, int which)
{
	return which == 0 ? &gate->theta : which == 1 ? &gate->phi :
		which == 2 ? &gate->lambda : &gate->gamma;
}

static double
expectation(TvmEnv *env, const TvmCircuit *circuit, const TvmRunOptions *options, size_t i)
{
	TvmRun		run;
	TvmRunResult result;
	double		value = NAN;

	CHECK(tvm_run_open(env, &run, circuit, NULL, options) == TVM_OK);
	CHECK(tvm_run_trajectories(env, &run, 0, 1) == TVM_OK);
	if (tvm_run_result(env, &run, &result) == TVM_OK)
		value = result.expectation[i].mean;
	tvm_run_close(env, &run);
	return value;
}

/* Eighth order: the error is below 1e-12 for frequencies up to 1 and this step. */
static double
central_difference(TvmEnv *env, TvmCircuit *circuit, const TvmRunOptions *options, double *at)
{
	static const double weight[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
	double		here = *at;
	double		step = 0.05;
	double		sum = 0;

	for (int k = 1; k <= 4; k++)
	{
		*at = here + k * step;
		sum += weight[k - 1] * expectation(env, circuit, options, 0);
		*at = here - k * step;
		sum -= weight[k - 1] * expectation(env, circuit, options, 0);
	}
	*at = here;
	return sum / step;
}

/* An operation on random qubits with so many controls, some of which wait for 0. */
static void
add_random(TvmEnv *env, TvmCircuit *circuit, TvmRng *rng, TvmOp op, uint32_t controls)
{
	uint32_t	qubits[QUBITS] = {0, 1, 2, 3};
	uint8_t		state[QUBITS];
	uint32_t	targets = (uint32_t) tvm_op_targets(op);
	TvmGate		gate;

	for (uint32_t i = QUBITS - 1; i > 0; i--)
	{
		uint32_t	j = (uint32_t) dense_uniform(rng, 0, i + 1);
		uint32_t	other = qubits[i];

		qubits[i] = qubits[j];
		qubits[j] = other;
	}
	for (uint32_t i = 0; i < QUBITS; i++)
		state[i] = dense_uniform(rng, 0, 1) < 0.5;
	tvm_gate_init(&gate, op);
	gate.targets = qubits;
	gate.target_count = targets;
	gate.controls = qubits + targets;
	gate.control_count = controls;
	gate.control_state = state;
	for (int which = 0; which < 4; which++)
		if (which < tvm_op_angles(op) || op == TVM_OP_U)
			*angle(&gate, which) = dense_uniform(rng, -4, 4);
	CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
}

/* A state without symmetries, so that no derivative is 0 by chance. */
static void
add_mixing(TvmEnv *env, TvmCircuit *circuit, TvmRng *rng)
{
	for (uint32_t q = 0; q < QUBITS; q++)
	{
		CHECK(build(env, circuit, TVM_OP_RY, q, -1, dense_uniform(rng, 0, 3)) == TVM_OK);
		CHECK(build(env, circuit, TVM_OP_RX, q, -1, dense_uniform(rng, 0, 3)) == TVM_OK);
	}
	for (uint32_t q = 0; q + 1 < QUBITS; q++)
		CHECK(build(env, circuit, TVM_OP_X, q + 1, (int) q, 0) == TVM_OK);
}

TEST(every_angle_of_every_gate_has_its_derivative)
{
	TvmEnv	   *env = unit_env();
	TvmObservable observable;
	TvmRunOptions options;
	TvmRng		rng;
	int			large = 0;

	CHECK(tvm_observable_parse(env, text, sizeof(text) - 1, QUBITS, &observable) == TVM_OK);
	tvm_run_options_init(&options);
	options.observables = &observable;
	options.observable_count = 1;
	tvm_rng_init(&rng, 41, 7);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (uint32_t controls = 0; tvm_op_angles((TvmOp) op) > 0 && controls + (uint32_t) tvm_op_targets((TvmOp) op) <= QUBITS; controls++)
			for (int which = 0; which < 4; which++)
			{
				TvmCircuit	circuit;
				TvmParameterUse use = {.angle = which, .factor = 1};
				double		gradient;
				double		before;

				if (which >= tvm_op_angles((TvmOp) op) && (TvmOp) op != TVM_OP_U)
					continue;
				CHECK(tvm_circuit_init(env, &circuit, QUBITS) == TVM_OK);
				add_mixing(env, &circuit, &rng);
				use.gate = circuit.count;
				add_random(env, &circuit, &rng, (TvmOp) op, controls);
				add_mixing(env, &circuit, &rng);
				before = *angle(&circuit.gates[use.gate], which);
				CHECK(tvm_gradient(env, &circuit, &use, 1, &options, 1, &gradient) == TVM_OK);
				CHECK_EQ(*angle(&circuit.gates[use.gate], which), before);
				CHECK_NEAR(gradient, central_difference(env, &circuit, &options, angle(&circuit.gates[use.gate], which)), 1e-10);
				large += fabs(gradient) > 1e-3;
				tvm_circuit_free(env, &circuit);
			}
	/* gamma of U without controls is a global phase; nothing else is flat */
	CHECK(large >= 30);
	tvm_observable_free(env, &observable);
	CHECK_EQ(unit_env_live(), 0);
}

/* One parameter in many angles, with factors, and two parameters in one angle. */
TEST(occurrences_add_up)
{
	TvmEnv	   *env = unit_env();
	TvmObservable observable[2];
	TvmRunOptions options;
	TvmCircuit	circuit;
	double		gradient[4];

	/* RX(2a + b) RX(-a) on |0>: <Z> = cos(a + b), <Y> = -sin(a + b) */
	TvmParameterUse uses[] = {
		{.gate = 0,.parameter = 0,.factor = 2},
		{.gate = 0,.parameter = 1,.factor = 1},
		{.gate = 1,.parameter = 0,.factor = -1},
	};
	double		a = 0.3;
	double		b = 1.1;

	CHECK(tvm_circuit_init(env, &circuit, 1) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RX, 0, -1, 2 * a + b) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RX, 0, -1, -a) == TVM_OK);
	CHECK(tvm_observable_parse(env, "Z", 1, 1, &observable[0]) == TVM_OK);
	CHECK(tvm_observable_parse(env, "3*Y+1", 5, 1, &observable[1]) == TVM_OK);
	tvm_run_options_init(&options);
	options.observables = observable;
	options.observable_count = 2;
	CHECK(tvm_gradient(env, &circuit, uses, 3, &options, 2, gradient) == TVM_OK);
	CHECK_NEAR(gradient[0], -sin(a + b), 1e-14);
	CHECK_NEAR(gradient[1], -sin(a + b), 1e-14);
	CHECK_NEAR(gradient[2], -3 * cos(a + b), 1e-14);
	CHECK_NEAR(gradient[3], -3 * cos(a + b), 1e-14);
	CHECK(tvm_gradient(env, &circuit, NULL, 0, &options, 2, gradient) == TVM_OK);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(gradient[i], 0);

	for (long i = 1; i < 40; i++)
	{
		TvmStatus	status;

		unit_env_fail_at(i);
		status = tvm_gradient(env, &circuit, uses, 3, &options, 2, gradient);
		unit_env_fail_at(0);
		CHECK(status == TVM_OK || status == TVM_NOMEM);
		CHECK(i > 1 || status == TVM_NOMEM);
		unit_env_cancel_after(i - 1);
		status = tvm_gradient(env, &circuit, uses, 3, &options, 2, gradient);
		unit_env_cancel_after(-1);
		CHECK(status == TVM_OK || status == TVM_CANCELLED);
		CHECK(i > 1 || status == TVM_CANCELLED);
		CHECK_EQ(circuit.gates[0].theta, 2 * a + b);
	}
	tvm_observable_free(env, &observable[0]);
	tvm_observable_free(env, &observable[1]);
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(chance_has_no_gradient)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmParameterUse use = {.gate = 2, .factor = 1};

	CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RX, 0, -1, 0.4) == TVM_OK);
	CHECK(build_measure(env, &circuit, 0, 0) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_RY, 1, -1, 0.2) == TVM_OK);
	CHECK(tvm_gradient_check(env, &circuit, &use, 1) == TVM_OK);
	CHECK(build_if(env, &circuit, TVM_OP_RX, 1, -1, 0.4, 0) == TVM_OK);
	CHECK(tvm_gradient_check(env, &circuit, &use, 1) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "gates[1]") == 0);
	use.gate = 3;
	CHECK(tvm_gradient_check(env, &circuit, &use, 1) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "gates[3].theta") == 0);
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}
