/*
 * normalise.c: one order for what is a set in a gate; see normalise.h.
 */
#include "postgres.h"

#include "bridge/circuit/normalise.h"

#define SORTED_BY_INSERTION 64

/* The same by a table of all that there can be: hundreds of them must not take the square of the time. */
static void
sort_many_with_states(uint32 *list, uint8 *states, uint32 count)
{
	uint8		wanted[TVM_MAX_BITS] = {0}; /* 1 + the state */

	for (uint32 i = 0; i < count; i++)
		wanted[list[i]] = 1 + states[i];
	for (uint32 entry = 0, i = 0; i < count; entry++)
		if (wanted[entry] != 0)
		{
			list[i] = entry;
			states[i++] = wanted[entry] - 1;
		}
}

/* Sort different qubits or bits, each with its state, ascending. */
static void
sort_with_states(uint32 *list, uint8 *states, uint32 count)
{
	if (count > SORTED_BY_INSERTION)
	{
		sort_many_with_states(list, states, count);
		return;
	}
	for (uint32 i = 1; i < count; i++)
	{
		uint32		entry = list[i];
		uint8		state = states[i];
		uint32		j = i;

		for (; j > 0 && list[j - 1] > entry; j--)
		{
			list[j] = list[j - 1];
			states[j] = states[j - 1];
		}
		list[j] = entry;
		states[j] = state;
	}
}

void
tv_gate_normalise(TvmGate *gate)
{
	if (tvm_op_targets(gate->op) == 2 && gate->targets[0] > gate->targets[1])
	{
		uint32		higher = gate->targets[0];

		gate->targets[0] = gate->targets[1];
		gate->targets[1] = higher;
	}
	sort_with_states(gate->controls, gate->control_state, gate->control_count);
	sort_with_states(gate->if_bits, gate->if_values, gate->if_count);
}
