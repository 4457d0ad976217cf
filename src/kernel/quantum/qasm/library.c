/*
 * library.c: the gates of the language, of qelib1.inc (OpenQASM 2) and of
 * stdgates.inc (OpenQASM 3), as our operations.
 *
 * The names mean what they mean in Qiskit: qelib1.inc defines them up to a global
 * phase only (its rz is u1), and nothing in version 2 can tell.  In version 3, where
 * a modifier can make a phase relative, they are those of stdgates.inc.
 */
#include "kernel/quantum/qasm/reader_parts.h"

#include <string.h>

#define PI 3.14159265358979323846

enum
{
	LANGUAGE_2 = 1, LANGUAGE_3 = 2, QELIB1 = 4, STDGATES = 8
};

/* How a gate's arguments become angles. */
typedef enum How
{
	PLAIN,						/* theta, if anything */
	FULL,						/* U of OpenQASM 3: theta, phi, lambda */
	PHASELESS,					/* Qiskit's U: without the phase e^(i theta/2) */
	PHASELESS_2,				/* the same with theta = pi/2 */
	CENTRED,					/* u3 of stdgates.inc: determinant 1 */
	CENTRED_2,					/* u2 of stdgates.inc */
	CU,							/* with a fourth, gamma */
	IDLE,						/* arguments without a meaning */
	PHASE,						/* gphase: on no qubit */
	RCCX,
	RC3X
} How;

struct QasmBuiltin
{
	const char *name;
	int			where;
	uint8_t		params;
	uint8_t		qubits;
	uint8_t		op;
	uint8_t		controls;
	uint8_t		how;
};

static const QasmBuiltin builtins[] = {
	{"U", LANGUAGE_2, 3, 1, TVM_OP_U, 0, PHASELESS},
	{"U", LANGUAGE_3, 3, 1, TVM_OP_U, 0, FULL},
	{"CX", LANGUAGE_2 | STDGATES, 0, 2, TVM_OP_X, 1, PLAIN},
	{"gphase", LANGUAGE_3, 1, 0, TVM_OP_COUNT, 0, PHASE},
	{"u3", QELIB1, 3, 1, TVM_OP_U, 0, PHASELESS},
	{"u3", STDGATES, 3, 1, TVM_OP_U, 0, CENTRED},
	{"u2", QELIB1, 2, 1, TVM_OP_U, 0, PHASELESS_2},
	{"u2", STDGATES, 2, 1, TVM_OP_U, 0, CENTRED_2},
	{"u1", QELIB1 | STDGATES, 1, 1, TVM_OP_P, 0, PLAIN},
	{"u", QELIB1, 3, 1, TVM_OP_U, 0, PHASELESS},
	{"u0", QELIB1, 1, 1, TVM_OP_I, 0, IDLE},
	{"id", QELIB1 | STDGATES, 0, 1, TVM_OP_I, 0, PLAIN},
	{"p", QELIB1 | STDGATES, 1, 1, TVM_OP_P, 0, PLAIN},
	{"phase", STDGATES, 1, 1, TVM_OP_P, 0, PLAIN},
	{"x", QELIB1 | STDGATES, 0, 1, TVM_OP_X, 0, PLAIN},
	{"y", QELIB1 | STDGATES, 0, 1, TVM_OP_Y, 0, PLAIN},
	{"z", QELIB1 | STDGATES, 0, 1, TVM_OP_Z, 0, PLAIN},
	{"h", QELIB1 | STDGATES, 0, 1, TVM_OP_H, 0, PLAIN},
	{"s", QELIB1 | STDGATES, 0, 1, TVM_OP_S, 0, PLAIN},
	{"sdg", QELIB1 | STDGATES, 0, 1, TVM_OP_SDG, 0, PLAIN},
	{"t", QELIB1 | STDGATES, 0, 1, TVM_OP_T, 0, PLAIN},
	{"tdg", QELIB1 | STDGATES, 0, 1, TVM_OP_TDG, 0, PLAIN},
	{"sx", QELIB1 | STDGATES, 0, 1, TVM_OP_SX, 0, PLAIN},
	{"sxdg", QELIB1, 0, 1, TVM_OP_SXDG, 0, PLAIN},
	{"rx", QELIB1 | STDGATES, 1, 1, TVM_OP_RX, 0, PLAIN},
	{"ry", QELIB1 | STDGATES, 1, 1, TVM_OP_RY, 0, PLAIN},
	{"rz", QELIB1 | STDGATES, 1, 1, TVM_OP_RZ, 0, PLAIN},
	{"cx", QELIB1 | STDGATES, 0, 2, TVM_OP_X, 1, PLAIN},
	{"cy", QELIB1 | STDGATES, 0, 2, TVM_OP_Y, 1, PLAIN},
	{"cz", QELIB1 | STDGATES, 0, 2, TVM_OP_Z, 1, PLAIN},
	{"ch", QELIB1 | STDGATES, 0, 2, TVM_OP_H, 1, PLAIN},
	{"csx", QELIB1, 0, 2, TVM_OP_SX, 1, PLAIN},
	{"swap", QELIB1 | STDGATES, 0, 2, TVM_OP_SWAP, 0, PLAIN},
	{"ccx", QELIB1 | STDGATES, 0, 3, TVM_OP_X, 2, PLAIN},
	{"cswap", QELIB1 | STDGATES, 0, 3, TVM_OP_SWAP, 1, PLAIN},
	{"crx", QELIB1 | STDGATES, 1, 2, TVM_OP_RX, 1, PLAIN},
	{"cry", QELIB1 | STDGATES, 1, 2, TVM_OP_RY, 1, PLAIN},
	{"crz", QELIB1 | STDGATES, 1, 2, TVM_OP_RZ, 1, PLAIN},
	{"cu1", QELIB1, 1, 2, TVM_OP_P, 1, PLAIN},
	{"cp", QELIB1 | STDGATES, 1, 2, TVM_OP_P, 1, PLAIN},
	{"cphase", STDGATES, 1, 2, TVM_OP_P, 1, PLAIN},
	{"cu3", QELIB1, 3, 2, TVM_OP_U, 1, PHASELESS},
	{"cu", QELIB1 | STDGATES, 4, 2, TVM_OP_U, 1, CU},
	{"rxx", QELIB1, 1, 2, TVM_OP_RXX, 0, PLAIN},
	{"rzz", QELIB1, 1, 2, TVM_OP_RZZ, 0, PLAIN},
	{"rccx", QELIB1, 0, 3, TVM_OP_X, 0, RCCX},
	{"rc3x", QELIB1, 0, 4, TVM_OP_X, 0, RC3X},
	{"c3x", QELIB1, 0, 4, TVM_OP_X, 3, PLAIN},
	{"c3sqrtx", QELIB1, 0, 4, TVM_OP_SX, 3, PLAIN},
	{"c3sx", QELIB1, 0, 4, TVM_OP_SX, 3, PLAIN},
	{"c4x", QELIB1, 0, 5, TVM_OP_X, 4, PLAIN},
};

