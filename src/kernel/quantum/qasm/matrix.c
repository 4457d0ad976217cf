/*
 * matrix.c: recorded gates as a matrix; see matrix.h.
 */
#include "kernel/quantum/qasm/matrix.h"

#include <string.h>

#include "kernel/quantum/qasm/angle.h"
#include "kernel/quantum/qasm/unitary.h"

#define MAX_ENTRIES (1 << 2 * QASM_MATRIX_QUBITS)

static TvmWideComplex
scaled(TvmWideComplex z, TvmWide factor)
{
	return tvm_wide_complex(z.re * factor, z.im * factor);
}

/*----------------------------------------------------------------- what gates are */

/* The second entry of a diagonal on one qubit; the first is 1, but for RZ. */
static TvmWideComplex
diagonal(uint32_t op, TvmWide theta)
{
	TvmWide		eighth = tvm_wide_pi() / 4;

	switch (op)
	{
		case TVM_OP_Z:
			return tvm_wide_complex(-1, 0);
		case TVM_OP_S:
			return tvm_wide_complex(0, 1);
		case TVM_OP_SDG:
			return tvm_wide_complex(0, -1);
		case TVM_OP_T:
			return tvm_wide_phase(eighth);
		case TVM_OP_TDG:
			return tvm_wide_phase(-eighth);
		case TVM_OP_P:
			return tvm_wide_phase(theta);
		case TVM_OP_RZ:
			return tvm_wide_phase(theta / 2);
		default:
			return tvm_wide_complex(1, 0);
	}
}

static void
matrix_of_u(const QasmPiece *piece, TvmWide c, TvmWide s, TvmWideComplex *m)
{
	TvmWide		phi = qasm_angle_wide(piece->angle[1].value);
	TvmWide		lambda = qasm_angle_wide(piece->angle[2].value);
	TvmWide		global = qasm_angle_wide(piece->angle[3].value) + qasm_angle_wide(piece->angle[0].value) / 2;

	m[0] = scaled(tvm_wide_phase(global), c);
	m[1] = scaled(tvm_wide_phase(global + lambda), -s);
	m[2] = scaled(tvm_wide_phase(global + phi), s);
	m[3] = scaled(tvm_wide_phase(global + phi + lambda), c);
}

static void
matrix_on_one(const QasmPiece *piece, TvmWide theta, TvmWide c, TvmWide s, TvmWideComplex *m)
{
	const TvmWide half = 0.5;
	TvmWide		root = tvm_wide_sqrt(half);

	switch (piece->op)
	{
		case TVM_OP_X:
			m[1] = m[2] = tvm_wide_complex(1, 0);
			break;
		case TVM_OP_Y:
			m[1] = tvm_wide_complex(0, -1);
			m[2] = tvm_wide_complex(0, 1);
			break;
		case TVM_OP_H:
			m[0] = m[1] = m[2] = tvm_wide_complex(root, 0);
			m[3] = tvm_wide_complex(-root, 0);
			break;
		case TVM_OP_SX:
		case TVM_OP_SXDG:
			m[0] = m[3] = tvm_wide_complex(half, piece->op == TVM_OP_SX ? half : -half);
			m[1] = m[2] = tvm_wide_complex(half, -m[0].im);
			break;
		case TVM_OP_RX:
			m[0] = m[3] = tvm_wide_complex(c, 0);
			m[1] = m[2] = tvm_wide_complex(0, -s);
			break;
		case TVM_OP_RY:
			m[0] = m[3] = tvm_wide_complex(c, 0);
			m[1] = tvm_wide_complex(-s, 0);
			m[2] = tvm_wide_complex(s, 0);
			break;
		case TVM_OP_U:
			matrix_of_u(piece, c, s, m);
			break;
		default:
			m[3] = diagonal(piece->op, theta);
			m[0] = piece->op == TVM_OP_RZ ? tvm_wide_complex(m[3].re, -m[3].im) : tvm_wide_complex(1, 0);
	}
}

