/*
 * test_power.c: powers of gates in OpenQASM 3.
 *
 * Small powers are held against a loop that applies the gate so often; powers of a
 * million against matrices that are multiplied so often, in long double; larger ones
 * against closed forms in MPFR.
 */
#include "quantum/qasm/text.h"

#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

#define HEAD "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n"
#define START "qubit[6] q;U(0.3,0.2,1.1)q[0];U(1.3,-0.4,0.7)q[1];U(2.1,0.9,-0.3)q[2];U(0.8,1.7,0.2)q[3];U(1.1,0.2,0.4)q[4];U(2,1,0)q[5];" \
	"ctrl@U(1,0.4,2) q[0],q[1];ctrl@U(2,0.3,1) q[1],q[2];ctrl@U(0.4,1.1,0.9) q[2],q[3];ctrl@U(1,2,3) q[3],q[4];cx q[4],q[5];"
#define BITS 400

/* How many gates a program is, or -1. */
static long
count_of(const char *program)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	long		count = -1;

	if (qasm_text(env, program, &qasm) == TVM_OK)
	{
		count = (long) qasm.circuit.count;
		tvm_qasm_free(env, &qasm);
	}
	return count;
}

/* pow(k) @ call is what a loop of k calls does, under a control and inverted as well. */
static void
check_loop(int line, const char *definitions, const char *call, const char *operands, int k)
{
	char		a[3000];
	char		b[3000];
	const char *inverse = k < 0 ? "inv @ " : "";

	snprintf(a, sizeof(a), "%s%s%spow(%d) @ %s %s;", HEAD, definitions, START, k, call, operands);
	snprintf(b, sizeof(b), "%s%s%sfor int i in [1:%d] { %s%s %s; }", HEAD, definitions, START, abs(k), inverse, call, operands);
	qasm_same(__FILE__, line, a, b, true);
	snprintf(a, sizeof(a), "%s%s%snegctrl @ inv @ pow(%d) @ %s q[5],%s;", HEAD, definitions, START, -k, call, operands);
	snprintf(b, sizeof(b), "%s%s%sfor int i in [1:%d] { negctrl @ %s%s q[5],%s; }", HEAD, definitions, START, abs(k), inverse, call,
			 operands);
	qasm_same(__FILE__, line, a, b, true);
	snprintf(a, sizeof(a), "%s%s%spow(%d) @ ctrl @ %s q[5],%s;", HEAD, definitions, START, k, call, operands);
	snprintf(b, sizeof(b), "%s%s%sfor int i in [1:%d] { ctrl @ %s%s q[5],%s; }", HEAD, definitions, START, abs(k), inverse, call,
			 operands);
	qasm_same(__FILE__, line, a, b, true);
}

TEST(an_integer_power_is_so_many_of_a_gate)
{
	static const char *const gates[][2] = {
		{"p(0.3)", "q[1]"}, {"x", "q[1]"}, {"y", "q[1]"}, {"z", "q[1]"}, {"h", "q[1]"}, {"s", "q[1]"}, {"sdg", "q[1]"},
		{"t", "q[1]"}, {"tdg", "q[1]"}, {"sx", "q[1]"}, {"inv @ sx", "q[1]"}, {"id", "q[1]"}, {"rx(0.7)", "q[1]"},
		{"ry(-2.9)", "q[1]"}, {"rz(6.1)", "q[1]"}, {"rz(pi/3)", "q[1]"}, {"p(-5*pi/7)", "q[1]"}, {"U(0.4,1.3,-2.2)", "q[1]"},
		{"u2(0.3,0.9)", "q[1]"}, {"u3(pi/2,0.2,pi/8)", "q[1]"}, {"cu(0.3,0.4,0.5,0.6)", "q[1],q[2]"}, {"cx", "q[1],q[2]"},
		{"ccx", "q[1],q[2],q[0]"}, {"swap", "q[1],q[2]"}, {"cswap", "q[1],q[2],q[0]"}, {"crx(2.2)", "q[1],q[2]"},
		{"cp(1.2)", "q[1],q[2]"}, {"ch", "q[1],q[2]"}, {"pow(0.3) @ swap", "q[1],q[2]"}, {"pow(-0.4) @ h", "q[1]"},
	};

	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
	{
		for (int k = -7; k <= 8; k += k == -3 ? 5 : k == 5 ? 3 : k < 0 ? 4 : 1)	/* -7, -3, 2 to 5, 8 */
			check_loop(__LINE__, "", gates[i][0], gates[i][1], k);
		check_loop(__LINE__, "", gates[i][0], gates[i][1], 21 + (int) i % 8);
	}
}

