/*
 * atoms.c: gates into atoms; see atoms.h.
 *
 * One-qubit gates wait in `waiting` until something else touches their qubit; what
 * is diagonal on that qubit passes a waiting product that is diagonal too.
 */
#include "kernel/quantum/engine/atoms.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/angle.h"
#include "kernel/quantum/state/gate_matrices.h"

#define PI 3.14159265358979323846

/* Entries below this are what rounding leaves of zero. */
#define NOTHING 1e-15

typedef struct Waiting
{
	uint32_t	gates;			/* 0: none */
	TvmComplex	m[4];
} Waiting;

typedef struct Rewrite
{
	TvmEnv	   *env;
	TvmAtoms   *atoms;
	TvmStatus	status;			/* the first failure: later calls do nothing */
	Waiting		waiting[64];
} Rewrite;

/* What is left of a one-qubit product: a phase of |1>, and the gates that it counts for. */
typedef struct Tail
{
	double		angle;
	uint32_t	gates;
} Tail;

/* A set of bits and the values that they must have. */
typedef struct Term
{
	uint64_t	mask;
	uint64_t	value;
} Term;

static uint64_t
bit_of(uint32_t qubit)
{
	return (uint64_t) 1 << qubit;
}

TvmComplex
tvm_unit_complex(double angle)
{
	double		quarters = angle / (PI / 2);
	double		nearest = rint(quarters);

	if (fabs(quarters - nearest) <= 4e-16 * (1 + fabs(quarters)) && fabs(nearest) < 1e4)
		switch ((int) (int64_t) nearest & 3)
		{
			case 0:
				return tvm_complex(1, 0);
			case 1:
				return tvm_complex(0, 1);
			case 2:
				return tvm_complex(-1, 0);
			default:
				return tvm_complex(0, -1);
		}
	return tvm_complex(cos(angle), sin(angle));
}

static double
angle_of(TvmComplex z)
{
	return atan2(z.im, z.re);
}

/* A new atom, which the caller goes on filling in; a dummy after a failure. */
static TvmAtom *
add(Rewrite *rewrite, TvmAtomKind kind, uint64_t qubits, uint64_t mixed, uint32_t gates)
{
	static const TvmAtom blank = {.next = TVM_NO_ATOM, .scale = {1, 0}};
	TvmAtoms   *atoms = rewrite->atoms;
	TvmAtom    *atom;

	if (rewrite->status == TVM_OK)
		rewrite->status = tvm_grow(rewrite->env, &atoms->atom, atoms->count, &atoms->capacity,
								   sizeof(TvmAtom));
	if (rewrite->status != TVM_OK)
		return NULL;
	atom = &atoms->atom[atoms->count++];
	*atom = blank;
	atom->kind = (uint8_t) kind;
	atom->qubits = qubits;
	atom->mixed = mixed;
	atom->gates = gates;
	return atom;
}

/* e^(i angle) where bits a and b are set (a = b: where a is). */
static void
add_angle(Rewrite *rewrite, uint32_t a, uint32_t b, double angle, uint32_t gates)
{
	TvmAtom    *atom;

	if (angle == 0 && gates == 0)
		return;
	atom = add(rewrite, TVM_ATOM_DIAGONAL, bit_of(a) | bit_of(b), 0, gates);
	if (atom == NULL)
		return;
	atom->a = (uint8_t) a;
	atom->b = (uint8_t) b;
	atom->x = angle;
}

static void
add_scale(Rewrite *rewrite, double angle)
{
	TvmAtom    *atom = angle == 0 ? NULL : add(rewrite, TVM_ATOM_DIAGONAL, 0, 0, 0);

	if (atom != NULL)
		atom->scale = tvm_unit_complex(angle);
}

