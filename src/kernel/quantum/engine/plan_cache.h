/*
 * plan_cache.h: stretches of unitary gates that many trajectories run, planned once.
 *
 * A stretch is cut into pieces whose ends are multiples of their length, a power of
 * two; each piece is planned when it is first run, and the plan kept.  What is
 * shorter is applied gate by gate, or planned for once where the state is large, as are circuits too small for a plan to pay.  On many
 * qubits (TVM_KNOWN_LEAST) a plan takes so much less than its run that each stretch is
 * planned as a whole when it is run, with what is known of the state then.  The
 * plans belong to the stretches and take at most the bytes that they were given.
 */
#ifndef TVM_ENGINE_PLAN_CACHE_H
#define TVM_ENGINE_PLAN_CACHE_H

#include "kernel/quantum/engine/plan.h"

/* The shortest piece is 2^4 gates, the longest 2^10. */
#define TVM_STRETCH_LEAST 4
#define TVM_STRETCH_MOST 10

typedef struct TvmStretches
{
	const TvmCircuit *circuit;
	uint64_t	room;			/* bytes that plans may still take */
	TvmPlan   **plans;			/* of the shortest pieces first; NULL: nothing is kept */
	size_t		count;
} TvmStretches;

/* What tvm_stretches_init() allocates, plans apart. */
extern uint64_t tvm_stretches_bytes(const TvmCircuit *circuit);

/* With room 0, or on a small circuit, nothing is kept: each stretch is planned when it is run. */
extern TvmStatus tvm_stretches_init(TvmEnv *env, TvmStretches *stretches,
									const TvmCircuit *circuit, uint64_t room);
extern void tvm_stretches_free(TvmEnv *env, TvmStretches *stretches);

/* Apply the gates [from, to), all of them unitary or BARRIER, whatever their conditions. */
extern TvmStatus tvm_stretches_apply(TvmEnv *env, TvmStretches *stretches, TvmState *state,
									 size_t from, size_t to, TvmKnown *known);

#endif							/* TVM_ENGINE_PLAN_CACHE_H */
