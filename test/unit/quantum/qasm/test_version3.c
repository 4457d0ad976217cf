/*
 * test_version3.c: reading OpenQASM 3.
 *
 * Modifiers are held against the definitions of the language: the gates of stdgates.inc
 * in terms of U, gphase and modifiers, on a state that tells them apart.
 */
#include "quantum/qasm/text.h"

#define HEAD "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n"
#define BARE "OPENQASM 3;\n"
#define START "qubit[4] q;U(0.3,0.2,1.1)q[0];U(1.3,-0.4,0.7)q[1];U(2.1,0.9,-0.3)q[2];U(0.8,1.7,0.2)q[3];" \
	"ctrl@U(1,0.4,2) q[0],q[1];ctrl@U(2,0.3,1) q[1],q[2];ctrl@U(0.4,1.1,0.9) q[2],q[3];"

/* The same do the same after START, under a control as well. */
static void
equal(int line, const char *left, const char *right)
{
	char		a[2048];
	char		b[2048];

	snprintf(a, sizeof(a), "%s%s%s", HEAD, START, left);
	snprintf(b, sizeof(b), "%s%s%s", HEAD, START, right);
	qasm_same(__FILE__, line, a, b, true);
}

/* Two gates on q[1] and q[2] are one gate, also under a control, inverted, and cubed. */
static void
equal_gates(int line, const char *left, const char *right)
{
	static const char *const around[] = {"g q[1],q[2];", "ctrl @ g q[3],q[1],q[2];", "negctrl @ inv @ g q[0],q[1],q[2];",
	"inv @ negctrl @ ctrl @ g q[3],q[0],q[1],q[2];", "pow(3) @ g q[1],q[2];", "pow(-2) @ g q[1],q[2];"};

	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
	{
		char		a[2048];
		char		b[2048];

		snprintf(a, sizeof(a), "%sgate g a,b { %s }%s%s", HEAD, left, START, around[i]);
		snprintf(b, sizeof(b), "%sgate g a,b { %s }%s%s", HEAD, right, START, around[i]);
		qasm_same(__FILE__, line, a, b, true);
	}
}

#define EQUAL(left, right) equal(__LINE__, left, right)
#define EQUAL_GATES(left, right) equal_gates(__LINE__, left, right)

TEST(the_gates_of_stdgates_are_what_the_language_says)
{
	static const char *const gates[][2] = {
		{"p(0.3) a;", "ctrl @ gphase(0.3) a;"}, {"x a;", "U(pi,0,pi) a; gphase(-pi/2);"},
		{"y a;", "U(pi,pi/2,pi/2) a; gphase(-pi/2);"}, {"z a;", "p(pi) a;"}, {"h a;", "U(pi/2,0,pi) a; gphase(-pi/4);"},
		{"s a;", "pow(1/2) @ z a;"}, {"sdg a;", "inv @ pow(1/2) @ z a;"}, {"t a;", "pow(1/2) @ s a;"},
		{"tdg a;", "inv @ pow(1/2) @ s a;"}, {"sx a;", "pow(1/2) @ x a;"}, {"rx(0.7) a;", "U(0.7,-pi/2,pi/2) a; gphase(-0.7/2);"},
		{"ry(0.7) a;", "U(0.7,0,0) a; gphase(-0.7/2);"}, {"rz(0.7) a;", "gphase(-0.7/2); U(0,0,0.7) a;"},
		{"cx a,b;", "ctrl @ x a,b;"}, {"cy a,b;", "ctrl @ y a,b;"}, {"cz a,b;", "ctrl @ z a,b;"}, {"cp(0.7) a,b;", "ctrl @ p(0.7) a,b;"},
		{"crx(0.7) a,b;", "ctrl @ rx(0.7) a,b;"}, {"cry(0.7) a,b;", "ctrl @ ry(0.7) a,b;"}, {"crz(0.7) a,b;", "ctrl @ rz(0.7) a,b;"},
		{"ch a,b;", "ctrl @ h a,b;"}, {"swap a,b;", "cx a,b; cx b,a; cx a,b;"},
		{"cu(0.7,0.2,0.4,0.9) a,b;", "p(0.9-0.7/2) a; ctrl @ U(0.7,0.2,0.4) a,b;"}, {"CX a,b;", "cx a,b;"}, {"phase(0.7) a;", "U(0,0,0.7) a;"},
		{"cphase(0.7) a,b;", "ctrl @ phase(0.7) a,b;"}, {"id a;", "U(0,0,0) a;"}, {"u1(0.7) a;", "U(0,0,0.7) a;"},
		{"u2(0.7,0.4) a;", "gphase(-(0.7+0.4+pi/2)/2); U(pi/2,0.7,0.4) a;"},
		{"u3(0.3,0.7,0.4) a;", "gphase(-(0.7+0.4+0.3)/2); U(0.3,0.7,0.4) a;"},
	};

	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
		EQUAL_GATES(gates[i][0], gates[i][1]);
	EQUAL("ccx q[0],q[2],q[1];", "ctrl @ ctrl @ x q[0],q[2],q[1];");
	EQUAL("cswap q[0],q[2],q[1];", "ctrl @ swap q[0],q[2],q[1];");
}

