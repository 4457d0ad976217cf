/*
 * write_version3.c: gates in OpenQASM 3: the names of stdgates.inc under ctrl, negctrl and
 * inv, and matrices taken apart.
 *
 * A matrix is brought to a diagonal by rotations between rows whose indices differ in
 * one bit (neighbours in a Gray code), so each is a gate on one qubit with all the
 * others as controls: 2^k (2^k - 1) / 2 of them at most, and 2^k phases.  Entries that
 * are 0 need none.
 */
#include "kernel/quantum/qasm/write.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/gates.h"
#include "kernel/quantum/qasm/unitary.h"

#define ROTATIONS_BETWEEN_CANCELS 1024

/* A gate on rows a and b, which differ in one bit. */
typedef struct Rotation
{
	uint32_t	a;
	uint32_t	b;
	TvmComplex	m[4];			/* rows and columns in the order a, b */
} Rotation;

/* ctrl(2) @ negctrl @: those that wait for a 1 come first, here and in the operands. */
static void
write_controls(QasmWriter *w, const uint8_t *state, uint32_t count)
{
	uint32_t	ones = 0;

	for (uint32_t i = 0; i < count; i++)
		ones += state[i];
	if (ones > 1)
		qasm_put(w, "ctrl(%u) @ ", ones);
	else if (ones == 1)
		qasm_put(w, "ctrl @ ");
	if (count - ones > 1)
		qasm_put(w, "negctrl(%u) @ ", count - ones);
	else if (count - ones == 1)
		qasm_put(w, "negctrl @ ");
}

static void
write_operand(QasmWriter *w, bool registers, const char *separator, uint32_t qubit)
{
	if (registers)
		qasm_put(w, "%sq%s[%u]", separator, w->suffix, qubit);
	else
		qasm_put(w, "%sa%u", separator, qubit);
}

/* The operands: controls, then targets; of the registers, or a gate's own. */
static void
write_operands(QasmWriter *w, bool registers, const uint32_t *controls, const uint8_t *state, uint32_t count,
			   const uint32_t *targets, uint32_t target_count)
{
	const char *separator = " ";

	for (int value = 1; value >= 0; value--)
		for (uint32_t i = 0; i < count; i++)
		{
			if (state[i] != value)
				continue;
			write_operand(w, registers, separator, controls[i]);
			separator = ", ";
		}
	for (uint32_t i = 0; i < target_count; i++)
	{
		write_operand(w, registers, separator, targets[i]);
		separator = ", ";
	}
	qasm_put(w, ";\n");
}

void
qasm_write_gate_3(QasmWriter *w, const TvmGate *gate)
{
	int			angles = tvm_op_angles(gate->op);

	if (gate->op == TVM_OP_U && (gate->gamma != 0 || qasm_angle_is_free(w, 3)))
	{
		write_controls(w, gate->control_state, gate->control_count);
		qasm_put(w, "gphase(");
		qasm_put_angle(w, 3, gate->gamma);
		qasm_put(w, ")");
		write_operands(w, true, gate->controls, gate->control_state, gate->control_count, NULL, 0);
	}
	write_controls(w, gate->control_state, gate->control_count);
	if (gate->op == TVM_OP_UNITARY)
		qasm_put(w, "unitary_%llu%s", (unsigned long long) w->gate, w->suffix);
	else
		qasm_put(w, "%s%s", tvm_operations[gate->op].qasm3, tvm_operations[gate->op].body != NULL ? w->suffix : "");
	if (angles > 0)
	{
		const double angle[3] = {gate->theta, gate->phi, gate->lambda};

		for (int i = 0; i < angles; i++)
		{
			qasm_put(w, i > 0 ? ", " : "(");
			qasm_put_angle(w, i, angle[i]);
		}
		qasm_put(w, ")");
	}
	write_operands(w, true, gate->controls, gate->control_state, gate->control_count, gate->targets, gate->target_count);
}

/*------------------------------------------------------------------------ matrices */

/* The gate m on qubit `target`, the others being controls with the values of `row`. */
static void
write_rotation(QasmWriter *w, uint32_t k, uint32_t target, uint32_t row, const TvmComplex *m)
{
	uint8_t		state[TVM_MAX_UNITARY_QUBITS];
	uint32_t	others[TVM_MAX_UNITARY_QUBITS];
	uint32_t	count = 0;
	double		theta,
				phi,
				lambda,
				gamma;

	for (uint32_t i = 0; i < k; i++)
		if (i != target)
		{
			others[count] = i;
			state[count++] = row >> i & 1;
		}
	tvm_unitary_angles(m, &theta, &phi, &lambda, &gamma);
	if (fabs(gamma) > 0)
	{
		write_controls(w, state, count);
		qasm_put(w, "gphase(");
		qasm_put_number(w, gamma);
		qasm_put(w, ")");
		write_operands(w, false, others, state, count, NULL, 0);
	}
	write_controls(w, state, count);
	qasm_put(w, "U(");
	qasm_put_number(w, theta);
	qasm_put(w, ", ");
	qasm_put_number(w, phi);
	qasm_put(w, ", ");
	qasm_put_number(w, lambda);
	qasm_put(w, ")");
	write_operands(w, false, others, state, count, &target, 1);
}

