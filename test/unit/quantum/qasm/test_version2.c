/*
 * test_version2.c: reading OpenQASM 2.0.
 *
 * The library's gates are held against definitions in terms of U and CX, written out
 * here as textbooks have them, on a state that tells all gates apart.
 */
#include "quantum/qasm/text.h"

#define HEAD "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n"
#define BARE "OPENQASM 2.0;\n"

/* Five qubits in no special state, by U alone. */
#define START "qreg q[5];U(0.3,0.2,1.1)q[0];U(1.3,-0.4,0.7)q[1];U(2.1,0.9,-0.3)q[2];U(0.8,1.7,0.2)q[3];U(1.9,-1.2,0.6)q[4];" \
	"CX q[0],q[1];CX q[1],q[2];CX q[2],q[3];CX q[3],q[4];U(0.4,0.1,0.9)q[1];U(0.7,0.3,0.2)q[3];"

/* What the library's names mean, in U and CX. */
static const char meanings[] =
"gate u1_(l) a { U(0,0,l) a; } gate h_ a { U(pi/2,0,pi) a; } gate x_ a { U(pi,0,pi) a; }"
"gate rz_(l) a { U(0,0,l) a; } gate ry_(t) a { U(t,0,0) a; } gate rx_(t) a { U(t,-pi/2,pi/2) a; }"
"gate cp_(l) a,b { u1_(l/2) a; CX a,b; u1_(-l/2) b; CX a,b; u1_(l/2) b; }"
"gate crz_(l) a,b { u1_(l/2) b; CX a,b; u1_(-l/2) b; CX a,b; }"
"gate cu_(t,p,l) a,b { u1_((l+p)/2) a; u1_((l-p)/2) b; CX a,b; U(-t/2,0,-(p+l)/2) b; CX a,b; U(t/2,p,0) b; }"
"gate ccp_(l) a,b,c { cp_(l/2) b,c; CX a,b; cp_(-l/2) b,c; CX a,b; cp_(l/2) a,c; }"
"gate cccp_(l) a,b,c,d { cp_(l/4) a,d; cp_(l/4) b,d; cp_(l/4) c,d; CX a,b; cp_(-l/4) b,d; CX b,c; cp_(l/4) c,d; CX a,b;"
" CX a,c; cp_(-l/4) c,d; CX b,c; CX a,c; cp_(-l/4) c,d; CX a,c; }";

