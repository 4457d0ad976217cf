/*
 * plan_cache.c: plans kept for the pieces of stretches; see plan_cache.h.
 */
#include "kernel/quantum/engine/plan_cache.h"

#include <string.h>

#include "kernel/quantum/engine/execute.h"
#include "kernel/quantum/state/gate_matrices.h"

/* Between pieces: so many gates, and gates times amplitudes, take longer than a plan for once. */
#define GAP_GATES 3
#define GAP_WORK ((uint64_t) 1 << 17)

/* Below so many qubits a plan takes longer than the gates. */
#define LEAST_QUBITS 5

/* Pieces of 2^log gates. */
static size_t
pieces(const TvmCircuit *circuit, uint32_t log)
{
	return circuit->count >> log;
}

static size_t
all_pieces(const TvmCircuit *circuit)
{
	size_t		count = 0;

	for (uint32_t log = TVM_STRETCH_LEAST; log <= TVM_STRETCH_MOST; log++)
		count += pieces(circuit, log);
	return circuit->qubits < LEAST_QUBITS ? 0 : count;
}

uint64_t
tvm_stretches_bytes(const TvmCircuit *circuit)
{
	return (uint64_t) all_pieces(circuit) * sizeof(TvmPlan *);
}

TvmStatus
tvm_stretches_init(TvmEnv *env, TvmStretches *stretches, const TvmCircuit *circuit, uint64_t room)
{
	size_t		count = room > 0 && circuit->qubits < TVM_KNOWN_LEAST ? all_pieces(circuit) : 0;

	memset(stretches, 0, sizeof(*stretches));
	stretches->circuit = circuit;
	stretches->room = room;
	if (count == 0)
		return TVM_OK;
	stretches->plans = tvm_alloc_zero(env, count, sizeof(TvmPlan *));
	if (stretches->plans == NULL)
		return TVM_NOMEM;
	stretches->count = count;
	return TVM_OK;
}

void
tvm_stretches_free(TvmEnv *env, TvmStretches *stretches)
{
	for (size_t i = 0; i < stretches->count; i++)
		if (stretches->plans[i] != NULL)
		{
			tvm_plan_free(env, stretches->plans[i]);
			tvm_free(env, stretches->plans[i]);
		}
	tvm_free(env, stretches->plans);
	memset(stretches, 0, sizeof(*stretches));
}

/* The longest piece that starts at `from` and ends by `to`; 0: none. */
static uint32_t
longest(size_t from, size_t to)
{
	uint32_t	log = TVM_STRETCH_MOST;

	while (log >= TVM_STRETCH_LEAST &&
		   (from % ((size_t) 1 << log) != 0 || to - from < (size_t) 1 << log))
		log--;
	return log >= TVM_STRETCH_LEAST ? log : 0;
}

/* The plan of a piece, made if need be; *plan is NULL where there is no room for it. */
static TvmStatus
plan_of(TvmEnv *env, TvmStretches *stretches, TvmPrecision precision, size_t from, uint32_t log,
		TvmPlan **plan)
{
	TvmPlanOptions options = {.precision = precision};
	uint64_t	need = sizeof(TvmPlan) + tvm_plan_bytes(stretches->circuit->qubits, (size_t) 1 << log);
	TvmPlan   **place = stretches->plans + (from >> log);
	TvmStatus	status;

	for (uint32_t shorter = TVM_STRETCH_LEAST; shorter < log; shorter++)
		place += pieces(stretches->circuit, shorter);
	*plan = *place;
	if (*plan != NULL || need > stretches->room)
		return TVM_OK;
	*plan = tvm_alloc(env, 1, sizeof(TvmPlan));
	if (*plan == NULL)
		return TVM_NOMEM;
	status = tvm_plan_make(env, *plan, stretches->circuit, from, from + ((size_t) 1 << log),
						   &options);
	if (status != TVM_OK)
	{
		tvm_free(env, *plan);
		return status;
	}
	*place = *plan;
	stretches->room -= need;
	return TVM_OK;
}

TvmStatus
tvm_stretches_apply(TvmEnv *env, TvmStretches *stretches, TvmState *state, size_t from, size_t to, TvmKnown *known)
{
	TvmStatus	status = TVM_OK;

	if (stretches->plans == NULL)
		return tvm_gates_apply_known(env, state, stretches->circuit, from, to, known);
	while (from < to && status == TVM_OK)
	{
		uint32_t	log = longest(from, to);
		TvmPlan    *plan = NULL;

		size_t		gap = from;

		while (log == 0 && gap < to && longest(gap, to) == 0)
			gap++;
		if (gap - from >= GAP_GATES && (gap - from) << state->qubits >= GAP_WORK)
		{
			status = tvm_gates_apply(env, state, stretches->circuit, from, gap);
			from = gap;
			continue;
		}
		if (log > 0)
			status = plan_of(env, stretches, state->precision, from, log, &plan);
		if (status == TVM_OK && plan != NULL)
			status = tvm_plan_run(env, plan, state);
		else if (status == TVM_OK && log > 0)
			status = tvm_gates_apply(env, state, stretches->circuit, from, from + ((size_t) 1 << log));
		else if (status == TVM_OK)
		{
			status = tvm_gate_apply(env, state, &stretches->circuit->gates[from]);
			env->done += 1;
		}
		from += (size_t) 1 << log;
	}
	return status;
}
