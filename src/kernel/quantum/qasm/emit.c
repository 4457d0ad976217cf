/*
 * emit.c: gates on their way into the circuit.
 *
 * A piece is a gate with the controls that it was written with; those of the ctrl
 * modifiers around it come on top.  Under inv and pow pieces are recorded, so that
 * they can be turned around or repeated, and go into the circuit afterwards.
 */
#include "kernel/quantum/qasm/reader_parts.h"

#include <string.h>


void
qasm_piece_init(QasmPiece *piece, uint32_t op)
{
	memset(piece, 0, sizeof(*piece));
	piece->op = op;
}

/*------------------------------------------------------------- into the circuit */

/* What the inputs do to the angles of the gate that comes next. */
static TvmStatus
note_angles(QasmReader *r, const QasmAngle *angles, int count)
{
	TvmQasm    *out = r->out;

	for (int i = 0; i < count; i++)
	{
		QasmLinear	linear;
		TvmStatus	status;

		if (angles[i].linear == 0)
			continue;
		linear = r->linears[angles[i].linear];

		/* What the caller makes of it, text and names, counts too. */
		status = qasm_charge(r, 160 + 64 * (uint64_t) linear.count);
		if (status == TVM_OK)
			status = qasm_grow(r, &out->angles, out->angle_count, &r->angle_capacity, sizeof(TvmQasmAngle));
		for (uint32_t j = 0; j < linear.count && status == TVM_OK; j++)
		{
			status = qasm_grow(r, &out->terms, out->term_count, &r->out_term_capacity, sizeof(TvmQasmTerm));
			if (status == TVM_OK)
				out->terms[out->term_count++] = r->terms[linear.first + j];
		}
		if (status != TVM_OK)
			return status;
		if (out->term_count > UINT32_MAX)
			return qasm_charge(r, UINT64_MAX);
		out->angles[out->angle_count++] = (TvmQasmAngle) {(uint32_t) out->circuit.count, (uint32_t) i,
		(uint32_t) out->term_count - linear.count, linear.count};
	}
	return TVM_OK;
}

static TvmStatus
add(QasmReader *r, const TvmGate *gate, const QasmAngle *angles)
{
	uint64_t	words = (uint64_t) gate->target_count + gate->control_count + gate->if_count;
	uint64_t	numbers = gate->matrix != NULL ? (uint64_t) 2 << 2 * gate->target_count : 0;
	TvmStatus	status = qasm_charge(r, 2 * sizeof(TvmGate) + 64 + 5 * words + 8 * numbers);

	if (status == TVM_OK)
		status = qasm_spend(r, 1 + words / 32);
	if (status == TVM_OK && angles != NULL)
		status = note_angles(r, angles, 4);
	if (status == TVM_OK)
		status = tvm_circuit_add(r->env, &r->out->circuit, gate);
	if (status == TVM_INVALID)
	{
		/* The kernel names the gate's member; what the reader of a program needs is the place. */
		r->env->error.path[0] = '\0';
		tvm_qasm_place(r->env, r->text, r->tokens[r->call].at);
	}
	return status;
}

/* A measurement into a bit on which an open `if` depends: what follows must not ask again. */
static TvmStatus
watch_bit(QasmReader *r, uint32_t bit)
{
	for (QasmBranch *branch = r->branch; branch != NULL; branch = branch->outer)
		for (uint32_t i = 0; i < branch->own->count && !branch->stale; i++)
		{
			TvmStatus	status = qasm_spend(r, branch->own->cubes[i].count / 128);

			if (status != TVM_OK)
				return status;
			for (uint32_t j = 0; j < branch->own->cubes[i].count; j++)
				if (branch->own->cubes[i].codes[j] >> 1 == bit)
				{
					if (r->branch->all->count > 1)
						return qasm_fail(r, r->call, "an if measures into a bit that it asks for",
										 "Measure into another bit, or ask for equality only.", NULL);
					branch->stale = true;
					break;
				}
		}
	return TVM_OK;
}

