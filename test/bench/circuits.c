/*
 * circuits.c: timings of the circuit engine in the kernel, without a server, as tables.
 *
 *   circuits            the circuits of other simulators' benchmarks, each vector path, shots
 *   circuits growth     from 18 to 27 qubits: time, memory, the longest wait for a cancellation
 *   circuits one NAME QUBITS PRECISION REPEAT    the seconds of each run, for runs in turn with others
 *
 * Time is planning and simulation, the state allocated before.  States are compared
 * with a closed form (QFT) and with gates applied one by one (QCBM, up to 20 qubits).
 */
#define _DEFAULT_SOURCE
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/engine/plan.h"
#include "kernel/quantum/state/reduced.h"
#include "kernel/quantum/run/run.h"

#define PI 3.14159265358979323846
#define REPEAT 21

static void
add(BenchEnv *bench, TvmCircuit *circuit, TvmOp op, uint32_t target, int control, double theta)
{
	TvmGate		gate;
	uint32_t	controls = (uint32_t) control;

	tvm_gate_init(&gate, op);
	gate.target_count = 1;
	gate.targets = &target;
	gate.control_count = control >= 0;
	gate.controls = &controls;
	gate.theta = theta;
	bench_check(bench, tvm_circuit_add(&bench->env, circuit, &gate));
}

/* RX, RZ on every qubit, then 9 times a ring of CX and RZ RX RZ on every qubit. */
static void
make_qcbm(BenchEnv *bench, TvmCircuit *circuit, uint32_t n)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7, 0);
	for (uint32_t q = 0; q < n; q++)
	{
		add(bench, circuit, TVM_OP_RX, q, -1, 2 * PI * tvm_rng_double(&rng));
		add(bench, circuit, TVM_OP_RZ, q, -1, 2 * PI * tvm_rng_double(&rng));
	}
	for (int layer = 0; layer < 9; layer++)
	{
		for (uint32_t q = 0; q < n; q++)
			add(bench, circuit, TVM_OP_X, (q + 1) % n, (int) q, 0);
		for (uint32_t q = 0; q < n; q++)
		{
			add(bench, circuit, TVM_OP_RZ, q, -1, 2 * PI * tvm_rng_double(&rng));
			add(bench, circuit, TVM_OP_RX, q, -1, 2 * PI * tvm_rng_double(&rng));
			add(bench, circuit, TVM_OP_RZ, q, -1, 2 * PI * tvm_rng_double(&rng));
		}
	}
}

/* H and controlled phases, no final exchanges. */
static void
make_qft(BenchEnv *bench, TvmCircuit *circuit, uint32_t n)
{
	for (uint32_t q = n; q-- > 0;)
	{
		add(bench, circuit, TVM_OP_H, q, -1, 0);
		for (uint32_t k = q; k-- > 0;)
			add(bench, circuit, TVM_OP_P, q, (int) k, PI / (double) ((uint64_t) 1 << (q - k)));
	}
}

static void
make(BenchEnv *bench, TvmCircuit *circuit, const char *name, uint32_t n)
{
	bench_check(bench, tvm_circuit_init(&bench->env, circuit, n));
	if (strcmp(name, "QFT") == 0)
		make_qft(bench, circuit, n);
	else
		make_qcbm(bench, circuit, n);
}

/* The server's memory for a state: pages as they are touched, large ones where there are. */
static void *
alloc_state(void *ctx, size_t size)
{
	size_t	   *block = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
							 -1, 0);

	(void) ctx;
	if (block == MAP_FAILED)
		return NULL;
	madvise(block, size + 4096, MADV_HUGEPAGE);
	*block = size + 4096;
	return (char *) block + 4096;
}

/* A state that owns pages of its own, apart from the environment that counts. */
static void
open_state(BenchEnv *bench, TvmState *state, uint32_t n, TvmPrecision precision)
{
	TvmEnv		env = bench->env;

	env.alloc_zero = alloc_state;
	bench_check(bench, tvm_state_init_as(&env, state, n, precision, 0));
}