static void
matrix_on_two(const QasmPiece *piece, TvmWide c, TvmWide s, TvmWideComplex *m)
{
	switch (piece->op)
	{
		case TVM_OP_SWAP:
		case TVM_OP_ISWAP:
			m[0] = m[15] = tvm_wide_complex(1, 0);
			m[6] = m[9] = piece->op == TVM_OP_SWAP ? m[0] : tvm_wide_complex(0, 1);
			break;
		case TVM_OP_RZZ:
			m[0] = m[15] = tvm_wide_complex(c, -s);
			m[5] = m[10] = tvm_wide_complex(c, s);
			break;
		default:				/* RXX, RYY */
			m[0] = m[5] = m[10] = m[15] = tvm_wide_complex(c, 0);
			m[6] = m[9] = tvm_wide_complex(0, -s);
			m[3] = m[12] = tvm_wide_complex(0, piece->op == TVM_OP_RYY ? s : -s);
			break;
	}
}

/* Of the piece without its controls; rows of 2^target_count. */
static void
matrix_of(const QasmPiece *piece, TvmWideComplex *m)
{
	uint32_t	entries = (uint32_t) 1 << 2 * piece->target_count;
	TvmWide		theta = qasm_angle_wide(piece->angle[0].value);
	TvmWide		c = tvm_wide_cos(theta / 2);
	TvmWide		s = tvm_wide_sin(theta / 2);

	memset(m, 0, entries * sizeof(TvmWideComplex));
	if (piece->op == QASM_GPHASE)
		m[0] = tvm_wide_phase(theta);
	else if (piece->op == TVM_OP_UNITARY)
		for (uint32_t i = 0; i < entries; i++)
			m[i] = tvm_wide_complex(piece->matrix[2 * i], piece->matrix[2 * i + 1]);
	else if (piece->target_count == 2)
		matrix_on_two(piece, c, s, m);
	else
		matrix_on_one(piece, theta, c, s, m);
}

/*---------------------------------------------------------------- multiplied out */

static const uint32_t *
targets_of(const QasmPiece *piece)
{
	return piece->unitary_targets != NULL ? piece->unitary_targets : piece->targets;
}

/* The place of a qubit among the matrix's; a new one is added. */
static bool
place_of(uint32_t qubit, QasmMatrix *matrix, uint32_t *place)
{
	for (*place = 0; *place < matrix->count; (*place)++)
		if (matrix->qubits[*place] == qubit)
			return true;
	if (matrix->count == QASM_MATRIX_QUBITS)
		return false;
	matrix->qubits[matrix->count++] = qubit;
	return true;
}

/* How many controls at the start of their lists all pieces have in common. */
static TvmStatus
common_controls(QasmReader *r, const uint32_t *list, uint32_t length, uint32_t *out)
{
	const QasmPiece *first = &r->pieces[list[0]];
	uint32_t	common = first->control_count;
	TvmStatus	status = TVM_OK;

	for (uint32_t i = 1; i < length && common > 0 && status == TVM_OK; i++)
	{
		const QasmPiece *piece = &r->pieces[list[i]];
		uint32_t	same = 0;

		while (same < common && same < piece->control_count && piece->controls[same] == first->controls[same])
			same++;
		common = same;
		r->owed += 1 + common / 4;
		status = qasm_spend(r, 0);
	}
	*out = common;
	return status;
}

TvmStatus
qasm_matrix_fit(QasmReader *r, const uint32_t *list, uint32_t length, QasmMatrix *out, QasmFit *fit)
{
	uint32_t	place;
	TvmStatus	status = common_controls(r, list, length, &out->control_count);

	*fit = QASM_FITS;
	out->controls = r->pieces[list[0]].controls;
	out->count = 0;
	for (uint32_t i = 0; i < length && status == TVM_OK && *fit == QASM_FITS; i++)
	{
		const QasmPiece *piece = &r->pieces[list[i]];

		for (int j = 0; j < 4; j++)
			if (piece->angle[j].linear > 0)
				*fit = QASM_NEEDS_INPUT;
		for (uint32_t j = 0; j < piece->target_count && *fit == QASM_FITS; j++)
			if (!place_of(targets_of(piece)[j], out, &place))
				*fit = QASM_MANY_QUBITS;
		for (uint32_t j = out->control_count; j < piece->control_count && *fit == QASM_FITS; j++)
			if (!place_of(piece->controls[j] >> 1, out, &place))
				*fit = QASM_MANY_QUBITS;
		r->owed++;
		status = qasm_spend(r, 0);
	}
	return status;
}

