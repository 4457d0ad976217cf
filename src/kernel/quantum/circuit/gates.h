/*
 * gates.h: the one list of gates and other operations, a row each: all that is the same wherever an operation
 * is read, written or drawn.  What an operation does is code: docs/circuit.md says where.
 */
#ifndef TVM_CIRCUIT_GATES_H
#define TVM_CIRCUIT_GATES_H

#include "kernel/quantum/circuit/circuit.h"

/* Controls with which qelib1.inc has names at most. */
#define TVM_QASM2_CONTROLS 4

typedef struct TvmOperation
{
	const char *name;			/* in canonical documents */
	int			targets;		/* -1: any number */
	int			angles;			/* 3: theta, phi, lambda, and gamma besides */
	bool		unitary;
	bool		symmetric;		/* the order of targets means nothing */
	const char *label;			/* in pictures */
	const char *ascii;			/* the same in ASCII, where it differs */
	const char *qasm2[TVM_QASM2_CONTROLS + 1];	/* in version 2, by the number of controls; NULL: it has no word */
	const char *qasm3;			/* in version 3; NULL: UNITARY, and what is a statement */
	const char *body;			/* a program of version 3 defines it, by this ... */
	bool		body2;			/* ... and one of version 2 too */
} TvmOperation;

extern const TvmOperation tvm_operations[TVM_OP_COUNT];

/* What a document may call an operation: with so many controls at least. */
typedef struct TvmGateName
{
	const char *name;
	TvmOp		op;
	int			controls;
} TvmGateName;

extern const TvmGateName tvm_gate_names[];
extern const size_t tvm_gate_name_count;

#endif							/* TVM_CIRCUIT_GATES_H */
