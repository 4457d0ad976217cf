/*
 * circuit_qasm.c: circuits from OpenQASM; the kernel reads the program.
 */
#include "postgres.h"

#include "bridge/circuit_gate.h"
#include "bridge/circuit_qasm.h"
#include "bridge/error.h"
#include "bridge/guc.h"
#include "kernel/quantum/qasm.h"

/* The program's inputs are the circuit's parameters. */
static void
read_angles(TvEnv *env, TvCircuit *circuit, const TvmQasm *qasm)
{
	for (size_t i = 0; i < qasm->angle_count; i++)
	{
		const TvmQasmAngle *found = &qasm->angles[i];
		const TvmGate *gate = &circuit->kernel.gates[found->gate];
		const double number[] = {gate->theta, gate->phi, gate->lambda, gate->gamma};
		TvAngle		angle = {number[found->angle]};

		for (uint32 j = 0; j < found->count; j++)
		{
			const TvmQasmTerm *term = &qasm->terms[found->first + j];
			const char *name = qasm->inputs[term->input];

			tv_angle_add(&angle, term->factor, name, strlen(name), NULL);
		}
		tv_circuit_add_free_angle(env, circuit, found->gate, found->angle, &angle);
	}
}

TvCircuit *
tv_circuit_read_qasm(TvEnv *env, const char *text, size_t length)
{
	TvCircuit  *circuit = MemoryContextAllocZero(env->context, sizeof(TvCircuit));
	TvmQasm		qasm;

	tv_check(env, tvm_qasm_read(&env->tvm, text, length, tv_circuit_memory_kb * (uint64) 1024, &qasm));
	circuit->kernel = qasm.circuit;
	read_angles(env, circuit, &qasm);
	for (size_t i = 0; i < circuit->kernel.count; i++)
		tv_gate_normalise(&circuit->kernel.gates[i]);
	return circuit;
}
