/*
 * matrix.h: recorded gates multiplied out to one matrix, and its powers; inside the
 * reader of OpenQASM only.  Numbers are wide, so that a power up to 2^63 is exact to 1e-12.
 */
#ifndef TVM_QASM_MATRIX_H
#define TVM_QASM_MATRIX_H

#include "kernel/quantum/circuit/complex.h"
#include "kernel/quantum/qasm/reader_parts.h"
#include "kernel/quantum/qasm/wide.h"

#define QASM_MATRIX_QUBITS 5

typedef struct QasmMatrix
{
	uint32_t	control_count;	/* that all the pieces have in common: not in the matrix */
	uint32_t   *controls;
	uint32_t	count;
	uint32_t	qubits[QASM_MATRIX_QUBITS];
	TvmWideComplex m[1 << 2 * QASM_MATRIX_QUBITS];
} QasmMatrix;

/* Why some pieces have no matrix here. */
typedef enum QasmFit
{
	QASM_FITS,
	QASM_MANY_QUBITS,
	QASM_NEEDS_INPUT			/* an angle depends on an input */
} QasmFit;

/* The pieces whose indices are in `list`: on which qubits they act.  m is not touched. */
extern TvmStatus qasm_matrix_fit(QasmReader *r, const uint32_t *list, uint32_t length, QasmMatrix *out, QasmFit *fit);

/* What they do, after qasm_matrix_fit(). */
extern TvmStatus qasm_matrix_multiply(QasmReader *r, const uint32_t *list, uint32_t length, QasmMatrix *matrix);

extern TvmStatus qasm_matrix_power(QasmReader *r, QasmMatrix *matrix, uint64_t times);
extern void qasm_matrix_invert(QasmMatrix *matrix);

/* matrix = matrix * factor, which is of as many rows. */
extern TvmStatus qasm_matrix_times(QasmReader *r, QasmMatrix *matrix, const TvmComplex *factor);

/* As one piece: a phase, a U or a UNITARY. */
extern TvmStatus qasm_matrix_piece(QasmReader *r, const QasmMatrix *matrix, QasmPiece *piece);

#endif							/* TVM_QASM_MATRIX_H */
