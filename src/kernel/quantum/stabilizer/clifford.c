/*
 * clifford.c: Clifford gates as steps; see clifford.h.
 *
 * Gates with a name of their own are looked up.  For all others the images
 * U X U* and U Z U* of each qubit are computed from the matrix.  Where all of them
 * are Pauli strings, steps that take the images back to X and Z are found by
 * elimination, qubit after qubit (Aaronson and Gottesman, quant-ph/0406196,
 * section 6, in the small), and the gate is those steps backwards.
 */
#include "kernel/quantum/stabilizer/clifford.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/state/gate_matrices.h"

#define MAX_QUBITS 3
#define MAX_DIM 8
#define TOLERANCE 1e-10			/* of an entry of an image */
#define CANCEL_INTERVAL 4096

/* A Pauli string on the qubits of a gate. */
typedef struct Pauli
{
	uint32_t	x;
	uint32_t	z;
	bool		negative;
} Pauli;

typedef struct Steps
{
	TvmCliffordStep *list;
	uint32_t	count;
} Steps;

static void
push(Steps *steps, TvmCliffordKind kind, uint32_t a, uint32_t b)
{
	steps->list[steps->count].kind = kind;
	steps->list[steps->count].a = a;
	steps->list[steps->count++].b = b;
}

/* One step on one string. */
static void
conjugate(Pauli *p, TvmCliffordKind kind, uint32_t a, uint32_t b)
{
	bool		xa = p->x >> a & 1;
	bool		za = p->z >> a & 1;
	bool		xb = p->x >> b & 1;
	bool		zb = p->z >> b & 1;

	switch (kind)
	{
		case TVM_CLIFFORD_X:
			p->negative ^= za;
			break;
		case TVM_CLIFFORD_Z:
			p->negative ^= xa;
			break;
		case TVM_CLIFFORD_H:
			p->negative ^= xa && za;
			p->x ^= (uint32_t) (xa ^ za) << a;
			p->z ^= (uint32_t) (xa ^ za) << a;
			break;
		case TVM_CLIFFORD_S:
			p->negative ^= xa && za;
			p->z ^= (uint32_t) xa << a;
			break;
		default:				/* CX */
			p->negative ^= xa && zb && xb == za;
			p->x ^= (uint32_t) xa << b;
			p->z ^= (uint32_t) zb << a;
	}
}

/* The whole matrix, controls as the higher bits. */
static void
full_matrix(const TvmGate *gate, uint32_t qubits, TvmComplex *m)
{
	TvmComplex	small[MAX_DIM * MAX_DIM];
	uint32_t	dim = (uint32_t) 1 << qubits;
	uint32_t	k = gate->target_count;
	uint32_t	block = (uint32_t) 1 << k;
	uint32_t	wanted = 0;

	tvm_gate_matrix(gate, small);
	for (uint32_t i = 0; i < gate->control_count; i++)
		wanted |= (uint32_t) gate->control_state[i] << i;
	for (uint32_t i = 0; i < dim; i++)
		for (uint32_t j = 0; j < dim; j++)
		{
			TvmComplex	entry = tvm_complex(i == j, 0);

			if (i >> k == j >> k && i >> k == wanted)
				entry = small[(i & (block - 1)) * block + (j & (block - 1))];
			m[i * dim + j] = entry;
		}
}

static bool
is_near(TvmComplex a, double re, double im)
{
	return fabs(a.re - re) <= TOLERANCE && fabs(a.im - im) <= TOLERANCE;
}

/* Read a matrix as a Pauli string with a sign; false when it is none. */
static bool
read_pauli(const TvmComplex *m, uint32_t qubits, Pauli *p)
{
	uint32_t	dim = (uint32_t) 1 << qubits;
	TvmComplex	first;
	TvmComplex	unit;			/* i^ys, with which X^x Z^z is Hermitian */
	int			ys;

	memset(p, 0, sizeof(*p));
	while (p->x < dim && tvm_complex_norm2(m[p->x * dim]) < 0.5)
		p->x++;
	if (p->x == dim)
		return false;
	first = m[p->x * dim];
	for (uint32_t q = 0; q < qubits; q++)
	{
		TvmComplex	other = m[(p->x ^ 1u << q) * dim + (1u << q)];

		if (other.re * first.re + other.im * first.im < 0)
			p->z |= 1u << q;
	}
	ys = __builtin_popcount(p->x & p->z) & 3;
	unit = tvm_complex(ys == 0 ? 1 : ys == 2 ? -1 : 0, ys == 1 ? 1 : ys == 3 ? -1 : 0);
	p->negative = unit.re * first.re + unit.im * first.im < 0;
	for (uint32_t i = 0; i < dim; i++)
		for (uint32_t j = 0; j < dim; j++)
		{
			double		sign = p->negative != (__builtin_popcount(j & p->z) % 2 != 0) ? -1 : 1;

			if (i != (j ^ p->x))
				sign = 0;
			if (!is_near(m[i * dim + j], sign * unit.re, sign * unit.im))
				return false;
		}
	return true;
}