/* e^(i angle) where all bits of the term are as it says. */
static void
add_phase(Rewrite *rewrite, Term term, double angle, uint32_t gates)
{
	uint32_t	a;
	uint32_t	b;
	TvmAtom    *atom;

	if (__builtin_popcountll(term.mask) > 2)
	{
		atom = add(rewrite, TVM_ATOM_PHASE, term.mask, 0, gates);
		if (atom != NULL)
		{
			atom->value = term.value;
			atom->x = angle;
		}
		return;
	}
	if (term.mask == 0)
	{
		add_scale(rewrite, angle);
		return;
	}

	/* A bit that must be 0 counts as 1 - b: multiply out. */
	a = (uint32_t) __builtin_ctzll(term.mask);
	b = 63 - (uint32_t) __builtin_clzll(term.mask);
	if ((term.value & bit_of(a)) == 0)
	{
		Term		rest = {term.mask ^ bit_of(a), term.value};
		Term		all = {term.mask, term.value | bit_of(a)};

		add_phase(rewrite, rest, angle, 0);
		add_phase(rewrite, all, -angle, gates);
	}
	else if ((term.value & bit_of(b)) == 0)
	{
		add_angle(rewrite, a, a, angle, 0);
		add_angle(rewrite, a, b, -angle, gates);
	}
	else
		add_angle(rewrite, a, b, angle, gates);
}

static void
add_cx(Rewrite *rewrite, uint32_t control, uint32_t target, uint32_t gates)
{
	TvmAtom    *atom = add(rewrite, TVM_ATOM_PERMUTE, bit_of(control) | bit_of(target),
						   bit_of(target), gates);

	if (atom == NULL)
		return;
	atom->a = (uint8_t) control;
	atom->b = (uint8_t) target;
}

/*
 * A one-qubit matrix without controls, as D B D, D X or D.  The last D is not added but
 * returned.
 */
static Tail
add_but_tail(Rewrite *rewrite, uint32_t qubit, const TvmComplex m[4], uint32_t gates)
{
	double		c = hypot(m[0].re, m[0].im);
	double		s = hypot(m[1].re, m[1].im);
	double		alpha = angle_of(m[0]);
	TvmAtom    *atom;

	if (s < NOTHING)
	{
		atom = add(rewrite, TVM_ATOM_DIAGONAL, 0, 0, 0);
		if (atom != NULL)
			atom->scale = m[0];
		return (Tail) {angle_of(m[3]) - alpha, gates};
	}
	if (c < NOTHING)
	{
		add_cx(rewrite, qubit, qubit, gates);
		atom = add(rewrite, TVM_ATOM_DIAGONAL, 0, 0, 0);
		if (atom != NULL)
			atom->scale = m[1];
		return (Tail) {angle_of(m[2]) - angle_of(m[1]), 0};
	}
	add_angle(rewrite, qubit, qubit, angle_of(m[1]) - alpha + PI / 2, 0);
	atom = add(rewrite, TVM_ATOM_BUTTERFLY, bit_of(qubit), bit_of(qubit), gates);
	if (atom != NULL)
	{
		atom->a = (uint8_t) qubit;
		atom->flip = s > c;
		atom->x = atom->flip ? -c / s : s / c;
		atom->scale = atom->flip ? tvm_complex(m[0].im * s / c, -m[0].re * s / c) : m[0];
	}
	return (Tail) {angle_of(m[2]) - alpha + PI / 2, 0};
}

static void
add_one(Rewrite *rewrite, uint32_t qubit, const TvmComplex m[4], uint32_t gates)
{
	Tail		tail = add_but_tail(rewrite, qubit, m, gates);

	add_angle(rewrite, qubit, qubit, tail.angle, tail.gates);
}

static Tail
flush_but_tail(Rewrite *rewrite, uint32_t qubit)
{
	Waiting    *waiting = &rewrite->waiting[qubit];
	Tail		tail = {0, 0};

	if (waiting->gates > 0)
		tail = add_but_tail(rewrite, qubit, waiting->m, waiting->gates);
	waiting->gates = 0;
	return tail;
}

static void
flush(Rewrite *rewrite, uint32_t qubit)
{
	Waiting    *waiting = &rewrite->waiting[qubit];

	if (waiting->gates > 0)
		add_one(rewrite, qubit, waiting->m, waiting->gates);
	waiting->gates = 0;
}

