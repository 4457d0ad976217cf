/*
 * frame.c: snapshots of a state as bytes, and back; see frame.h for the format.
 *
 * Bytes are put together one by one, so neither alignment nor the machine's
 * byte order matters.
 */
#include "kernel/quantum/state/frame.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/state/reduced.h"

#define LARGEST 1.000001		/* with room for rounding; not a NaN */

static const struct
{
	const char *name;
	uint32_t	numbers;		/* of 8 bytes, in an entry */
}			kinds[] = {
	[TVM_FRAME_FULL] = {"full", 2},
	[TVM_FRAME_TOP] = {"top", 3},
	[TVM_FRAME_BLOCH] = {"bloch", 3},
	[TVM_FRAME_PROBABILITIES] = {"probabilities", 1},
};

const char *
tvm_frame_kind_name(TvmFrameKind kind)
{
	return kinds[kind].name;
}

bool
tvm_frame_kind_of(const char *name, TvmFrameKind *kind)
{
	for (int i = TVM_FRAME_FULL; i <= TVM_FRAME_PROBABILITIES; i++)
	{
		if (tvm_same_name(kinds[i].name, name))
		{
			*kind = (TvmFrameKind) i;
			return true;
		}
	}
	return false;
}

/* How many entries a frame has; for `top`, at most. */
static uint64_t
entries(TvmFrameKind kind, uint32_t qubits, uint64_t top)
{
	uint64_t	basis = qubits < 60 ? (uint64_t) 1 << qubits : (uint64_t) 1 << 60;

	if (kind == TVM_FRAME_BLOCH)
		return qubits;
	if (kind == TVM_FRAME_TOP)
		return top < basis ? top : basis;
	return basis;
}

uint64_t
tvm_frame_bytes(TvmFrameKind kind, uint32_t qubits, uint64_t top)
{
	uint64_t	count = entries(kind, qubits, top);

	if (count > (UINT64_MAX >> 6))
		return UINT64_MAX;
	return TVM_FRAME_HEADER + count * kinds[kind].numbers * 8;
}

static void
put(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char) (value >> 8 * i);
}

static uint64_t
get(const unsigned char *at, int bytes)
{
	uint64_t	value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t) at[i] << 8 * i;
	return value;
}

static void
put_double(unsigned char *at, double value)
{
	uint64_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	put(at, bits, 8);
}

static double
get_double(const unsigned char *at)
{
	uint64_t	bits = get(at, 8);
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void
put_header(unsigned char *out, TvmFrameKind kind, uint32_t qubits, uint32_t step, uint64_t count)
{
	memcpy(out, "TVF1", 4);
	put(out + 4, TVM_FRAME_VERSION, 2);
	put(out + 6, kind, 2);
	put(out + 8, qubits, 4);
	put(out + 12, step, 4);
	put(out + 16, count, 8);
}

size_t
tvm_frame_encode_values(TvmFrameKind kind, uint32_t qubits, uint32_t step, const double *values,
						unsigned char *out)
{
	uint64_t	count = entries(kind, qubits, 0);
	uint64_t	numbers = count * kinds[kind].numbers;

	put_header(out, kind, qubits, step, count);
	for (uint64_t i = 0; i < numbers; i++)
		put_double(out + TVM_FRAME_HEADER + 8 * i, values[i]);
	return TVM_FRAME_HEADER + (size_t) numbers * 8;
}

static TvmStatus
encode_all(TvmEnv *env, const TvmState *state, TvmFrameKind kind, unsigned char *data)
{
	for (uint64_t i = 0; i < state->count; i++)
	{
		TvmComplex	a = tvm_get(state, i);

		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (kind == TVM_FRAME_PROBABILITIES)
			put_double(data + 8 * i, tvm_complex_norm2(a));
		else
		{
			put_double(data + 16 * i, a.re);
			put_double(data + 16 * i + 8, a.im);
		}
	}
	return TVM_OK;
}

static TvmStatus
encode_top(TvmEnv *env, const TvmState *state, size_t k, unsigned char *data, size_t *found)
{
	TvmTop	   *top = tvm_alloc(env, k, sizeof(TvmTop));
	TvmStatus	status;

	if (top == NULL)
		return TVM_NOMEM;
	status = tvm_state_top(env, state, k, 0, top, found);
	for (size_t i = 0; status == TVM_OK && i < *found; i++)
	{
		put(data + 24 * i, top[i].basis, 8);
		put_double(data + 24 * i + 8, top[i].re);
		put_double(data + 24 * i + 16, top[i].im);
	}
	tvm_free(env, top);
	return status;
}

static TvmStatus
encode_bloch(TvmEnv *env, const TvmState *state, unsigned char *data)
{
	double		xyz[3 * TVM_STATE_MAX_QUBITS];
	TvmStatus	status = tvm_reduced_bloch_all(env, state, xyz);

	for (uint32_t i = 0; i < 3 * state->qubits && status == TVM_OK; i++)
		put_double(data + 8 * i, xyz[i]);
	return status;
}

TvmStatus
tvm_frame_encode(TvmEnv *env, const TvmState *state, TvmFrameKind kind, uint32_t step,
				 uint64_t top, unsigned char *out, size_t *length)
{
	size_t		count = (size_t) entries(kind, state->qubits, top);
	unsigned char *data = out + TVM_FRAME_HEADER;
	TvmStatus	status;

	if (kind == TVM_FRAME_TOP)
		status = encode_top(env, state, count, data, &count);
	else if (kind == TVM_FRAME_BLOCH)
		status = encode_bloch(env, state, data);
	else
		status = encode_all(env, state, kind, data);
	put_header(out, kind, state->qubits, step, count);
	*length = TVM_FRAME_HEADER + count * kinds[kind].numbers * 8;
	return status;
}

static TvmStatus
invalid(TvmEnv *env, const char *message)
{
	tvm_fail(env, TVM_INVALID, message, NULL, NULL);
	tvm_fail_path(env, "payload");
	return TVM_INVALID;
}

/* No amplitude, probability or coordinate is larger than 1, and an index is one of the basis. */
static TvmStatus
check_entries(TvmEnv *env, const TvmFrame *frame)
{
	uint32_t	numbers = kinds[frame->kind].numbers;

	for (uint64_t i = 0; i < frame->count; i++)
	{
		const unsigned char *at = frame->data + 8 * i * numbers;

		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t j = frame->kind == TVM_FRAME_TOP; j < numbers; j++)
			if (!(fabs(get_double(at + 8 * j)) <= LARGEST))
				return invalid(env, "a number that no state has");
		if (frame->kind == TVM_FRAME_TOP && frame->qubits < 64 && get(at, 8) >> frame->qubits != 0)
			return invalid(env, "an index outside the basis");
	}
	return TVM_OK;
}

