/*
 * execute.h: running a plan, block by block.
 */
#ifndef TVM_ENGINE_EXECUTE_H
#define TVM_ENGINE_EXECUTE_H

#include "kernel/quantum/engine/passes.h"
#include "kernel/quantum/state/state.h"

/* What a run takes: buffers for blocks of so many bits, of numbers of `size` bytes. */
extern uint64_t tvm_block_bytes(uint32_t bits, uint32_t size);

/* Run a plan on a state of the circuit's qubits and the plan's precision. */
extern TvmStatus tvm_plan_run(TvmEnv *env, TvmPlan *plan, TvmState *state);

#endif							/* TVM_ENGINE_EXECUTE_H */