/* Into the circuit, under the conditions around it: once for each cube. */
TvmStatus
qasm_emit_gate(QasmReader *r, TvmGate *gate, const QasmAngle *angles)
{
	const QasmCondition *condition;
	TvmStatus	status = TVM_OK;

	if (r->checking > 0)
		return TVM_OK;
	if (r->branch == NULL || gate->op == TVM_OP_BARRIER)
		return add(r, gate, angles);
	for (QasmBranch *branch = r->branch; branch != NULL; branch = branch->outer)
		if (branch->stale)
			return qasm_fail(r, r->call, "an if has measured into a bit that it asks for",
							 "Such a measurement has to be the last that the if does.", NULL);
	condition = r->branch->all;
	gate->if_bits = r->bit_scratch;
	gate->if_values = r->value_scratch;
	for (uint32_t i = 0; i < condition->count && status == TVM_OK; i++)
	{
		const QasmCube *cube = &condition->cubes[i];

		gate->if_count = cube->count;
		for (uint32_t j = 0; j < cube->count; j++)
		{
			r->bit_scratch[j] = cube->codes[j] >> 1;
			r->value_scratch[j] = cube->codes[j] & 1;
		}
		status = add(r, gate, angles);
	}
	return status == TVM_OK && gate->op == TVM_OP_MEASURE && condition->count > 0
		? watch_bit(r, (uint32_t) gate->bit) : status;
}

/* A phase of what the controls choose: P on one of them, or U's gamma where there is none. */
static TvmStatus
phase_gate(QasmReader *r, TvmGate *gate, QasmAngle *angle)
{
	uint32_t	last = gate->control_count;
	uint8_t		state = 1;
	QasmAngle	phase = angle[0];

	angle[0] = (QasmAngle) {0, 0};
	gate->target_count = 1;
	if (last == 0)
	{
		if (r->qubit_count == 0)
			return qasm_fail(r, r->call, "no qubits", "Declare a qubit first.", NULL);
		r->target_scratch[0] = 0;
	}
	else
	{
		/* A control that waits for a 1 will do as the target of a P. */
		for (uint32_t i = 0; i < last; i++)
			if (gate->control_state[i] == 1)
			{
				uint32_t	qubit = gate->controls[i];

				gate->controls[i] = gate->controls[last - 1];
				gate->control_state[i] = gate->control_state[last - 1];
				gate->controls[last - 1] = qubit;
				gate->control_state[last - 1] = 1;
			}
		gate->control_count = last - 1;
		state = gate->control_state[last - 1];
		r->target_scratch[0] = gate->controls[last - 1];
		if (state == 1)
		{
			gate->op = TVM_OP_P;
			angle[0] = phase;
			return TVM_OK;
		}
	}
	gate->op = TVM_OP_U;
	angle[3] = phase;
	return state == 0 ? qasm_angle_scale(r, -1, phase, &angle[2]) : TVM_OK;
}

/* A piece with all its controls. */
static TvmStatus
put(QasmReader *r, const QasmPiece *piece, const uint32_t *more, uint32_t more_count)
{
	TvmGate		gate;
	QasmAngle	angle[4];
	TvmStatus	status = TVM_OK;

	tvm_gate_init(&gate, piece->op < TVM_OP_COUNT ? (TvmOp) piece->op : TVM_OP_U);
	memcpy(angle, piece->angle, sizeof(angle));
	gate.target_count = piece->target_count;
	gate.targets = r->target_scratch;
	memcpy(gate.targets, piece->unitary_targets != NULL ? piece->unitary_targets : piece->targets,
		   piece->target_count * sizeof(uint32_t));
	gate.matrix = piece->matrix;
	gate.controls = r->control_scratch;
	gate.control_state = r->state_scratch;
	for (uint32_t i = 0; i < more_count + piece->control_count; i++)
	{
		uint32_t	code = i < more_count ? more[i] : piece->controls[i - more_count];

		gate.controls[i] = code >> 1;
		gate.control_state[i] = code & 1;
		gate.control_count++;
	}
	if (piece->op == QASM_GPHASE)
		status = phase_gate(r, &gate, angle);
	gate.theta = angle[0].value;
	gate.phi = angle[1].value;
	gate.lambda = angle[2].value;
	gate.gamma = angle[3].value;
	return status == TVM_OK ? qasm_emit_gate(r, &gate, angle) : status;
}

/*--------------------------------------------------------------------- recording */

TvmStatus
qasm_too_many_gates(QasmReader *r)
{
	return qasm_fail(r, r->call, "too many gates", NULL, "The limit is %d.", TVM_MAX_GATES);
}

