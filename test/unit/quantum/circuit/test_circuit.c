/*
 * test_circuit.c: what a circuit accepts, where it says what is wrong,
 * and its canonical bytes.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "quantum/build.h"

#define REFUSED(gate, where) \
	do { TvmStatus status_ = tvm_circuit_add(env, &circuit, &(gate)); \
		if (status_ != TVM_INVALID || strcmp(env->error.path, where) != 0) \
			unit_fail(__FILE__, __LINE__, "status %d, path \"%s\" instead of \"%s\"", status_, \
					  env->error.path, where); } while (0)

TEST(a_circuit_has_1_to_1024_qubits)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;

	CHECK(tvm_circuit_init(env, &circuit, 0) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "qubits") == 0);
	CHECK(strcmp(env->error.detail, "0 is outside 1..1024") == 0);
	CHECK(tvm_circuit_init(env, &circuit, INT64_MIN) == TVM_INVALID);
	CHECK(tvm_circuit_init(env, &circuit, 1025) == TVM_INVALID);
	CHECK(tvm_circuit_init(env, &circuit, 1024) == TVM_OK);
	CHECK(tvm_circuit_set_bits(env, &circuit, 4097) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "bits") == 0);
	CHECK(tvm_circuit_set_bits(env, &circuit, -1) == TVM_INVALID);
	CHECK(tvm_circuit_set_bits(env, &circuit, 4096) == TVM_OK);
	CHECK_EQ(circuit.bits, 4096);
	tvm_circuit_free(env, &circuit);
}

TEST(what_is_wrong_with_a_gate_is_named_by_its_path)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmGate		gate;
	uint32_t	targets[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	uint32_t	controls[2] = {1, 1};
	uint8_t		states[2] = {1, 2};
	uint32_t	bits[2] = {0};
	uint8_t		values[2] = {0};

	CHECK(tvm_circuit_init(env, &circuit, 4) == TVM_OK);
	tvm_gate_init(&gate, TVM_OP_X);
	gate.targets = targets;
	gate.controls = controls;
	REFUSED(gate, "target");	/* none given */
	gate.target_count = 2;
	REFUSED(gate, "target");
	gate.target_count = 1;
	targets[0] = 5;
	REFUSED(gate, "target");
	CHECK(strcmp(env->error.detail, "5 is outside 0..3") == 0);
	targets[0] = UINT32_MAX;
	REFUSED(gate, "target");
	targets[0] = 0;
	gate.control_count = 2;
	REFUSED(gate, "controls[1]");	/* named twice */
	controls[1] = 0;
	REFUSED(gate, "controls[1]");	/* the target */
	controls[1] = 4;
	REFUSED(gate, "controls[1]");
	controls[1] = 2;
	gate.control_state = states;
	REFUSED(gate, "control_state[1]");
	states[1] = 0;
	gate.if_bits = bits;
	gate.if_values = values;
	gate.if_count = 1;
	bits[0] = TVM_MAX_BITS;
	REFUSED(gate, "if.bit");
	bits[0] = UINT32_MAX;
	REFUSED(gate, "if.bit");
	bits[0] = 3;
	values[0] = 2;
	REFUSED(gate, "if.value");
	values[0] = 0;
	gate.if_count = 2;
	bits[1] = TVM_MAX_BITS;
	REFUSED(gate, "if.bits[1]");
	bits[1] = 3;
	REFUSED(gate, "if.bits[1]");	/* named twice */
	bits[1] = 2;
	CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
	CHECK_EQ(circuit.bits, 4);

	tvm_gate_init(&gate, TVM_OP_RZZ);
	gate.targets = targets;
	gate.target_count = 1;
	REFUSED(gate, "targets");
	gate.target_count = 2;
	targets[1] = 0;
	REFUSED(gate, "targets[1]");
	targets[1] = 1;
	gate.theta = NAN;
	REFUSED(gate, "theta");

	tvm_gate_init(&gate, TVM_OP_U);
	gate.targets = targets;
	gate.target_count = 1;
	gate.phi = INFINITY;
	REFUSED(gate, "phi");
	gate.phi = 0;
	gate.lambda = -INFINITY;
	REFUSED(gate, "lambda");
	gate.lambda = 0;
	gate.gamma = NAN;
	REFUSED(gate, "gamma");

	tvm_gate_init(&gate, TVM_OP_MEASURE);
	gate.targets = targets;
	gate.target_count = 1;
	gate.bit = -1;
	REFUSED(gate, "bit");
	gate.bit = TVM_MAX_BITS;
	REFUSED(gate, "bit");
	gate.bit = 0;
	gate.controls = controls;
	gate.control_count = 1;
	REFUSED(gate, "controls");

	tvm_gate_init(&gate, TVM_OP_BARRIER);
	gate.if_bits = bits;
	gate.if_count = 1;
	REFUSED(gate, "if");
	gate.if_count = 0;
	CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);

	tvm_gate_init(&gate, TVM_OP_UNITARY);
	gate.targets = targets;
	REFUSED(gate, "targets");
	gate.target_count = 11;
	REFUSED(gate, "targets");
	gate.target_count = 1;
	REFUSED(gate, "matrix");
	CHECK_EQ(circuit.count, 2);
	tvm_circuit_free(env, &circuit);
}