static void
close_state(TvmState *state)
{
	size_t	   *block = (size_t *) ((char *) state->memory - 4096);

	munmap(block, *block);
}

/* Seconds of a run from `start`. */
static double
time_run(BenchEnv *bench, const TvmCircuit *circuit, TvmState *state, uint64_t start)
{
	double		before;

	bench_check(bench, tvm_state_set_basis(&bench->env, state, start));
	before = bench_now();
	bench_check(bench, tvm_gates_apply(&bench->env, state, circuit, 0, circuit->count));
	return bench_now() - before;
}

/* The QFT of |x>, bits reversed: amplitude y is e^(2 pi i x rev(y) / N) / sqrt(N). */
static double
off_qft(const TvmState *state, uint64_t x)
{
	double		worst = 0;

	for (uint64_t y = 0; y < state->count; y++)
	{
		uint64_t	reversed = 0;
		TvmComplex	z = tvm_get(state, y);
		double		angle;

		for (uint32_t q = 0; q < state->qubits; q++)
			reversed |= (y >> q & 1) << (state->qubits - 1 - q);
		angle = 2 * PI * (double) (x * reversed % state->count) / (double) state->count;
		worst = fmax(worst, hypot(z.re * sqrt((double) state->count) - cos(angle),
								  z.im * sqrt((double) state->count) - sin(angle)));
	}
	return worst / sqrt((double) state->count);
}

static double
off_gates(BenchEnv *bench, const TvmCircuit *circuit, const TvmState *state)
{
	TvmState	plain;
	double		worst = 0;

	open_state(bench, &plain, state->qubits, TVM_DOUBLE);
	for (size_t i = 0; i < circuit->count; i++)
		bench_check(bench, tvm_gate_apply(&bench->env, &plain, &circuit->gates[i]));
	for (uint64_t i = 0; i < state->count; i++)
	{
		TvmComplex	z = tvm_get(state, i);

		worst = fmax(worst, hypot(z.re - plain.amp[i].re, z.im - plain.amp[i].im));
	}
	close_state(&plain);
	return worst;
}

/* After it was timed: is the state right? */
static void
verify(BenchEnv *bench, const char *name, const TvmCircuit *circuit, TvmState *state)
{
	double		bound = state->precision == TVM_SINGLE ? 1e-5 : 1e-12;
	double		off = 0;
	double		norm;

	if (strcmp(name, "QFT") == 0)
	{
		time_run(bench, circuit, state, 12345 % state->count);
		off = off_qft(state, 12345 % state->count);
	}
	else if (state->qubits <= 20)
	{
		time_run(bench, circuit, state, 0);
		off = off_gates(bench, circuit, state);
	}
	bench_check(bench, tvm_state_norm(&bench->env, state, &norm));
	if (!(off < bound) || !(fabs(norm - 1) < bound))
		bench_fail("a state is wrong");
}

/* The median of some runs, the state verified. */
static double
median_of(BenchEnv *bench, const char *name, uint32_t n, TvmPrecision precision)
{
	int			repeat = n > 22 ? 5 : REPEAT;
	double		samples[REPEAT];
	TvmCircuit	circuit;
	TvmState	state;

	make(bench, &circuit, name, n);
	open_state(bench, &state, n, precision);
	time_run(bench, &circuit, &state, 0);
	for (int i = 0; i < repeat; i++)
		samples[i] = time_run(bench, &circuit, &state, 0);
	verify(bench, name, &circuit, &state);
	close_state(&state);
	tvm_circuit_free(&bench->env, &circuit);
	return bench_median(samples, (size_t) repeat);
}

/* Published in the design's table, measured on such a processor: seconds. */
static const struct
{
	const char *name;
	uint32_t	qubits;
	double		qulacs;			/* complex128, its best */
	double		qsim;			/* complex64, its best */
}			known[] = {
	{"QCBM", 20, 0.159, 0.063},
	{"QCBM", 24, 4.16, 1.45},
	{"QFT", 20, 0.119, 0.062},
	{"QFT", 24, 4.27, 1.80},
};

