/*
 * test_text.c: programs as tools write them are read, and what the grammars have no place for is refused.
 */
#include "quantum/qasm/text.h"

#define OLD "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n"
#define NEW "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n"
#define MARK "\xEF\xBB\xBF"
#define THETA "\xCE\xB8"

/* Read it, say how many gates and bits there are. */
static void
check_read(const char *file, int line, const char *text, int version, size_t gates, uint32_t bits)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;

	if (qasm_text(env, text, &qasm) != TVM_OK)
	{
		unit_fail(file, line, "%s: %s (%s): %s", env->error.path, env->error.message, env->error.detail, text);
		return;
	}
	if (qasm.version != version || qasm.circuit.count != gates || qasm.circuit.bits != bits)
		unit_fail(file, line, "version %d, %zu gates, %u bits: %s", qasm.version, qasm.circuit.count, qasm.circuit.bits, text);
	tvm_qasm_free(env, &qasm);
	CHECK_EQ(unit_env_live(), 0);
}

#define READ(text, version, gates, bits) check_read(__FILE__, __LINE__, text, version, gates, bits)

TEST(headers_that_tools_write)
{
	READ("OPENQASM 2;\ninclude \"qelib1.inc\";\nqreg q[1];\nh q[0];\n", 2, 1, 0);
	READ(MARK OLD "qreg q[1]; h q[0];", 2, 1, 0);
	READ(MARK "qubit q; U(1, 2, 3) q;", 3, 1, 0);
	READ("// made by a tool\r\n\r\ninclude \"qelib1.inc\";\r\nqreg q[2];\r\nu1(pi*0.5) q[0];\r\ncx q[0],q[1];\r\n", 2, 2, 0);
	READ("qreg q[1]; U(1, 2, 3) q[0];", 3, 1, 0);
	READ("OPENQASM 3;\nqubit q;\n", 3, 0, 0);
	READ("OPENQASM 3.1;\nqubit q;\n", 3, 0, 0);
	REFUSED_AT(MARK "OPENQASM 2.1; qreg q[1];", "line 1, column 10", "unknown version");
	REFUSED_AT("OPENQASM 3 3; qubit q;", "line 1, column 12", "\";\" expected");
	REFUSED_AT("qubit q; " MARK, "line 1, column 10", "not a character");

	/* A comment ends where a line does, whatever ends lines. */
	READ("OPENQASM 3;\r// bit c;\rqubit q;\r", 3, 0, 0);

	/* Qiskit, 2 and 3; Cirq; pytket; PennyLane. */
	READ(OLD "gate gate_E(param0,param1) q0,q1 { p(param0) q0; cx q0,q1; u(0,0,param1) q1; }\nqreg q[2];\ncreg c0[0];\ncreg meas[2];\n"
		 "gate_E(-pi/2,1.5e-05) q[0],q[1];\nbarrier q[0],q[1];\nmeasure q[0] -> meas[0];\nif(meas==3) sx q[1];\n", 2, 6, 2);
	READ(NEW "input float[64] _" THETA "_0_;\ngate rzz_0(p0) _gate_q_0, _gate_q_1 {\n  cx _gate_q_0, _gate_q_1;\n  rz(p0) _gate_q_1;\n  cx _gate_q_0, _gate_q_1;\n}\n"
		 "bit[2] c;\nqubit[2] q;\nrz(2*_" THETA "_0_) q[0];\nrzz_0(pi/4) q[0], q[1];\nc[0] = measure q[0];\nif (c[0]) {\n  x q[1];\n} else {\n  z q[1];\n}\n", 3, 7, 2);
	READ("// Generated from Cirq v1.3.0\n\n" OLD "\n\n// Qubits: [q(0), q(1)]\nqreg q[2];\ncreg m_c[1];\n\n\n// Gate: CZ**0.5\nu3(pi*0.5,pi*1.0,pi*0.75) q[0];\nmeasure q[1] -> m_c[0];\n", 2, 2, 1);
	READ(OLD "\nqreg q[2];\ncreg c[2];\nrz(0.5*pi) q[0];\nsxdg q[1];\nif(c==1) rx(3.5*pi) q[0];\n", 2, 3, 2);
}