TEST(an_integer_power_is_so_many_of_a_gate_of_the_program)
{
	static const char *const bodies[] = {
		"h a; cx a,b; rz(0.4) b; t a;",
		"rx(0.2) a; ry(0.3) b; rz(0.1) c;",	/* three that have nothing to do with each other */
		"rz(0.3) a; cp(0.4) a,b; ctrl @ cz c,a,b; gphase(0.2); t c;",	/* all diagonal */
		"cp(0.4) a,b; h b; cp(0.3) c,a; t a; x b;",	/* one side diagonal on what they share */
		"cswap a,b,c; ccx c,b,a; x a;",
		"pow(3) @ cu(0.3,0.1,0.2,0.9) a,b; inv @ pow(0.25) @ swap b,c; ctrl(2) @ gphase(1.1) a,b;",
		"for int i in [0:4] { rx(0.1 * i) a; cx a,b; cx b,c; ry(0.2) c; }",
	};
	char		definition[300];

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		for (int k = -2; k <= 69; k += k == -2 ? 5 : 33)	/* -2, 3, 36, 69 */
		{
			snprintf(definition, sizeof(definition), "gate g a,b,c { %s }", bodies[i]);
			check_loop(__LINE__, definition, "g", "q[1],q[3],q[0]", k);
		}
	/* By a matrix on three qubits, and on five. */
	SAME_STATE(HEAD "gate g a,b,c { cp(0.4) a,b; h b; ccx c,b,a; }" START "pow(900) @ g q[2],q[0],q[3];",
			   HEAD "gate g a,b,c { cp(0.4) a,b; h b; ccx c,b,a; }" START "for int i in [1:900] { g q[2],q[0],q[3]; }");
	SAME_STATE(HEAD "gate g a,b,c,d,e { h a; cx a,b; rx(0.3) b; cswap b,c,d; ry(1.2) d; cu(1,2,3,4) d,e; }" START
			   "pow(1000000) @ g q[0],q[2],q[1],q[5],q[4]; pow(-999999) @ g q[0],q[2],q[1],q[5],q[4];",
			   HEAD "gate g a,b,c,d,e { h a; cx a,b; rx(0.3) b; cswap b,c,d; ry(1.2) d; cu(1,2,3,4) d,e; }" START
			   "g q[0],q[2],q[1],q[5],q[4];");
	CHECK_EQ(count_of(HEAD "gate g a,b,c,d,e { h a; cx a,b; rx(0.3) b; cswap b,c,d; cu(1,2,3,4) d,e; } qubit[5] q; pow(1000000) @ g q[0],q[2],q[1],q[3],q[4];"), 1);
	/* Too many qubits for a matrix: in two parts, and in one. */
	check_loop(__LINE__, "gate g a,b,c,d,e { h a; cx a,b; ry(0.3) b; rx(0.2) c; cx c,d; cp(0.7) d,e; cp(0.2) e,b; cx d,c; }", "g",
			   "q[0],q[1],q[2],q[3],q[4]", 20);
	SAME_STATE(HEAD "gate g a,b,c,d,e,f { h a; cx a,b; cx b,c; ry(0.3) c; cx c,d; cx d,e; rx(0.2) e; cx e,f; }" START "pow(20) @ g q[0],q[1],q[2],q[3],q[4],q[5];",
			   HEAD "gate g a,b,c,d,e,f { h a; cx a,b; cx b,c; ry(0.3) c; cx c,d; cx d,e; rx(0.2) e; cx e,f; }" START "for int i in [1:20] { g q[0],q[1],q[2],q[3],q[4],q[5]; }");
}