TEST(modifiers)
{
	EQUAL("negctrl @ x q[0],q[1];", "x q[0]; cx q[0],q[1]; x q[0];");
	EQUAL("ctrl(2) @ negctrl @ h q[0],q[1],q[2],q[3];", "x q[2]; ctrl @ ctrl @ ctrl @ h q[2],q[0],q[1],q[3]; x q[2];");
	EQUAL("negctrl @ gphase(0.4) q[1];", "x q[1]; p(0.4) q[1]; x q[1];");
	EQUAL("negctrl(2) @ gphase(0.4) q[1],q[0];", "x q[1]; x q[0]; cp(0.4) q[0],q[1]; x q[0]; x q[1];");
	EQUAL("inv @ U(0.3,0.4,0.5) q[1];", "U(-0.3,-0.5,-0.4) q[1];");
	EQUAL("pow(0) @ h q[1];", "");
	EQUAL("pow(5) @ t q[1];", "t q[1]; z q[1];");
	EQUAL("pow(2.0) @ sx q[1];", "x q[1];");
	EQUAL("pow(-1) @ sx q[1];", "inv @ sx q[1];");
	EQUAL("inv @ pow(2) @ ctrl @ s q[0],q[1];", "ctrl @ z q[0],q[1];");
	EQUAL("ctrl @ x q[0], q[1:2];", "cx q[0],q[1]; cx q[0],q[2];");

	/* Real powers: n of the n-th root are the gate. */
	EQUAL("pow(0.3) @ rx(0.7) q[1];", "rx(0.21) q[1];");
	EQUAL("pow(0.5) @ p(5*pi) q[1];", "p(pi/2) q[1];");
	EQUAL("pow(0.5) @ p(-pi) q[1];", "p(pi/2) q[1];");
	EQUAL("pow(0.5) @ rz(2*pi) q[1];", "gphase(pi/2);");
	EQUAL("pow(0.5) @ rz(4*pi+0.2) q[1];", "rz(0.1) q[1];");
	EQUAL("pow(1/3) @ y q[1]; pow(1/3) @ y q[1]; pow(1/3) @ y q[1];", "y q[1];");
	EQUAL("pow(0.25) @ h q[1]; pow(0.75) @ h q[1];", "h q[1];");
	EQUAL("pow(1/2) @ ctrl @ h q[0],q[1];", "ctrl @ pow(1/2) @ h q[0],q[1];");
	EQUAL("pow(1/2) @ swap q[0],q[1]; pow(1/2) @ swap q[0],q[1];", "swap q[0],q[1];");
	EQUAL("inv @ pow(1/2) @ swap q[0],q[1]; swap q[0],q[1];", "pow(1/2) @ swap q[0],q[1];");
}