TEST(lists_end_with_a_comma_and_blocks_stand_alone_in_version_3)
{
	READ(NEW "gate g(a, b,) x, y, { rx(a,) x; { cx x, y,; } rz(b) y; } qubit[3] q; g(1, 2,) q[0,], q[1],; x q[{0, 2,}]; for int i in {0, 1,} { h q[i]; }"
		 "barrier q[0], q[1],; rx(sin(1,)) q[0];", 3, 9, 0);
	READ(NEW "qubit[2] q; bit c; { x q[0]; { const int n = 1; h q[n]; } { } } if (c) { { z q[0]; } } for int i in [0:1] { { y q[i]; } }", 3, 5, 1);
	REFUSED_AT(NEW "qubit q; { const int n = 0; } rx(n) q;", "line 3, column 34", "unknown name");
	REFUSED_AT(NEW "qubit q; { x q;", "line 3, column 16", "\"}\" expected");
	REFUSED_AT(NEW "qubit q; { bit c; }", "line 3, column 12", "a declaration in a block");
	REFUSED_AT(NEW "qubit[2] q; cx q[0], q[1],,;", "line 3, column 27", "qubits expected");
	REFUSED_AT(NEW "qubit[2] q; cx ,q[0], q[1];", "line 3, column 16", "qubits expected");
	REFUSED_AT(OLD "qreg q[2]; cx q[0],q[1],;", "line 3, column 25", "qubits expected");
	REFUSED_AT(OLD "qreg q[2]; rx(1,) q[0];", "line 3, column 17", "an expression expected");
	REFUSED_AT(OLD "gate g a, { h a; } qreg q[2];", "line 3, column 11", "a name expected");
	REFUSED_AT(OLD "qreg q[2]; { h q[0]; }", "line 3, column 12", "a gate expected");
}

TEST(registers_of_no_bits)
{
	READ(OLD "qreg q[1]; creg c[0]; creg d[1]; measure q[0] -> d[0]; if(c==0) x q[0]; if(c==1) x q[0];", 2, 2, 1);
	READ(NEW "qubit q; bit[0] c; if (c == 0) { x q; } if (c) { y q; } let d = c;", 3, 1, 0);
	REFUSED_AT(OLD "qreg q[1]; creg c[0]; measure q[0] -> c[0];", "line 3, column 41", "outside the register");
	REFUSED_AT(OLD "qreg q[1]; creg c[0]; measure q -> c;", "line 3, column 36", "registers of different sizes");
	REFUSED_AT(NEW "qubit[0] q;", "line 3, column 6", "not a size");
	REFUSED_AT(NEW "qubit[2] q; bit[0] c; c[0:1] = measure q;", "line 3, column 26", "outside the register");
}

TEST(numbers_are_those_of_the_grammars)
{
	static const char *const bad[] = {
		"3__4", "3_4_", "1._5", "1.5_", "1_.5", "1e_5", "1e5_", "1__0.5", "0x", "0x_1", "0x1__2", "0x1_", "0b", "0b_1", "0b102", "0b12", "0o8", "0O17", "12af",
		"0x12g", "3.4e3e3", "3x", "1e", "1e+", "0B123", "\"01\"", "'01'", "\"\"", "\"0__1\"", "\"_01\"", "\"01_\"", "\"012\"", "3.4.3"
	};
	static const char *const good[] = {"3_4", "1_0.5_0", "1_0e1_0", ".5_0", "5.", "0x1_F", "0X1f", "0b1_0", "0B10", "0o1_7", "007", "1.e3", "int(\"0_1\")"};
	char		text[200];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		snprintf(text, sizeof(text), NEW "qubit q; rx(%s) q;", good[i]);
		READ(text, 3, 1, 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		TvmEnv	   *env = unit_env();
		TvmQasm		qasm;

		snprintf(text, sizeof(text), NEW "qubit q; rx(%s) q;", bad[i]);
		if (qasm_text(env, text, &qasm) != TVM_INVALID || strncmp(env->error.path, "line 3, column 1", 16) != 0)
			unit_fail(__FILE__, __LINE__, "%s: %s (%s)", bad[i], env->error.path, env->error.message);
	}
	REFUSED_AT(OLD "qreg q[1_0];", "line 3, column 8", "not a number");
	REFUSED_AT(OLD "qreg q[1]; rx(1_0) q[0];", "line 3, column 15", "not a number");
	REFUSED_AT(OLD "qreg q[0x2];", "line 3, column 8", "not a number");
}