/*------------------------------------------------------- a million times, in long double */

typedef long double complex Wide;

/* m becomes g m: both of 4 x 4. */
static void
times(const Wide *g, Wide *m)
{
	Wide		out[16];

	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
		{
			out[4 * i + j] = 0;
			for (int k = 0; k < 4; k++)
				out[4 * i + j] += g[4 * i + k] * m[4 * k + j];
		}
	memcpy(m, out, sizeof(out));
}

/* A 2 x 2 matrix on bit 0 or 1 of the index. */
static void
times_one(Wide a, Wide b, Wide c, Wide d, int bit, Wide *m)
{
	Wide		g[16] = {0};

	for (int i = 0; i < 4; i++)
	{
		g[4 * i + i] = (i >> bit & 1) == 0 ? a : d;
		g[4 * i + (i ^ 1 << bit)] = (i >> bit & 1) == 0 ? b : c;
	}
	times(g, m);
}

/* h a; cx a,b; rz(0.3125) b; rx(0.71875) a; cp(1.125) b,a, whose angles are exact: a is bit 0. */
static void
make_gate(Wide *m)
{
	static const int cx[16] = {1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0};
	long double root = sqrtl(0.5L);
	Wide		g[16];

	memset(m, 0, 16 * sizeof(Wide));
	for (int i = 0; i < 4; i++)
		m[5 * i] = 1;
	times_one(root, root, root, -root, 0, m);
	for (int i = 0; i < 16; i++)
		g[i] = cx[i];
	times(g, m);
	times_one(cexpl(-I * 0.15625L), 0, 0, cexpl(I * 0.15625L), 1, m);
	times_one(cosl(0.359375L), -I * sinl(0.359375L), -I * sinl(0.359375L), cosl(0.359375L), 0, m);
	for (int i = 0; i < 16; i++)
		g[i] = i % 5 == 0 ? 1 : 0;
	g[15] = cexpl(I * 1.125L);
	times(g, m);
}

TEST(a_million_of_a_gate_is_one_matrix)
{
	static const long powers[] = {100000, 1 << 20, 1000003};
	Wide		gate[16];
	Wide		m[16];
	Cx			got[DENSE_DIM];
	long		done = 0;
	TvmEnv	   *env = unit_env();

	make_gate(gate);
	memset(m, 0, sizeof(m));
	for (int i = 0; i < 4; i++)
		m[5 * i] = 1;
	for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++)
	{
		char		text[400];
		TvmQasm		qasm;

		if (powers[i] < done)
			memcpy(m, gate, sizeof(m)), done = 1;
		for (; done < powers[i]; done++)
			times(gate, m);
		for (int column = 0; column < 4; column++)
		{
			snprintf(text, sizeof(text), HEAD "gate g a,b { h a; cx a,b; rz(0.3125) b; rx(0.71875) a; cp(1.125) b,a; } qubit[2] q; %s%s"
					 "pow(%ld) @ g q[0],q[1];", column & 1 ? "x q[0];" : "", column & 2 ? "x q[1];" : "", powers[i]);
			CHECK_EQ(qasm_text(env, text, &qasm), TVM_OK);
			CHECK(qasm.circuit.count <= 3);
			qasm_state(&qasm.circuit, got);
			for (int row = 0; row < 4; row++)
				CHECK(cabs(got[row] - (Cx) m[4 * row + column]) < 1e-12);
			tvm_qasm_free(env, &qasm);
		}
	}
}

/*----------------------------------------------------------------- beyond, in MPFR */