static void
table(BenchEnv *bench)
{
	size_t		count = sizeof(known) / sizeof(known[0]);

	printf("\n## Circuits\n\nIn the kernel, without a server, one thread, planning included, the state allocated before; medians. Each state was compared with "
		   "the closed form (QFT)\nor with gates applied one by one (QCBM 20). Others' figures are the bars (half of Qulacs', all of qsim's),"
		   "\nmeasured elsewhere on such a processor; both sides in one run are in [Beside the project](#beside-the-project).\n\n"
		   "| circuit | complex128 | complex64 | Qulacs, complex128, its best | qsim, complex64, its best |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < count; i++)
		printf("| %s %u | %.4f s | %.4f s | %.3f s | %.3f s |\n", known[i].name, known[i].qubits,
			   median_of(bench, known[i].name, known[i].qubits, TVM_DOUBLE),
			   median_of(bench, known[i].name, known[i].qubits, TVM_SINGLE), known[i].qulacs,
			   known[i].qsim);
	printf("\n| vectors | QCBM 20, complex128 | complex64 | QFT 20, complex128 | complex64 |\n|---|---|---|---|---|\n");
	for (int simd = TVM_SIMD_PORTABLE; simd < TVM_SIMD_COUNT; simd++)
		if (tvm_simd_choose((TvmSimd) simd))
			printf("| %s | %.4f s | %.4f s | %.4f s | %.4f s |\n", tvm_simd_name((TvmSimd) simd),
				   median_of(bench, "QCBM", 20, TVM_DOUBLE), median_of(bench, "QCBM", 20, TVM_SINGLE),
				   median_of(bench, "QFT", 20, TVM_DOUBLE), median_of(bench, "QFT", 20, TVM_SINGLE));
	tvm_simd_choose(TVM_SIMD_AUTO);
}

/* What a run gives by default, beside its gates: all of it has to be small. */
static void
defaults(BenchEnv *bench)
{
	printf("\n| QCBM, complex128 | gates | Bloch vectors | 16 most probable | norm | all to the gates (bar: 1.2) |\n|---|---|---|---|---|---|\n");
	for (uint32_t n = 20; n <= 22; n += 2)
	{
		double		samples[4][REPEAT];
		double		xyz[3 * 22];
		double		norm;
		double		sum = 0;
		TvmTop		top[16];
		size_t		found;
		TvmCircuit	circuit;
		TvmState	state;

		make(bench, &circuit, "QCBM", n);
		open_state(bench, &state, n, TVM_DOUBLE);
		for (int i = 0; i < REPEAT; i++)
		{
			double		start;

			samples[0][i] = time_run(bench, &circuit, &state, 0);
			start = bench_now();
			bench_check(bench, tvm_reduced_bloch_all(&bench->env, &state, xyz));
			samples[1][i] = bench_now() - start;
			start = bench_now();
			bench_check(bench, tvm_state_top(&bench->env, &state, 16, 0, top, &found));
			samples[2][i] = bench_now() - start;
			start = bench_now();
			bench_check(bench, tvm_state_norm(&bench->env, &state, &norm));
			samples[3][i] = bench_now() - start;
		}
		printf("| %u qubits ", n);
		for (int i = 0; i < 4; i++)
		{
			sum += bench_median(samples[i], REPEAT);
			printf("| %.4f s ", bench_median(samples[i], REPEAT));
		}
		printf("| %.2f |\n", sum / bench_median(samples[0], REPEAT));
		close_state(&state);
		tvm_circuit_free(&bench->env, &circuit);
	}
}

/* A million shots of 20 qubits, counted. */
static void
shots(BenchEnv *bench)
{
	double		samples[REPEAT];
	size_t		keys = 0;
	TvmCircuit	circuit;
	TvmRunOptions options;

	make(bench, &circuit, "QCBM", 20);
	tvm_run_options_init(&options);
	options.shots = 1000000;
	for (int i = 0; i < REPEAT; i++)
	{
		TvmRun		run;
		TvmRunResult result;
		double		before;

		bench_check(bench, tvm_run_open(&bench->env, &run, &circuit, NULL, &options));
		bench_check(bench, tvm_run_begin(&bench->env, &run, 0));
		bench_check(bench, tvm_run_gates(&bench->env, &run, circuit.count));
		before = bench_now();
		bench_check(bench, tvm_run_end(&bench->env, &run));
		samples[i] = bench_now() - before;
		bench_check(bench, tvm_run_result(&bench->env, &run, &result));
		keys = result.counts->count;
		tvm_run_close(&bench->env, &run);
	}
	printf("\nA million shots of QCBM 20, drawn and counted (%zu different): %.3f s.\n", keys,
		   bench_median(samples, REPEAT));
	tvm_circuit_free(&bench->env, &circuit);
}

static void
growth(BenchEnv *bench)
{
	double		before[2] = {0, 0};

	printf("\n### Growth\n\nBars: twice the time of one qubit less once the state is larger than the cache (for each gate; QCBM has n and QFT n^2 of them); memory beside the state within a tenth of it; 100 ms.\n\n"
		   "| qubits | QCBM | to one less | QFT | to one less | memory beside the state | longest wait for a cancellation |\n|---|---|---|---|---|---|---|\n");
	for (uint32_t n = 18; n <= 27; n++)
	{
		static const char *const names[] = {"QCBM", "QFT"};

		printf("| %u ", n);
		for (int which = 0; which < 2; which++)
		{
			TvmCircuit	circuit;
			TvmState	state;
			int			repeat = n < 22 ? 9 : n < 25 ? 3 : 1;
			double		samples[9];

			make(bench, &circuit, names[which], n);
			open_state(bench, &state, n, TVM_DOUBLE);
			bench_check(bench, tvm_state_set_basis(&bench->env, &state, 0));
			bench_watch(bench);
			for (int i = 0; i < repeat; i++)
				samples[i] = time_run(bench, &circuit, &state, 0);
			bench_watch_end(bench);
			samples[0] = bench_median(samples, (size_t) repeat);
			printf("| %.4f s | %s", samples[0], before[which] > 0 ? "" : " ");
			if (before[which] > 0)
				printf("%.2f ", samples[0] / before[which]);
			before[which] = samples[0];
			close_state(&state);
			tvm_circuit_free(&bench->env, &circuit);
		}
		printf("| %.1f MB of %.1f MB | %.1f ms |\n", (double) bench->peak / 1e6, 16 * ldexp(1, (int) n) / 1e6,
			   bench->gap_wall * 1e3);
		fflush(stdout);
	}
}

static void
one(BenchEnv *bench, const char *name, uint32_t n, const char *precision, int repeat)
{
	TvmPrecision chosen;
	TvmCircuit	circuit;
	TvmState	state;

	if (!tvm_precision_of(precision, &chosen))
		bench_fail("double or single");
	make(bench, &circuit, name, n);
	open_state(bench, &state, n, chosen);
	time_run(bench, &circuit, &state, 0);
	for (int i = 0; i < repeat; i++)
		printf("%s\t%u\t%s\t%.6f\n", name, n, precision, time_run(bench, &circuit, &state, 0));
	close_state(&state);
	tvm_circuit_free(&bench->env, &circuit);
}

int
main(int argc, char **argv)
{
	BenchEnv	bench;

	bench_env_init(&bench);
	if (argc == 1)
	{
		table(&bench);
		defaults(&bench);
		shots(&bench);
	}
	else if (argc == 2 && strcmp(argv[1], "growth") == 0)
		growth(&bench);
	else if (argc == 6 && strcmp(argv[1], "one") == 0)
		one(&bench, argv[2], (uint32_t) atoi(argv[3]), argv[4], atoi(argv[5]));
	else
	{
		fprintf(stderr, "usage: circuits [growth | one NAME QUBITS PRECISION REPEAT]\n");
		return 2;
	}
	if (bench.live != 0)
		bench_fail("memory is left over");
	return 0;
}
