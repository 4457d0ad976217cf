/*
 * state.c: the amplitudes of n qubits as a block of memory; see state.h.
 */
#include "kernel/quantum/state/state.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/circuit/blas.h"
#include "kernel/quantum/simd/simd.h"

#define CACHE_LINE 64

/* Amplitudes that are made double at once, and that are asked at once whether they are probable. */
#define PIECE ((uint64_t) 256)
#define MANY ((uint64_t) 64)

static size_t
amplitude_bytes(TvmPrecision precision)
{
	return precision == TVM_SINGLE ? sizeof(TvmComplexSingle) : sizeof(TvmComplex);
}

uint64_t
tvm_state_bytes(uint32_t qubits, TvmPrecision precision)
{
	return qubits >= 60 ? UINT64_MAX : (uint64_t) amplitude_bytes(precision) << qubits;
}

const char *
tvm_precision_name(TvmPrecision precision)
{
	return precision == TVM_SINGLE ? "single" : "double";
}

bool
tvm_precision_of(const char *name, TvmPrecision *precision)
{
	*precision = strcmp(name, "single") == 0 ? TVM_SINGLE : TVM_DOUBLE;
	return strcmp(name, tvm_precision_name(*precision)) == 0;
}

TvmStatus
tvm_memory_check(TvmEnv *env, uint32_t qubits, uint64_t bytes, uint64_t limit)
{
	static const char *const message = "circuit needs more memory than allowed";
	static const char *const hint = "Use fewer qubits. The limit is the least of timevmaps.circuit_memory and of your quota.";

	if (qubits > TVM_STATE_MAX_QUBITS)
		return tvm_fail(env, TVM_LIMIT, message, hint,
						"%u qubits need 2^%u bytes, the limit is %llu", qubits, qubits + 4,
						(unsigned long long) limit);
	if (limit != 0 && bytes > limit)
		return tvm_fail(env, TVM_LIMIT, message, hint, "%llu bytes are needed, the limit is %llu",
						(unsigned long long) bytes, (unsigned long long) limit);
	return TVM_OK;
}

TvmStatus
tvm_state_init_as(TvmEnv *env, TvmState *state, uint32_t qubits, TvmPrecision precision,
				  uint64_t limit)
{
	size_t		size = amplitude_bytes(precision);
	bool		zeroed = env->alloc_zero != NULL;	/* pages as they are touched, and cancellable */
	size_t		count;
	char	   *memory;
	TvmStatus	status;

	memset(state, 0, sizeof(*state));
	status = tvm_memory_check(env, qubits, tvm_state_bytes(qubits, precision), limit);
	if (status != TVM_OK)
		return status;
	tvm_blas_init();
	count = ((size_t) 1 << qubits) + CACHE_LINE / size;
	memory = zeroed ? tvm_alloc_zero(env, count, size) : tvm_alloc(env, count, size);
	if (memory == NULL)
		return TVM_NOMEM;
	state->memory = memory;
	state->qubits = qubits;
	state->precision = precision;
	state->count = (uint64_t) 1 << qubits;
	memory += -(uintptr_t) memory % CACHE_LINE;
	if (precision == TVM_SINGLE)
		state->narrow = (TvmComplexSingle *) memory;
	else
		state->amp = (TvmComplex *) memory;
	if (zeroed)
		tvm_put(state, 0, tvm_complex(1, 0));
	else
		status = tvm_state_set_basis(env, state, 0);
	if (status != TVM_OK)
		tvm_state_free(env, state);
	return status;
}

TvmStatus
tvm_state_init(TvmEnv *env, TvmState *state, uint32_t qubits, uint64_t limit)
{
	return tvm_state_init_as(env, state, qubits, TVM_DOUBLE, limit);
}

void
tvm_state_free(TvmEnv *env, TvmState *state)
{
	tvm_free(env, state->memory);
	memset(state, 0, sizeof(*state));
}

