/*
 * qasm_power.c: real powers of gates, the principal ones: pow(1/2) @ x is sx.
 *
 * Rotations and phases take them by their angle.  Anything else, up to some qubits, is
 * multiplied out, and its matrix raised by its eigenvalues.
 */
#include "kernel/quantum/qasm_read.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/gates.h"
#include "kernel/quantum/qasm_unitary.h"

#define PI 3.14159265358979323846
#define MAX_POWER_QUBITS 5

/* P, gphase and the diagonal gates that are powers of Z; their angle in (-pi, pi]. */
static bool
phase_power(QasmReader *r, QasmPiece *piece, double exponent, TvmStatus *status)
{
	double		angle = piece->angle[0].value;

	if (piece->op == TVM_OP_Z)
		angle = PI;
	else if (piece->op == TVM_OP_S || piece->op == TVM_OP_SDG)
		angle = piece->op == TVM_OP_S ? PI / 2 : -PI / 2;
	else if (piece->op == TVM_OP_T || piece->op == TVM_OP_TDG)
		angle = piece->op == TVM_OP_T ? PI / 4 : -PI / 4;
	else if (piece->op != TVM_OP_P && piece->op != QASM_GPHASE)
		return false;
	if (piece->op != QASM_GPHASE)
		piece->op = TVM_OP_P;
	if (piece->angle[0].linear == 0)
	{
		angle = remainder(angle, 2 * PI);
		if (angle <= -PI)
			angle += 2 * PI;
	}
	piece->angle[0].value = angle;
	*status = qasm_angle_scale(r, exponent, piece->angle[0], &piece->angle[0]);
	return true;
}

/* Rotations: eigenvalues e^(-+ i theta/2), so the angle is taken to (-2 pi, 2 pi). */
static bool
rotation_power(QasmReader *r, QasmPiece *piece, double exponent, TvmStatus *status)
{
	double		angle = remainder(piece->angle[0].value, 4 * PI);

	if (piece->op != TVM_OP_RX && piece->op != TVM_OP_RY && piece->op != TVM_OP_RZ && piece->op != TVM_OP_RXX &&
		piece->op != TVM_OP_RYY && piece->op != TVM_OP_RZZ)
		return false;
	if (piece->angle[0].linear == 0)
	{
		if (fabs(angle) > 2 * PI - 1e-9)
			return false;		/* minus the identity: both eigenvalues are -1 */
		piece->angle[0].value = angle;
	}
	*status = qasm_angle_scale(r, exponent, piece->angle[0], &piece->angle[0]);
	return true;
}

static void
gate_of(const QasmPiece *piece, TvmGate *gate)
{
	tvm_gate_init(gate, (TvmOp) piece->op);
	gate->target_count = piece->target_count;
	gate->theta = piece->angle[0].value;
	gate->phi = piece->angle[1].value;
	gate->lambda = piece->angle[2].value;
	gate->gamma = piece->angle[3].value;
	gate->matrix = piece->matrix;
}

static const uint32_t *
targets_of(const QasmPiece *piece)
{
	return piece->unitary_targets != NULL ? piece->unitary_targets : piece->targets;
}

/* The place of a qubit among those that the pieces act on; a new one is added. */
static bool
place_of(uint32_t qubit, uint32_t *qubits, uint32_t *count, uint32_t *place)
{
	for (*place = 0; *place < *count; (*place)++)
		if (qubits[*place] == qubit)
			return true;
	if (*count == MAX_POWER_QUBITS)
		return false;
	qubits[(*count)++] = qubit;
	return true;
}

/* All columns of `total` through one piece, whose qubits are bits of a row's index. */
static void
multiply_piece(const QasmPiece *piece, const TvmComplex *matrix, const uint32_t *places,
			   uint32_t mask, uint32_t value, uint32_t n, TvmComplex *total)
{
	uint32_t	size = (uint32_t) 1 << piece->target_count;
	uint32_t	targets = 0;
	TvmComplex	in[1 << MAX_POWER_QUBITS];

	for (uint32_t i = 0; i < piece->target_count; i++)
		targets |= 1u << places[i];
	for (uint32_t base = 0; base < n; base++)
	{
		if ((base & targets) != 0 || (base & mask) != value)
			continue;
		for (uint32_t column = 0; column < n; column++)
		{
			for (int write = 0; write <= 1; write++)
				for (uint32_t i = 0; i < size; i++)
				{
					uint32_t	row = base;
					TvmComplex	sum = {0, 0};

					for (uint32_t j = 0; j < piece->target_count; j++)
						row |= (i >> j & 1) << places[j];
					if (write == 0)
					{
						in[i] = total[row * n + column];
						continue;
					}
					for (uint32_t j = 0; j < size; j++)
						sum = tvm_complex_add(sum, tvm_complex_mul(matrix[i * size + j], in[j]));
					total[row * n + column] = sum;
				}
		}
	}
}

