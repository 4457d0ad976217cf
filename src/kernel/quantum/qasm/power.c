/*
 * power.c: real powers of gates, the principal ones: pow(1/2) @ x is sx.
 *
 * Rotations and phases take them by their angle.  Anything else, up to some qubits, is
 * multiplied out, and its matrix raised by its eigenvalues.
 */
#include "kernel/quantum/qasm/reader_parts.h"

#include <math.h>

#include "kernel/quantum/qasm/angle.h"
#include "kernel/quantum/qasm/matrix.h"
#include "kernel/quantum/qasm/unitary.h"

#define PI 3.14159265358979323846
#define MAX_EXPONENT 9223372036854775808.0	/* 2^63: the matrix's power is exact so far */

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
	if (piece->angle[0].linear > 0)
		*status = qasm_angle_power(r, exponent, &piece->angle[0]);
	else
		piece->angle[0].value = qasm_angle_principal(angle, exponent, 1);
	return true;
}

/* Rotations: eigenvalues e^(-+ i theta/2), so the angle is taken to (-2 pi, 2 pi). */
static bool
rotation_power(QasmReader *r, QasmPiece *piece, double exponent, TvmStatus *status)
{
	if (piece->op != TVM_OP_RX && piece->op != TVM_OP_RY && piece->op != TVM_OP_RZ && piece->op != TVM_OP_RXX &&
		piece->op != TVM_OP_RYY && piece->op != TVM_OP_RZZ)
		return false;
	if (piece->angle[0].linear > 0)
		*status = qasm_angle_power(r, exponent, &piece->angle[0]);
	else if (fabs(qasm_angle_principal(piece->angle[0].value, 1, 2)) > 2 * PI - 1e-9)
		return false;			/* minus the identity: both eigenvalues are -1 */
	else
		piece->angle[0].value = qasm_angle_principal(piece->angle[0].value, exponent, 2);
	return true;
}

/* matrix = matrix^exponent, |exponent| <= 1/2: by its eigenvalues. */
static TvmStatus
fractional_power(QasmReader *r, const QasmMatrix *matrix, double exponent, TvmComplex **out)
{
	uint32_t	entries = (uint32_t) 1 << 2 * matrix->count;
	TvmComplex *scratch;
	TvmStatus	status = qasm_spend(r, (uint64_t) 100 << 2 * matrix->count);

	if (status == TVM_OK)
		status = qasm_take(r, entries, sizeof(TvmComplex), out);
	if (status == TVM_OK)
		status = qasm_take(r, (size_t) 3 * entries, sizeof(TvmComplex), &scratch);
	if (status != TVM_OK)
		return status;
	for (uint32_t i = 0; i < entries; i++)
		(*out)[i] = tvm_complex((double) matrix->m[i].re, (double) matrix->m[i].im);
	if (!tvm_unitary_power(*out, (uint32_t) 1 << matrix->count, exponent, scratch))
		return qasm_fail(r, r->call, "the power of a gate was not found", NULL, NULL);
	return TVM_OK;
}

/* The whole part of the exponent from the matrix itself, what is left from its eigenvalues. */
static TvmStatus
matrix_power(QasmReader *r, QasmMatrix *matrix, double exponent)
{
	double		whole = nearbyint(exponent);
	TvmComplex *fraction;
	TvmStatus	status = fractional_power(r, matrix, exponent - whole, &fraction);

	if (status == TVM_OK && whole < 0)
		qasm_matrix_invert(matrix);
	if (status == TVM_OK)
		status = qasm_matrix_power(r, matrix, (uint64_t) fabs(whole));
	return status == TVM_OK ? qasm_matrix_times(r, matrix, fraction) : status;
}

TvmStatus
qasm_power(QasmReader *r, uint32_t first, double exponent)
{
	uint32_t	length = r->piece_count - first;
	uint32_t   *list;
	QasmPiece  *piece = &r->pieces[first];
	QasmMatrix	matrix;
	QasmFit		fit;
	QasmPiece	power;
	TvmStatus	status = TVM_OK;

	if (length == 0)
		return TVM_OK;
	if (fabs(exponent) > MAX_EXPONENT)
		return qasm_fail(r, r->call, "an exponent is too large", NULL, "%g is outside -2^63..2^63.", exponent);
	if (length == 1 && (phase_power(r, piece, exponent, &status) || rotation_power(r, piece, exponent, &status)))
		return status;
	if (length == 1 && exponent == 0.5 && piece->op == TVM_OP_X)
	{
		piece->op = TVM_OP_SX;
		return TVM_OK;
	}
	status = qasm_take(r, length, sizeof(uint32_t), &list);
	if (status != TVM_OK)
		return status;
	for (uint32_t i = 0; i < length; i++)
		list[i] = first + i;
	status = qasm_matrix_fit(r, list, length, &matrix, &fit);
	if (status != TVM_OK)
		return status;
	if (fit == QASM_NEEDS_INPUT)
		return qasm_fail(r, r->call, "not supported: a real power of a gate that depends on an input", NULL, NULL);
	if (fit == QASM_MANY_QUBITS)
		return qasm_fail(r, r->call, "not supported: a real power of a gate on many qubits", NULL,
						 "The limit is %d.", QASM_MATRIX_QUBITS);
	status = qasm_matrix_multiply(r, list, length, &matrix);
	if (status == TVM_OK)
		status = matrix_power(r, &matrix, exponent);
	if (status == TVM_OK)
		status = qasm_matrix_piece(r, &matrix, &power);
	if (status != TVM_OK)
		return status;
	r->pieces[first] = power;
	r->piece_count = first + 1;
	return TVM_OK;
}