TEST(real_powers_of_gates_of_the_program)
{
	SAME_STATE(HEAD "gate g a,b { h a; cx a,b; rz(0.4) b; t a; }" START "pow(1/3) @ g q[2],q[0]; pow(2/3) @ g q[2],q[0];",
			   HEAD "gate g a,b { h a; cx a,b; rz(0.4) b; t a; }" START "g q[2],q[0];");
	SAME_STATE(HEAD "gate g a,b,c { ccx a,b,c; cswap c,b,a; }" START "ctrl @ pow(0.5) @ g q[1],q[2],q[0],q[3]; ctrl @ pow(0.5) @ g q[1],q[2],q[0],q[3];",
			   HEAD "gate g a,b,c { ccx a,b,c; cswap c,b,a; }" START "ctrl @ g q[1],q[2],q[0],q[3];");
	/* The principal root: eigenvalues between -pi/n and pi/n, so the square of a square root of a square root is one. */
	SAME_STATE(HEAD "gate g a,b { h a; cx a,b; s b; }" START "pow(0.25) @ g q[2],q[0]; pow(0.25) @ g q[2],q[0];",
			   HEAD "gate g a,b { h a; cx a,b; s b; }" START "pow(0.5) @ g q[2],q[0];");
}

TEST(constants_expressions_and_loops)
{
	static const char *const same[][2] = {
		{"const int n = 7 / 2;", "3"}, {"const float n = 7 / 2;", "3.5"}, {"const int n = 2 ** 3 ** 2;", "512"}, {"const int n = -2 ** 2;", "-4"},
		{"const float n = 1 + 2 * 3 - 4 / 2;", "5"}, {"const int n = 7 % 4 << 2 | 1 ^ 3 & 2;", "15"}, {"const int n = 0x1F + 0b101 + 0o17;", "51"},
		{"const float n = tau - 2 * \xCF\x80 + euler / \xE2\x84\x87;", "1"}, {"const bool n = 1 < 2 && !(3 == 4) || false;", "1"},
		{"const float n = arcsin(1) * 2 / pi + sqrt(4) + pow(2, 3) + mod(7, 4) + floor(2.5) + ceiling(2.5) + popcount(7);", "22"},
		{"const uint[8] n = uint[8](3.9) + int(true);", "4"}, {"const float n = float(1_000) / 1e3;", "1"}, {"const angle[32] n = log(exp(2));", "2"},
		{"const int n = ~5 + 10;", "4"}, {"const int n = (1 >= 1) + (2 != 3) + (2 > 3);", "2"}, {"const int n = 9007199254740993 - 9007199254740992;", "1"},
		{"const int n = popcount(0x7FFFFFFFFFFFFFFF);", "63"}, {"const float n = 2.5e-0_1 * 1_0;", "2.5"},
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
	{
		char		left[512];
		char		right[512];

		snprintf(left, sizeof(left), HEAD "%s qubit q; rx(n/10) q;", same[i][0]);
		snprintf(right, sizeof(right), HEAD "qubit q; rx((%s)/10.0) q;", same[i][1]);
		SAME_STATE(left, right);
	}
	SAME_STATE(HEAD "const int n = 4; qubit[n] q; for int i in [0:n-1] { h q[i]; for uint[8] j in [i+1:n-1] cp(pi/2**(j-i)) q[j], q[i]; }",
			   HEAD "qubit[4] q; h q[0]; cp(pi/2) q[1],q[0]; cp(pi/4) q[2],q[0]; cp(pi/8) q[3],q[0]; h q[1]; cp(pi/2) q[2],q[1]; cp(pi/4) q[3],q[1];"
			   "h q[2]; cp(pi/2) q[3],q[2]; h q[3];");
	SAME_STATE(HEAD "qubit[4] q; for int i in {3, 0, 1} { const float a = i / 7; ry(a) q[i]; } for i in [3:-2:0] x q[i]; for int i in [2:1] { h q[i]; }",
			   HEAD "qubit[4] q; ry(3/7) q[3]; ry(0) q[0]; ry(1/7) q[1]; x q[3]; x q[1];");
	SAME_STATE(HEAD "gate g(a) x0, x1 { for int i in [1:3] { rx(a * i) x0; cx x0, x1; } } qubit[2] q; g(0.3) q[0], q[1]; inv @ g(0.2) q[1], q[0];",
			   HEAD "qubit[2] q; rx(0.3) q[0]; cx q[0],q[1]; rx(0.6) q[0]; cx q[0],q[1]; rx(0.9) q[0]; cx q[0],q[1];"
			   "cx q[1],q[0]; rx(-0.6) q[1]; cx q[1],q[0]; rx(-0.4) q[1]; cx q[1],q[0]; rx(-0.2) q[1];");
	SAME_STATE(HEAD "qubit[2] q; if (2 > 1) { x q[0]; } else { x q[1]; } if (false) x q; else h q[1];", HEAD "qubit[2] q; x q[0]; h q[1];");
}

TEST(parts_of_registers)
{
	SAME_STATE(HEAD "qubit[6] q; x q[0:2:5]; h q[{1, 3}]; rx(0.2) q[-1]; ry(0.3) q[-3:-2];",
			   HEAD "qubit[6] q; x q[0]; x q[2]; x q[4]; h q[1]; h q[3]; rx(0.2) q[5]; ry(0.3) q[3]; ry(0.3) q[4];");
	SAME_STATE(HEAD "qubit[2] a; qubit b; qubit[3] c; let d = a[1] ++ c[1:2]; let e = d[2:-1:0] ++ b; h e; cx d[0:1], a[0] ++ b;",
			   HEAD "qubit[6] q; h q[5]; h q[4]; h q[1]; h q[2]; cx q[1],q[0]; cx q[4],q[2];");
}

TEST(inputs_are_parameters)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;

	CHECK(qasm_text(env, HEAD "input float a; input angle[16] b; gate g(t) q { rx(2*t - b0) q; } qubit[2] q; rx(2*a + pi - (b - a)/2) q[0];", &qasm) == TVM_INVALID);
	CHECK(qasm_text(env, HEAD "input float a; input angle[16] b; gate g(t) q { rx(2*t) q; } qubit[2] q; rx(2*a + 1 - (b - a)/2) q[0];"
					"inv @ g(a - 3) q[1]; cu(a, b, 0, 0) q[0], q[1]; rx(a - a) q[0]; pow(0.5) @ rz(b) q[0];", &qasm) == TVM_OK);
	CHECK_EQ(qasm.input_count, 2);
	CHECK(strcmp(qasm.inputs[0], "a") == 0 && strcmp(qasm.inputs[1], "b") == 0);
	CHECK_EQ(qasm.circuit.count, 5);
	CHECK_EQ(qasm.angle_count, 6);
	CHECK(qasm.angles[0].gate == 0 && qasm.angles[0].angle == 0 && qasm.angles[0].count == 2);
	CHECK(qasm.terms[0].input == 0 && qasm.terms[0].factor == 2.5 && qasm.terms[1].input == 1 && qasm.terms[1].factor == -0.5);
	CHECK_EQ(qasm.circuit.gates[0].theta, 1);
	CHECK(qasm.angles[1].gate == 1 && qasm.terms[2].factor == -2);
	CHECK_EQ(qasm.circuit.gates[1].theta, 6);
	/* cu: theta, phi and the gamma that theta brings */
	CHECK(qasm.angles[2].angle == 0 && qasm.angles[3].angle == 1 && qasm.angles[4].angle == 3 && qasm.terms[5].factor == -0.5);
	CHECK(qasm.angles[5].gate == 4 && qasm.terms[6].factor == 0.5);
	tvm_qasm_free(env, &qasm);
	CHECK_EQ(unit_env_live(), 0);
	REFUSED_AT(HEAD "input float a; qubit q; rx(a*a) q;", "line 3, column 29", "an input is used other than linearly");
	REFUSED_AT(HEAD "input float a; qubit q; rx(sin(a)) q;", "line 3, column 28", "an input is used other than linearly");
	REFUSED_AT(HEAD "input float a; qubit q; pow(a) @ x q;", "line 3, column 25", "an input cannot be an exponent");
	REFUSED_AT(HEAD "input float a; qubit q; if (a > 1) x q;", "line 3, column 31", "an input is used other than linearly");
	REFUSED_AT(HEAD "input int a;", "line 3, column 7", "not supported: this type of input");
	REFUSED_AT(HEAD "input float a; qubit[2] q; pow(0.5) @ cu(a,0,0,0) q[0],q[1];", "line 3, column 28", "not supported: a real power");
}

