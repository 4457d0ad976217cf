/*
 * test_write.c: circuits written as OpenQASM and read again do the same.
 */
#include "quantum/qasm/text.h"

#include <math.h>
#include <stdlib.h>

#define QUBITS 5

/* A start that tells gates apart, as QASM of either version has it. */
static void
add_start(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit)
{
	for (uint32_t i = 0; i < circuit->qubits; i++)
	{
		TvmGate		gate = dense_random_gate(rng, TVM_OP_U, circuit->qubits);

		gate.control_count = 0;
		gate.targets[0] = i;
		gate.gamma = -gate.theta / 2;
		CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
	}
}

/* Write, read, compare; the version that was chosen. */
static int
round_trip(TvmEnv *env, const TvmQasm *qasm, int version)
{
	char	   *text;
	size_t		length;
	TvmQasm		again;
	Cx			x[DENSE_DIM],
				y[DENSE_DIM];
	TvmStatus	status = tvm_qasm_write(env, qasm, version, QASM_MEMORY, &text, &length);

	if (status != TVM_OK)
	{
		unit_fail(__FILE__, __LINE__, "%s: %s (%s)", env->error.path, env->error.message, env->error.detail);
		return 0;
	}
	CHECK_EQ(strlen(text), length);
	status = tvm_qasm_read(env, text, length, QASM_MEMORY, &again);
	if (status != TVM_OK)
		unit_fail(__FILE__, __LINE__, "%s: %s (%s)\n%s", env->error.path, env->error.message, env->error.detail, text);
	else
	{
		double		off;

		qasm_state(&qasm->circuit, x);
		qasm_state(&again.circuit, y);
		off = qasm_distance(x, y, true);
		if (off > 1e-12 || again.circuit.qubits != qasm->circuit.qubits || again.circuit.bits != qasm->circuit.bits)
			unit_fail(__FILE__, __LINE__, "off by %g:\n%.2000s", off, text);
		version = again.version;
		tvm_qasm_free(env, &again);
	}
	tvm_free(env, text);
	return version;
}

