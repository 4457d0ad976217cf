/*
 * write_version2.c: gates by the names of qelib1.inc, as Qiskit has it.
 *
 * Its u3 lacks the phase e^(i theta/2) that U has here; where a phase a is left over,
 * rz(-2a) and a u1(2a) merged into the u3 make it, for those who care about it.
 */
#include "kernel/quantum/qasm/write.h"

#include "kernel/quantum/circuit/gates.h"

#define PI 3.14159265358979323846

/* The name of an operation with so many controls; NULL: there is none. */
static const char *
name_of(TvmOp op, uint32_t controls)
{
	return controls <= TVM_QASM2_CONTROLS ? tvm_operations[op].qasm2[controls] : NULL;
}

bool
qasm_fits_2(const TvmGate *gate)
{
	for (uint32_t i = 0; i < gate->control_count; i++)
		if (gate->control_state[i] == 0)
			return false;
	return name_of(gate->op, gate->control_count) != NULL;
}

/* S, T and their like are phases where they have a control. */
static double
phase_of(TvmOp op)
{
	return op == TVM_OP_S ? PI / 2 : op == TVM_OP_SDG ? -PI / 2 : op == TVM_OP_T ? PI / 4 : -PI / 4;
}

static void
write_qubits(QasmWriter *w, const TvmGate *gate)
{
	for (uint32_t i = 0; i < gate->control_count; i++)
		qasm_put(w, "q[%u],", gate->controls[i]);
	for (uint32_t i = 0; i < gate->target_count; i++)
		qasm_put(w, "%sq[%u]", i > 0 ? "," : "", gate->targets[i]);
	qasm_put(w, ";\n");
}

static void
write_u(QasmWriter *w, const TvmGate *gate)
{
	double		phase = gate->gamma + gate->theta / 2;
	bool		controlled = gate->control_count > 0;

	if (!controlled && phase != 0)
	{
		qasm_put(w, "rz(");
		qasm_put_number(w, -2 * phase);
		qasm_put(w, ") q[%u];\n", gate->targets[0]);
		qasm_open_condition(w, gate);
	}
	qasm_put(w, !controlled ? "u3(" : phase == 0 ? "cu3(" : "cu(");
	qasm_put_number(w, gate->theta);
	qasm_put(w, ",");
	qasm_put_number(w, gate->phi);
	qasm_put(w, ",");
	qasm_put_number(w, controlled ? gate->lambda : gate->lambda + 2 * phase);
	if (controlled && phase != 0)
	{
		qasm_put(w, ",");
		qasm_put_number(w, phase);
	}
	qasm_put(w, ") ");
}

void
qasm_write_gate_2(QasmWriter *w, const TvmGate *gate)
{
	const char *name = name_of(gate->op, gate->control_count);

	if (gate->op == TVM_OP_U)
		write_u(w, gate);
	else
	{
		qasm_put(w, "%s", name);
		if (tvm_op_angles(gate->op) > 0 || (name[0] == 'c' && name[1] == 'u'))
		{
			qasm_put(w, "(");
			qasm_put_number(w, tvm_op_angles(gate->op) > 0 ? gate->theta : phase_of(gate->op));
			qasm_put(w, ")");
		}
		qasm_put(w, " ");
	}
	write_qubits(w, gate);
}
