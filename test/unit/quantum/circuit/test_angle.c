/*
 * test_angle.c: angles of any size: sums, merged gates and gradients against sines
 * in extended precision, which know all of an angle's digits.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "quantum/dense.h"
#include "kernel/quantum/circuit/angle.h"
#include "kernel/quantum/run/gradient.h"
#include "quantum/build.h"

static const double large[] = {
	5e-324, 1e-310, 0, 0.3, 3.14159265358979323846, 12.7, 100, 1023.9, 1025, 1e6, 4.5e9, 1e15, 1e16 + 2, 1e17, 3.7e19, 1e22,
	-1e15, -1e22, 1e60, 1e100
};

#define LARGE (sizeof(large) / sizeof(large[0]))

TEST(an_angle_is_reduced_exactly)
{
	/* sin and cos of 1e22, the classic case of argument reduction (Ng 1992) */
	CHECK_NEAR(sin(tvm_angle_reduce(1e22)), -0.8522008497671888, 3e-16);
	CHECK_NEAR(cos(tvm_angle_reduce(1e22)), 0.5232147853951389, 3e-16);
	for (size_t i = 0; i < LARGE; i++)
	{
		double		reduced = tvm_angle_reduce(large[i]);

		CHECK(fabs(reduced) <= 12.6);
		CHECK(fabs(large[i]) > 12.56 || reduced == large[i]);
		CHECK_NEAR(sinl((long double) reduced / 2), sinl((long double) large[i] / 2), 1e-15);
		CHECK_NEAR(cosl((long double) reduced / 2), cosl((long double) large[i] / 2), 1e-15);
	}
}

TEST(sums_of_angles_keep_the_small_ones)
{
	CHECK_EQ(tvm_angle_add(0.5, 2, 0.25), 1);
	CHECK_EQ(tvm_angle_add(0, 1, 1e17), 1e17);	/* alone, it is what it is */
	CHECK_EQ(tvm_angle_add(0, 2, 1e99), 2e99);
	CHECK(tvm_angle_add(0, 1e60, 1e60) > TVM_MAX_ANGLE && tvm_angle_add(1, -1e99, 1e99) < -TVM_MAX_ANGLE);
	for (size_t i = 0; i < LARGE; i++)
		for (size_t j = 0; j < LARGE; j++)
		{
			long double a = large[i];
			long double b = large[j];
			double		sum = tvm_angle_add(large[i], 1, large[j]);
			double		triple = tvm_angle_add(0, 3, large[i]);
			long double s = sinl(a / 2);

			CHECK_NEAR(sinl((long double) sum / 2), s * cosl(b / 2) + cosl(a / 2) * sinl(b / 2), 2e-13);
			if (fabs(large[i]) < 1e99)
				CHECK_NEAR(sinl((long double) triple / 2), 3 * s - 4 * s * s * s, 4e-13);
		}
}

/* What a circuit of `qubits` qubits, all in |+>, gives for X of qubit 0 after two gates of an operation. */
static double
merged(TvmEnv *env, TvmOp op, bool two, double first, double second, uint32_t qubits)
{
	TvmObservable observable;
	TvmRunOptions options;
	TvmCircuit	circuit;
	TvmRun		run;
	TvmRunResult result;
	double		value;

	CHECK(tvm_observable_parse(env, "X0", 2, qubits, &observable) == TVM_OK);
	CHECK(tvm_circuit_init(env, &circuit, qubits) == TVM_OK);
	for (uint32_t q = 0; q < qubits; q++)
		CHECK(build(env, &circuit, TVM_OP_H, q, -1, 0) == TVM_OK);
	for (int i = 0; i < 2; i++)
	{
		double		theta = i == 0 ? first : second;

		if (tvm_op_targets(op) == 2)
			CHECK(build_two(env, &circuit, op, 0, 1, theta) == TVM_OK);
		else
			CHECK(build(env, &circuit, op, 0, two ? 1 : -1, theta) == TVM_OK);
	}
	tvm_run_options_init(&options);
	options.observables = &observable;
	options.observable_count = 1;
	CHECK(build_run(env, &run, &circuit, NULL, options, TVM_METHOD_STATEVECTOR, &result) == TVM_OK);
	value = result.expectation[0].mean;
	tvm_run_close(env, &run);
	tvm_observable_free(env, &observable);
	tvm_circuit_free(env, &circuit);
	return value;
}

TEST(merged_gates_keep_the_small_angle)
{
	TvmEnv	   *env = unit_env();

	for (size_t i = 0; i < LARGE; i++)
		for (uint32_t qubits = 2; qubits <= 8; qubits += 6)	/* one by one, and planned */
		{
			long double a = large[i];
			double		cosine = (double) (cosl(a) * cosl(0.7L) - sinl(a) * sinl(0.7L));

			CHECK_NEAR(merged(env, TVM_OP_RZ, false, large[i], 0.7, qubits), cosine, 1e-14);
			CHECK_NEAR(merged(env, TVM_OP_P, false, 0.7, large[i], qubits), cosine, 1e-14);
			CHECK_NEAR(merged(env, TVM_OP_RZZ, false, large[i], 0.7, qubits), cosine, 2e-14);
			CHECK_NEAR(merged(env, TVM_OP_RZZ, false, 0.7, large[i], qubits), cosine, 2e-14);
			CHECK_NEAR(merged(env, TVM_OP_P, true, large[i], 0.7, qubits), (1 + cosine) / 2, 1e-14);
		}
	CHECK_EQ(unit_env_live(), 0);
}