TEST(names_are_those_of_the_grammars)
{
	/* Letters of Unicode: Greek, Han, Cherokee, a Roman numeral, Deseret (past 16 bits). */
	READ("qubit \xCF\x88; bit \xE4\xBD\x8D\x31; input float \xE1\x8E\xA0_; qubit \xE2\x85\xA7; qubit \xF0\x90\x90\x80; U(1, 2, 3) \xCF\x88;", 3, 1, 1);

	/* A dash, a smile, a combining accent first, an Arabic digit; overlong, cut, a surrogate, past the end of Unicode. */
	REFUSED_AT("qubit \xE2\x80\x94;", "line 1, column 7", "not a character");
	REFUSED_AT("qubit \xF0\x9F\x99\x82;", "line 1, column 7", "not a character");
	REFUSED_AT("qubit \xCC\x81q;", "line 1, column 7", "not a character");
	REFUSED_AT("qubit q\xCC\x81;", "line 1, column 8", "not a character");
	REFUSED_AT("qubit \xD9\xA1;", "line 1, column 7", "not a character");
	REFUSED_AT("qubit \xC1\xA1;", "line 1, column 7", "not a character");
	REFUSED_AT("qubit \xCF", "line 1, column 7", "not a character");
	REFUSED_AT("qubit \xED\xA0\x80;", "line 1, column 7", "not a character");
	REFUSED_AT("qubit \xF4\x90\x80\x80;", "line 1, column 7", "not a character");
	REFUSED_AT(OLD "qreg \xCF\x88[1];", "line 3, column 6", "a name of OpenQASM 2.0");
	REFUSED_AT(OLD "creg pi[2];", "line 3, column 6", "a word of the language");
	REFUSED_AT(OLD "gate sin a { }", "line 3, column 6", "a word of the language");
	REFUSED_AT(NEW "bit case;", "line 3, column 5", "a word of the language");
	REFUSED_AT(NEW "gate void a { }", "line 3, column 6", "a word of the language");

	/* A gate acts on something. */
	REFUSED_AT(NEW "gate g { }", "line 3, column 8", "a name expected");
	REFUSED_AT(NEW "gate g(a) { gphase(a); }", "line 3, column 11", "a name expected");
	READ(OLD "gate g a { } qreg q[1]; g q[0];", 2, 0, 0);
}

/* What is in them need not be tokens. */
TEST(what_a_circuit_cannot_express_is_refused_by_name)
{
	static const char *const programs[][3] = {
		{"pragma it's \"free ` text", "not supported: part of OpenQASM", "\"pragma\""}, {"#pragma braket result `state_vector`", "not supported: annotations", "\"#pragma\""},
		{"@it.is \"free ` text\nx q;", "not supported: annotations", "\"@it\""}, {"cal { it's ` }", "not supported: part", "\"cal\""},
		{"defcal x $0 { play `d0`; }", "not supported: part", "\"defcal\""}, {"defcalgrammar \"openpulse\";", "not supported: part", "\"defcalgrammar\""},
		{"gate g a { delay[1`ns] a; }", "not supported: part", "\"delay\""}, {"{ @note\n x q; }", "not supported: annotations", "\"@note\""},
		{"if (true) pragma x ` y", "not supported: part", "\"pragma\""}, {"for int i in [0:1] { box { ` } }", "not supported: part", "\"box\""}
	};
	TvmEnv	   *env = unit_env();

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
	{
		TvmQasm		qasm;
		char		text[200];

		snprintf(text, sizeof(text), NEW "qubit q;\n%s", programs[i][0]);
		if (qasm_text(env, text, &qasm) != TVM_INVALID || strncmp(env->error.message, programs[i][1], strlen(programs[i][1])) != 0 ||
			strcmp(env->error.detail, programs[i][2]) != 0 || strncmp(env->error.path, "line 4, column ", 15) != 0)
			unit_fail(__FILE__, __LINE__, "%s: %s: %s (%s)", programs[i][0], env->error.path, env->error.message, env->error.detail);
	}
	READ(OLD "qreg cal[1]; creg pragma[1]; h cal[0];", 2, 1, 1);
}