TEST(every_gate_under_every_control_survives_the_round_trip)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			versions[4] = {0};

	tvm_rng_init(&rng, 7, 0);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (int round = 0; round < 24; round++)
		{
			TvmQasm		qasm = {0};
			TvmGate		gate;

			if (!tvm_op_is_unitary((TvmOp) op))
				continue;
			CHECK(tvm_circuit_init(env, &qasm.circuit, QUBITS) == TVM_OK);
			add_start(env, &rng, &qasm.circuit);
			gate = dense_random_gate(&rng, (TvmOp) op, QUBITS);

			/* A third each: as it comes, only ones, no controls. */
			if (round % 3 > 0)
				for (uint32_t i = 0; i < gate.control_count; i++)
					gate.control_state[i] = 1;
			if (round % 3 == 2)
				gate.control_count = 0;
			CHECK(tvm_circuit_add(env, &qasm.circuit, &gate) == TVM_OK);
			versions[round_trip(env, &qasm, 0)]++;
			CHECK_EQ(round_trip(env, &qasm, 3), 3);
			tvm_circuit_free(env, &qasm.circuit);
		}
	CHECK(versions[2] > 100 && versions[3] > 100);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(random_circuits_survive_the_round_trip)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 8, 0);
	for (int round = 0; round < 20; round++)
	{
		TvmQasm		qasm = {0};

		CHECK(tvm_circuit_init(env, &qasm.circuit, QUBITS) == TVM_OK);
		for (int i = 0; i < 30; i++)
		{
			TvmOp		op = (TvmOp) dense_below(&rng, TVM_OP_BARRIER + 1);
			TvmGate		gate = dense_random_gate(&rng, tvm_op_is_unitary(op) ? op : TVM_OP_I, QUBITS);

			if (op == TVM_OP_MEASURE || op == TVM_OP_RESET)
				continue;
			gate.op = op;
			gate.control_count = tvm_op_is_unitary(op) ? gate.control_count : 0;
			CHECK(tvm_circuit_add(env, &qasm.circuit, &gate) == TVM_OK);
		}
		CHECK_EQ(round_trip(env, &qasm, 0), 3);
		tvm_circuit_free(env, &qasm.circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

static void
check_text(const char *file, int line, const char *in, int version, const char *out)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	char	   *text;
	size_t		length;
	TvmStatus	status = qasm_text(env, in, &qasm);

	if (status != TVM_OK)
	{
		unit_fail(file, line, "%s: %s (%s)", env->error.path, env->error.message, env->error.detail);
		return;
	}
	status = tvm_qasm_write(env, &qasm, version, QASM_MEMORY, &text, &length);
	if (status != TVM_OK)
		unit_fail(file, line, "%s: %s (%s)", env->error.path, env->error.message, env->error.detail);
	else if (strcmp(text, out) != 0)
		unit_fail(file, line, "not what was expected:\n%s", text);
	tvm_free(env, status == TVM_OK ? text : NULL);
	tvm_qasm_free(env, &qasm);
	CHECK_EQ(unit_env_live(), 0);
}

#define HEAD_2 "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n"
#define HEAD_3 "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n"
#define CHECK_TEXT(in, version, out) check_text(__FILE__, __LINE__, in, version, out)

TEST(programs_look_as_people_write_them)
{
	CHECK_TEXT(HEAD_2 "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c; reset q[0]; barrier q; u3(0.1,0.2,0.3) q[0];", 0,
			   HEAD_2 "qreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q[0] -> c[0];\nmeasure q[1] -> c[1];\n"
			   "reset q[0];\nbarrier q[0],q[1];\nu3(0.1,0.2,0.3) q[0];\n");
	/* Registers such that each condition has one of its own. */
	CHECK_TEXT(HEAD_2 "qreg q[1]; creg a[1]; creg b[2]; creg c[1]; creg d[2]; measure q[0] -> d[1]; if(b==2) x q[0]; if(c==1) h q[0];", 0,
			   HEAD_2 "qreg q[1];\ncreg c0[1];\ncreg c1[2];\ncreg c3[1];\ncreg c4[2];\nmeasure q[0] -> c4[1];\nif(c1==2) x q[0];\nif(c3==1) h q[0];\n");
	CHECK_TEXT(HEAD_3 "qubit[2] q; bit[2] c; if (c[0] == 1) { x q[0]; } if (c == 2) { ctrl @ inv @ sx q[0], q[1]; negctrl @ x q[0], q[1]; }"
			   "input float a; rx(2*a - 0.5) q[1]; gphase(0.25); c[1] = measure q[0];", 0,
			   HEAD_3 "input float a;\nqubit[2] q;\nbit[2] c;\nif (c[0] == 1) {\nx q[0];\n}\n"
			   "if (c[0] == 0 && c[1] == 1) {\nctrl @ inv @ sx q[0], q[1];\n}\n"
			   "if (c[0] == 0 && c[1] == 1) {\nnegctrl @ x q[0], q[1];\n}\n"
			   "rx(2*a - 0.5) q[1];\ngphase(0.25);\nU(0, 0, 0) q[0];\nc[1] = measure q[0];\n");
}

TEST(what_cannot_be_written_is_refused)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	char	   *text;
	size_t		length;

	CHECK(qasm_text(env, HEAD_3 "qubit[2] q; x q; ctrl @ s q[0], q[1]; negctrl @ s q[0], q[1];", &qasm) == TVM_OK);
	CHECK(tvm_qasm_write(env, &qasm, 2, QASM_MEMORY, &text, &length) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "gates[3]") == 0 && text == NULL);
	tvm_qasm_free(env, &qasm);
	CHECK(qasm_text(env, HEAD_3 "input float swap_; input float q1; qubit[2] q; rx(swap_) q[0];", &qasm) == TVM_OK);
	CHECK(tvm_qasm_write(env, &qasm, 2, QASM_MEMORY, &text, &length) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "params") == 0);
	qasm.inputs[0][4] = (char) 0xFF;
	CHECK(tvm_qasm_write(env, &qasm, 3, QASM_MEMORY, &text, &length) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "params") == 0);
	qasm.inputs[0][0] = '\0';
	CHECK(tvm_qasm_write(env, &qasm, 3, QASM_MEMORY, &text, &length) == TVM_INVALID);
	qasm.inputs[0][0] = 's';
	tvm_qasm_free(env, &qasm);
	CHECK(qasm_text(env, HEAD_2 "qreg q[1000]; x q;", &qasm) == TVM_OK);
	CHECK(tvm_qasm_write(env, &qasm, 0, 4096, &text, &length) == TVM_LIMIT);
	tvm_qasm_free(env, &qasm);
	CHECK_EQ(unit_env_live(), 0);
}