TvmStatus
tvm_frame_decode(TvmEnv *env, const void *bytes, size_t length, TvmFrame *frame)
{
	const unsigned char *at = bytes;
	uint64_t	kind;

	memset(frame, 0, sizeof(*frame));
	if (length < TVM_FRAME_HEADER || memcmp(at, "TVF1", 4) != 0)
		return invalid(env, "not a frame");
	if (get(at + 4, 2) != TVM_FRAME_VERSION)
		return invalid(env, "an unknown version");
	kind = get(at + 6, 2);
	if (kind < TVM_FRAME_FULL || kind > TVM_FRAME_PROBABILITIES)
		return invalid(env, "an unknown kind");
	frame->kind = (TvmFrameKind) kind;
	frame->qubits = (uint32_t) get(at + 8, 4);
	frame->step = (uint32_t) get(at + 12, 4);
	frame->count = get(at + 16, 8);
	frame->data = at + TVM_FRAME_HEADER;
	if (frame->qubits < 1 || frame->qubits > TVM_MAX_QUBITS)
		return invalid(env, "not a possible number of qubits");
	if (frame->count > (length - TVM_FRAME_HEADER) / 8 / kinds[kind].numbers ||
		TVM_FRAME_HEADER + frame->count * kinds[kind].numbers * 8 != length)
		return invalid(env, "its length is not what its header says");
	if (frame->kind != TVM_FRAME_TOP && frame->count != entries(frame->kind, frame->qubits, 0))
		return invalid(env, "not the number of entries that so many qubits have");
	return check_entries(env, frame);
}

void
tvm_frame_entry(const TvmFrame *frame, uint64_t index, TvmFrameEntry *entry)
{
	const unsigned char *at = frame->data + 8 * index * kinds[frame->kind].numbers;

	memset(entry, 0, sizeof(*entry));
	entry->basis = index;
	switch (frame->kind)
	{
		case TVM_FRAME_TOP:
			entry->basis = get(at, 8);
			at += 8;
			/* FALLTHROUGH */
		case TVM_FRAME_FULL:
			entry->re = get_double(at);
			entry->im = get_double(at + 8);
			entry->probability = entry->re * entry->re + entry->im * entry->im;
			break;
		case TVM_FRAME_BLOCH:
			for (int i = 0; i < 3; i++)
				entry->xyz[i] = get_double(at + 8 * i);
			break;
		case TVM_FRAME_PROBABILITIES:
			entry->probability = get_double(at);
			break;
	}
}