/* Something that is not diagonal on `mixed` comes, diagonal on the rest of `qubits`. */
static void
make_way(Rewrite *rewrite, uint64_t qubits, uint64_t mixed)
{
	for (; qubits != 0; qubits &= qubits - 1)
	{
		uint32_t	qubit = (uint32_t) __builtin_ctzll(qubits);
		const TvmComplex *m = rewrite->waiting[qubit].m;
		bool		diagonal = m[1].re == 0 && m[1].im == 0 && m[2].re == 0 && m[2].im == 0;

		if ((mixed & bit_of(qubit)) != 0 || !diagonal)
			flush(rewrite, qubit);
	}
}

static void
wait_one(Rewrite *rewrite, uint32_t qubit, const TvmComplex m[4])
{
	Waiting    *waiting = &rewrite->waiting[qubit];
	TvmComplex	old[4];

	memcpy(old, waiting->m, sizeof(old));
	if (waiting->gates++ == 0)
	{
		memcpy(waiting->m, m, sizeof(old));
		return;
	}
	for (int r = 0; r < 2; r++)
		for (int c = 0; c < 2; c++)
			waiting->m[2 * r + c] = tvm_complex_add(tvm_complex_mul(m[2 * r], old[c]),
													tvm_complex_mul(m[2 * r + 1], old[2 + c]));
}

/* A 2 x 2 matrix with controls, at least one. */
static void
add_matrix(Rewrite *rewrite, uint32_t target, Term controls, const TvmComplex m[4],
		   uint32_t gates)
{
	TvmAtoms   *atoms = rewrite->atoms;
	TvmAtom    *atom;

	make_way(rewrite, controls.mask | bit_of(target), bit_of(target));
	if (rewrite->status == TVM_OK && atoms->matrices == atoms->matrix_capacity)
		rewrite->status = tvm_grow(rewrite->env, &atoms->matrix, atoms->matrices,
								   &atoms->matrix_capacity, 4 * sizeof(TvmComplex));
	atom = add(rewrite, TVM_ATOM_MATRIX, controls.mask | bit_of(target), bit_of(target), gates);
	if (atom == NULL)
		return;
	atom->a = (uint8_t) target;
	atom->value = controls.value;
	atom->matrix = (uint32_t) atoms->matrices;
	memcpy(atoms->matrix + 4 * atoms->matrices++, m, 4 * sizeof(TvmComplex));
}

/*
 * What is diagonal on a CX's target goes behind it, where it is a form in both qubits:
 * a b becomes a (b xor c) = a b + a c - 2 a b c.  There it meets what comes next, and
 * a CX, RZ, CX becomes one diagonal and no permutation.
 */
static void
add_behind_cx(Rewrite *rewrite, uint32_t control, uint32_t target, Tail tail)
{
	add_angle(rewrite, target, target, tail.angle, tail.gates);
	add_angle(rewrite, control, control, tail.angle, 0);
	add_angle(rewrite, control, target, -2 * tail.angle, 0);
}

/* X with controls: a CX where there is one. */
static void
add_controlled_x(Rewrite *rewrite, uint32_t target, Term controls, uint32_t gates)
{
	const TvmComplex x[4] = {{0, 0}, {1, 0}, {1, 0}, {0, 0}};
	uint32_t	control = controls.mask != 0 ? (uint32_t) __builtin_ctzll(controls.mask) : target;
	Tail		tail;

	if (controls.mask != 0 && controls.mask != bit_of(control))
	{
		add_matrix(rewrite, target, controls, x, gates);
		return;
	}
	make_way(rewrite, controls.mask, 0);
	tail = flush_but_tail(rewrite, target);
	add_cx(rewrite, control, target, gates);
	add_behind_cx(rewrite, control, target, tail);
	if (controls.value != controls.mask)	/* a control on 0 */
		add_cx(rewrite, target, target, 0);
}

/* diag(d0, d1) on the target with controls, at least one. */
static void
add_controlled_diagonal(Rewrite *rewrite, uint32_t target, Term controls, const TvmComplex m[4])
{
	Term		off = {controls.mask | bit_of(target), controls.value};
	Term		on = {off.mask, off.value | bit_of(target)};
	double		zero = angle_of(m[0]);
	double		one = angle_of(m[3]);

	make_way(rewrite, off.mask, 0);
	if (zero != 0)
		add_phase(rewrite, off, zero, 0);
	add_phase(rewrite, on, one, 1);
}

