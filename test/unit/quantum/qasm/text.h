/*
 * text.h: OpenQASM programs in tests: read one, and what it does to |0...0> by
 * the dense oracle, up to 6 qubits.
 */
#ifndef QASM_TEXT_H
#define QASM_TEXT_H

#include <complex.h>
#include <stdio.h>
#include <string.h>

#include "quantum/dense.h"
#include "unit.h"

#include "kernel/quantum/qasm/qasm.h"

#define QASM_MEMORY ((uint64_t) 256 << 20)

static inline TvmStatus
qasm_text(TvmEnv *env, const char *text, TvmQasm *qasm)
{
	return tvm_qasm_read(env, text, strlen(text), QASM_MEMORY, qasm);
}

/* Unitary gates only; conditions are not looked at. */
static inline void
qasm_state(const TvmCircuit *circuit, Cx *psi)
{
	static Dense full;

	memset(psi, 0, DENSE_DIM * sizeof(Cx));
	psi[0] = 1;
	for (size_t i = 0; i < circuit->count; i++)
	{
		if (!tvm_op_is_unitary(circuit->gates[i].op))
			continue;
		dense_gate((int) circuit->qubits, &circuit->gates[i], &full);
		dense_apply(&full, psi);
	}
}

/* The largest difference; where `phase` is false, up to a global phase. */
static inline double
qasm_distance(const Cx *a, const Cx *b, bool phase)
{
	Cx			overlap = 0;
	double		worst = 0;

	for (int i = 0; i < DENSE_DIM; i++)
		overlap += conj(a[i]) * b[i];
	overlap = phase || cabs(overlap) < 1e-6 ? 1 : overlap / cabs(overlap);
	for (int i = 0; i < DENSE_DIM; i++)
		worst = cabs(a[i] * overlap - b[i]) > worst ? cabs(a[i] * overlap - b[i]) : worst;
	return worst;
}

/* Two programs do the same to |0...0>, up to a global phase or not. */
static inline void
qasm_same(const char *file, int line, const char *left, const char *right, bool phase)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		a,
				b;
	Cx			x[DENSE_DIM],
				y[DENSE_DIM];
	TvmStatus	status = qasm_text(env, left, &a);

	if (status != TVM_OK)
	{
		unit_fail(file, line, "left: %s: %s (%s)", env->error.path, env->error.message, env->error.detail);
		return;
	}
	status = qasm_text(env, right, &b);
	if (status != TVM_OK)
		unit_fail(file, line, "right: %s: %s (%s)", env->error.path, env->error.message, env->error.detail);
	else
	{
		double		off;

		qasm_state(&a.circuit, x);
		qasm_state(&b.circuit, y);
		off = qasm_distance(x, y, phase);
		if (off > 1e-12)
			unit_fail(file, line, "states differ by %g: %s", off, left);
		tvm_qasm_free(env, &b);
	}
	tvm_qasm_free(env, &a);
	if (unit_env_live() != 0)
		unit_fail(file, line, "%ld blocks are left", unit_env_live());
}

#define SAME_STATE(left, right) qasm_same(__FILE__, __LINE__, left, right, true)
#define SAME_BUT_PHASE(left, right) qasm_same(__FILE__, __LINE__, left, right, false)

/* The program is refused at the place, with a message that begins so. */
static inline void
qasm_refused(const char *file, int line, const char *text, const char *place, const char *message)
{
	TvmEnv	   *env = unit_env();
	TvmQasm		qasm;
	TvmStatus	status = qasm_text(env, text, &qasm);

	if (status == TVM_OK)
	{
		unit_fail(file, line, "accepted: %s", text);
		tvm_qasm_free(env, &qasm);
	}
	else if (status != TVM_INVALID || strcmp(env->error.path, place) != 0 ||
			 strncmp(env->error.message, message, strlen(message)) != 0)
		unit_fail(file, line, "%s: %s (%s), not %s: %s", env->error.path, env->error.message, env->error.detail,
				  place, message);
	if (unit_env_live() != 0)
		unit_fail(file, line, "%ld blocks are left", unit_env_live());
}

#define REFUSED_AT(text, place, message) qasm_refused(__FILE__, __LINE__, text, place, message)

#endif							/* QASM_TEXT_H */