/* For each value of three bits: does the X happen? */
static void
check_condition(int line, const char *condition, uint32_t wanted)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	char		text[512];

	snprintf(text, sizeof(text), HEAD "qubit[2] q; bit[3] c; if (%s) x q[0]; else { h q[1]; }", condition);
	if (qasm_text(env, text, &qasm) != TVM_OK)
	{
		unit_fail(__FILE__, line, "%s: %s", env->error.path, env->error.message);
		return;
	}
	for (uint32_t bits = 0; bits < 8; bits++)
	{
		int			count[2] = {0, 0};

		for (size_t i = 0; i < qasm.circuit.count; i++)
		{
			const TvmGate *gate = &qasm.circuit.gates[i];
			bool		holds = true;

			for (uint32_t j = 0; j < gate->if_count; j++)
				holds = holds && (bits >> gate->if_bits[j] & 1) == gate->if_values[j];
			count[gate->op == TVM_OP_H] += holds;
		}
		if (count[0] != (int) (wanted >> bits & 1) || count[1] != 1 - count[0])
			unit_fail(__FILE__, line, "%s: with %u it is done %d times, else %d times", condition, bits, count[0], count[1]);
	}
	tvm_qasm_free(env, &qasm);
	CHECK_EQ(unit_env_live(), 0);
}