/* All columns through one piece, whose qubits are bits of a row's index. */
static void
multiply_piece(const QasmPiece *piece, QasmMatrix *matrix)
{
	TvmWideComplex gate[MAX_ENTRIES];
	TvmWideComplex in[1 << QASM_MATRIX_QUBITS];
	uint32_t	row[1 << QASM_MATRIX_QUBITS];
	uint32_t	size = (uint32_t) 1 << piece->target_count;
	uint32_t	n = (uint32_t) 1 << matrix->count;
	uint32_t	place,
				targets = 0,
				mask = 0,
				value = 0;

	matrix_of(piece, gate);
	for (uint32_t i = 0; i < size; i++)
		row[i] = 0;
	for (uint32_t j = 0; j < piece->target_count; j++)
	{
		(void) place_of(targets_of(piece)[j], matrix, &place);
		targets |= 1u << place;
		for (uint32_t i = 0; i < size; i++)
			row[i] |= (i >> j & 1) << place;
	}
	for (uint32_t j = matrix->control_count; j < piece->control_count; j++)
	{
		(void) place_of(piece->controls[j] >> 1, matrix, &place);
		mask |= 1u << place;
		value |= (piece->controls[j] & 1) << place;
	}
	for (uint32_t base = 0; base < n; base++)
		for (uint32_t column = 0; column < n && (base & targets) == 0 && (base & mask) == value; column++)
		{
			for (uint32_t i = 0; i < size; i++)
				in[i] = matrix->m[(base | row[i]) * n + column];
			for (uint32_t i = 0; i < size; i++)
			{
				TvmWideComplex sum = {0, 0};

				for (uint32_t j = 0; j < size; j++)
				{
					TvmWideComplex z = tvm_wide_mul(gate[i * size + j], in[j]);

					sum = tvm_wide_complex(sum.re + z.re, sum.im + z.im);
				}
				matrix->m[(base | row[i]) * n + column] = sum;
			}
		}
}

/* out = a b, or a b* */
static TvmStatus
multiply(QasmReader *r, const TvmWideComplex *a, const TvmWideComplex *b, bool star, uint32_t n, TvmWideComplex *out)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
		{
			TvmWideComplex sum = {0, 0};

			for (uint32_t k = 0; k < n; k++)
			{
				TvmWideComplex y = star ? b[j * n + k] : b[k * n + j];
				TvmWideComplex z;

				if (star)
					y.im = -y.im;
				z = tvm_wide_mul(a[i * n + k], y);
				sum = tvm_wide_complex(sum.re + z.re, sum.im + z.im);
			}
			out[i * n + j] = sum;
		}
	return qasm_spend(r, 1 + (uint64_t) n * n * n / 2);
}

/*
 * The nearest unitary matrix, by Newton's iteration U (3 - U* U) / 2: what was rounded to
 * doubles would grow or shrink with each power.
 */
static TvmStatus
make_unitary(QasmReader *r, QasmMatrix *matrix)
{
	uint32_t	n = (uint32_t) 1 << matrix->count;
	TvmWideComplex square[MAX_ENTRIES];
	TvmWideComplex product[MAX_ENTRIES];
	TvmStatus	status = TVM_OK;

	for (int step = 0; step < 2 && status == TVM_OK; step++)
	{
		status = multiply(r, matrix->m, matrix->m, true, n, square);
		for (uint32_t i = 0; i < n * n; i++)
			square[i] = tvm_wide_complex(((i % (n + 1) == 0 ? 3 : 0) - square[i].re) / 2, -square[i].im / 2);
		if (status == TVM_OK)
			status = multiply(r, square, matrix->m, false, n, product);
		memcpy(matrix->m, product, n * n * sizeof(TvmWideComplex));
	}
	return status;
}

static void
set_identity(TvmWideComplex *m, uint32_t n)
{
	memset(m, 0, (size_t) n * n * sizeof(TvmWideComplex));
	for (uint32_t i = 0; i < n; i++)
		m[i * n + i].re = 1;
}

