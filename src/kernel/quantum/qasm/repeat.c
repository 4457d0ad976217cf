/*
 * repeat.c: integer powers of gates: pow(2**40) @ p(0.1) is one gate.
 *
 * Recorded pieces are parted into groups that commute with each other: no qubit is in
 * two of them unless everything there is diagonal on it.  A group's power is the product
 * of its members' powers where it has one member with a closed form; its matrix's power on
 * few qubits, where that takes less time; and else its pieces again and again.
 */
#include "kernel/quantum/qasm/reader_parts.h"

#include <string.h>

#include "kernel/quantum/qasm/angle.h"
#include "kernel/quantum/qasm/matrix.h"

#define PI 3.14159265358979323846

/* So many gates are written out, as they were written. */
#define FEW 64

/* A step of multiplying matrices takes an eighth of the time of a gate that is repeated. */
#define STEPS_A_GATE 8

/*------------------------------------------------------------------- closed forms */

/* The gates that are powers of T: which. */
static bool
is_power_of_t(uint32_t op, uint32_t *eighths)
{
	static const struct
	{
		uint32_t	op;
		uint32_t	eighths;
	}			powers[] = {{TVM_OP_T, 1}, {TVM_OP_S, 2}, {TVM_OP_Z, 4}, {TVM_OP_SDG, 6}, {TVM_OP_TDG, 7}};

	for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++)
		if (powers[i].op == op)
		{
			*eighths = powers[i].eighths;
			return true;
		}
	return false;
}

static void
set_power_of_t(QasmPiece *piece, uint32_t eighths)
{
	static const uint32_t ops[8] = {TVM_OP_I, TVM_OP_T, TVM_OP_S, TVM_OP_P, TVM_OP_Z, TVM_OP_P, TVM_OP_SDG, TVM_OP_TDG};

	piece->op = ops[eighths];
	if (piece->op == TVM_OP_P)
		piece->angle[0].value = eighths == 3 ? 3 * PI / 4 : -3 * PI / 4;
}

static bool
is_phase(uint32_t op)
{
	return op == TVM_OP_P || op == QASM_GPHASE;
}

static bool
is_rotation(uint32_t op)
{
	return op == TVM_OP_RX || op == TVM_OP_RY || op == TVM_OP_RZ || op == TVM_OP_RXX || op == TVM_OP_RYY ||
		op == TVM_OP_RZZ;
}

/* What a power of one gate is without a matrix: nothing (*count 0) or one piece; false: unknown. */
static bool
closed_form(QasmReader *r, QasmPiece *piece, uint64_t times, uint32_t *count, TvmStatus *status)
{
	uint32_t	eighths;

	*status = TVM_OK;
	*count = 1;
	if (is_power_of_t(piece->op, &eighths))
	{
		eighths = (uint32_t) (times % 8 * eighths % 8);
		*count = eighths != 0;
		set_power_of_t(piece, eighths);
		return true;
	}
	if (is_phase(piece->op) || is_rotation(piece->op))
	{
		if (piece->angle[0].linear > 0)
			*status = qasm_angle_power(r, (double) times, &piece->angle[0]);
		else
			piece->angle[0].value = qasm_angle_times(piece->angle[0].value, times, is_phase(piece->op) ? 1 : 2);
		return true;
	}
	switch (piece->op)
	{
		case TVM_OP_I:
			return true;
		case TVM_OP_X:
		case TVM_OP_Y:
		case TVM_OP_H:
		case TVM_OP_SWAP:
			*count = times % 2;
			return true;
		case TVM_OP_SX:
		case TVM_OP_SXDG:
			*count = times % 4 != 0;
			if (times % 4 == 2)
				piece->op = TVM_OP_X;
			else if (times % 4 == 3)
				piece->op = piece->op == TVM_OP_SX ? TVM_OP_SXDG : TVM_OP_SX;
			return true;
		default:
			return false;
	}
}

/*------------------------------------------------------------------------- groups */