#define CONDITION(text, wanted) check_condition(__LINE__, text, wanted)

TEST(conditions_hold_for_the_right_values)
{
	CONDITION("c == 5", 1u << 5);
	CONDITION("5 == c", 1u << 5);
	CONDITION("c != 5", 0xFF & ~(1u << 5));
	CONDITION("c < 3", 0x07);
	CONDITION("3 <= c", 0xF8);
	CONDITION("c > 6", 0x80);
	CONDITION("c >= 8", 0);
	CONDITION("c < 8", 0xFF);
	CONDITION("c > -1", 0xFF);
	CONDITION("c", 0xFE);
	CONDITION("!c", 0x01);
	CONDITION("c[0]", 0xAA);
	CONDITION("!c[0]", 0x55);
	CONDITION("c[1] == 1", 0xCC);
	CONDITION("c[1] == false", 0x33);
	CONDITION("c[0] && !c[2]", 0x0A);
	CONDITION("c[0] || c[1]", 0xEE);
	CONDITION("c[0] ^ c[1]", 0x66);
	CONDITION("c[0] == c[1]", 0x99);
	CONDITION("c[0:1] == 2", 0x44);
	CONDITION("c[{2,0}] == 1", 0x50);
	CONDITION("c == \"011\"", 0x08);
	CONDITION("(c[0] && c[1]) || c == 4 || c > 5", 0xD8);
	CONDITION("int[3](c) == 2 && true", 0x04);
	CONDITION("bool(c[2]) && 1 > 2", 0);
	CONDITION("c[0] ++ c[0] == 3", 0xAA);
	CONDITION("c[0] ++ c[0] == 1", 0);
}