TvmStatus
qasm_record(QasmReader *r, const QasmPiece *piece)
{
	TvmStatus	status = qasm_spend(r, 1);

	if (status == TVM_OK && r->piece_count >= TVM_MAX_GATES)
		return qasm_too_many_gates(r);
	if (status == TVM_OK)
		status = qasm_grow32(r, &r->pieces, r->piece_count, &r->piece_capacity, sizeof(QasmPiece));
	if (status == TVM_OK)
		r->pieces[r->piece_count++] = *piece;
	return status;
}

TvmStatus
qasm_emit(QasmReader *r, const QasmPiece *piece)
{
	QasmPiece	copy = *piece;
	uint32_t	count = r->control_count + piece->control_count;
	TvmStatus	status;

	if (r->checking > 0)
		return TVM_OK;
	if (r->recording == 0)
		return put(r, piece, r->control_codes, r->control_count);
	copy.control_count = count;
	status = qasm_take(r, count, sizeof(uint32_t), &copy.controls);
	if (status != TVM_OK)
		return status;
	memcpy(copy.controls, r->control_codes, r->control_count * sizeof(uint32_t));
	if (piece->control_count > 0)
		memcpy(copy.controls + r->control_count, piece->controls, piece->control_count * sizeof(uint32_t));
	return qasm_record(r, &copy);
}

TvmStatus
qasm_flush(QasmReader *r)
{
	TvmStatus	status = TVM_OK;

	if (r->recording > 0)
		return TVM_OK;
	for (uint32_t i = 0; i < r->piece_count && status == TVM_OK; i++)
		status = put(r, &r->pieces[i], NULL, 0);
	r->piece_count = 0;
	return status;
}

/*--------------------------------------------------------------------- inversion */

static TvmStatus
negate(QasmReader *r, QasmAngle *angle)
{
	return qasm_angle_scale(r, -1, *angle, angle);
}

static TvmStatus
invert_matrix(QasmReader *r, QasmPiece *piece)
{
	size_t		size = (size_t) 1 << piece->target_count;
	double	   *matrix;
	TvmStatus	status = qasm_take(r, 2 * size * size, sizeof(double), &matrix);

	if (status != TVM_OK)
		return status;
	for (size_t i = 0; i < size; i++)
		for (size_t j = 0; j < size; j++)
		{
			matrix[2 * (i * size + j)] = piece->matrix[2 * (j * size + i)];
			matrix[2 * (i * size + j) + 1] = -piece->matrix[2 * (j * size + i) + 1];
		}
	piece->matrix = matrix;
	return TVM_OK;
}

static TvmStatus
invert(QasmReader *r, QasmPiece *piece)
{
	QasmAngle	phi = piece->angle[1];
	TvmStatus	status;

	switch (piece->op)
	{
		case TVM_OP_S:
			piece->op = TVM_OP_SDG;
			return TVM_OK;
		case TVM_OP_SDG:
			piece->op = TVM_OP_S;
			return TVM_OK;
		case TVM_OP_T:
			piece->op = TVM_OP_TDG;
			return TVM_OK;
		case TVM_OP_TDG:
			piece->op = TVM_OP_T;
			return TVM_OK;
		case TVM_OP_SX:
			piece->op = TVM_OP_SXDG;
			return TVM_OK;
		case TVM_OP_SXDG:
			piece->op = TVM_OP_SX;
			return TVM_OK;
		case TVM_OP_UNITARY:
			return invert_matrix(r, piece);
		case TVM_OP_U:
			/* U(t, p, l)* = U(-t, -l, -p), with the opposite gamma. */
			piece->angle[1] = piece->angle[2];
			piece->angle[2] = phi;
			break;
		default:				/* rotations and phases; the others have no angle and are their own */
			break;
	}
	status = negate(r, &piece->angle[0]);
	for (int i = 1; i < 4 && status == TVM_OK; i++)
		status = negate(r, &piece->angle[i]);
	return status;
}

TvmStatus
qasm_invert(QasmReader *r, uint32_t first)
{
	TvmStatus	status = TVM_OK;

	for (uint32_t i = first, j = r->piece_count; j > i + 1; i++)
	{
		QasmPiece	piece = r->pieces[i];

		r->pieces[i] = r->pieces[--j];
		r->pieces[j] = piece;
	}
	for (uint32_t i = first; i < r->piece_count && status == TVM_OK; i++)
	{
		r->owed += 1 + (r->pieces[i].matrix != NULL ? (uint64_t) 1 << 2 * r->pieces[i].target_count : 0);
		status = invert(r, &r->pieces[i]);
		if (status == TVM_OK)
			status = qasm_spend(r, 0);
	}
	return status;
}
