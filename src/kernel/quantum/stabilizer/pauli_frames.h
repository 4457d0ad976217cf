/*
 * pauli_frames.h: many shots of a Clifford circuit at once, as the Pauli strings by
 * which each differs from one reference run (Gidney 2021, arXiv:2103.02202).
 *
 * A shot is a lane: bit l % 64 of word l / 64 in every array of `words` words.  Its
 * state is its string applied to the reference's state.  What the reference's
 * stabilizers leave alone is drawn: a Z on a qubit in |0>, or on one that was just
 * measured, is one by a coin, so every open outcome comes out even.  The frames
 * own their memory.
 */
#ifndef TVM_STABILIZER_PAULI_FRAMES_H
#define TVM_STABILIZER_PAULI_FRAMES_H

#include "kernel/rng.h"
#include "kernel/quantum/stabilizer/clifford.h"
#include "kernel/quantum/noise/noise.h"

/* 1024 lanes: at 1000 qubits the strings are 256 kB. */
#define TVM_PAULI_FRAMES_WORDS 16
#define TVM_PAULI_FRAMES_VECTOR 4		/* words are a multiple of it */
#define TVM_PAULI_FRAMES_LANES (64 * TVM_PAULI_FRAMES_WORDS)

typedef struct TvmPauliFrames
{
	uint32_t	qubits;
	uint32_t	rows;			/* classical bits, or qubits where nothing is measured */
	uint32_t	words;			/* of lanes */
	uint64_t   *x;				/* words for each qubit */
	uint64_t   *z;
	uint64_t   *bits;			/* words for each row */
	uint64_t	active[TVM_PAULI_FRAMES_WORDS];	/* the lanes that the gate in hand acts on */
	TvmRng		rng;
	struct TvmPauliFrames *apart;	/* other strings of the same lanes, which errors happen to as well; NULL: none */
} TvmPauliFrames;

extern uint64_t tvm_pauli_frames_bytes(uint32_t qubits, uint32_t rows);
extern TvmStatus tvm_pauli_frames_init(TvmEnv *env, TvmPauliFrames *frames, uint32_t qubits,
									   uint32_t rows, uint32_t words);
extern void tvm_pauli_frames_free(TvmEnv *env, TvmPauliFrames *frames);

/* All lanes at the start of a circuit; frames->rng has been set. */
extern void tvm_pauli_frames_start(TvmPauliFrames *frames);

/* All lanes the identity, all bits 0. */
extern void tvm_pauli_frames_clear(TvmPauliFrames *frames);

/* Multiply the strings of some lanes by one: bits by qubit. */
extern void tvm_pauli_frames_multiply(TvmPauliFrames *frames, const uint64_t *lanes, const uint64_t *x,
									  const uint64_t *z);

/* Let frames->active be the lanes whose bits a gate's condition holds for; all of them for NULL. */
extern void tvm_pauli_frames_select(TvmPauliFrames *frames, const TvmGate *gate);

/* A gate that all lanes and the reference make. */
extern void tvm_pauli_frames_apply(TvmPauliFrames *frames, const TvmCliffordStep *steps,
								   uint64_t count);

/* A gate of Paulis alone, that the active lanes make, and the reference if `reference`. */
extern void tvm_pauli_frames_differ(TvmPauliFrames *frames, const TvmCliffordStep *steps,
									uint64_t count, bool reference);

/* A measurement whose reference gave `outcome`, into a row, with readout errors. */
extern void tvm_pauli_frames_measure(TvmPauliFrames *frames, const TvmNoise *noise, uint32_t qubit,
									 int outcome, uint32_t row);
extern void tvm_pauli_frames_reset(TvmPauliFrames *frames, uint32_t qubit);

/* What a measurement would read, without making it. */
extern void tvm_pauli_frames_read(TvmPauliFrames *frames, const TvmNoise *noise, uint32_t qubit,
								  int outcome, uint32_t row);

/* The channels that follow a gate, on the active lanes. */
extern TvmStatus tvm_pauli_frames_noise(TvmEnv *env, TvmPauliFrames *frames, const TvmNoise *noise,
										const TvmGate *gate);

/* Turn `rows` rows of word `word` into 64 keys of `stride` words each. */
extern void tvm_pauli_frames_keys(const TvmPauliFrames *frames, const uint64_t *from, uint32_t rows,
								  uint32_t word, uint64_t *keys, uint32_t stride);

/* In each of `words` words, bits that are 1 with probability p, exactly and independently. */
extern void tvm_lanes_chance(TvmRng *rng, double p, uint32_t words, uint64_t *out);

#endif							/* TVM_STABILIZER_PAULI_FRAMES_H */