/* With bits and without, whatever the misfit is: an end, and no text. */
TEST(what_version_2_cannot_say_ends_at_once)
{
	static const char *const programs[] = {
		"qubit[2] q; bit[3] c; negctrl @ x q[0], q[1];", "bit[1] c; qubit q; input float a; rx(a) q;", "bit c; qubit[2] q; ctrl @ inv @ sx q[0], q[1];",
		"qubit q; bit[4] c; if (c[0] == 1 && c[2] == 0) { x q; }", "qubit q; bit[4] c; if (c[1:2] == 1) { x q; } if (c[2:3] == 1) { x q; }"
	};
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	char		program[256];
	char	   *text;
	size_t		length;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
	{
		snprintf(program, sizeof(program), "%s%s", HEAD_3, programs[i]);
		CHECK(qasm_text(env, program, &qasm) == TVM_OK);
		CHECK(tvm_qasm_write(env, &qasm, 2, QASM_MEMORY, &text, &length) == TVM_INVALID && text == NULL);
		CHECK(strcmp(env->error.message, "OpenQASM 2.0 has no words for this") == 0);
		unit_env_cancel_after(0);
		CHECK(tvm_qasm_write(env, &qasm, 2, QASM_MEMORY, &text, &length) == TVM_CANCELLED);
		unit_env_cancel_after(-1);
		tvm_qasm_free(env, &qasm);
	}
	CHECK_EQ(unit_env_live(), 0);
}

TEST(writing_survives_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmQasm		qasm = {0};
	char	   *text;
	size_t		length;
	long		live;
	TvmStatus	status = TVM_NOMEM;

	tvm_rng_init(&rng, 9, 0);
	CHECK(tvm_circuit_init(env, &qasm.circuit, QUBITS) == TVM_OK);
	for (int i = 0; i < 40; i++)
	{
		TvmGate		gate = dense_random_gate(&rng, TVM_OP_UNITARY, QUBITS);

		CHECK(tvm_circuit_add(env, &qasm.circuit, &gate) == TVM_OK);
	}
	live = unit_env_live();
	for (long n = 1; status == TVM_NOMEM && n < 1000; n++)
	{
		unit_env_fail_at(n);
		status = tvm_qasm_write(env, &qasm, 0, QASM_MEMORY, &text, &length);
		if (status == TVM_OK)
			tvm_free(env, text);
		CHECK_EQ(unit_env_live(), live);
	}
	CHECK(status == TVM_OK);
	unit_env_fail_at(0);
	unit_env_cancel_after(3);
	CHECK(tvm_qasm_write(env, &qasm, 0, QASM_MEMORY, &text, &length) == TVM_CANCELLED);
	tvm_circuit_free(env, &qasm.circuit);
	CHECK_EQ(unit_env_live(), 0);
}

/* A matrix without zeros on 8 qubits: 256 columns to eliminate, then 32,640 rotations to write. */
TEST(writing_a_large_matrix_can_be_cancelled_to_its_end)
{
	const uint32_t n = 256;
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm = {0};
	TvmGate		gate;
	uint32_t	targets[8] = {0, 1, 2, 3, 4, 5, 6, 7};
	double	   *matrix = calloc((size_t) n * n, 2 * sizeof(double));
	char	   *text;
	size_t		length;

	CHECK(tvm_circuit_init(env, &qasm.circuit, 8) == TVM_OK);
	for (uint32_t i = 0; i < n * n; i++)	/* a Fourier transform */
	{
		matrix[2 * i] = cos(6.283185307179586 * (i / n) * (i % n) / n) / 16;
		matrix[2 * i + 1] = sin(6.283185307179586 * (i / n) * (i % n) / n) / 16;
	}
	tvm_gate_init(&gate, TVM_OP_UNITARY);
	gate.target_count = 8;
	gate.targets = targets;
	gate.matrix = matrix;
	CHECK(tvm_circuit_add(env, &qasm.circuit, &gate) == TVM_OK);
	unit_env_cancel_after(n + 20);
	CHECK(tvm_qasm_write(env, &qasm, 3, QASM_MEMORY, &text, &length) == TVM_CANCELLED);
	tvm_circuit_free(env, &qasm.circuit);
	free(matrix);
	CHECK_EQ(unit_env_live(), 0);
}
