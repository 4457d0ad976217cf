/*
 * observable.h: sums of Pauli strings, read from text, and their expectation.
 *
 *     sum     = [sign] term { sign term }
 *     term    = number | [number ["*"]] factor { ["*"] factor }
 *     factor  = word | named
 *     word    = letters I X Y Z, one for each qubit of the circuit, in the order
 *               in which bit strings are printed: q[n-1]...q[0]; alone in its term
 *     named   = a letter and a qubit's number: X0, Y13; no qubit twice in a term
 *     number  = decimal up to 1e100, with an optional exponent: 2, .5, 1.25e-3
 *
 * So `0.5*ZZ - 1.2*X0 Y3 + 3` is valid.  A term without letters is a constant (a
 * multiple of the identity).  Letters may be small; space may stand between any
 * two tokens.  In a circuit of one qubit `Z` is a word; elsewhere a letter
 * needs a number or company.
 */
#ifndef TVM_STATE_OBSERVABLE_H
#define TVM_STATE_OBSERVABLE_H

#include "kernel/quantum/state/state.h"

typedef struct TvmPauliTerm
{
	double		coefficient;
	uint32_t	count;			/* factors other than I; 0: a constant */
	uint32_t   *qubits;
	char	   *paulis;			/* 'X', 'Y', 'Z' */
} TvmPauliTerm;

typedef struct TvmObservable
{
	uint32_t	qubits;
	size_t		count;
	size_t		capacity;
	TvmPauliTerm *terms;
} TvmObservable;

/*
 * Read `length` bytes of text.  On TVM_INVALID the detail names the position, the
 * first character being 1; the path is empty.  On any failure nothing is left
 * to free.
 */
extern TvmStatus tvm_observable_parse(TvmEnv *env, const char *text, size_t length,
									  uint32_t qubits, TvmObservable *observable);
extern void tvm_observable_free(TvmEnv *env, TvmObservable *observable);

/* <state| observable |state>, one pass over the state for each term that is not constant. */
extern TvmStatus tvm_observable_expectation(TvmEnv *env, const TvmState *state,
											const TvmObservable *observable, double *value);

/* <state| P |state> of the Pauli string with X on x_mask, Z on z_mask, Y where both. */
extern TvmStatus tvm_pauli_expectation(TvmEnv *env, const TvmState *state, uint64_t x_mask,
									   uint64_t z_mask, double *value);

#endif							/* TVM_STATE_OBSERVABLE_H */
