/*
 * analysis.c: which measurements are final, whether a run is random, and which conditions are
 * decided before it; see analysis.h.
 */
#include "kernel/quantum/circuit/analysis.h"

static void
mark_qubits(uint64_t *set, const TvmGate *gate)
{
	for (uint32_t i = 0; i < gate->target_count; i++)
		tvm_bits_put(set, gate->targets[i], true);
	for (uint32_t i = 0; i < gate->control_count; i++)
		tvm_bits_put(set, gate->controls[i], true);
}

/* Seen from the end: what is done to qubits and bits after each measurement. */
static void
find_finals(const TvmCircuit *circuit, bool collapse, uint8_t *deferred, TvmAnalysis *found)
{
	uint64_t	acted[TVM_MAX_QUBITS / 64] = {0};
	uint64_t	busy[TVM_MAX_BITS / 64] = {0};

	for (size_t i = circuit->count; i-- > 0;)
	{
		const TvmGate *gate = &circuit->gates[i];
		bool		final = false;

		if (gate->op == TVM_OP_MEASURE)
		{
			found->measures = true;
			final = !collapse && gate->if_count == 0 && !tvm_bits_get(acted, gate->targets[0]) &&
				!tvm_bits_get(busy, (uint32_t) gate->bit);
			if (!final)
			{
				found->random = true;
				tvm_bits_put(busy, (uint32_t) gate->bit, true);
			}
		}
		if (deferred != NULL)
			deferred[i] = final;
		found->finals += final;
		if (!final && gate->op != TVM_OP_BARRIER)
			mark_qubits(acted, gate);
		for (uint32_t j = 0; j < gate->if_count; j++)
			tvm_bits_put(busy, gate->if_bits[j], true);
	}
}

TvmAnalysis
tvm_circuit_analyse(const TvmCircuit *circuit, bool collapse, uint8_t *deferred)
{
	TvmAnalysis found = {false, false, false, 0};
	uint64_t	used[TVM_MAX_QUBITS / 64] = {0};

	find_finals(circuit, collapse, deferred, &found);
	for (size_t i = 0; i < circuit->count; i++)
	{
		const TvmGate *gate = &circuit->gates[i];

		/* A qubit that nothing has used is in |0>, and its reset does nothing. */
		if (gate->op == TVM_OP_RESET && tvm_bits_get(used, gate->targets[0]))
			found.random = true;
		if (tvm_op_is_unitary(gate->op))
			mark_qubits(used, gate);
		if (gate->op == TVM_OP_UNITARY && gate->target_count > 2)
			found.gathers = true;
	}
	return found;
}

TvmCondition
tvm_condition_of(const TvmGate *gate, uint64_t written[TVM_MAX_BITS / 64])
{
	TvmCondition condition = TVM_CONDITION_HOLDS;

	for (uint32_t i = 0; i < gate->if_count; i++)
	{
		if (tvm_bits_get(written, gate->if_bits[i]))
			condition = TVM_CONDITION_WAITS;
		else if (gate->if_values[i] != 0)
			return TVM_CONDITION_FAILS;
	}
	if (gate->op == TVM_OP_MEASURE)
		tvm_bits_put(written, (uint32_t) gate->bit, true);
	return condition;
}