/* e^(i angle of `times`), `times` being an integer in decimal; an angle in `pi` is so many of them. */
static Cx
exact_phase(double angle, bool in_pi, const char *times)
{
	mpfr_t		x,
				y;
	Cx			z;

	mpfr_inits2(BITS, x, y, (mpfr_ptr) 0);
	mpfr_set_str(x, times, 10, MPFR_RNDN);
	mpfr_mul_d(x, x, angle, MPFR_RNDN);
	if (in_pi)
	{
		mpfr_const_pi(y, MPFR_RNDN);
		mpfr_mul(x, x, y, MPFR_RNDN);
	}
	mpfr_sin_cos(x, y, x, MPFR_RNDN);
	z = mpfr_get_d(y, MPFR_RNDN) + I * mpfr_get_d(x, MPFR_RNDN);
	mpfr_clears(x, y, (mpfr_ptr) 0);
	return z;
}

/* The gate, which is one, turns |1> (of the first qubit) by the phase, and |0> by the other. */
static void
check_phases(int line, const char *gate, Cx zero, Cx one)
{
	char		text[300];

	for (int bit = 0; bit <= 1; bit++)
	{
		TvmEnv	   *env = unit_env();
		TvmQasm		qasm;
		Cx			psi[DENSE_DIM];

		snprintf(text, sizeof(text), HEAD "qubit[2] q; %s%s q[0];", bit ? "x q[0];" : "", gate);
		CHECK_EQ(qasm_text(env, text, &qasm), TVM_OK);
		if (qasm.circuit.count > (size_t) bit + 1)
			unit_fail(__FILE__, line, "%s: %zu gates", gate, qasm.circuit.count);
		qasm_state(&qasm.circuit, psi);
		if (!(cabs(psi[bit] - (bit ? one : zero)) < 1e-12))
			unit_fail(__FILE__, line, "%s: |%d> is off by %g", gate, bit, cabs(psi[bit] - (bit ? one : zero)));
		tvm_qasm_free(env, &qasm);
	}
}