typedef struct Groups
{
	uint32_t   *order;			/* indices of pieces, group by group */
	uint32_t   *start;			/* in `order`, of each group; and of the end */
	uint32_t	count;
} Groups;

static bool
is_diagonal(uint32_t op)
{
	uint32_t	eighths;

	return is_power_of_t(op, &eighths) || is_phase(op) || op == TVM_OP_RZ || op == TVM_OP_RZZ || op == TVM_OP_I;
}

static uint32_t
qubit_of(const QasmPiece *piece, uint32_t i)
{
	if (i >= piece->target_count)
		return piece->controls[i - piece->target_count] >> 1;
	return piece->unitary_targets != NULL ? piece->unitary_targets[i] : piece->targets[i];
}

/* What a look at each of a piece's qubits takes: pieces that have been repeated share their controls, which may be many. */
static TvmStatus
spend_piece(QasmReader *r, const QasmPiece *piece)
{
	r->owed += 1 + (piece->target_count + piece->control_count) / 4;
	return qasm_spend(r, 0);
}

static uint32_t
find(uint32_t *parent, uint32_t qubit)
{
	while (parent[qubit] != qubit)
		qubit = parent[qubit] = parent[parent[qubit]];
	return qubit;
}

/*
 * parent[q]: q belongs to the group of that qubit; TVM_MAX_QUBITS: everything on q is
 * diagonal there, so that q joins nothing.
 */
static TvmStatus
join_qubits(QasmReader *r, uint32_t first, uint32_t *parent)
{
	TvmStatus	status = TVM_OK;

	for (uint32_t q = 0; q < TVM_MAX_QUBITS; q++)
		parent[q] = TVM_MAX_QUBITS;
	for (uint32_t i = first; i < r->piece_count && status == TVM_OK; i++)
	{
		for (uint32_t j = 0; j < r->pieces[i].target_count && !is_diagonal(r->pieces[i].op); j++)
			parent[qubit_of(&r->pieces[i], j)] = qubit_of(&r->pieces[i], j);
		status = spend_piece(r, &r->pieces[i]);
	}
	for (uint32_t i = first; i < r->piece_count && status == TVM_OK; i++)
	{
		const QasmPiece *piece = &r->pieces[i];
		uint32_t	joined = TVM_MAX_QUBITS;

		for (uint32_t j = 0; j < piece->target_count + piece->control_count; j++)
		{
			uint32_t	qubit = qubit_of(piece, j);

			if (parent[qubit] == TVM_MAX_QUBITS)
				continue;
			qubit = find(parent, qubit);
			if (joined != TVM_MAX_QUBITS)
				parent[qubit] = joined;
			else
				joined = qubit;
		}
		status = qasm_spend(r, 1 + piece->control_count / 32);
	}
	return status;
}

/* Group by group, in the order of their first pieces; what is in no group is one of its own. */
static TvmStatus
find_groups(QasmReader *r, uint32_t first, Groups *groups)
{
	uint32_t	count = r->piece_count - first;
	uint32_t	parent[TVM_MAX_QUBITS];
	uint32_t	group_of[TVM_MAX_QUBITS];
	uint32_t   *group;
	TvmStatus	status = join_qubits(r, first, parent);

	groups->count = 0;
	memset(group_of, 0xFF, sizeof(group_of));
	if (status == TVM_OK)
		status = qasm_take(r, count, sizeof(uint32_t), &group);
	if (status == TVM_OK)
		status = qasm_take(r, count, sizeof(uint32_t), &groups->order);
	if (status == TVM_OK)
		status = qasm_take(r, (size_t) count + 2, sizeof(uint32_t), &groups->start);
	if (status != TVM_OK)
		return status;
	memset(groups->start, 0, ((size_t) count + 2) * sizeof(uint32_t));
	for (uint32_t i = 0; i < count && status == TVM_OK; i++)
	{
		const QasmPiece *piece = &r->pieces[first + i];
		uint32_t	root = TVM_MAX_QUBITS;

		status = spend_piece(r, piece);

		for (uint32_t j = 0; j < piece->target_count + piece->control_count && root == TVM_MAX_QUBITS; j++)
			if (parent[qubit_of(piece, j)] != TVM_MAX_QUBITS)
				root = find(parent, qubit_of(piece, j));
		if (root == TVM_MAX_QUBITS)
			group[i] = groups->count++;
		else
		{
			if (group_of[root] == UINT32_MAX)
				group_of[root] = groups->count++;
			group[i] = group_of[root];
		}
		groups->start[group[i] + 2]++;
	}
	if (status != TVM_OK)
	{
		groups->count = 0;
		return status;
	}
	for (uint32_t g = 2; g < groups->count + 2; g++)
		groups->start[g] += groups->start[g - 1];
	for (uint32_t i = 0; i < count; i++)
		groups->order[groups->start[group[i] + 1]++] = first + i;
	return TVM_OK;
}