static uint32_t
bit_of(uint32_t one_bit)
{
	uint32_t	bit = 0;

	while (one_bit >> bit != 1)
		bit++;
	return bit;
}

/* Rows a and b of m become what makes the entry (b, column) 0; its inverse is kept. */
static void
eliminate(TvmComplex *m, uint32_t n, uint32_t a, uint32_t b, uint32_t column, Rotation *inverse)
{
	TvmComplex	x = m[(size_t) a * n + column];
	TvmComplex	y = m[(size_t) b * n + column];
	double		size = sqrt(tvm_complex_norm2(x) + tvm_complex_norm2(y));
	TvmComplex	p = tvm_complex_scale(x, 1 / size);
	TvmComplex	q = tvm_complex_scale(y, 1 / size);
	TvmComplex	p_star = tvm_complex(p.re, -p.im);
	TvmComplex	q_star = tvm_complex(q.re, -q.im);

	for (uint32_t i = 0; i < n; i++)
	{
		TvmComplex	s = m[(size_t) a * n + i];
		TvmComplex	t = m[(size_t) b * n + i];

		m[(size_t) a * n + i] = tvm_complex_add(tvm_complex_mul(p_star, s), tvm_complex_mul(q_star, t));
		m[(size_t) b * n + i] = tvm_complex_add(tvm_complex_mul(p, t), tvm_complex_scale(tvm_complex_mul(q, s), -1));
	}
	m[(size_t) b * n + column] = tvm_complex(0, 0);

	/* [[p*, q*], [-q, p]] upside down and conjugated */
	*inverse = (Rotation) {a, b, {p, tvm_complex(-q_star.re, -q_star.im), q, p_star}};
}

/* The rotation as a gate: its target is the bit in which the rows differ. */
static void
write_between(QasmWriter *w, uint32_t k, const Rotation *rotation)
{
	uint32_t	target = bit_of(rotation->a ^ rotation->b);
	const TvmComplex *m = rotation->m;
	TvmComplex	swapped[4] = {m[3], m[2], m[1], m[0]};

	write_rotation(w, k, target, rotation->a, (rotation->a >> target & 1) == 0 ? m : swapped);
}

static void
write_phases(QasmWriter *w, uint32_t k, const TvmComplex *m, uint32_t n)
{
	for (uint32_t row = 0; row < n; row += 2)
	{
		const TvmComplex *even = &m[(size_t) row * n + row];
		const TvmComplex *odd = &m[(size_t) (row + 1) * n + row + 1];
		TvmComplex	phases[4] = {*even, {0, 0}, {0, 0}, *odd};

		if (even->re != 1 || even->im != 0 || odd->re != 1 || odd->im != 0)
			write_rotation(w, k, 0, row, phases);
	}
}

static void
decompose(QasmWriter *w, uint32_t k, TvmComplex *m, Rotation *rotations)
{
	uint32_t	n = (uint32_t) 1 << k;
	size_t		count = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t	column = i ^ i >> 1;

		if (tvm_cancelled(w->env))
		{
			w->status = TVM_CANCELLED;
			return;
		}
		for (uint32_t j = n - 1; j > i; j--)
		{
			uint32_t	b = j ^ j >> 1;
			uint32_t	a = (j - 1) ^ (j - 1) >> 1;
			TvmComplex	entry = m[(size_t) b * n + column];

			if (entry.re != 0 || entry.im != 0)
				eliminate(m, n, a, b, column, &rotations[count++]);
		}
	}
	write_phases(w, k, m, n);
	while (count > 0 && w->status == TVM_OK)
	{
		write_between(w, k, &rotations[--count]);
		if (count % ROTATIONS_BETWEEN_CANCELS == 0 && tvm_cancelled(w->env))
			w->status = TVM_CANCELLED;
	}
}

void
qasm_define_3(QasmWriter *w, const TvmGate *gate)
{
	uint32_t	k = gate->target_count;
	size_t		n = (size_t) 1 << k;
	TvmComplex *m;
	Rotation   *rotations;

	if (gate->op != TVM_OP_UNITARY || w->status != TVM_OK)
		return;
	m = tvm_alloc(w->env, n * n, sizeof(TvmComplex));
	rotations = m == NULL ? NULL : tvm_alloc(w->env, n * (n - 1) / 2, sizeof(Rotation));
	if (rotations == NULL)
		w->status = TVM_NOMEM;
	else
	{
		memcpy(m, gate->matrix, n * n * sizeof(TvmComplex));
		qasm_put(w, "gate unitary_%llu%s", (unsigned long long) w->gate, w->suffix);
		for (uint32_t i = 0; i < k; i++)
			qasm_put(w, "%s a%u", i > 0 ? "," : "", i);
		qasm_put(w, " {\n");
		if (k == 1)
			write_rotation(w, k, 0, 0, m);
		else
			decompose(w, k, m, rotations);
		qasm_put(w, "}\n");
	}
	tvm_free(w->env, rotations);
	tvm_free(w->env, m);
}