static void
rewrite_one(Rewrite *rewrite, const TvmGate *gate, Term controls)
{
	uint32_t	target = gate->targets[0];
	TvmComplex	m[4];

	if (gate->op == TVM_OP_X && controls.mask != 0)
	{
		add_controlled_x(rewrite, target, controls, 1);
		return;
	}
	tvm_gate_matrix(gate, m);
	if (controls.mask == 0)
		wait_one(rewrite, target, m);
	else if (tvm_gate_shape(gate) == TVM_SHAPE_DIAGONAL)
		add_controlled_diagonal(rewrite, target, controls, m);
	else
		add_matrix(rewrite, target, controls, m, 1);
}

/* exp(-i theta/2 Z Z) where the controls are as they must be. */
static void
rewrite_rzz(Rewrite *rewrite, uint32_t a, uint32_t b, Term controls, double theta)
{
	Term		both = {controls.mask | bit_of(a) | bit_of(b), controls.value};
	Term		one = {controls.mask | bit_of(a), controls.value | bit_of(a)};
	Term		two = {controls.mask | bit_of(b), controls.value | bit_of(b)};

	theta = tvm_angle_reduce(theta);	/* it will be added to others */
	both.value |= bit_of(a) | bit_of(b);
	make_way(rewrite, both.mask, 0);
	add_phase(rewrite, controls, -theta / 2, 0);
	add_phase(rewrite, one, theta, 0);
	add_phase(rewrite, two, theta, 0);
	add_phase(rewrite, both, -2 * theta, 1);
}

/* RXX is an RX between two CX, which cancel where the controls are not met. */
static void
rewrite_rxx(Rewrite *rewrite, const TvmGate *gate, Term controls)
{
	uint32_t	a = gate->targets[0];
	uint32_t	b = gate->targets[1];
	bool		y = gate->op == TVM_OP_RYY;
	TvmGate		rx = *gate;
	Term		none = {0, 0};
	TvmComplex	m[4];

	rx.op = TVM_OP_RX;
	rx.target_count = 1;
	tvm_gate_matrix(&rx, m);
	make_way(rewrite, bit_of(a) | bit_of(b), bit_of(a) | bit_of(b));
	if (y)						/* Y = S X S*, first S* on both */
	{
		add_angle(rewrite, a, a, -PI / 2, 0);
		add_angle(rewrite, b, b, -PI / 2, 0);
	}
	add_controlled_x(rewrite, b, (Term) {bit_of(a), bit_of(a)}, 0);
	if (controls.mask == none.mask)
		add_one(rewrite, a, m, 1);
	else
		add_matrix(rewrite, a, controls, m, 1);
	add_controlled_x(rewrite, b, (Term) {bit_of(a), bit_of(a)}, 0);
	if (y)
	{
		add_angle(rewrite, a, a, PI / 2, 0);
		add_angle(rewrite, b, b, PI / 2, 0);
	}
}

/* Exchange a and b; for ISWAP a phase i where they differ. */
static void
rewrite_swap(Rewrite *rewrite, uint32_t a, uint32_t b, Term controls, bool phases)
{
	Term		inner = {controls.mask | bit_of(a), controls.value | bit_of(a)};
	Term		other = {controls.mask | bit_of(b), controls.value | bit_of(b)};
	Term		both = {inner.mask | other.mask, inner.value | other.value};

	if (controls.mask == 0)		/* what waits goes along with its qubit */
	{
		Waiting		waiting = rewrite->waiting[a];

		rewrite->waiting[a] = rewrite->waiting[b];
		rewrite->waiting[b] = waiting;
		add_cx(rewrite, b, a, 0);
		add_cx(rewrite, a, b, 1);
		add_cx(rewrite, b, a, 0);
	}
	else
	{
		make_way(rewrite, bit_of(a) | bit_of(b), bit_of(a) | bit_of(b));
		add_cx(rewrite, b, a, 0);
		add_controlled_x(rewrite, b, inner, 1);
		add_cx(rewrite, b, a, 0);
	}
	if (!phases)
		return;
	make_way(rewrite, both.mask, 0);
	add_phase(rewrite, inner, PI / 2, 0);
	add_phase(rewrite, other, PI / 2, 0);
	add_phase(rewrite, both, -PI, 0);
}