TEST(measurements_in_version_3)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;

	CHECK(qasm_text(env, BARE "qubit[2] q; bit[2] c; bit d; c = measure q; c[1] = measure q[0]; measure q[1] -> d; bit e = measure q[0];"
					"bit[2] f = \"00\"; bit g = 0; if (d) { if (c == 1) reset q; barrier q[0]; } reset q[0]; barrier; let h = c[1]; h = measure q[0];", &qasm) == TVM_OK);
	CHECK_EQ(qasm.circuit.bits, 7);
	CHECK_EQ(qasm.circuit.count, 11);
	CHECK(qasm.circuit.gates[2].bit == 1 && qasm.circuit.gates[3].bit == 2 && qasm.circuit.gates[4].bit == 3);
	CHECK(qasm.circuit.gates[5].if_count == 3 && qasm.circuit.gates[7].if_count == 0 && qasm.circuit.gates[10].bit == 1);
	tvm_qasm_free(env, &qasm);
	REFUSED_AT(BARE "qubit q; bit c; if (c) { c = measure q; reset q; }", "line 2, column 41", "an if has measured");
	REFUSED_AT(BARE "qubit q; bit c; if (c) { c = measure q; } else { reset q; }", "line 2, column 43", "an if has measured");
	REFUSED_AT(BARE "qubit q; bit[2] c; if (c != 1) c[0] = measure q;", "line 2, column 32", "an if measures");
	CHECK(qasm_text(env, BARE "qubit q; bit c; if (c) { c = measure q; } if (c) reset q;", &qasm) == TVM_OK);
	tvm_qasm_free(env, &qasm);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(what_is_outside_is_refused_by_name_and_line)
{
	static const char *const statements[] = {
		"def f(qubit q) { }", "extern f(int) -> int;", "while (true) { }", "switch (1) { }", "defcal x q { }", "cal { }", "delay[10] q;",
		"box { }", "duration d;", "stretch s;", "array[int, 3] a;", "complex c;", "output bit r;", "int i = 0;", "bool b;", "float f = 1;",
		"end;", "return;", "break;", "continue;", "pragma x", "#pragma x", "@bind x", "nop q;", "measure q;", "b = 1;", "x $0;",
		"for int i in b { }", "opaque g a;", "creg c[2]; if (b == c) x q;"
	};

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
	{
		TvmEnv	   *env = unit_env();
		TvmQasm		qasm;
		char		text[256];

		snprintf(text, sizeof(text), HEAD "qubit q; bit b;\n%s\n", statements[i]);
		if (qasm_text(env, text, &qasm) != TVM_INVALID || strncmp(env->error.path, "line 4, ", 8) != 0)
			unit_fail(__FILE__, __LINE__, "%s: %s %s", statements[i], env->error.path, env->error.message);
		CHECK_EQ(unit_env_live(), 0);
	}
	REFUSED_AT(HEAD "qubit q; while (true) { }", "line 3, column 10", "not supported: part of OpenQASM");
	/* Also where it is never reached. */
	REFUSED_AT(HEAD "qubit q; if (false) { delay[1] q; }", "line 3, column 23", "not supported: part of OpenQASM");
	REFUSED_AT(HEAD "qubit q; for int i in [1:0] { delay[1] q; }", "line 3, column 31", "not supported: part of OpenQASM");
	REFUSED_AT(HEAD "qubit q; gate g a { if (true) x a; }", "line 3, column 21", "not allowed in a gate");
	REFUSED_AT(HEAD "qubit q; if (true) { qubit p; }", "line 3, column 22", "a declaration in a block");
	REFUSED_AT(HEAD "qubit q; rx(1 << 63) q;", "line 3, column 15", "integer overflow");
	REFUSED_AT(HEAD "qubit q; rx(9223372036854775807 * 2) q;", "line 3, column 33", "integer overflow");
	REFUSED_AT(HEAD "qubit q; rx(2 ** 70) q;", "line 3, column 15", "integer overflow");
	REFUSED_AT(HEAD "qubit q; rx(0\xC3\xA9) q;", "line 3, column 13", "not a number");
	/* By the statement's name, whatever numbers it has. */
	REFUSED_AT(HEAD "qubit q; delay[100ns] q;", "line 3, column 10", "not supported: part of OpenQASM");
	REFUSED_AT(HEAD "qubit q; box[1.5ms] { x q; }", "line 3, column 10", "not supported: part of OpenQASM");
	REFUSED_AT(HEAD "duration d = 20dt;", "line 3, column 1", "not supported: part of OpenQASM");
	REFUSED_AT(HEAD "qubit q; cal { play(1.0, 2im); }", "line 3, column 10", "not supported: part of OpenQASM");
	REFUSED_AT(HEAD "const float z = 2im;", "line 3, column 17", "not a number; durations");
	REFUSED_AT(HEAD "qubit q; rx(1ms) q;", "line 3, column 13", "not a number; durations");
	REFUSED_AT(HEAD "qubit q; rx(popcount(-1)) q;", "line 3, column 13", "not integers");
	REFUSED_AT(HEAD "qubit q; rx(rotl(5, 1)) q;", "line 3, column 13", "unknown function");
	REFUSED_AT(HEAD "qubit q; for float f in {0.5, 1.5} rx(f) q;", "line 3, column 14", "not supported: this type of a loop");
	/* The language's words are no names: such a gate could not be applied. */
	REFUSED_AT(HEAD "gate reset a { x a; }", "line 3, column 6", "a word of the language");
	REFUSED_AT(HEAD "gate gphase(a) b { rx(a) b; }", "line 3, column 6", "a word of the language");
	REFUSED_AT(HEAD "qubit measure;", "line 3, column 7", "a word of the language");
	REFUSED_AT(HEAD "const int delay = 3;", "line 3, column 11", "a word of the language");
	REFUSED_AT(HEAD "qubit q; for int if in {0, 1} x q;", "line 3, column 18", "a word of the language");
	REFUSED_AT(HEAD "qubit[2] q; x q[0.5];", "line 3, column 17", "an index expected");
	REFUSED_AT(HEAD "qubit[2] q; x q[-3];", "line 3, column 17", "outside the register");
	REFUSED_AT(HEAD "qubit[2] q; bit c; x q[c];", "line 3, column 24", "a measured bit is not a number");
	REFUSED_AT(HEAD "qubit[2] q; ctrl @ x q[0];", "line 3, column 22", "wrong number of qubits");
	REFUSED_AT(HEAD "qubit[2] q; ctrl(0) @ x q[0];", "line 3, column 13", "not a number of controls");
	REFUSED_AT(BARE "include \"qelib1.inc\";", "line 2, column 9", "no such file");
}

