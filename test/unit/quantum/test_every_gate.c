/*
 * test_every_gate.c: whoever must know each operation of the list knows it: documents, pictures,
 * OpenQASM, amplitudes, density matrices and the tableau.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/gates.h"
#include "kernel/quantum/draw/draw.h"
#include "kernel/quantum/qasm/qasm.h"
#include "kernel/quantum/stabilizer/clifford.h"
#include "quantum/build.h"
#include "quantum/dense.h"

#define QUBITS 3
#define DIM 8
#define MEMORY ((uint64_t) 1 << 24)

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text & 0x80) != 0)
			return false;
	return true;
}

/* A circuit of one such gate on different qubits, with so many controls on 1. */
static TvmGate
add_gate(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, TvmOp op, uint32_t controls)
{
	static uint32_t all[] = {0, 1, 2, 3, 4, 5};
	TvmGate		gate;

	CHECK(tvm_circuit_init(env, circuit, 6) == TVM_OK);
	if (tvm_op_is_unitary(op))
		gate = dense_random_gate(rng, op, 6);
	else
		tvm_gate_init(&gate, op);
	gate.targets = all + controls;
	gate.target_count = op == TVM_OP_BARRIER ? 6 : tvm_op_targets(op) < 0 ? gate.target_count : (uint32_t) tvm_op_targets(op);
	gate.controls = all;
	gate.control_count = controls;
	gate.control_state = NULL;
	CHECK(tvm_circuit_add(env, circuit, &gate) == TVM_OK);
	return gate;
}

TEST(every_operation_has_a_whole_row_and_a_name_in_documents)
{
	for (int op = 0; op < TVM_OP_COUNT; op++)
	{
		const TvmOperation *row = &tvm_operations[op];
		bool		named = false;

		CHECK(row->name != NULL && row->label != NULL);
		if (row->name == NULL || row->label == NULL)
			continue;
		CHECK(is_ascii(row->ascii != NULL ? row->ascii : row->label));
		CHECK(row->angles == 0 || row->angles == 1 || row->angles == 3);
		CHECK((row->qasm3 != NULL) == (row->unitary && op != TVM_OP_UNITARY));
		CHECK((row->qasm2[0] != NULL) == (row->qasm3 != NULL));
		for (size_t i = 0; i < tvm_gate_name_count; i++)
			named = named || (tvm_gate_names[i].op == (TvmOp) op && tvm_gate_names[i].controls == 0 &&
							  strcmp(tvm_gate_names[i].name, row->name) == 0);
		if (!named)
			unit_fail(__FILE__, __LINE__, "no document can name %s", row->name);
	}
	for (size_t i = 0; i < tvm_gate_name_count; i++)
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(tvm_gate_names[i].name, tvm_gate_names[j].name) != 0);
}

TEST(every_operation_is_drawn_by_its_label)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 70, 0);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (int format = 0; format < TVM_DRAW_FORMAT_COUNT; format++)
		{
			const TvmOperation *row = &tvm_operations[op];
			TvmDrawOptions options = {.format = (TvmDrawFormat) format};
			const char *label = format == TVM_DRAW_ASCII && row->ascii != NULL ? row->ascii : row->label;
			TvmCircuit	circuit;
			size_t		length;
			char	   *picture = NULL;

			(void) add_gate(env, &rng, &circuit, (TvmOp) op, 0);
			CHECK(tvm_circuit_draw(env, &circuit, &options, &picture, &length) == TVM_OK);

			/* A swap is two crosses; in XML a > is &gt;. */
			if (op == TVM_OP_SWAP)
				label = format == TVM_DRAW_SVG ? "<path" : "X";
			if (op == TVM_OP_RESET && format == TVM_DRAW_SVG)
				label = "|0&gt;";
			if (picture == NULL || strstr(picture, label) == NULL)
				unit_fail(__FILE__, __LINE__, "%s is drawn without %s:\n%s", row->name, label, picture);
			tvm_free(env, picture);
			tvm_circuit_free(env, &circuit);
		}
	CHECK_EQ(unit_env_live(), 0);
}