static void
rewrite_unitary(Rewrite *rewrite, const TvmGate *gate, Term controls)
{
	uint64_t	targets = 0;
	bool		small = gate->matrix != NULL && gate->target_count <= TVM_DENSE_MAX;
	TvmAtom    *atom;

	for (uint32_t i = 0; i < gate->target_count; i++)
		targets |= bit_of(gate->targets[i]);
	for (uint32_t i = 0; !small && i < gate->control_count; i++)	/* gate_matrices.c asks for all of them */
		controls.mask |= bit_of(gate->controls[i]);
	make_way(rewrite, targets | controls.mask, targets);
	atom = add(rewrite, small ? TVM_ATOM_DENSE : TVM_ATOM_GATE, targets | controls.mask, targets,
			   1);
	if (atom == NULL)
		return;
	atom->value = controls.value;
	atom->gate = gate;
}

static void
rewrite_gate(Rewrite *rewrite, const TvmGate *gate, const TvmKnown *known)
{
	Term		controls;

	if (!tvm_known_controls(known, gate, &controls.mask, &controls.value))
		return;
	switch (gate->op)
	{
		case TVM_OP_I:
		case TVM_OP_BARRIER:
			break;
		case TVM_OP_SWAP:
		case TVM_OP_ISWAP:
			rewrite_swap(rewrite, gate->targets[0], gate->targets[1], controls,
						 gate->op == TVM_OP_ISWAP);
			break;
		case TVM_OP_RXX:
		case TVM_OP_RYY:
			rewrite_rxx(rewrite, gate, controls);
			break;
		case TVM_OP_RZZ:
			rewrite_rzz(rewrite, gate->targets[0], gate->targets[1], controls, gate->theta);
			break;
		case TVM_OP_X:
		case TVM_OP_Y:
		case TVM_OP_Z:
		case TVM_OP_H:
		case TVM_OP_S:
		case TVM_OP_SDG:
		case TVM_OP_T:
		case TVM_OP_TDG:
		case TVM_OP_SX:
		case TVM_OP_SXDG:
		case TVM_OP_RX:
		case TVM_OP_RY:
		case TVM_OP_RZ:
		case TVM_OP_P:
		case TVM_OP_U:
			rewrite_one(rewrite, gate, controls);
			break;
		case TVM_OP_UNITARY:
			if (gate->target_count == 1)
				rewrite_one(rewrite, gate, controls);
			else
				rewrite_unitary(rewrite, gate, controls);
			break;
		case TVM_OP_MEASURE:
		case TVM_OP_RESET:
		case TVM_OP_COUNT:		/* a plan is of unitary operations */
			break;
	}
}

TvmStatus
tvm_canonical(TvmEnv *env, const TvmCircuit *circuit, size_t from, size_t to, TvmKnown *known, TvmAtoms *atoms)
{
	Rewrite		rewrite = {env, atoms, TVM_OK, {{0, {{0, 0}}}}};

	memset(atoms, 0, sizeof(*atoms));
	for (size_t i = from; i < to && rewrite.status == TVM_OK; i++)
	{
		rewrite_gate(&rewrite, &circuit->gates[i], known);
		tvm_known_follow(known, &circuit->gates[i]);
	}
	for (uint32_t q = 0; q < circuit->qubits && q < 64; q++)
		flush(&rewrite, q);
	if (rewrite.status != TVM_OK)
		tvm_atoms_free(env, atoms);
	return rewrite.status;
}

void
tvm_atoms_free(TvmEnv *env, TvmAtoms *atoms)
{
	tvm_free(env, atoms->atom);
	tvm_free(env, atoms->matrix);
	memset(atoms, 0, sizeof(*atoms));
}