/* Refused for the gates, the steps or the memory that it would take. */
static void
check_endless(int line, const char *program)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	char		text[512];
	TvmStatus	status;

	snprintf(text, sizeof(text), HEAD "%s", program);
	status = tvm_qasm_read(env, text, strlen(text), 4 << 20, &qasm);
	if (status != TVM_LIMIT && (status != TVM_INVALID || strcmp(env->error.message, "the program takes too long") != 0))
		unit_fail(__FILE__, line, "%d: %s", status, status != TVM_OK ? env->error.message : "accepted");
	CHECK_EQ(unit_env_live(), 0);
}

TEST(programs_that_never_end_do)
{
	check_endless(__LINE__, "qubit q; for int i in [0:1000000000] { x q; }");
	check_endless(__LINE__, "qubit[6] q; gate g a, b, c, d, e, f { h a; cx a, b; cx b, c; cx c, d; cx d, e; cx e, f; } pow(600000) @ g q[0], q[1], q[2], q[3], q[4], q[5];");
	check_endless(__LINE__, "qubit q; for int i in [0:1000000000] { for int j in [0:1000000000] { } }");
	check_endless(__LINE__, "qubit[1000] q; bit[4000] c; for int i in [0:1000000000] if (c[0:99] != 17) { }");
	check_endless(__LINE__, "qubit[1000] q; bit[4000] c; for int i in [0:1000000000] { let a = q[0:5] ++ q[0:500]; let b = c[-1:-1:0]; }");
	check_endless(__LINE__, "qubit[5] q; for int i in [0:1000000000] pow(0.5) @ ctrl(4) @ h q[0],q[1],q[2],q[3],q[4];");
	check_endless(__LINE__, "qubit[1024] q; for int i in [0:1000000000] barrier q;");
}

TEST(reading_survives_every_failed_allocation_and_cancellation)
{
	static const char program[] = HEAD "input float a; qubit[4] q; bit[4] c; gate g(t) x0, x1 { for int i in [0:2] { rx(t * i) x0; } cx x0, x1; }"
		"let r = q[0:1] ++ q[3]; for int i in {0, 1} { inv @ ctrl @ g(a) q[2], r[i], q[3]; pow(0.3) @ g(0.2) q[0], q[1]; } pow(99) @ g(0.2) q[0], q[1];"
		"c = measure q; if (c > 3 || c[0] ^ c[1]) { x r; } else reset q;";
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	TvmStatus	status = TVM_NOMEM;
	long		n;

	for (n = 1; status == TVM_NOMEM && n < 5000; n++)
	{
		unit_env_fail_at(n);
		status = qasm_text(env, program, &qasm);
		if (status == TVM_OK)
			tvm_qasm_free(env, &qasm);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(status == TVM_OK && n > 50);
	unit_env_fail_at(0);
	unit_env_cancel_after(0);
	CHECK(qasm_text(env, HEAD "qubit q; for int i in [0:1000000000] { }", &qasm) == TVM_CANCELLED);
	CHECK_EQ(unit_env_live(), 0);

	/* Every limit on memory is kept, and ends without a trace. */
	status = TVM_LIMIT;
	for (uint64_t memory = 1; status == TVM_LIMIT && memory < 10000000; memory += memory / 16 + 64)
	{
		unit_env_cancel_after(-1);
		status = tvm_qasm_read(env, program, strlen(program), memory, &qasm);
		CHECK(status == TVM_OK || status == TVM_LIMIT);
		if (status == TVM_OK)
			tvm_qasm_free(env, &qasm);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(status == TVM_OK);
}