TEST(powers_of_phases_and_rotations_are_exact_whatever_their_size)
{
	static const char *const powers[] = {"1048576", "1048577", "-1000003", "4611686018427387904", "4611686018427387903",
	"-9223372036854775807"};
	char		gate[200];

	for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++)
	{
		const char *k = powers[i];

		snprintf(gate, sizeof(gate), "pow(%s) @ p(0.1)", k);
		check_phases(__LINE__, gate, 1, exact_phase(0.1, false, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ p(-123456.789)", k);
		check_phases(__LINE__, gate, 1, exact_phase(-123456.789, false, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ p(1e90)", k);
		check_phases(__LINE__, gate, 1, exact_phase(1e90, false, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ rz(2.7)", k);
		check_phases(__LINE__, gate, exact_phase(-1.35, false, k), exact_phase(1.35, false, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ p(pi/8)", k);
		check_phases(__LINE__, gate, 1, exact_phase(0.125, true, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ p(11*pi/1024)", k);
		check_phases(__LINE__, gate, 1, exact_phase(11.0 / 1024, true, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ rz(-3*pi/2)", k);
		check_phases(__LINE__, gate, exact_phase(0.75, true, k), exact_phase(-0.75, true, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ t", k);
		check_phases(__LINE__, gate, 1, exact_phase(0.25, true, k));
		snprintf(gate, sizeof(gate), "pow(%s) @ U(0,0.4,0.5)", k);
		check_phases(__LINE__, gate, 1, exact_phase(0.4 + 0.5, false, k));
	}
	/* A third of pi is no double, and not what 2^62 times a double would be. */
	check_phases(__LINE__, "pow(2**62) @ p(pi/3)", 1, exact_phase(-2.0 / 3, true, "1"));	/* 2^62 = 4 mod 6 */
	check_phases(__LINE__, "pow(2**62) @ p(2*pi/7)", 1, exact_phase(2.0 / 7 * 4, true, "1"));	/* 2^62 = 4 mod 7 */
	check_phases(__LINE__, "pow(2**10) @ pow(2**10) @ p(0.1)", 1, exact_phase(0.1, false, "1048576"));
	check_phases(__LINE__, "pow(2**40) @ inv @ pow(2**20) @ p(0.1)", 1, exact_phase(-0.1, false, "1152921504606846976"));
	check_phases(__LINE__, "pow(2**40) @ pow(2**40) @ p(pi/1024)", 1, 1);
	check_phases(__LINE__, "pow(0) @ pow(2**62) @ p(0.1)", 1, 1);

	/* Real ones: k + 1/2. */
	check_phases(__LINE__, "pow(1048577.5) @ p(0.1)", 1, exact_phase(0.05, false, "2097155"));
	check_phases(__LINE__, "pow(1048577.5) @ rz(0.1)", exact_phase(-0.025, false, "2097155"), exact_phase(0.025, false, "2097155"));
	check_phases(__LINE__, "pow(1048577.5) @ U(0,0,0.125)", 1, exact_phase(0.0625, false, "2097155"));
	check_phases(__LINE__, "pow(-1048577.5) @ U(0,0,0.125)", 1, exact_phase(-0.0625, false, "2097155"));
	check_phases(__LINE__, "pow(1e15) @ p(0.1)", 1, exact_phase(0.1, false, "1000000000000000"));
	REFUSED_AT(HEAD "qubit q; pow(1e19) @ h q;", "line 3, column 10", "an exponent is too large");
}

/*
 * rx(b) and then rz(a) turn by w about an axis n: cos(w/2) = cos(a/2) cos(b/2), and
 * sin(w/2) n = (cos(a/2) sin(b/2), sin(a/2) sin(b/2), sin(a/2) cos(b/2)).
 */
static void
exact_turns(double a, double b, const char *times, Cx column[2])
{
	mpfr_t		ca,
				sa,
				cb,
				sb,
				c,
				s,
				k,
				x;

	mpfr_inits2(BITS, ca, sa, cb, sb, c, s, k, x, (mpfr_ptr) 0);
	mpfr_set_d(x, a / 2, MPFR_RNDN);
	mpfr_sin_cos(sa, ca, x, MPFR_RNDN);
	mpfr_set_d(x, b / 2, MPFR_RNDN);
	mpfr_sin_cos(sb, cb, x, MPFR_RNDN);
	mpfr_mul(c, ca, cb, MPFR_RNDN);
	mpfr_acos(x, c, MPFR_RNDN);
	mpfr_sin(s, x, MPFR_RNDN);
	mpfr_set_str(k, times, 10, MPFR_RNDN);
	mpfr_mul(x, x, k, MPFR_RNDN);
	mpfr_sin_cos(x, c, x, MPFR_RNDN);
	mpfr_div(x, x, s, MPFR_RNDN);	/* sin(k w/2) / sin(w/2) */

	/* cos(k w/2) - i sin(k w/2) (n X), applied to |0> */
	mpfr_mul(k, sa, cb, MPFR_RNDN);
	mpfr_mul(k, k, x, MPFR_RNDN);
	column[0] = mpfr_get_d(c, MPFR_RNDN) - I * mpfr_get_d(k, MPFR_RNDN);
	mpfr_mul(k, sa, sb, MPFR_RNDN);
	mpfr_mul(k, k, x, MPFR_RNDN);
	column[1] = mpfr_get_d(k, MPFR_RNDN);
	mpfr_mul(k, ca, sb, MPFR_RNDN);
	mpfr_mul(k, k, x, MPFR_RNDN);
	column[1] -= I * mpfr_get_d(k, MPFR_RNDN);
	mpfr_clears(ca, sa, cb, sb, c, s, k, x, (mpfr_ptr) 0);
}

TEST(powers_of_a_matrix_are_exact_whatever_their_size)
{
	static const char *const powers[] = {"1000", "1048576", "1099511627777", "4611686018427387903", "-9223372036854775807"};
	TvmEnv	   *env = unit_env();

	for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++)
	{
		char		text[400];
		Cx			wanted[2];
		Cx			got[DENSE_DIM];
		TvmQasm		qasm;

		exact_turns(0.7, 1.1, powers[i], wanted);
		for (int nested = 0; nested <= 1; nested++)
		{
			snprintf(text, sizeof(text), HEAD "gate g a { rx(1.1) a; rz(0.7) a; } gate h4 a,b,c { g a; g b; g c; h b; }"
					 "qubit[3] q; pow(%s) @ %s;", powers[i], nested ? "h4 q[0],q[1],q[2]" : "g q[0]");
			CHECK_EQ(qasm_text(env, text, &qasm), TVM_OK);
			CHECK_EQ(qasm.circuit.count, nested ? 3 : 1);
			qasm_state(&qasm.circuit, got);
			if (!nested)
			{
				CHECK(cabs(got[0] - wanted[0]) < 1e-12);
				CHECK(cabs(got[1] - wanted[1]) < 1e-12);
			}
			else				/* the first and the third of three that have nothing to do with each other */
				for (int bit = 0; bit < 3; bit += 2)
				{
					double		p = 0;

					for (int j = 0; j < 8; j++)
						p += (j >> bit & 1) * creal(got[j] * conj(got[j]));
					CHECK_NEAR(p, creal(wanted[1] * conj(wanted[1])), 1e-12);
				}
			tvm_qasm_free(env, &qasm);
		}
	}
}

TEST(what_powers_come_to)
{
	CHECK_EQ(count_of(HEAD "qubit q; pow(2**20) @ p(0.1) q;"), 1);
	CHECK_EQ(count_of(HEAD "qubit q; pow(1000000000) @ x q;"), 0);
	CHECK_EQ(count_of(HEAD "qubit q; pow(1000000001) @ x q;"), 1);
	CHECK_EQ(count_of(HEAD "qubit q; pow(1000000000) @ pow(1000000000) @ id q;"), 1);
	CHECK_EQ(count_of(HEAD "qubit[3] q; pow(2**62) @ ctrl(2) @ U(0.1,0.2,0.3) q[0],q[1],q[2];"), 1);
	CHECK_EQ(count_of(HEAD "input float a; qubit q; pow(2**40) @ rx(a) q;"), 1);
	CHECK_EQ(count_of(HEAD "qubit[1000] q; pow(2**40) @ ry(0.3) q;"), 1000);
	CHECK_EQ(count_of(HEAD "gate g a,b { h a; cx a,b; } qubit[1000] q; pow(2**40) @ g q[0:499],q[500:999];"), 500);
	CHECK_EQ(count_of(HEAD "gate g a,b { h a; cx a,b; } qubit[2] q; pow(3) @ g q[0],q[1];"), 6);	/* as it was written */
	CHECK_EQ(count_of(HEAD "gate g a,b { h a; cx a,b; } qubit[9] q; ctrl(7) @ pow(2**50) @ g q[0],q[1],q[2],q[3],q[4],q[5],q[6],q[7],q[8];"), 1);
	CHECK_EQ(count_of(HEAD "gate l a,b,c,d,e,f { rz(0.1) a; rzz(0.2) a,b; cp(0.3) b,c; ctrl(3) @ z c,d,e,f; } gate rzz(t) a,b { cx a,b; rz(t) b; cx a,b; }"
					  "qubit[6] q; pow(2**50) @ l q[0],q[1],q[2],q[3],q[4],q[5];"), -1);	/* rzz is unknown there */
	CHECK_EQ(count_of(HEAD "gate l a,b,c,d,e,f { rz(0.1) a; cp(0.3) b,c; cz c,d; cp(0.1) d,e; cz e,f; } qubit[6] q; pow(2**50) @ l q[0],q[1],q[2],q[3],q[4],q[5];"), 3);
	REFUSED_AT(HEAD "input float a; qubit q; pow(2**62) @ rx(1e300*a) q;", "line 3, column 25", "not a finite number");
	REFUSED_AT(HEAD "gate g a,b,c,d,e,f { h a; cx a,b; cx b,c; cx c,d; cx d,e; cx e,f; } qubit[6] q; pow(2**20) @ g q[0],q[1],q[2],q[3],q[4],q[5];",
			   "line 3, column 81", "too many gates");
}
