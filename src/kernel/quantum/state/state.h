/*
 * state.h: the state of n qubits: 2^n complex amplitudes in index order.
 *
 * Qubit q is bit q of the index.  The state owns its amplitudes and is freed
 * with tvm_state_free().  Every operation works in place; none makes a matrix
 * of the size of the state.  What an operation needs beside the state is at
 * most TVM_STATE_SCRATCH bytes, so that tvm_state_bytes() tells what a run takes
 * before anything is allocated.  Each loop over the amplitudes asks for
 * cancellation every few hundred microseconds; a cancelled or failed operation
 * leaves the state valid memory but without meaning.
 */
#ifndef TVM_STATE_STATE_H
#define TVM_STATE_STATE_H

#include "kernel/tvm.h"
#include "kernel/quantum/circuit/complex.h"

/* Beyond this no memory would do, and indices stay far from overflow. */
#define TVM_STATE_MAX_QUBITS 48

/* What applying one gate may allocate for its duration. */
#define TVM_STATE_SCRATCH ((uint64_t) 4 << 20)

/* How many amplitudes are worked on between two questions for cancellation. */
#define TVM_STATE_CHUNK ((uint64_t) 1 << 16)

typedef struct TvmState
{
	uint32_t	qubits;
	TvmPrecision precision;
	uint64_t	count;			/* 2^qubits; 0: not initialized */
	TvmComplex *amp;			/* complex128, else NULL */
	TvmComplexSingle *narrow;	/* complex64, else NULL */
	void	   *memory;			/* the block that they are in, aligned to a cache line */
} TvmState;

/* An amplitude, in either precision. */
static inline TvmComplex
tvm_get(const TvmState *state, uint64_t i)
{
	if (state->amp != NULL)
		return state->amp[i];
	return tvm_complex(state->narrow[i].re, state->narrow[i].im);
}

static inline void
tvm_put(TvmState *state, uint64_t i, TvmComplex z)
{
	if (state->amp != NULL)
		state->amp[i] = z;
	else
		state->narrow[i] = (TvmComplexSingle) {(float) z.re, (float) z.im};
}

/* Bytes of one state; UINT64_MAX when that is more than 64 bits can tell. */
extern uint64_t tvm_state_bytes(uint32_t qubits, TvmPrecision precision);

extern const char *tvm_precision_name(TvmPrecision precision);	/* "double", "single" */
extern bool tvm_precision_of(const char *name, TvmPrecision *precision);

/*
 * TVM_LIMIT, with need and limit in the detail, when `bytes` is above `limit` or
 * `qubits` above TVM_STATE_MAX_QUBITS.  A limit of 0 is none.
 */
extern TvmStatus tvm_memory_check(TvmEnv *env, uint32_t qubits, uint64_t bytes, uint64_t limit);

/*
 * Allocate |0...0>.  TVM_LIMIT when the state is larger than `limit` bytes
 * (0: no limit), before anything is allocated.
 */
extern TvmStatus tvm_state_init(TvmEnv *env, TvmState *state, uint32_t qubits, uint64_t limit);
extern TvmStatus tvm_state_init_as(TvmEnv *env, TvmState *state, uint32_t qubits,
								   TvmPrecision precision, uint64_t limit);
extern void tvm_state_free(TvmEnv *env, TvmState *state);

/* Set to the basis state |index>. */
extern TvmStatus tvm_state_set_basis(TvmEnv *env, TvmState *state, uint64_t index);

/* Both of as many qubits and the same precision. */
extern TvmStatus tvm_state_copy(TvmEnv *env, TvmState *to, const TvmState *from);

/* sqrt(<state|state>), and the state divided by it */
extern TvmStatus tvm_state_norm(TvmEnv *env, const TvmState *state, double *norm);
extern TvmStatus tvm_state_normalize(TvmEnv *env, TvmState *state);

/* <a|b>, and |<a|b>|^2 held to 0..1 against rounding; both of as many qubits. */
extern TvmStatus tvm_state_overlap(TvmEnv *env, const TvmState *a, const TvmState *b,
								   TvmComplex *overlap);
extern TvmStatus tvm_state_fidelity(TvmEnv *env, const TvmState *a, const TvmState *b,
									double *fidelity);

/* The most probable basis states, most probable first, equal ones by index. */
typedef struct TvmTop
{
	uint64_t	basis;
	double		re;				/* the amplitude; 0 where only a probability is known */
	double		im;
	double		probability;
} TvmTop;

/*
 * Fill `out` with at most k entries of probability above `least` (0: all that
 * are not exactly zero) and set *found.  The second form reads probabilities
 * instead of amplitudes.
 */
extern TvmStatus tvm_state_top(TvmEnv *env, const TvmState *state, size_t k, double least,
							   TvmTop *out, size_t *found);
extern TvmStatus tvm_probabilities_top(TvmEnv *env, const double *probability, uint64_t count,
									   size_t k, double least, TvmTop *out, size_t *found);

#endif							/* TVM_STATE_STATE_H */