/* What a name means where the program has not defined it; NULL: nothing. */
const QasmBuiltin *
qasm_builtin_find(const QasmReader *r, uint32_t token)
{
	int			here = r->version == 2 ? LANGUAGE_2 | (r->library ? QELIB1 : 0)
		: LANGUAGE_3 | (r->library ? STDGATES : 0);

	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if ((builtins[i].where & here) != 0 && qasm_token_is(r, token, builtins[i].name))
			return &builtins[i];
	return NULL;
}

uint32_t
qasm_builtin_params(const QasmBuiltin *gate)
{
	return gate->params;
}

uint32_t
qasm_builtin_qubits(const QasmBuiltin *gate)
{
	return gate->qubits;
}

/* h, t, T (inverse) of one qubit, X of two: letters for qubits, from a on. */
static TvmStatus
emit_steps(QasmReader *r, const char *steps, const uint32_t *qubits)
{
	TvmStatus	status = TVM_OK;

	for (; *steps != '\0' && status == TVM_OK; steps += 3)
	{
		QasmPiece	piece;
		uint32_t	control = *steps == 'X' ? qubits[steps[1] - 'a'] << 1 | 1 : 0;

		qasm_piece_init(&piece, *steps == 'h' ? TVM_OP_H : *steps == 't' ? TVM_OP_T : *steps == 'T' ? TVM_OP_TDG : TVM_OP_X);
		piece.target_count = 1;
		piece.targets[0] = qubits[steps[2] - 'a'];
		piece.controls = &control;
		piece.control_count = *steps == 'X';
		status = qasm_emit(r, &piece);
	}
	return status;
}

/* theta, phi, lambda and gamma from the arguments. */
static TvmStatus
angles_of(QasmReader *r, How how, uint32_t params, const QasmAngle *args, QasmAngle *angle)
{
	const QasmAngle half_pi = {PI / 2, 0};
	const QasmAngle zero = {0, 0};
	bool		two = how == PHASELESS_2 || how == CENTRED_2;
	TvmStatus	status;

	if (how == IDLE)
		return TVM_OK;
	if (two)
		angle[0] = half_pi;
	for (uint32_t i = 0; i < params; i++)
		angle[i + (two ? 1 : 0)] = args[i];
	if (how == PLAIN || how == FULL || how == PHASE)
		return TVM_OK;

	/* Our U has the phase e^(i theta/2); gamma takes it away, and adds CU's own. */
	status = qasm_angle_add(r, how == CU ? args[3] : zero, -0.5, angle[0], &angle[3]);
	if (how == CENTRED || how == CENTRED_2)
	{
		if (status == TVM_OK)
			status = qasm_angle_add(r, angle[3], -0.5, angle[1], &angle[3]);
		if (status == TVM_OK)
			status = qasm_angle_add(r, angle[3], -0.5, angle[2], &angle[3]);
	}
	return status;
}

TvmStatus
qasm_builtin_emit(QasmReader *r, const QasmBuiltin *gate, const QasmAngle *angles, const uint32_t *qubits)
{
	uint32_t	controls[4];
	QasmPiece	piece;
	TvmStatus	status;

	if (gate->how == RCCX)
		return emit_steps(r, "h.c" "t.c" "Xbc" "T.c" "Xac" "t.c" "Xbc" "T.c" "h.c", qubits);
	if (gate->how == RC3X)
		return emit_steps(r, "h.d" "t.d" "Xcd" "T.d" "h.d" "Xad" "t.d" "Xbd" "T.d"
						  "Xad" "t.d" "Xbd" "T.d" "h.d" "t.d" "Xcd" "T.d" "h.d", qubits);
	qasm_piece_init(&piece, gate->op);
	status = angles_of(r, gate->how, gate->params, angles, piece.angle);
	piece.control_count = gate->controls;
	piece.controls = controls;
	for (uint32_t i = 0; i < gate->controls; i++)
		controls[i] = qubits[i] << 1 | 1;
	piece.target_count = gate->qubits - gate->controls;
	for (uint32_t i = 0; i < piece.target_count; i++)
		piece.targets[i] = qubits[gate->controls + i];
	return status == TVM_OK ? qasm_emit(r, &piece) : status;
}