/* U P U*, P being X on the qubits of x and Z on those of z (never both on one). */
static bool
image_of(const TvmComplex *u, uint32_t qubits, uint32_t x, uint32_t z, Pauli *p)
{
	uint32_t	dim = (uint32_t) 1 << qubits;
	TvmComplex	image[MAX_DIM * MAX_DIM];

	for (uint32_t i = 0; i < dim; i++)
		for (uint32_t j = 0; j < dim; j++)
		{
			TvmComplex	sum = tvm_complex(0, 0);

			for (uint32_t l = 0; l < dim; l++)
			{
				/* P takes |l> to +-|l ^ x>. */
				TvmComplex	a = u[i * dim + (l ^ x)];
				TvmComplex	b = u[j * dim + l];
				TvmComplex	term = tvm_complex_mul(a, tvm_complex(b.re, -b.im));

				if ((l & z) != 0)
					term = tvm_complex(-term.re, -term.im);
				sum = tvm_complex_add(sum, term);
			}
			image[i * dim + j] = sum;
		}
	return read_pauli(image, qubits, p);
}

static void
apply(Pauli *x, Pauli *z, uint32_t qubits, Steps *steps, TvmCliffordKind kind, uint32_t a, uint32_t b)
{
	for (uint32_t q = 0; q < qubits; q++)
	{
		conjugate(&x[q], kind, a, b);
		conjugate(&z[q], kind, a, b);
	}
	push(steps, kind, a, b);
}

/* Make `row`, whose qubits below i are free of it, an X on qubit i alone. */
static void
reduce_row(Pauli *x, Pauli *z, const Pauli *row, uint32_t i, uint32_t qubits, Steps *steps)
{
	for (uint32_t j = i; j < qubits; j++)
		if ((row->z >> j & 1) != 0)
			apply(x, z, qubits, steps, (row->x >> j & 1) != 0 ? TVM_CLIFFORD_S : TVM_CLIFFORD_H, j, j);
	for (uint32_t j = i + 1; j < qubits && (row->x >> i & 1) == 0; j++)
		if ((row->x >> j & 1) != 0)
			apply(x, z, qubits, steps, TVM_CLIFFORD_CX, j, i);
	for (uint32_t j = i + 1; j < qubits; j++)
		if ((row->x >> j & 1) != 0)
			apply(x, z, qubits, steps, TVM_CLIFFORD_CX, i, j);
}

/* Steps of a gate that is known by its matrix alone, on the gate's own qubits. */
static bool
synthesize(const TvmGate *gate, uint32_t qubits, Steps *steps)
{
	TvmComplex	u[MAX_DIM * MAX_DIM];
	Pauli		x[MAX_QUBITS];
	Pauli		z[MAX_QUBITS];

	full_matrix(gate, qubits, u);
	for (uint32_t q = 0; q < qubits; q++)
		if (!image_of(u, qubits, 1u << q, 0, &x[q]) || !image_of(u, qubits, 0, 1u << q, &z[q]))
			return false;
	for (uint32_t i = 0; i < qubits; i++)
	{
		reduce_row(x, z, &x[i], i, qubits, steps);

		/* Under an H the X becomes a Z, which the steps on the other row leave alone. */
		apply(x, z, qubits, steps, TVM_CLIFFORD_H, i, i);
		reduce_row(x, z, &z[i], i, qubits, steps);
		apply(x, z, qubits, steps, TVM_CLIFFORD_H, i, i);
		if (x[i].negative)
			apply(x, z, qubits, steps, TVM_CLIFFORD_Z, i, i);
		if (z[i].negative)
			apply(x, z, qubits, steps, TVM_CLIFFORD_X, i, i);
	}

	/* Backwards, and each step's inverse: only S is not its own. */
	for (uint32_t i = 0; i < steps->count / 2; i++)
	{
		TvmCliffordStep other = steps->list[i];

		steps->list[i] = steps->list[steps->count - 1 - i];
		steps->list[steps->count - 1 - i] = other;
	}
	for (uint32_t i = 0; i < steps->count; i++)
	{
		TvmCliffordStep *step = &steps->list[i];
		uint32_t	k = gate->target_count;

		if (step->kind == TVM_CLIFFORD_S)
			step->kind = TVM_CLIFFORD_SDG;
		step->a = step->a < k ? gate->targets[step->a] : gate->controls[step->a - k];
		step->b = step->b < k ? gate->targets[step->b] : gate->controls[step->b - k];
	}
	return true;
}

