/*
 * build.h: circuits in few words, for tests.
 */
#ifndef QUANTUM_BUILD_H
#define QUANTUM_BUILD_H

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/run/run.h"

/* A gate on one target; control -1: none; if_bit -1: no condition (on 1). */
static inline TvmStatus
build_if(TvmEnv *env, TvmCircuit *circuit, TvmOp op, uint32_t target, int control, double theta,
		 int if_bit)
{
	TvmGate		gate;
	uint32_t	controls = (uint32_t) control;
	uint32_t	bits = (uint32_t) if_bit;

	tvm_gate_init(&gate, op);
	gate.target_count = 1;
	gate.targets = &target;
	gate.control_count = control >= 0;
	gate.controls = &controls;
	gate.theta = theta;
	gate.if_count = if_bit >= 0;
	gate.if_bits = &bits;
	return tvm_circuit_add(env, circuit, &gate);
}

static inline TvmStatus
build(TvmEnv *env, TvmCircuit *circuit, TvmOp op, uint32_t target, int control, double theta)
{
	return build_if(env, circuit, op, target, control, theta, -1);
}

static inline TvmStatus
build_measure(TvmEnv *env, TvmCircuit *circuit, uint32_t target, int bit)
{
	TvmGate		gate;

	tvm_gate_init(&gate, TVM_OP_MEASURE);
	gate.target_count = 1;
	gate.targets = &target;
	gate.bit = bit;
	return tvm_circuit_add(env, circuit, &gate);
}

static inline TvmStatus
build_two(TvmEnv *env, TvmCircuit *circuit, TvmOp op, uint32_t a, uint32_t b, double theta)
{
	TvmGate		gate;
	uint32_t	targets[2] = {a, b};

	tvm_gate_init(&gate, op);
	gate.target_count = 2;
	gate.targets = targets;
	gate.theta = theta;
	return tvm_circuit_add(env, circuit, &gate);
}

/* One rule for all unitary gates. */
static inline TvmNoiseRule
build_rule(TvmChannel channel, double p)
{
	TvmNoiseRule rule = {channel, p, 0, 0, 0, 0, NULL};

	return rule;
}

/* A whole run by a method; close it after a failure too. */
static inline TvmStatus
build_run(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
		  TvmRunOptions options, TvmRunMethod method, TvmRunResult *result)
{
	TvmStatus	status;

	options.method = method;
	status = tvm_run_open(env, run, circuit, noise, &options);
	if (status == TVM_OK)
		status = tvm_run_trajectories(env, run, 0, run->trajectories);
	return status == TVM_OK ? tvm_run_result(env, run, result) : status;
}

static inline void *
build_alloc(void *ctx, size_t size)
{
	(void) ctx;
	return malloc(size);
}

static inline void
build_free(void *ctx, void *block)
{
	(void) ctx;
	free(block);
}

static inline bool
build_goes_on(void *ctx)
{
	(void) ctx;
	return false;
}

/* What a run says that it takes at most; whatever fails in the test's own environment. */
static inline uint64_t
build_bytes(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options)
{
	TvmEnv		env = {.alloc = build_alloc, .free = build_free, .cancelled = build_goes_on};
	TvmRunOptions unlimited = *options;
	TvmRun		run;
	uint64_t	bytes;

	unlimited.memory_limit = 0;
	CHECK(tvm_run_open(&env, &run, circuit, noise, &unlimited) == TVM_OK);
	bytes = run.bytes;
	tvm_run_close(&env, &run);
	return bytes;
}

/* How often a key was counted. */
static inline uint64_t
build_count(const TvmCounts *counts, const uint64_t *key)
{
	for (size_t i = 0; i < counts->count; i++)
		if (memcmp(counts->keys + i * counts->words, key, counts->words * sizeof(uint64_t)) == 0)
			return counts->times[i];
	return 0;
}

#endif							/* QUANTUM_BUILD_H */