/* Write a circuit of one gate and read it back: the same operation with as many controls. */
static void
round_trip(TvmEnv *env, const TvmQasm *qasm, int version)
{
	const TvmGate *gate = &qasm->circuit.gates[0];
	TvmQasm		again;
	char	   *text;
	size_t		length;
	TvmStatus	status = tvm_qasm_write(env, qasm, version, MEMORY, &text, &length);

	if (status == TVM_OK)
		status = tvm_qasm_read(env, text, length, MEMORY, &again);
	if (status != TVM_OK)
	{
		unit_fail(__FILE__, __LINE__, "%s with %u controls in version %d: %s (%s)", tvm_op_name(gate->op),
				  gate->control_count, version, env->error.message, env->error.path);
		return;
	}
	CHECK_EQ(again.version, version);

	/* What a program defines or has other words for comes back as steps. */
	if (tvm_operations[gate->op].body == NULL && gate->op != TVM_OP_UNITARY && gate->op != TVM_OP_SXDG &&
		gate->op != TVM_OP_U)
	{
		bool		phase = version == 2 && gate->control_count == 1 && strcmp(tvm_operations[gate->op].qasm2[1], "cu1") == 0;

		CHECK_EQ(again.circuit.count, 1);
		CHECK_EQ(again.circuit.gates[0].op, phase ? TVM_OP_P : gate->op);
		CHECK_EQ(again.circuit.gates[0].control_count, gate->control_count);
	}
	tvm_qasm_free(env, &again);
	tvm_free(env, text);
}

TEST(every_operation_has_words_that_are_read_back)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 71, 0);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (uint32_t controls = 0; controls <= (tvm_op_is_unitary((TvmOp) op) ? TVM_QASM2_CONTROLS : 0); controls++)
		{
			TvmQasm		qasm = {0};

			if (op == TVM_OP_UNITARY && controls > 2)
				continue;
			(void) add_gate(env, &rng, &qasm.circuit, (TvmOp) op, controls);
			round_trip(env, &qasm, 3);
			if (!tvm_op_is_unitary((TvmOp) op) || tvm_operations[op].qasm2[controls] != NULL)
				round_trip(env, &qasm, 2);
			tvm_circuit_free(env, &qasm.circuit);
		}
	CHECK_EQ(unit_env_live(), 0);
}

/* Amplitudes gate by gate, amplitudes planned, and a density matrix, against dense matrices. */
TEST(every_operation_is_run_alike_by_every_method)
{
	TvmEnv	   *env = unit_env();
	static Dense full;
	TvmRng		rng;

	tvm_rng_init(&rng, 72, 0);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (int round = 0; round < 8 && tvm_op_is_unitary((TvmOp) op); round++)
		{
			TvmCircuit	circuit;
			Cx			psi[DENSE_DIM] = {1};

			CHECK(tvm_circuit_init(env, &circuit, QUBITS) == TVM_OK);
			for (int i = 0; i < 3 * QUBITS; i++)
			{
				TvmGate		gate = dense_random_gate(&rng, i % 2 == 0 ? TVM_OP_U : (TvmOp) op, QUBITS);

				CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
				dense_gate(QUBITS, &gate, &full);
				dense_apply(&full, psi);
			}
			for (int method = TVM_METHOD_STATEVECTOR; method <= TVM_METHOD_DENSITY; method++)
			{
				TvmRunOptions options;
				TvmRun		run;
				TvmRunResult result;

				if (method == TVM_METHOD_STABILIZER)
					continue;
				tvm_run_options_init(&options);
				options.probabilities = true;
				CHECK(build_run(env, &run, &circuit, NULL, options, (TvmRunMethod) method, &result) == TVM_OK);
				for (uint32_t i = 0; i < DIM; i++)
				{
					double		wanted = creal(psi[i] * conj(psi[i]));
					double		got = method == TVM_METHOD_DENSITY ? result.probability[i] :
						tvm_complex_norm2(tvm_get(&run.state, i));

					if (!(fabs(got - wanted) < 1e-12))
						unit_fail(__FILE__, __LINE__, "%s by %s: |%u> has %g, not %g", tvm_op_name((TvmOp) op),
								  tvm_method_name((TvmRunMethod) method), i, got, wanted);
				}
				tvm_run_close(env, &run);
			}
			tvm_circuit_free(env, &circuit);
		}
	CHECK_EQ(unit_env_live(), 0);
}