/* The named gates that circuits are full of; false where the matrix has to tell. */
static bool
look_up(const TvmGate *gate, Steps *steps)
{
	static const int kinds[TVM_OP_COUNT] = {
		[TVM_OP_X] = TVM_CLIFFORD_X + 1,
		[TVM_OP_Y] = TVM_CLIFFORD_Y + 1,
		[TVM_OP_Z] = TVM_CLIFFORD_Z + 1,
		[TVM_OP_H] = TVM_CLIFFORD_H + 1,
		[TVM_OP_S] = TVM_CLIFFORD_S + 1,
		[TVM_OP_SDG] = TVM_CLIFFORD_SDG + 1,
		[TVM_OP_SX] = TVM_CLIFFORD_SX + 1,
		[TVM_OP_SXDG] = TVM_CLIFFORD_SXDG + 1,
		[TVM_OP_SWAP] = TVM_CLIFFORD_SWAP + 1,
	};

	if (gate->op == TVM_OP_I || gate->op == TVM_OP_BARRIER)
		return true;
	if (gate->control_count == 0 && kinds[gate->op] > 0)
	{
		push(steps, (TvmCliffordKind) (kinds[gate->op] - 1), gate->targets[0],
			 gate->targets[gate->target_count - 1]);
		return true;
	}
	if (gate->control_count == 1 && gate->control_state[0] == 1 &&
		(gate->op == TVM_OP_X || gate->op == TVM_OP_Z))
	{
		push(steps, gate->op == TVM_OP_X ? TVM_CLIFFORD_CX : TVM_CLIFFORD_CZ, gate->controls[0],
			 gate->targets[0]);
		return true;
	}
	return false;
}

bool
tvm_clifford_steps(const TvmGate *gate, TvmCliffordStep *list, uint32_t *count)
{
	uint32_t	qubits = gate->target_count + gate->control_count;
	Steps		steps = {list, 0};
	bool		known = gate->op == TVM_OP_BARRIER || tvm_op_is_unitary(gate->op);

	if (known && !look_up(gate, &steps))
		known = qubits <= MAX_QUBITS && synthesize(gate, qubits, &steps);
	*count = steps.count;
	return known;
}

static bool
is_pauli_noise(const TvmNoise *noise)
{
	for (size_t i = 0; noise != NULL && i < noise->count; i++)
		if (noise->rules[i].channel == TVM_CHANNEL_AMPLITUDE_DAMPING && noise->rules[i].p > 0)
			return false;
	return true;
}

bool
tvm_clifford_circuit(const TvmCircuit *circuit, const TvmNoise *noise, size_t *gate, uint64_t *steps)
{
	TvmCliffordStep list[TVM_CLIFFORD_STEPS];

	*steps = 0;
	*gate = circuit->count;
	if (!is_pauli_noise(noise))
		return false;
	for (size_t i = 0; i < circuit->count; i++)
	{
		TvmOp		op = circuit->gates[i].op;
		uint32_t	count = 0;

		*gate = i;
		if (op != TVM_OP_MEASURE && op != TVM_OP_RESET &&
			!tvm_clifford_steps(&circuit->gates[i], list, &count))
			return false;
		*steps += count;
	}
	return true;
}

TvmStatus
tvm_clifford_compile(TvmEnv *env, const TvmCircuit *circuit, uint64_t steps,
					 TvmCliffordProgram *program)
{
	TvmCliffordStep list[TVM_CLIFFORD_STEPS];
	uint64_t	at = 0;

	program->steps = tvm_alloc(env, steps, sizeof(TvmCliffordStep));
	program->first = tvm_alloc(env, circuit->count + 1, sizeof(uint64_t));
	if (program->steps == NULL || program->first == NULL)
		return TVM_NOMEM;
	for (size_t i = 0; i < circuit->count; i++)
	{
		uint32_t	count = 0;

		if (i % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		program->first[i] = at;
		if (tvm_clifford_steps(&circuit->gates[i], list, &count) && count > 0)
			memcpy(&program->steps[at], list, count * sizeof(TvmCliffordStep));
		at += count;
	}
	program->first[circuit->count] = at;
	return TVM_OK;
}

void
tvm_clifford_free(TvmEnv *env, TvmCliffordProgram *program)
{
	tvm_free(env, program->steps);
	tvm_free(env, program->first);
	memset(program, 0, sizeof(*program));
}
