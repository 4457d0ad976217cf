/*
 * tableau.h: a stabilizer state of n qubits as a tableau of 2n Pauli strings
 * (Aaronson and Gottesman 2004, quant-ph/0406196): n destabilizers, n stabilizers.
 *
 * The state is the one that every stabilizer leaves as it is.  Bits are packed by
 * qubit: for qubit q, x + q * words holds the X bits of all strings, 64 in a word,
 * destabilizers in the first half of the words and stabilizers in the second.
 * So a gate is a few operations on whole words, 2n strings at once, and a
 * measurement that multiplies many strings by one is so as well.  Global phases
 * are not kept.  The tableau owns its memory.
 */
#ifndef TVM_STABILIZER_TABLEAU_H
#define TVM_STABILIZER_TABLEAU_H

#include "kernel/quantum/stabilizer/clifford.h"
#include "kernel/quantum/state/observable.h"

typedef struct TvmTableau
{
	uint32_t	qubits;
	uint32_t	words;			/* of all strings at one qubit; even, half for stabilizers */
	uint64_t   *x;
	uint64_t   *z;
	uint64_t   *sign;			/* 1: minus */
	uint64_t   *scratch;		/* 3 * words */
} TvmTableau;

extern uint64_t tvm_tableau_bytes(uint32_t qubits);

/* |0...0> */
extern TvmStatus tvm_tableau_init(TvmEnv *env, TvmTableau *tableau, uint32_t qubits);
extern void tvm_tableau_reset(TvmTableau *tableau);
extern void tvm_tableau_copy(TvmTableau *to, const TvmTableau *from);
extern void tvm_tableau_free(TvmEnv *env, TvmTableau *tableau);

extern void tvm_tableau_apply(TvmTableau *tableau, const TvmCliffordStep *steps, uint64_t count);

/*
 * The expectation of a Pauli string: 1, -1, or 0 where it is as often one as the
 * other.  The coefficient is not looked at.
 */
extern int	tvm_tableau_expectation(const TvmTableau *tableau, const TvmPauliTerm *term);

/*
 * Is the outcome of Z of a qubit open; then a stabilizer that anticommutes with it, as
 * tvm_tableau_stabilizer() tells it but for the sign.
 */
extern bool tvm_tableau_open(const TvmTableau *tableau, uint32_t qubit, uint64_t *x, uint64_t *z);

/*
 * Measure Z of a qubit: where its outcome is open it becomes `wish`, 0 for +1, and
 * *open is true (open may be NULL).  Returns the outcome; the second flips to |0> afterwards.
 */
extern int	tvm_tableau_measure(TvmTableau *tableau, uint32_t qubit, int wish, bool *open);
extern int	tvm_tableau_reset_qubit(TvmTableau *tableau, uint32_t qubit, int wish);

/*
 * |<a|b>|^2, which is 0 or 2^-k.  b is measured in a's stabilizers, and is not
 * what it was afterwards.
 */
extern TvmStatus tvm_tableau_fidelity(TvmEnv *env, const TvmTableau *a, TvmTableau *b,
									  double *fidelity);

/* Stabilizer i, as bits by qubit: x and z have room for qubits / 64 + 1 words; true: minus. */
extern bool tvm_tableau_stabilizer(const TvmTableau *tableau, uint32_t i, uint64_t *x, uint64_t *z);

#endif							/* TVM_STABILIZER_TABLEAU_H */