/* The amplitudes from `first` on, as bytes. */
static char *
bytes_at(const TvmState *state, uint64_t first)
{
	return state->amp != NULL ? (char *) (state->amp + first) : (char *) (state->narrow + first);
}

/* The length of the chunk that starts at `first`. */
static uint64_t
chunk_at(uint64_t first, uint64_t count)
{
	return count - first < TVM_STATE_CHUNK ? count - first : TVM_STATE_CHUNK;
}

TvmStatus
tvm_state_set_basis(TvmEnv *env, TvmState *state, uint64_t index)
{
	for (uint64_t first = 0; first < state->count; first += TVM_STATE_CHUNK)
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		memset(bytes_at(state, first), 0,
			   chunk_at(first, state->count) * amplitude_bytes(state->precision));
	}
	tvm_put(state, index, tvm_complex(1, 0));
	return TVM_OK;
}

TvmStatus
tvm_state_copy(TvmEnv *env, TvmState *to, const TvmState *from)
{
	for (uint64_t first = 0; first < from->count; first += TVM_STATE_CHUNK)
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		memcpy(bytes_at(to, first), bytes_at(from, first),
			   chunk_at(first, from->count) * amplitude_bytes(from->precision));
	}
	return TVM_OK;
}

TvmStatus
tvm_state_norm(TvmEnv *env, const TvmState *state, double *norm)
{
	TvmComplex	sum;
	TvmStatus	status = tvm_state_overlap(env, state, state, &sum);

	if (status == TVM_OK)
		*norm = sqrt(sum.re);
	return status;
}

TvmStatus
tvm_state_normalize(TvmEnv *env, TvmState *state)
{
	double		norm = 0;
	TvmStatus	status = tvm_state_norm(env, state, &norm);

	for (uint64_t i = 0; i < state->count && norm != 1 && norm > 0 && status == TVM_OK; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		tvm_put(state, i, tvm_complex_scale(tvm_get(state, i), 1 / norm));
	}
	return status;
}

/* Of states in single precision, a piece at a time. */
static TvmComplex
overlap_of_piece(const TvmLanes *lanes, const TvmState *a, const TvmState *b, uint64_t first, uint64_t end)
{
	double		x[2 * PIECE];
	double		y[2 * PIECE];
	double		xy[2];

	lanes->widen((const float *) (a->narrow + first), end - first, x);
	if (a != b)
		lanes->widen((const float *) (b->narrow + first), end - first, y);
	lanes->dot(x, a != b ? y : x, end - first, xy);
	return tvm_complex(xy[0], xy[1]);
}

