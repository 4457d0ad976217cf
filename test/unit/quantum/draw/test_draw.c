/*
 * test_draw.c: pictures of circuits: exact ones, and for random circuits
 * that every wire shows its gates in their order and that no lines cross.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/draw/draw.h"
#include "quantum/dense.h"
#include "quantum/build.h"

#define PI 3.14159265358979323846

static char *
draw(TvmEnv *env, const TvmCircuit *circuit, TvmDrawFormat format, uint32_t width)
{
	TvmDrawOptions options = {.format = format, .width = width};
	char	   *out = NULL;
	size_t		length = 0;

	CHECK(tvm_circuit_draw(env, circuit, &options, &out, &length) == TVM_OK);
	CHECK(out != NULL && strlen(out) == length);
	return out;
}

static void
check_picture(TvmEnv *env, const TvmCircuit *circuit, TvmDrawFormat format, uint32_t width,
			  const char *wanted)
{
	char	   *out = draw(env, circuit, format, width);

	if (out != NULL && strcmp(out, wanted) != 0)
		unit_fail(__FILE__, __LINE__, "drawn:\n%s\nwanted:\n%s", out, wanted);
	tvm_free(env, out);
}

static void
build_bell(TvmEnv *env, TvmCircuit *circuit)
{
	CHECK(tvm_circuit_init(env, circuit, 2) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_H, 0, -1, 0) == TVM_OK);
	CHECK(build(env, circuit, TVM_OP_X, 1, 0, 0) == TVM_OK);
	CHECK(build_measure(env, circuit, 0, 0) == TVM_OK);
	CHECK(build_measure(env, circuit, 1, 1) == TVM_OK);
}

TEST(a_bell_pair_as_qiskit_draws_it)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;

	build_bell(env, &circuit);
	check_picture(env, &circuit, TVM_DRAW_TEXT, 80,
				  "     ┌───┐     ┌─┐\n"
				  "q_0: ┤ H ├──■──┤M├───\n"
				  "     └───┘┌─┴─┐└╥┘┌─┐\n"
				  "q_1: ─────┤ X ├─╫─┤M├\n"
				  "          └───┘ ║ └╥┘\n"
				  "c: 2/═══════════╩══╩═\n"
				  "                0  1");
	check_picture(env, &circuit, TVM_DRAW_ASCII, 80,
				  "     +---+     +-+\n"
				  "q_0: | H |--*--|M|---\n"
				  "     +---++-+-++++" "+-+\n"
				  "q_1: -----| X |-+-|M|\n"
				  "          +---+ | +++\n"
				  "c: 2/===========#==#=\n"
				  "                0  1");
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(boxes_share_borders_and_pictures_go_on_below)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;

	CHECK(tvm_circuit_init(env, &circuit, 2) == TVM_OK);
	check_picture(env, &circuit, TVM_DRAW_TEXT, 0, "\nq_0:\n\nq_1:\n");
	CHECK(build(env, &circuit, TVM_OP_RX, 0, -1, PI / 2) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_H, 1, -1, 0) == TVM_OK);
	CHECK(build_two(env, &circuit, TVM_OP_RYY, 1, 0, -3 * PI / 4) == TVM_OK);
	CHECK(build(env, &circuit, TVM_OP_P, 0, 1, 0.1) == TVM_OK);
	check_picture(env, &circuit, TVM_DRAW_TEXT, 40,
				  "     ┌─────────┐┌─────────────┐»\n"
				  "q_0: ┤ Rx(π/2) ├┤1            ├»\n"
				  "     └──┬───┬──┘│  Ryy(-3π/4) │»\n"
				  "q_1: ───┤ H ├───┤0            ├»\n"
				  "        └───┘   └─────────────┘»\n"
				  "«\n"
				  "«q_0: ─■───────\n"
				  "«      │P(0.1)\n"
				  "«q_1: ─■───────\n"
				  "«");
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(conditions_controls_on_zero_and_names)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmGate		gate;
	uint32_t	target = 1;
	uint32_t	controls[2] = {2, 0};
	uint8_t		state[2] = {0, 1};
	TvmDrawName name = {1, "theta", "$a<\n&"};
	TvmDrawOptions options = {TVM_DRAW_TEXT, 0, 0, &name, 1};
	char	   *out = NULL;
	size_t		length;

	CHECK(tvm_circuit_init(env, &circuit, 3) == TVM_OK);
	tvm_gate_init(&gate, TVM_OP_Y);
	gate.target_count = 1;
	gate.targets = &target;
	gate.control_count = 2;
	gate.controls = controls;
	gate.control_state = state;
	CHECK(tvm_circuit_add(env, &circuit, &gate) == TVM_OK);
	CHECK(build_if(env, &circuit, TVM_OP_RZ, 1, -1, 0, 3) == TVM_OK);
	CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_OK);
	CHECK(strstr(out, "──■──") != NULL && strstr(out, "──o──") != NULL);
	CHECK(strstr(out,
				 "q_2: ──o────────╫──────\n"
				 "                ║\n"
				 "           ┌────╨────┐\n"
				 "c: 4/══════╡ c_3=0x1 ╞═") != NULL);
	CHECK(strstr(out, "┤ Rz($a<?&) ├") != NULL && strstr(out, "╡ c_3=0x1 ╞") != NULL);
	CHECK(strstr(out, "└─┬─┘") != NULL && strstr(out, "┌─┴─┐") != NULL && strstr(out, "╥") != NULL);
	tvm_free(env, out);
	options.format = TVM_DRAW_SVG;
	CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_OK);
	CHECK(strstr(out, "Rz($a&lt;?&amp;)") != NULL && strstr(out, "a<") == NULL);
	CHECK(strncmp(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" ", 51) == 0);
	CHECK(strstr(out, "<title>Quantum circuit of 3 qubits and 2 gates</title>") != NULL);
	tvm_free(env, out);
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}

/* A random circuit of boxes with one letter, controls and measurements. */
static void
build_random(TvmEnv *env, TvmRng *rng, TvmCircuit *circuit, uint32_t n, uint32_t count)
{
	static const TvmOp letters[] = {TVM_OP_H, TVM_OP_X, TVM_OP_Y, TVM_OP_Z, TVM_OP_S, TVM_OP_T};

	CHECK(tvm_circuit_init(env, circuit, n) == TVM_OK);
	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	qubits[8];

		dense_random_qubits(rng, n, qubits);
		switch (dense_below(rng, 5))
		{
			case 0:
				CHECK(build_measure(env, circuit, qubits[0], (int) dense_below(rng, 4)) == TVM_OK);
				break;
			case 1:
				CHECK(build(env, circuit, TVM_OP_Y, qubits[0], n > 1 ? (int) qubits[1] : -1, 0) == TVM_OK);
				break;
			case 2:
				if (n > 1)
					CHECK(build_two(env, circuit, TVM_OP_SWAP, qubits[0], qubits[1], 0) == TVM_OK);
				break;
			default:
				CHECK(build(env, circuit, letters[dense_below(rng, 6)], qubits[0], -1, 0) == TVM_OK);
		}
	}
}