TEST(the_gates_of_qelib1_are_what_their_names_say)
{
	static const char *const gates[][2] = {
		{"u3(0.3,0.4,0.5) q[1];", "U(0.3,0.4,0.5) q[1];"}, {"u2(0.4,0.5) q[1];", "U(pi/2,0.4,0.5) q[1];"},
		{"u1(0.5) q[1];", "U(0,0,0.5) q[1];"}, {"u(0.3,0.4,0.5) q[1];", "U(0.3,0.4,0.5) q[1];"},
		{"p(0.5) q[1];", "U(0,0,0.5) q[1];"}, {"u0(0.5) q[1];", ""}, {"id q[1];", ""},
		{"x q[1];", "U(pi,0,pi) q[1];"}, {"y q[1];", "U(pi,pi/2,pi/2) q[1];"}, {"z q[1];", "U(0,0,pi) q[1];"},
		{"h q[1];", "U(pi/2,0,pi) q[1];"}, {"s q[1];", "U(0,0,pi/2) q[1];"}, {"sdg q[1];", "U(0,0,-pi/2) q[1];"},
		{"t q[1];", "U(0,0,pi/4) q[1];"}, {"tdg q[1];", "U(0,0,-pi/4) q[1];"},
		{"sx q[1];", "U(pi/2,-pi/2,pi/2) q[1];"}, {"sxdg q[1];", "U(-pi/2,-pi/2,pi/2) q[1];"},
		{"rx(0.3) q[1];", "U(0.3,-pi/2,pi/2) q[1];"}, {"ry(0.3) q[1];", "U(0.3,0,0) q[1];"}, {"rz(0.3) q[1];", "U(0,0,0.3) q[1];"},
		{"cx q[1],q[3];", "CX q[1],q[3];"}, {"cz q[1],q[3];", "cp_(pi) q[1],q[3];"},
		{"cy q[1],q[3];", "u1_(-pi/2) q[3]; CX q[1],q[3]; u1_(pi/2) q[3];"},
		{"ch q[1],q[3];", "ry_(-pi/4) q[3]; cp_(pi) q[1],q[3]; ry_(pi/4) q[3];"},
		{"csx q[1],q[3];", "h_ q[3]; cp_(pi/2) q[1],q[3]; h_ q[3];"},
		{"swap q[1],q[3];", "CX q[1],q[3]; CX q[3],q[1]; CX q[1],q[3];"},
		{"crz(0.7) q[1],q[3];", "crz_(0.7) q[1],q[3];"},
		{"cry(0.7) q[1],q[3];", "rx_(pi/2) q[3]; crz_(0.7) q[1],q[3]; rx_(-pi/2) q[3];"},
		{"crx(0.7) q[1],q[3];", "h_ q[3]; crz_(0.7) q[1],q[3]; h_ q[3];"},
		{"cu1(0.7) q[1],q[3];", "cp_(0.7) q[1],q[3];"}, {"cp(0.7) q[1],q[3];", "cp_(0.7) q[1],q[3];"},
		{"cu3(0.7,0.2,0.4) q[1],q[3];", "cu_(0.7,0.2,0.4) q[1],q[3];"},
		{"cu(0.7,0.2,0.4,0.9) q[1],q[3];", "u1_(0.9) q[1]; cu_(0.7,0.2,0.4) q[1],q[3];"},
		{"rzz(0.7) q[1],q[3];", "CX q[1],q[3]; U(0,0,0.7) q[3]; CX q[1],q[3];"},
		{"rxx(0.7) q[1],q[3];", "h_ q[1]; h_ q[3]; CX q[1],q[3]; U(0,0,0.7) q[3]; CX q[1],q[3]; h_ q[1]; h_ q[3];"},
		{"ccx q[1],q[3],q[0];", "h_ q[0]; ccp_(pi) q[1],q[3],q[0]; h_ q[0];"},
		{"cswap q[1],q[3],q[0];", "CX q[0],q[3]; h_ q[0]; ccp_(pi) q[1],q[3],q[0]; h_ q[0]; CX q[0],q[3];"},
		{"c3x q[1],q[3],q[0],q[2];", "h_ q[2]; cccp_(pi) q[1],q[3],q[0],q[2]; h_ q[2];"},
		{"c3sqrtx q[1],q[3],q[0],q[2];", "h_ q[2]; cccp_(pi/2) q[1],q[3],q[0],q[2]; h_ q[2];"},
		{"rccx q[1],q[3],q[0];", "h_ q[0]; u1_(pi/4) q[0]; CX q[3],q[0]; u1_(-pi/4) q[0]; CX q[1],q[0]; u1_(pi/4) q[0]; CX q[3],q[0];"
		" u1_(-pi/4) q[0]; h_ q[0];"},
		/* A relative phase is all that tells the doubled gate from nothing. */
		{"rc3x q[1],q[3],q[0],q[2]; rc3x q[1],q[3],q[0],q[2]; rc3x q[1],q[3],q[0],q[2]; rc3x q[1],q[3],q[0],q[2];", ""},
		{"c4x q[0],q[1],q[2],q[3],q[4]; c4x q[0],q[1],q[2],q[3],q[4];", ""},
	};

	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
	{
		char		left[1024];
		char		right[4096];

		snprintf(left, sizeof(left), "%s%s%s", HEAD, START, gates[i][0]);
		snprintf(right, sizeof(right), "%s%s%s%s", BARE, meanings, START, gates[i][1]);
		SAME_BUT_PHASE(left, right);
	}
}

TEST(c4x_flips_where_all_four_are_one)
{
	SAME_STATE(HEAD "qreg q[5]; x q[0]; x q[1]; x q[2]; x q[3]; c4x q[0],q[1],q[2],q[3],q[4];", HEAD "qreg q[5]; x q;");
	SAME_STATE(HEAD "qreg q[5]; x q[0]; x q[1]; x q[3]; c4x q[0],q[1],q[2],q[3],q[4];",
			   HEAD "qreg q[5]; x q[0]; x q[1]; x q[3];");
	SAME_BUT_PHASE(HEAD "qreg q[4]; x q[0]; x q[1]; x q[2]; rc3x q[0],q[1],q[2],q[3];", HEAD "qreg q[4]; x q;");
}

