/*
 * plan_memory.h: memory that lives as long as a plan: the steps' work, in pieces that are
 * freed together.
 */
#ifndef TVM_ENGINE_PLAN_MEMORY_H
#define TVM_ENGINE_PLAN_MEMORY_H

#include "kernel/quantum/engine/passes.h"

/* What is taken at once, at least. */
#define TVM_PLAN_CHUNK ((size_t) 64 << 10)

/* Aligned for vectors. */
extern void *tvm_plan_alloc(TvmEnv *env, TvmPlan *plan, size_t size);
extern void tvm_plan_free_memory(TvmEnv *env, TvmPlan *plan);

#endif							/* TVM_ENGINE_PLAN_MEMORY_H */