/* Line `wanted` of a picture. */
static const char *
line_of(const char *picture, uint32_t wanted)
{
	for (; wanted > 0; wanted--)
		picture = strchr(picture, '\n') + 1;
	return picture;
}

/* What a wire should show, gate by gate: a letter, * for a control, M, X for a swap. */
static size_t
wanted_on_wire(const TvmCircuit *circuit, uint32_t qubit, char *out)
{
	size_t		length = 0;

	for (size_t i = 0; i < circuit->count; i++)
	{
		const TvmGate *gate = &circuit->gates[i];

		for (uint32_t j = 0; j < gate->target_count; j++)
			if (gate->targets[j] == qubit)
				out[length++] = gate->op == TVM_OP_SWAP ? 'X' : tvm_op_name(gate->op)[0];
		for (uint32_t j = 0; j < gate->control_count; j++)
			if (gate->controls[j] == qubit)
				out[length++] = '*';
	}
	return length;
}

TEST(every_wire_shows_its_gates_in_their_order)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 71, 0);
	for (int round = 0; round < 300; round++)
	{
		uint32_t	n = 1 + dense_below(&rng, 6);
		uint32_t	count = 1 + dense_below(&rng, 40);
		TvmCircuit	circuit;
		char	   *out;
		size_t		bits = 0;
		size_t		measures = 0;

		build_random(env, &rng, &circuit, n, count);
		out = draw(env, &circuit, TVM_DRAW_ASCII, 0);
		for (uint32_t q = 0; q < n; q++)
		{
			char		wanted[64];
			char		seen[64];
			size_t		length = wanted_on_wire(&circuit, q, wanted);
			size_t		at = 0;

			for (const char *c = line_of(out, 2 * q + 1) + 4; *c != '\n' && at < 63; c++)
				if (*c == '*' || (*c >= 'A' && *c <= 'Z'))
					seen[at++] = *c;
			if (at != length || memcmp(seen, wanted, length) != 0)
				unit_fail(__FILE__, __LINE__, "wire %u of\n%s", q, out);
		}

		/* Lines meet only where they should: as many arrive at the bits as are measured. */
		for (size_t i = 0; i < circuit.count; i++)
			measures += circuit.gates[i].op == TVM_OP_MEASURE;
		for (const char *c = circuit.bits > 0 ? line_of(out, 2 * n + 1) : ""; *c != '\0' && *c != '\n'; c++)
			bits += *c == '#';
		CHECK_EQ(bits, measures);
		tvm_free(env, out);
		tvm_circuit_free(env, &circuit);
	}
	CHECK_EQ(unit_env_live(), 0);
}