TEST(a_matrix_must_be_unitary)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmGate		gate;
	TvmRng		rng;
	static double matrix[2 * 1024];
	uint32_t	targets[5] = {4, 2, 0, 1, 3};

	tvm_rng_init(&rng, 1, 1);
	CHECK(tvm_circuit_init(env, &circuit, 5) == TVM_OK);
	tvm_gate_init(&gate, TVM_OP_UNITARY);
	gate.targets = targets;
	gate.matrix = matrix;
	for (uint32_t k = 1; k <= 5; k++)
	{
		size_t		n = (size_t) 1 << k;
		double		kept;

		gate.target_count = k;
		dense_random_unitary(&rng, k, matrix);
		CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
		kept = matrix[2 * n * n - 1];
		matrix[2 * n * n - 1] += 1e-6;
		REFUSED(gate, "matrix");
		matrix[2 * n * n - 1] = kept + 1e-10;
		CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
		matrix[2 * n + 2] = NAN;
		REFUSED(gate, "matrix[1][1]");
		matrix[2 * n + 2] = 1e300;
		REFUSED(gate, "matrix[1][1]");
		for (size_t i = 0; i < 2 * n * n; i++)
			matrix[i] = 0;
		REFUSED(gate, "matrix");
	}
	tvm_circuit_free(env, &circuit);
}

TEST(checking_a_large_matrix_is_cancelled)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmGate		gate;
	uint32_t	targets[7] = {0, 1, 2, 3, 4, 5, 6};
	double	   *matrix = calloc(2 * 128 * 128, sizeof(double));

	for (int i = 0; i < 128; i++)
		matrix[2 * (128 * i + i)] = 1;
	CHECK(tvm_circuit_init(env, &circuit, 7) == TVM_OK);
	tvm_gate_init(&gate, TVM_OP_UNITARY);
	gate.targets = targets;
	gate.target_count = 7;
	gate.matrix = matrix;
	unit_env_cancel_after(2);
	CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_CANCELLED);
	unit_env_cancel_after(-1);
	CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
	free(matrix);
	tvm_circuit_free(env, &circuit);
}

TEST(names_of_operations_and_gates)
{
	TvmGate		gate;
	char		name[32];

	tvm_gate_init(&gate, TVM_OP_X);
	tvm_gate_name(&gate, name, sizeof(name));
	CHECK(strcmp(name, "X") == 0);
	gate.control_count = 1;
	tvm_gate_name(&gate, name, sizeof(name));
	CHECK(strcmp(name, "CX") == 0);
	gate.control_count = 2;
	tvm_gate_name(&gate, name, sizeof(name));
	CHECK(strcmp(name, "CCX") == 0);
	gate.op = TVM_OP_Z;
	gate.control_count = 3;
	tvm_gate_name(&gate, name, sizeof(name));
	CHECK(strcmp(name, "C3Z") == 0);
	tvm_gate_name(&gate, name, 3);
	CHECK(strcmp(name, "C3") == 0);
}

static TvmStatus
build_all(TvmEnv *env)
{
	TvmCircuit	circuit;
	TvmRng		rng;
	TvmStatus	status = tvm_circuit_init(env, &circuit, 6);

	tvm_rng_init(&rng, 4, 4);
	for (int i = 0; i < 40 && status == TVM_OK; i++)
	{
		TvmGate		gate = dense_random_gate(&rng, i % 2 ? TVM_OP_UNITARY : TVM_OP_X, 6);

		status = tvm_circuit_add(env, &circuit, &gate);
	}
	tvm_circuit_free(env, &circuit);
	return status;
}

TEST(building_a_circuit_survives_every_failed_allocation)
{
	TvmEnv	   *env = unit_env();
	long		count;

	CHECK(build_all(env) == TVM_OK);
	count = unit_env_allocations();
	for (long i = 1; i <= count; i++)
	{
		unit_env_fail_at(i);
		CHECK(build_all(env) == TVM_NOMEM);
		CHECK_EQ(unit_env_live(), 0);
	}
	unit_env_fail_at(0);
}