TvmStatus
tvm_state_overlap(TvmEnv *env, const TvmState *a, const TvmState *b, TvmComplex *overlap)
{
	const TvmLanes *lanes = tvm_lanes(TVM_DOUBLE);

	*overlap = tvm_complex(0, 0);
	if (a->amp != NULL && b->amp != NULL)
		return tvm_blas_dot(env, a->amp, b->amp, a->count, overlap);
	for (uint64_t first = 0; first < a->count; first += PIECE)
	{
		if (first % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (a->count >= PIECE)
			*overlap = tvm_complex_add(*overlap, overlap_of_piece(lanes, a, b, first, first + PIECE));
		for (uint64_t i = first; i < a->count && a->count < PIECE; i++)
		{
			TvmComplex	x = tvm_get(a, i);

			*overlap = tvm_complex_add(*overlap, tvm_complex_mul(tvm_complex(x.re, -x.im), tvm_get(b, i)));
		}
	}
	return TVM_OK;
}

TvmStatus
tvm_state_fidelity(TvmEnv *env, const TvmState *a, const TvmState *b, double *fidelity)
{
	TvmComplex	overlap;
	TvmStatus	status = tvm_state_overlap(env, a, b, &overlap);

	if (status != TVM_OK)
		return status;
	*fidelity = tvm_complex_norm2(overlap);
	if (*fidelity > 1)
		*fidelity = 1;
	return TVM_OK;
}

/* Does `a` come after `b` among the most probable? */
static bool
comes_after(const TvmTop *a, const TvmTop *b)
{
	return a->probability < b->probability ||
		(a->probability == b->probability && a->basis > b->basis);
}

/* The heap's root is the entry that comes last; restore that below `at`. */
static void
sift_down(TvmTop *heap, size_t count, size_t at)
{
	TvmTop		moving = heap[at];

	for (;;)
	{
		size_t		child = 2 * at + 1;

		if (child >= count)
			break;
		if (child + 1 < count && comes_after(&heap[child + 1], &heap[child]))
			child++;
		if (!comes_after(&heap[child], &moving))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

/* Offer an entry to a heap of at most k. */
static void
offer(TvmTop *heap, size_t *count, size_t k, TvmTop entry)
{
	if (*count == k)
	{
		if (comes_after(&heap[0], &entry))
		{
			heap[0] = entry;
			sift_down(heap, k, 0);
		}
		return;
	}
	heap[(*count)++] = entry;
	if (*count == k)
		for (size_t i = k / 2; i-- > 0;)
			sift_down(heap, k, i);
}

/* The amplitudes, or their probabilities, that the most probable are looked for in. */
typedef struct Source
{
	const TvmState *state;		/* or */
	const double *probability;
} Source;

static inline double
probability_at(const Source *source, uint64_t i)
{
	return source->state != NULL ? tvm_complex_norm2(tvm_get(source->state, i)) : source->probability[i];
}

/* The first of [i, end) that is more probable than `least`: nearly none is, so many are asked at once. */
static uint64_t
next_above(const Source *source, uint64_t i, uint64_t end, double least)
{
	const TvmState *state = source->state;
	const TvmLanes *lanes = tvm_lanes(TVM_DOUBLE);
	double		wide[2 * MANY];

	for (; i < end; i++)
	{
		for (; state != NULL && i % MANY == 0 && i + MANY <= end; i += MANY)
		{
			if (state->amp == NULL)
				lanes->widen((const float *) (state->narrow + i), MANY, wide);
			if (lanes->any_above(state->amp != NULL ? (const double *) (state->amp + i) : wide, MANY, least))
				break;
		}
		if (i == end || probability_at(source, i) > least)
			break;
	}
	return i;
}

static TvmStatus
top_of(TvmEnv *env, const TvmState *state, const double *probability, uint64_t count, size_t k,
	   double least, TvmTop *out, size_t *found)
{
	const Source source = {state, probability};
	size_t		n = 0;

	*found = 0;
	if (k == 0)
		return TVM_OK;
	for (uint64_t first = 0; first < count; first += TVM_STATE_CHUNK)
	{
		uint64_t	end = first + chunk_at(first, count);

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint64_t i = first; (i = next_above(&source, i, end, least)) < end; i++)
		{
			TvmComplex	amp = state != NULL ? tvm_get(state, i) : tvm_complex(0, 0);
			TvmTop		entry = {i, amp.re, amp.im, probability_at(&source, i)};

			offer(out, &n, k, entry);
			if (n == k)			/* of equal ones the first stays */
				least = out[0].probability;
		}
	}
	if (n < k)					/* never full, so not a heap yet */
		for (size_t i = n / 2; i-- > 0;)
			sift_down(out, n, i);
	for (size_t last = n; last > 1;)
	{
		TvmTop		entry = out[0];

		out[0] = out[--last];
		out[last] = entry;
		sift_down(out, last, 0);
		if (last % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
	}
	*found = n;
	return TVM_OK;
}

TvmStatus
tvm_state_top(TvmEnv *env, const TvmState *state, size_t k, double least, TvmTop *out,
			  size_t *found)
{
	return top_of(env, state, NULL, state->count, k, least, out, found);
}

TvmStatus
tvm_probabilities_top(TvmEnv *env, const double *probability, uint64_t count, size_t k,
					  double least, TvmTop *out, size_t *found)
{
	return top_of(env, NULL, probability, count, k, least, out, found);
}
