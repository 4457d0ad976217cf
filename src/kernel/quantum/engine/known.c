/*
 * known.c: qubits known to be in a basis state; see known.h.
 */
#include "kernel/quantum/engine/known.h"

#include "kernel/quantum/state/gate_matrices.h"

static uint64_t
bit_of(uint32_t qubit)
{
	return (uint64_t) 1 << qubit;
}

TvmKnown
tvm_known_start(uint32_t qubits)
{
	TvmKnown	known = {0, 0};

	if (qubits >= TVM_KNOWN_LEAST && qubits < 64)
		known.mask = bit_of(qubits) - 1;
	return known;
}

void
tvm_known_set(TvmKnown *known, uint32_t qubit, int value)
{
	known->mask |= bit_of(qubit);
	known->value = (known->value & ~bit_of(qubit)) | (uint64_t) (value != 0) << qubit;
}

void
tvm_known_forget(TvmKnown *known, uint64_t qubits)
{
	known->mask &= ~qubits;
	known->value &= ~qubits;
}

bool
tvm_known_controls(const TvmKnown *known, const TvmGate *gate, uint64_t *mask, uint64_t *value)
{
	*mask = *value = 0;
	for (uint32_t i = 0; i < gate->control_count; i++)
	{
		uint32_t	qubit = gate->controls[i];

		if ((known->mask & bit_of(qubit)) == 0)
		{
			*mask |= bit_of(qubit);
			*value |= (uint64_t) gate->control_state[i] << qubit;
		}
		else if ((known->value >> qubit & 1) != gate->control_state[i])
			return false;
	}
	return true;
}

/* Two qubits change places. */
static void
exchange(TvmKnown *known, uint32_t a, uint32_t b)
{
	uint64_t	mask = (known->mask >> a ^ known->mask >> b) & 1;
	uint64_t	value = (known->value >> a ^ known->value >> b) & 1;

	known->mask ^= mask << a | mask << b;
	known->value ^= value << a | value << b;
}

void
tvm_known_follow(TvmKnown *known, const TvmGate *gate)
{
	uint64_t	mask,
				value,
				targets = 0;

	if (gate->op == TVM_OP_RESET && known->mask != 0)
	{
		if (gate->if_count == 0)
			tvm_known_set(known, gate->targets[0], 0);
		else
			tvm_known_forget(known, bit_of(gate->targets[0]));
	}
	if (known->mask == 0 || !tvm_op_is_unitary(gate->op) || !tvm_known_controls(known, gate, &mask, &value))
		return;
	for (uint32_t i = 0; i < gate->target_count; i++)
		targets |= bit_of(gate->targets[i]);
	if (tvm_gate_shape(gate) == TVM_SHAPE_DIAGONAL || tvm_gate_shape(gate) == TVM_SHAPE_IDENTITY)
		return;
	if (tvm_gate_shape(gate) != TVM_SHAPE_PERMUTATION || mask != 0 || gate->if_count > 0)
		tvm_known_forget(known, targets);
	else if (gate->target_count == 1)	/* X, Y */
		known->value ^= known->mask & targets;
	else						/* SWAP, ISWAP */
		exchange(known, gate->targets[0], gate->targets[1]);
}