TvmStatus
qasm_matrix_multiply(QasmReader *r, const uint32_t *list, uint32_t length, QasmMatrix *matrix)
{
	uint32_t	n = (uint32_t) 1 << matrix->count;
	bool		rounded = false;
	TvmStatus	status = TVM_OK;

	set_identity(matrix->m, n);
	for (uint32_t i = 0; i < length && status == TVM_OK; i++)
	{
		const QasmPiece *piece = &r->pieces[list[i]];

		rounded = rounded || piece->op == TVM_OP_UNITARY;
		multiply_piece(piece, matrix);
		status = qasm_spend(r, 1 + (n * n << piece->target_count) / 2);
	}
	return rounded && status == TVM_OK ? make_unitary(r, matrix) : status;
}

TvmStatus
qasm_matrix_power(QasmReader *r, QasmMatrix *matrix, uint64_t times)
{
	uint32_t	n = (uint32_t) 1 << matrix->count;
	size_t		bytes = (size_t) n * n * sizeof(TvmWideComplex);
	TvmWideComplex square[MAX_ENTRIES];
	TvmWideComplex product[MAX_ENTRIES];
	TvmStatus	status = TVM_OK;

	memcpy(square, matrix->m, bytes);
	set_identity(matrix->m, n);
	for (; times > 0 && status == TVM_OK; times >>= 1)
	{
		if ((times & 1) != 0)
		{
			status = multiply(r, matrix->m, square, false, n, product);
			memcpy(matrix->m, product, bytes);
		}
		if (status == TVM_OK && times > 1)
		{
			status = multiply(r, square, square, false, n, product);
			memcpy(square, product, bytes);
		}
	}
	return status;
}

void
qasm_matrix_invert(QasmMatrix *matrix)
{
	uint32_t	n = (uint32_t) 1 << matrix->count;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i; j < n; j++)
		{
			TvmWideComplex x = matrix->m[i * n + j];
			TvmWideComplex y = matrix->m[j * n + i];

			matrix->m[i * n + j] = tvm_wide_complex(y.re, -y.im);
			matrix->m[j * n + i] = tvm_wide_complex(x.re, -x.im);
		}
}

TvmStatus
qasm_matrix_times(QasmReader *r, QasmMatrix *matrix, const TvmComplex *factor)
{
	uint32_t	n = (uint32_t) 1 << matrix->count;
	TvmWideComplex wide[MAX_ENTRIES];
	TvmWideComplex product[MAX_ENTRIES];
	TvmStatus	status;

	for (uint32_t i = 0; i < n * n; i++)
		wide[i] = tvm_wide_complex(factor[i].re, factor[i].im);
	status = multiply(r, matrix->m, wide, false, n, product);
	memcpy(matrix->m, product, (size_t) n * n * sizeof(TvmWideComplex));
	return status;
}

TvmStatus
qasm_matrix_piece(QasmReader *r, const QasmMatrix *matrix, QasmPiece *piece)
{
	uint32_t	entries = (uint32_t) 1 << 2 * matrix->count;
	TvmComplex *out;
	TvmStatus	status = qasm_take(r, entries, sizeof(TvmComplex), &out);

	if (status != TVM_OK)
		return status;
	for (uint32_t i = 0; i < entries; i++)
		out[i] = tvm_complex((double) matrix->m[i].re, (double) matrix->m[i].im);
	qasm_piece_init(piece, matrix->count == 0 ? QASM_GPHASE : matrix->count == 1 ? TVM_OP_U : TVM_OP_UNITARY);
	piece->target_count = matrix->count;
	piece->control_count = matrix->control_count;
	piece->controls = matrix->controls;
	if (matrix->count == 0)
		piece->angle[0].value = atan2(out[0].im, out[0].re);
	if (matrix->count == 1)
	{
		piece->targets[0] = matrix->qubits[0];
		tvm_unitary_angles(out, &piece->angle[0].value, &piece->angle[1].value, &piece->angle[2].value,
						   &piece->angle[3].value);
	}
	if (matrix->count < 2)
		return TVM_OK;
	piece->matrix = (double *) out;
	status = qasm_take(r, matrix->count, sizeof(uint32_t), &piece->unitary_targets);
	if (status == TVM_OK)
		memcpy(piece->unitary_targets, matrix->qubits, matrix->count * sizeof(uint32_t));
	return status;
}
