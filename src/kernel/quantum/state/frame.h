/*
 * frame.h: the frame payload, version 1: a snapshot of a state as bytes.
 *
 * Little-endian throughout, 24 bytes of header, then the data:
 *
 *      0  4 bytes   magic "TVF1"
 *      4  uint16    version, 1
 *      6  uint16    kind
 *      8  uint32    qubits
 *     12  uint32    step: how many gates had been applied
 *     16  uint64    count: how many entries follow
 *
 *   kind 1 full            count = 2^qubits entries (float64 re, float64 im), in index order:
 *                          numpy.frombuffer(payload, dtype=complex128, offset=24)
 *   kind 2 top             count entries (uint64 basis, float64 re, float64 im), the most
 *                          probable first
 *   kind 3 bloch           count = qubits entries (float64 x, float64 y, float64 z), qubit 0 first
 *   kind 4 probabilities   count = 2^qubits entries float64, in index order
 *
 * A payload is exactly as long as its header says, and no number in it is above 1
 * (by more than rounding) in absolute value.
 */
#ifndef TVM_STATE_FRAME_H
#define TVM_STATE_FRAME_H

#include "kernel/quantum/state/state.h"

#define TVM_FRAME_HEADER 24
#define TVM_FRAME_VERSION 1

typedef enum TvmFrameKind
{
	TVM_FRAME_FULL = 1,
	TVM_FRAME_TOP = 2,
	TVM_FRAME_BLOCH = 3,
	TVM_FRAME_PROBABILITIES = 4
} TvmFrameKind;

/* A decoded frame: a view of the caller's bytes, which must outlive it. */
typedef struct TvmFrame
{
	TvmFrameKind kind;
	uint32_t	qubits;
	uint32_t	step;
	uint64_t	count;
	const unsigned char *data;	/* not aligned; read it with tvm_frame_entry() */
} TvmFrame;

/* One entry; what a kind does not hold is 0. */
typedef struct TvmFrameEntry
{
	uint64_t	basis;			/* full, top, probabilities: the index; bloch: the qubit */
	double		re;				/* full, top */
	double		im;
	double		probability;	/* full, top, probabilities */
	double		xyz[3];			/* bloch */
} TvmFrameEntry;

extern const char *tvm_frame_kind_name(TvmFrameKind kind);	/* "full", "top", ... */
extern bool tvm_frame_kind_of(const char *name, TvmFrameKind *kind);	/* not case-sensitive */

/* The most bytes that a frame takes; `top` is the k of kind top, unused by the others. */
extern uint64_t tvm_frame_bytes(TvmFrameKind kind, uint32_t qubits, uint64_t top);

/*
 * Encode the state into `out`, which has room for tvm_frame_bytes(), and set
 * *length to what was written (a `top` frame holds no zero amplitudes and may
 * be shorter).
 */
extern TvmStatus tvm_frame_encode(TvmEnv *env, const TvmState *state, TvmFrameKind kind,
								  uint32_t step, uint64_t top, unsigned char *out,
								  size_t *length);

/*
 * Encode numbers computed elsewhere (means over trajectories): kind BLOCH,
 * values[3 * qubits], or PROBABILITIES, values[2^qubits].  Returns the length.
 */
extern size_t tvm_frame_encode_values(TvmFrameKind kind, uint32_t qubits, uint32_t step,
									  const double *values, unsigned char *out);

/* Check any bytes whatever; TVM_INVALID, path "payload", says what is wrong with them. */
extern TvmStatus tvm_frame_decode(TvmEnv *env, const void *bytes, size_t length,
								  TvmFrame *frame);

/* Entry `index`, below frame->count, of a decoded frame. */
extern void tvm_frame_entry(const TvmFrame *frame, uint64_t index, TvmFrameEntry *entry);

#endif							/* TVM_STATE_FRAME_H */
