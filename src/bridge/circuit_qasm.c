/*
 * circuit_qasm.c: circuits from OpenQASM; the kernel reads the program.
 */
#include "postgres.h"

#include "bridge/circuit_gate.h"
#include "bridge/circuit_qasm.h"
#include "bridge/error.h"
#include "bridge/guc.h"
#include "kernel/quantum/qasm.h"

TvCircuit *
tv_circuit_read_qasm(TvEnv *env, const char *text, size_t length)
{
	TvCircuit  *circuit = MemoryContextAllocZero(env->context, sizeof(TvCircuit));
	TvmQasm		qasm;

	tv_check(env, tvm_qasm_read(&env->tvm, text, length, tv_circuit_memory_kb * (uint64) 1024, &qasm));
	if (qasm.angle_count > 0)
		tv_report_invalid(NULL, "inputs are not supported yet", NULL, NULL);
	circuit->kernel = qasm.circuit;
	for (size_t i = 0; i < circuit->kernel.count; i++)
		tv_gate_normalise(&circuit->kernel.gates[i]);
	return circuit;
}