/* Is U P U* a Pauli string, where P is X or Z of one qubit?  It is where one entry of each row is left, all +-1 or +-i. */
static bool
keeps_paulis(const Dense *u)
{
	static Dense image;

	for (int q = 0; q < u->n; q++)
		for (int z = 0; z < 2; z++)
		{
			uint32_t	at = 0;

			memset(&image, 0, sizeof(image));
			image.n = u->n;
			for (int i = 0; i < 1 << u->n; i++)
				image.m[z ? i : i ^ 1 << q][i] = z && (i >> q & 1) ? -1 : 1;
			dense_conjugate(u, &image);
			while (at < 1u << u->n && cabs(image.m[at][0]) < 0.5)
				at++;
			for (uint32_t r = 0; r < 1u << u->n; r++)
				for (uint32_t c = 0; c < 1u << u->n; c++)
				{
					Cx			entry = image.m[r][c];
					double		wanted = r == (c ^ at) ? 1 : 0;

					if (fabs(cabs(entry) - wanted) > 1e-9)
						return false;

					/* Each bit of c changes the sign or does not, whatever the others are. */
					if (wanted == 1 && (c & (c - 1)) != 0)
					{
						uint32_t	low = c & -c;
						Cx			product = image.m[low ^ at][low] * image.m[(c ^ low) ^ at][c ^ low] / image.m[at][0];

						if (cabs(product - entry) > 1e-9)
							return false;
					}
					if (wanted == 1 && cabs(entry - image.m[at][0]) > 1e-9 && cabs(entry + image.m[at][0]) > 1e-9)
						return false;
				}
		}
	return true;
}

/* At quarter turns, at eighths and anywhere: a Clifford gate is seen as one, and no other is. */
TEST(the_tableau_knows_which_operations_are_its_own)
{
	TvmEnv	   *env = unit_env();
	static Dense full;
	TvmRng		rng;
	int			yes = 0;
	int			no = 0;

	(void) env;
	tvm_rng_init(&rng, 73, 0);
	for (int op = 0; op < TVM_OP_COUNT; op++)
		for (int round = 0; round < 150 && tvm_op_is_unitary((TvmOp) op); round++)
		{
			TvmGate		gate = dense_random_gate(&rng, (TvmOp) op, QUBITS);
			double	   *angles[] = {&gate.theta, &gate.phi, &gate.lambda, &gate.gamma};
			TvmCliffordStep steps[TVM_CLIFFORD_STEPS];
			uint32_t	count;
			bool		said;

			for (int i = 0; i < 4 && round % 3 < 2; i++)
				*angles[i] = (int) dense_below(&rng, 8) * acos(-1) / (round % 3 == 0 ? 2 : 4);
			if (round % 2 == 0)
				gate.control_count = gate.control_count > 1 ? 1 : 0;
			said = tvm_clifford_steps(&gate, steps, &count);
			dense_gate(QUBITS, &gate, &full);
			if (said != keeps_paulis(&full))
				unit_fail(__FILE__, __LINE__, "%s(%g, %g, %g) with %u controls is said to be %s", tvm_op_name(gate.op),
						  gate.theta, gate.phi, gate.lambda, gate.control_count, said ? "Clifford" : "none");
			yes += said;
			no += !said;
		}
	CHECK(yes > 300 && no > 300);
}
