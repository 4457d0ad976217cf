/*
 * circuit.h: a quantum circuit as data: qubits, classical bits and a list of
 * gates, validated once when each gate is added.
 *
 * Qubit 0 is the least significant bit of a basis index.  Names such as CX or
 * CCX are not operations of their own: they are X with one or two controls, so
 * every operation takes any number of controls.  A gate's arrays belong to the
 * circuit and are freed with it.
 */
#ifndef TVM_CIRCUIT_CIRCUIT_H
#define TVM_CIRCUIT_CIRCUIT_H

#include "kernel/tvm.h"

/* Bounds on what a client may describe; what may be *run* is a matter of memory. */
#define TVM_MAX_QUBITS 1024
#define TVM_MAX_BITS 4096
#define TVM_MAX_GATES 4000000
#define TVM_MAX_UNITARY_QUBITS 10

typedef enum TvmOp
{
	TVM_OP_I,
	TVM_OP_X,
	TVM_OP_Y,
	TVM_OP_Z,
	TVM_OP_H,
	TVM_OP_S,
	TVM_OP_SDG,
	TVM_OP_T,
	TVM_OP_TDG,
	TVM_OP_SX,
	TVM_OP_SXDG,
	TVM_OP_RX,					/* angles: theta */
	TVM_OP_RY,
	TVM_OP_RZ,
	TVM_OP_P,
	TVM_OP_U,					/* angles: theta, phi, lambda; gamma: a further global phase */
	TVM_OP_SWAP,				/* two targets */
	TVM_OP_ISWAP,
	TVM_OP_RXX,					/* two targets, theta */
	TVM_OP_RYY,
	TVM_OP_RZZ,
	TVM_OP_UNITARY,				/* k targets, a 2^k x 2^k matrix */
	TVM_OP_MEASURE,				/* one target into a bit */
	TVM_OP_RESET,
	TVM_OP_BARRIER,				/* any number of targets, none means all */
	TVM_OP_COUNT
} TvmOp;

typedef struct TvmGate
{
	TvmOp		op;
	uint32_t	target_count;
	uint32_t	control_count;
	uint32_t   *targets;		/* for UNITARY, targets[0] is the matrix index's lowest bit */
	uint32_t   *controls;
	uint8_t    *control_state;	/* 1: acts when the control is |1>, 0: when it is |0> */
	double		theta;
	double		phi;
	double		lambda;
	double		gamma;
	double	   *matrix;			/* UNITARY: row-major, (re, im) pairs; else NULL */
	int32_t		bit;			/* MEASURE: the classical bit */
	uint32_t	if_count;		/* 0: unconditional; else act only when all of the bits ... */
	uint32_t   *if_bits;
	uint8_t    *if_values;		/* ... have these values */
	void	   *block;			/* the circuit's copy: the one block that holds its arrays */
} TvmGate;

typedef struct TvmCircuit
{
	uint32_t	qubits;
	uint32_t	bits;			/* classical bits: at least one past the highest used */
	size_t		count;
	size_t		capacity;
	TvmGate    *gates;
} TvmCircuit;

extern TvmStatus tvm_circuit_init(TvmEnv *env, TvmCircuit *circuit, int64_t qubits);
extern void tvm_circuit_free(TvmEnv *env, TvmCircuit *circuit);

/* Have at least so many classical bits; gates raise the number by themselves. */
extern TvmStatus tvm_circuit_set_bits(TvmEnv *env, TvmCircuit *circuit, int64_t bits);

/* A gate that does nothing and has no arrays, to be filled in. */
extern void tvm_gate_init(TvmGate *gate, TvmOp op);

/*
 * The gamma with which a U with one control is CU(theta, phi, lambda, gamma) of
 * OpenQASM 3 and Qiskit, whose own U lacks the phase e^(i theta/2).
 */
extern double tvm_cu_gamma(double theta, double gamma);

/* Qiskit's gamma of such a U. */
extern double tvm_gamma_of_cu(double theta, double gamma);

/*
 * Check `gate` against the circuit and append a deep copy of it.  On TVM_INVALID
 * the error's path is relative to the gate: "target" or "targets[1]" (operations
 * with one target, with more), "controls[1]", "theta", "matrix", "matrix[0][1]",
 * "bit", "if.bit" or "if.bits[1]"; the caller prefixes "gates[3]".  A matrix must be
 * unitary within 1e-8.  control_state and if_values NULL mean all 1.  Angles that the
 * operation does not take are dropped.  MEASURE, RESET and BARRIER take no controls, BARRIER no
 * condition.
 */
extern TvmStatus tvm_circuit_add(TvmEnv *env, TvmCircuit *circuit, const TvmGate *gate);

/* The same, but a UNITARY need not be: a map on a density matrix, for run/density_maps.c alone. */
extern TvmStatus tvm_circuit_add_map(TvmEnv *env, TvmCircuit *circuit, const TvmGate *gate);

/* "H", "RX", ... and how many targets and angles it takes; targets -1: any number. */
extern const char *tvm_op_name(TvmOp op);
extern int	tvm_op_targets(TvmOp op);
extern int	tvm_op_angles(TvmOp op);
extern bool tvm_op_is_unitary(TvmOp op);	/* all but MEASURE, RESET and BARRIER */

/*
 * The display name with controls: "CX", "CCX", "CSWAP", "C3Z"; at most `size` bytes.
 */
extern void tvm_gate_name(const TvmGate *gate, char *name, size_t size);

#endif							/* TVM_CIRCUIT_CIRCUIT_H */