/* Folded pieces hold what the unfolded picture holds, and keep to the width. */
TEST(pieces_keep_to_their_width)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 72, 0);
	for (int round = 0; round < 50; round++)
	{
		TvmCircuit	circuit;
		uint32_t	width = 20 + dense_below(&rng, 60);
		size_t		letters[2] = {0, 0};

		build_random(env, &rng, &circuit, 4, 60);
		for (int folded = 0; folded < 2; folded++)
		{
			char	   *out = draw(env, &circuit, TVM_DRAW_ASCII, folded ? width : 0);
			uint32_t	column = 0;

			for (const char *c = out; *c != '\0'; c++)
			{
				column = *c == '\n' ? 0 : column + 1;
				if (folded && column > width)
				{
					unit_fail(__FILE__, __LINE__, "wider than %u:\n%s", width, out);
					break;
				}
				letters[folded] += *c == '*' || (*c >= 'A' && *c <= 'Z');
			}
			tvm_free(env, out);
		}
		CHECK_EQ(letters[0], letters[1]);
		tvm_circuit_free(env, &circuit);
	}
}

TEST(pictures_are_bounded)
{
	TvmEnv	   *env = unit_env();
	TvmCircuit	circuit;
	TvmDrawOptions options = {.format = TVM_DRAW_TEXT, .width = 80};
	char	   *out;
	size_t		length;

	/* 1024 qubits are an answer. */
	CHECK(tvm_circuit_init(env, &circuit, TVM_MAX_QUBITS) == TVM_OK);
	for (uint32_t q = 1; q < TVM_MAX_QUBITS; q++)
		CHECK(build(env, &circuit, TVM_OP_X, q, (int) q - 1, 0) == TVM_OK);
	CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_OK);
	tvm_free(env, out);
	options.memory_limit = 1 << 20;
	CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_LIMIT);
	options.memory_limit = 0;
	options.width = 19;
	CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "width") == 0);
	tvm_circuit_free(env, &circuit);

	/* Two gates that cross on a thousand wires, over and over, are an error, and soon. */
	options.width = 0;
	CHECK(tvm_circuit_init(env, &circuit, TVM_MAX_QUBITS) == TVM_OK);
	for (uint32_t i = 0; i < 20000; i++)
		CHECK(build(env, &circuit, TVM_OP_X, i % 2 == 0 ? 0 : 1023, i % 2 == 0 ? 1022 : 1, 0) == TVM_OK);
	CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_LIMIT);
	tvm_circuit_free(env, &circuit);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(drawing_fails_and_ends_cleanly)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmCircuit	circuit;
	long		needed;

	tvm_rng_init(&rng, 73, 0);
	build_random(env, &rng, &circuit, 5, 400);
	for (int format = 0; format < TVM_DRAW_FORMAT_COUNT; format++)
	{
		long		live = unit_env_live();
		TvmDrawOptions options = {.format = (TvmDrawFormat) format, .width = 100};
		char	   *out;
		size_t		length;

		unit_env_fail_at(0);
		tvm_free(env, draw(env, &circuit, options.format, 100));
		needed = unit_env_allocations();
		for (long n = 1; n <= needed; n++)
		{
			unit_env_fail_at(n);
			CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_NOMEM);
			unit_env_fail_at(0);
			CHECK_EQ(unit_env_live(), live);
		}
		unit_env_cancel_after(3);
		CHECK(tvm_circuit_draw(env, &circuit, &options, &out, &length) == TVM_CANCELLED);
		unit_env_cancel_after(-1);
		CHECK_EQ(unit_env_live(), live);
	}
	tvm_circuit_free(env, &circuit);
}