TEST(expressions_of_version_2_are_real_numbers)
{
	static const char *const same[][2] = {
		{"1/2", "0.5"}, {"-2^2", "-4"}, {"2^3^2/512", "1"}, {"2^-1", "0.5"}, {"-(1+2)*3/-4.5e0", "2"}, {"1-2-3", "-4"},
		{"8/4/2", "1"}, {"sin(pi/6)+cos(pi/3)", "1"}, {"tan(pi/4)", "1"}, {"ln(exp(2))", "2"}, {"sqrt(2)*sqrt(2)", "2"},
		{"pi*1.e0", "3.14159265358979311600"}, {".5+1.", "1.5"}, {"((((1))))", "1"}, {"- - -1", "-1"}, {"+1", "1"}
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
	{
		char		left[256];
		char		right[256];

		snprintf(left, sizeof(left), HEAD "qreg q[1]; rx(%s) q[0];", same[i][0]);
		snprintf(right, sizeof(right), HEAD "qreg q[1]; rx(%s) q[0];", same[i][1]);
		SAME_STATE(left, right);
	}
}

TEST(gates_are_spread_over_registers)
{
	SAME_STATE(HEAD "qreg a[2]; qreg b[2]; h a; cx a,b; rz(0.3) b; cx a[0],b;",
			   HEAD "qreg q[4]; h q[0]; h q[1]; cx q[0],q[2]; cx q[1],q[3]; rz(0.3) q[2]; rz(0.3) q[3]; cx q[0],q[2]; cx q[0],q[3];");
	SAME_STATE(HEAD "gate g(x,y) a,b { rx(x*2) a; barrier a,b; cx a,b; ry(y/x) b; } gate f(t) a,b { g(t,t^2) b,a; }"
			   "qreg q[2]; f(0.7) q[0],q[1];",
			   HEAD "qreg q[2]; rx(1.4) q[1]; cx q[1],q[0]; ry(0.7) q[0];");
	/* What a body sees is what was defined before it: the library's h, not the later one. */
	SAME_STATE(HEAD "gate g a { h a; } gate h a { x a; } qreg q[2]; g q[0]; h q[1];",
			   HEAD "qreg q[2]; h q[0]; x q[1];");
	SAME_STATE(HEAD "gate h a { h a; x a; } qreg q[1]; h q[0];", HEAD "qreg q[1]; h q[0]; x q[0];");
	SAME_STATE("// a comment\n" HEAD "/* another\n */ qreg q[1];x q[0];//end", HEAD "qreg q[1]; x q[0];");
}

TEST(measurements_conditions_and_barriers)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	const TvmGate *gate;

	CHECK(qasm_text(env, HEAD "qreg q[2]; creg a[1]; creg c[3]; barrier q; measure q[1] -> a[0]; measure q[0]->c[2];"
					"if(c==5) x q[1]; if (a==1) measure q[0] -> c[0]; if(c==9) x q[0]; reset q; barrier q[1];", &qasm) == TVM_OK);
	CHECK_EQ(qasm.version, 2);
	CHECK_EQ(qasm.circuit.qubits, 2);
	CHECK_EQ(qasm.circuit.bits, 4);
	CHECK_EQ(qasm.circuit.count, 8);
	gate = qasm.circuit.gates;
	CHECK(gate[0].op == TVM_OP_BARRIER && gate[0].target_count == 2);
	CHECK(gate[1].op == TVM_OP_MEASURE && gate[1].bit == 0 && gate[1].targets[0] == 1);
	CHECK(gate[2].bit == 3);
	CHECK(gate[3].op == TVM_OP_X && gate[3].if_count == 3 && gate[3].if_bits[0] == 1 && gate[3].if_bits[2] == 3);
	CHECK(gate[3].if_values[0] == 1 && gate[3].if_values[1] == 0 && gate[3].if_values[2] == 1);
	CHECK(gate[4].op == TVM_OP_MEASURE && gate[4].if_count == 1 && gate[4].if_bits[0] == 0);
	CHECK(gate[5].op == TVM_OP_RESET && gate[6].op == TVM_OP_RESET && gate[6].targets[0] == 1);
	CHECK(gate[7].target_count == 1 && gate[7].targets[0] == 1);
	tvm_qasm_free(env, &qasm);

	CHECK(qasm_text(env, HEAD "qreg q[3]; creg c[3]; measure q -> c; opaque mine(a,b) x,y;", &qasm) == TVM_OK);
	CHECK_EQ(qasm.circuit.count, 3);
	CHECK(qasm.circuit.gates[2].bit == 2 && qasm.circuit.gates[2].targets[0] == 2);
	tvm_qasm_free(env, &qasm);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(what_is_wrong_is_named_by_line_and_column)
{
	REFUSED_AT("OPENQASM 2.1;", "line 1, column 10", "unknown version");
	REFUSED_AT(BARE "qreg q[2];\n  h q[0];", "line 3, column 3", "unknown gate");
	REFUSED_AT("OPENQASM 2.0;\ninclude \"other.inc\";", "line 2, column 9", "no such file to include");
	REFUSED_AT(HEAD "qreg q[2]; x q[2];", "line 3, column 16", "outside the register");
	REFUSED_AT(HEAD "qreg q[2]; cx q[0],q[0];", "line 3, column 20", "a qubit is named twice");
	REFUSED_AT(HEAD "qreg q[2]; qreg p[3]; cx q,p;", "line 3, column 28", "registers of different sizes");
	REFUSED_AT(HEAD "qreg q[2]; cx q[0];", "line 3, column 15", "wrong number of qubits");
	REFUSED_AT(HEAD "qreg q[2]; rx q[0];", "line 3, column 15", "wrong number of arguments");
	REFUSED_AT(HEAD "qreg q[2]; rx(1,2) q[0];", "line 3, column 14", "wrong number of arguments");
	REFUSED_AT(HEAD "qreg q[2]; rx(1/0) q[0];", "line 3, column 16", "not a finite number");
	REFUSED_AT(HEAD "qreg q[2]; rx(ln(0)) q[0];", "line 3, column 15", "not a finite number");
	REFUSED_AT(HEAD "qreg q[2]; rx(foo(0)) q[0];", "line 3, column 15", "unknown function");
	REFUSED_AT(HEAD "qreg q[2]; rx(tau) q[0];", "line 3, column 15", "unknown name");
	REFUSED_AT(HEAD "qreg q[2]; rx(1e999) q[0];", "line 3, column 15", "not a finite number");
	REFUSED_AT(HEAD "qreg q[2]; rx(0x10) q[0];", "line 3, column 15", "not a number");
	REFUSED_AT(HEAD "qreg q[2]; rx(1ms) q[0];", "line 3, column 15", "not a number");
	REFUSED_AT(HEAD "gate barrier a,b { cx a,b; }", "line 3, column 6", "a word of the language");
	REFUSED_AT(HEAD "creg if[2];", "line 3, column 6", "a word of the language");
	REFUSED_AT(HEAD "qreg q[2]; rx(1 q[0];", "line 3, column 17", "\")\" expected");
	REFUSED_AT(HEAD "qreg q[2]; x q[0]", "line 3, column 18", "\";\" expected");
	REFUSED_AT(HEAD "qreg q[2]; qreg q[1];", "line 3, column 17", "a name is declared twice");
	REFUSED_AT(HEAD "qreg q[0];", "line 3, column 7", "not a size");
	REFUSED_AT(HEAD "qreg q[1025];", "line 3, column 6", "too many qubits");
	REFUSED_AT(HEAD "creg q[4097];", "line 3, column 6", "too many classical bits");
	REFUSED_AT(HEAD "qreg q[2]; opaque g a; g q[0];", "line 3, column 24", "an opaque gate cannot be applied");
	REFUSED_AT(HEAD "gate g a { x b; }", "line 3, column 14", "unknown name");
	REFUSED_AT(HEAD "qreg q[1]; gate g a { x q; }", "line 3, column 25", "a gate acts on its own qubits only");
	REFUSED_AT(HEAD "gate g a { measure a -> c; }", "line 3, column 12", "not allowed in a gate");
	REFUSED_AT(HEAD "gate g a { g a; } qreg q[1]; g q[0];", "line 3, column 12", "unknown gate");
	REFUSED_AT(HEAD "gate g(t,t) a { }", "line 3, column 10", "a name is declared twice");
	REFUSED_AT(HEAD "gate g a { x a;", "line 3, column 16", "\"}\" expected");
	REFUSED_AT(HEAD "gate g a { rx(q) a; } qreg q[1];", "line 3, column 15", "unknown name");
	REFUSED_AT(HEAD "qreg q[1]; creg c[1]; if (c=1) x q[0];", "line 3, column 28", "\"==\" expected");
	REFUSED_AT(HEAD "qreg q[1]; creg c[1]; measure q[0] -> q[0];", "line 3, column 39", "classical bits expected");
	REFUSED_AT(HEAD "qreg q[2]; creg c[2]; if (c==1) measure q -> c;", "line 3, column 33", "an if has measured");
	REFUSED_AT(HEAD "qreg q[1]; x q[0] /* \xC3\xA4 */ \xC3\xA4;", "line 3, column 27", "\";\" expected");
	REFUSED_AT(HEAD "qreg q[1]; /* x", "line 3, column 12", "a comment without an end");
	REFUSED_AT(HEAD "qreg q[1]; `", "line 3, column 12", "not a character");
	REFUSED_AT(HEAD "creg c[1];", "line 3, column 11", "a program without qubits");
	REFUSED_AT("", "line 1, column 1", "a program without qubits");
	REFUSED_AT("\"", "line 1, column 1", "a string without an end");
}