/* Two thousand equal angles are one diagonal; their sum is no multiple of a rounded turn. */
TEST(many_merged_gates_keep_their_digits)
{
	TvmEnv	   *env = unit_env();
	TvmObservable observable;
	TvmRunOptions options;
	TvmCircuit	circuit;
	TvmRun		run;
	TvmRunResult result;

	CHECK(tvm_observable_parse(env, "X0", 2, 8, &observable) == TVM_OK);
	CHECK(tvm_circuit_init(env, &circuit, 8) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
	for (int i = 0; i < 2000; i++)
		CHECK(build_two(env, &circuit, TVM_OP_RZZ, 0, 1, 12.3) == TVM_OK);
	tvm_run_options_init(&options);
	options.observables = &observable;
	options.observable_count = 1;
	CHECK(build_run(env, &run, &circuit, NULL, options, TVM_METHOD_STATEVECTOR, &result) == TVM_OK);
	CHECK_NEAR(result.expectation[0].mean, cosl(2000 * (long double) 12.3), 1e-11);
	tvm_run_close(env, &run);
	tvm_observable_free(env, &observable);
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}

/* ---------------------------------------------------------------- gradients */

static double *
angle_of(TvmGate *gate, int which)
{
	return which == 0 ? &gate->theta : which == 1 ? &gate->phi : which == 2 ? &gate->lambda : &gate->gamma;
}

/* The derivative by one angle of a gate on |+...+> (or |0...0>), control 1 if there is one. */
static double
derivative(TvmEnv *env, TvmOp op, bool plus, int control, int which, double here, double lambda, const char *text)
{
	TvmObservable observable;
	TvmRunOptions options;
	TvmCircuit	circuit;
	TvmParameterUse use = {.angle = which, .factor = 1};
	double		gradient = NAN;

	CHECK(tvm_observable_parse(env, text, strlen(text), 3, &observable) == TVM_OK);
	CHECK(tvm_circuit_init(env, &circuit, 3) == TVM_OK);
	for (uint32_t q = 0; q < 3; q++)
		CHECK(build(env, &circuit, plus || (int) q == control ? TVM_OP_H : TVM_OP_I, q, -1, 0) == TVM_OK);
	use.gate = circuit.count;
	if (tvm_op_targets(op) == 2)
		CHECK(build_two(env, &circuit, op, 0, 2, 0) == TVM_OK);
	else
		CHECK(build(env, &circuit, op, 0, control, 0) == TVM_OK);
	circuit.gates[use.gate].lambda = lambda;
	*angle_of(&circuit.gates[use.gate], which) = here;
	tvm_run_options_init(&options);
	options.observables = &observable;
	options.observable_count = 1;
	CHECK(tvm_gradient(env, &circuit, &use, 1, &options, 1, &gradient) == TVM_OK);
	CHECK_EQ(*angle_of(&circuit.gates[use.gate], which), here);
	tvm_observable_free(env, &observable);
	tvm_circuit_free(env, &circuit);
	return gradient;
}

TEST(gradients_at_angles_of_any_size)
{
	TvmEnv	   *env = unit_env();

	for (size_t i = 0; i < LARGE; i++)
	{
		double		a = large[i];
		double		whole = (double) -sinl((long double) a);
		double		half = (double) -sinl((long double) a / 2) / 2;
		double		sum = (double) -(sinl((long double) a) * cosl(0.4L) + cosl((long double) a) * sinl(0.4L));

		CHECK_NEAR(derivative(env, TVM_OP_RX, false, -1, 0, a, 0, "Z0"), whole, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_RY, false, -1, 0, a, 0, "Z0"), whole, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_RZ, true, -1, 0, a, 0, "X0"), whole, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_P, true, -1, 0, a, 0, "X0"), whole, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_RXX, false, -1, 0, a, 0, "Z0"), whole, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_RZZ, true, -1, 0, a, 0, "X0"), whole, 2e-15);

		/* with a control in |+>: frequency 1 on the target, 1/2 on the control */
		CHECK_NEAR(derivative(env, TVM_OP_RX, false, 1, 0, a, 0, "Z0"), whole / 2, 4e-15);
		CHECK_NEAR(derivative(env, TVM_OP_P, true, 1, 0, a, 0, "X0"), whole / 2, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_RZ, false, 1, 0, a, 0, "X1"), half, 4e-15);

		/* U: beside another angle, and its own phase, which a control shows */
		CHECK_NEAR(derivative(env, TVM_OP_U, false, -1, 0, a, 0, "Z0"), whole, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_U, true, -1, 1, a, 0.4, "X0"), sum, 2e-15);
		CHECK_NEAR(derivative(env, TVM_OP_U, false, 1, 3, a, 0, "X1"), whole, 2e-15);
	}
	CHECK_EQ(unit_env_live(), 0);
}