/*------------------------------------------------------------------------- powers */

static TvmStatus
repeat(QasmReader *r, const uint32_t *list, uint32_t length, uint64_t times)
{
	TvmStatus	status = TVM_OK;

	if (times > TVM_MAX_GATES / length)
		return qasm_too_many_gates(r);
	for (; times > 0 && status == TVM_OK; times--)
		for (uint32_t i = 0; i < length && status == TVM_OK; i++)
		{
			QasmPiece	piece = r->pieces[list[i]];

			status = qasm_record(r, &piece);
		}
	return status;
}

/* Does multiplying out take less time than repeating? */
static bool
pays(uint32_t qubits, uint32_t length, uint64_t times)
{
	uint64_t	product = (uint64_t) 1 << 3 * qubits;
	uint64_t	bits = 64 - (uint64_t) __builtin_clzll(times);

	if (times > UINT32_MAX / length)
		return true;
	return length * times > FEW && 2 * bits * product + length * (product / 2) < STEPS_A_GATE * length * times;
}

/* The power of pieces that are one group, after the last piece. */
static TvmStatus
add_power(QasmReader *r, const uint32_t *list, uint32_t length, uint64_t times)
{
	QasmPiece	piece = r->pieces[list[0]];
	QasmMatrix	matrix;
	uint32_t	count;
	QasmFit		fit;
	TvmStatus	status;

	if (length == 1 && closed_form(r, &piece, times, &count, &status))
		return status == TVM_OK && count > 0 ? qasm_record(r, &piece) : status;
	status = qasm_matrix_fit(r, list, length, &matrix, &fit);
	if (status != TVM_OK)
		return status;
	if (fit != QASM_FITS ||
		!((matrix.count == 1 && length == 1) || pays(matrix.count, length, times)))
		return repeat(r, list, length, times);
	status = qasm_matrix_multiply(r, list, length, &matrix);
	if (status == TVM_OK)
		status = qasm_matrix_power(r, &matrix, times);
	if (status == TVM_OK)
		status = qasm_matrix_piece(r, &matrix, &piece);
	return status == TVM_OK ? qasm_record(r, &piece) : status;
}

TvmStatus
qasm_repeat(QasmReader *r, uint32_t first, int64_t times)
{
	uint32_t	end = r->piece_count;
	uint64_t	size = times < 0 ? -(uint64_t) times : (uint64_t) times;
	uint32_t	written[FEW];
	Groups		groups;
	TvmStatus	status = times < 0 ? qasm_invert(r, first) : TVM_OK;

	if (size == 0)
		r->piece_count = first;
	if (size < 2 || end == first || status != TVM_OK)
		return status;
	if (end - first > 1 && size <= FEW / (end - first))
	{
		for (uint32_t i = first; i < end; i++)
			written[i - first] = i;
		status = repeat(r, written, end - first, size);
	}
	else
	{
		status = find_groups(r, first, &groups);
		for (uint32_t g = 0; g < groups.count && status == TVM_OK; g++)
			status = add_power(r, groups.order + groups.start[g], groups.start[g + 1] - groups.start[g], size);
	}
	memmove(r->pieces + first, r->pieces + end, (r->piece_count - end) * sizeof(QasmPiece));
	r->piece_count -= end - first;
	return status;
}
