/*
 * qasm.h: circuits as OpenQASM programs, versions 2.0 and 3.
 *
 * A program is read in one go: gates are expanded, loops unrolled, registers spread
 * over qubits and bits in the order of declaration, and what is left is a circuit.
 * Whatever the text is, time and memory are bounded: by the caller's limit on memory,
 * by TVM_MAX_GATES, and by a number of steps (TVM_QASM_MAX_STEPS) for what repeats
 * without adding gates.  An error's path is its place: "line 3, column 7".
 *
 * What a reader or writer returns is the caller's, and freed with the same env.
 */
#ifndef TVM_QASM_QASM_H
#define TVM_QASM_QASM_H

#include "kernel/quantum/circuit/circuit.h"

#define TVM_QASM_MAX_STEPS 20000000
#define TVM_QASM_MAX_DEPTH 100	/* of parentheses, blocks and gate definitions, together */
#define TVM_QASM_MAX_INPUTS 4096

/* An angle that depends on parameters: the gate's own value + the sum of its terms. */
typedef struct TvmQasmTerm
{
	uint32_t	input;			/* index into inputs */
	double		factor;
} TvmQasmTerm;

typedef struct TvmQasmAngle
{
	uint32_t	gate;
	uint32_t	angle;			/* 0 theta, 1 phi, 2 lambda, 3 gamma */
	uint32_t	first;			/* of its terms */
	uint32_t	count;
} TvmQasmAngle;

typedef struct TvmQasm
{
	TvmCircuit	circuit;
	int			version;		/* 2 or 3 */
	char	  **inputs;			/* names of the parameters */
	uint32_t	input_count;
	TvmQasmAngle *angles;		/* in the order of gates, then of angles */
	size_t		angle_count;
	TvmQasmTerm *terms;
	size_t		term_count;
} TvmQasm;

/*
 * Read a program of `length` bytes (no terminator needed), taking no more than
 * `memory` bytes for everything; TVM_LIMIT past that.
 */
extern TvmStatus tvm_qasm_read(TvmEnv *env, const char *text, size_t length, uint64_t memory,
							   TvmQasm *qasm);
extern void tvm_qasm_free(TvmEnv *env, TvmQasm *qasm);

/*
 * Write a circuit, of which `version` is not looked at, as a program of OpenQASM
 * `version`; 0: of 2.0 if that can say it, else of 3.  Reading it gives the same state,
 * global phase included.  What cannot be written is TVM_INVALID with the path to it,
 * "gates[3].matrix".  The text is null-terminated, and no longer than `memory`.
 */
extern TvmStatus tvm_qasm_write(TvmEnv *env, const TvmQasm *qasm, int version, uint64_t memory, char **text,
								size_t *length);

#endif							/* TVM_QASM_QASM_H */