/* The matrix of all pieces from `first` on, on the qubits that they act on. */
static TvmStatus
multiply_out(QasmReader *r, uint32_t first, uint32_t *qubits, uint32_t *count, TvmComplex **out)
{
	TvmComplex	matrix[(1 << MAX_POWER_QUBITS) * (1 << MAX_POWER_QUBITS)];
	uint32_t	places[MAX_POWER_QUBITS];
	uint32_t	n;
	bool		fits = true;
	TvmStatus	status;

	*count = 0;
	for (uint32_t i = first; i < r->piece_count && fits; i++)
	{
		const QasmPiece *piece = &r->pieces[i];
		uint32_t	place;

		for (int j = 0; j < 4; j++)
			if (piece->angle[j].linear > 0)
				return qasm_fail(r, r->call, "not supported: a real power of a gate that depends on an input", NULL, NULL);
		for (uint32_t j = 0; j < piece->target_count && fits; j++)
			fits = place_of(targets_of(piece)[j], qubits, count, &place);
		for (uint32_t j = 0; j < piece->control_count && fits; j++)
			fits = place_of(piece->controls[j] >> 1, qubits, count, &place);
	}
	if (!fits)
		return qasm_fail(r, r->call, "not supported: a real power of a gate on many qubits", NULL,
						 "The limit is %d.", MAX_POWER_QUBITS);
	n = (uint32_t) 1 << *count;
	status = qasm_take(r, (size_t) n * n, sizeof(TvmComplex), out);
	if (status != TVM_OK)
		return status;
	memset(*out, 0, (size_t) n * n * sizeof(TvmComplex));
	for (uint32_t i = 0; i < n; i++)
		(*out)[i * n + i].re = 1;
	for (uint32_t i = first; i < r->piece_count; i++)
	{
		const QasmPiece *piece = &r->pieces[i];
		uint32_t	mask = 0,
					value = 0,
					place;
		TvmGate		gate;

		gate_of(piece, &gate);
		if (piece->op == QASM_GPHASE)
			matrix[0] = tvm_complex(cos(piece->angle[0].value), sin(piece->angle[0].value));
		else
			tvm_gate_matrix(&gate, matrix);
		for (uint32_t j = 0; j < piece->target_count; j++)
			(void) place_of(targets_of(piece)[j], qubits, count, &places[j]);
		for (uint32_t j = 0; j < piece->control_count; j++)
		{
			(void) place_of(piece->controls[j] >> 1, qubits, count, &place);
			mask |= 1u << place;
			value |= (piece->controls[j] & 1) << place;
		}
		multiply_piece(piece, matrix, places, mask, value, n, *out);
		status = qasm_spend(r, 1 + n * n / 16);
		if (status != TVM_OK)
			return status;
	}
	return TVM_OK;
}

/* One piece for a matrix on some qubits: a phase, a U or a UNITARY. */
static TvmStatus
piece_of(QasmReader *r, const TvmComplex *matrix, const uint32_t *qubits, uint32_t count, QasmPiece *piece)
{
	TvmStatus	status;

	qasm_piece_init(piece, count == 0 ? QASM_GPHASE : count == 1 ? TVM_OP_U : TVM_OP_UNITARY);
	piece->target_count = count;
	if (count == 0)
		piece->angle[0].value = atan2(matrix[0].im, matrix[0].re);
	if (count == 1)
	{
		piece->targets[0] = qubits[0];
		tvm_unitary_angles(matrix, &piece->angle[0].value, &piece->angle[1].value, &piece->angle[2].value,
						   &piece->angle[3].value);
	}
	if (count < 2)
		return TVM_OK;
	piece->matrix = (double *) matrix;
	status = qasm_take(r, count, sizeof(uint32_t), &piece->unitary_targets);
	if (status == TVM_OK)
		memcpy(piece->unitary_targets, qubits, count * sizeof(uint32_t));
	return status;
}

TvmStatus
qasm_power(QasmReader *r, uint32_t first, double exponent)
{
	QasmPiece  *piece = &r->pieces[first];
	bool		single = r->piece_count == first + 1;
	uint32_t	qubits[MAX_POWER_QUBITS];
	uint32_t	count;
	uint32_t	control_count = single ? piece->control_count : 0;
	TvmComplex *matrix;
	TvmComplex *scratch;
	QasmPiece	power;
	TvmStatus	status = TVM_OK;

	if (r->piece_count == first)
		return TVM_OK;
	if (single && (phase_power(r, piece, exponent, &status) || rotation_power(r, piece, exponent, &status)))
		return status;
	if (single && exponent == 0.5 && piece->op == TVM_OP_X)
	{
		piece->op = TVM_OP_SX;
		return TVM_OK;
	}

	/* A controlled gate's power is its power, controlled. */
	if (single)
		piece->control_count = 0;
	status = multiply_out(r, first, qubits, &count, &matrix);
	if (status == TVM_OK)
		status = qasm_spend(r, (uint64_t) 100 << 2 * count);
	if (status == TVM_OK)
		status = qasm_take(r, (size_t) 3 << 2 * count, sizeof(TvmComplex), &scratch);
	if (status != TVM_OK)
		return status;
	if (!tvm_unitary_power(matrix, (uint32_t) 1 << count, exponent, scratch))
		return qasm_fail(r, r->call, "the power of a gate was not found", NULL, NULL);
	status = piece_of(r, matrix, qubits, count, &power);
	piece = &r->pieces[first];
	power.control_count = control_count;
	power.controls = piece->controls;
	*piece = power;
	r->piece_count = first + 1;
	return status;
}
