/*
 * pauli_frames.c: see pauli_frames.h.
 */
#include "kernel/quantum/stabilizer/pauli_frames.h"

#include <math.h>
#include <string.h>

/* Below this, drawing where the next hit falls is less work than drawing every lane. */
#define RARE 0.08

/* Unaligned, as in tableau.c. */
typedef uint64_t Vector __attribute__((vector_size(32), aligned(8), may_alias));

uint64_t
tvm_pauli_frames_bytes(uint32_t qubits, uint32_t rows)
{
	return ((uint64_t) 2 * qubits + rows) * TVM_PAULI_FRAMES_WORDS * sizeof(uint64_t);
}

TvmStatus
tvm_pauli_frames_init(TvmEnv *env, TvmPauliFrames *frames, uint32_t qubits, uint32_t rows,
					  uint32_t words)
{
	frames->qubits = qubits;
	frames->rows = rows;
	frames->words = words;
	frames->x = tvm_alloc(env, ((size_t) 2 * qubits + rows) * words, sizeof(uint64_t));
	if (frames->x == NULL)
		return TVM_NOMEM;
	frames->z = frames->x + (size_t) qubits * words;
	frames->bits = frames->z + (size_t) qubits * words;
	return TVM_OK;
}

void
tvm_pauli_frames_free(TvmEnv *env, TvmPauliFrames *frames)
{
	tvm_free(env, frames->x);
	memset(frames, 0, sizeof(*frames));
}

static uint64_t *
x_of(const TvmPauliFrames *frames, uint32_t qubit)
{
	return frames->x + (size_t) qubit * frames->words;
}

static uint64_t *
z_of(const TvmPauliFrames *frames, uint32_t qubit)
{
	return frames->z + (size_t) qubit * frames->words;
}

void
tvm_pauli_frames_clear(TvmPauliFrames *frames)
{
	memset(frames->x, 0, ((size_t) 2 * frames->qubits + frames->rows) * frames->words * sizeof(uint64_t));
}

void
tvm_pauli_frames_start(TvmPauliFrames *frames)
{
	size_t		count = (size_t) frames->qubits * frames->words;

	tvm_pauli_frames_clear(frames);
	for (size_t i = 0; i < count; i++)
		frames->z[i] = tvm_rng_u64(&frames->rng);
}

void
tvm_pauli_frames_select(TvmPauliFrames *frames, const TvmGate *gate)
{
	for (uint32_t w = 0; w < frames->words; w++)
		frames->active[w] = ~(uint64_t) 0;
	for (uint32_t i = 0; gate != NULL && i < gate->if_count; i++)
	{
		const uint64_t *row = frames->bits + (size_t) gate->if_bits[i] * frames->words;

		for (uint32_t w = 0; w < frames->words; w++)
			frames->active[w] &= gate->if_values[i] != 0 ? row[w] : ~row[w];
	}
}

static void
exchange(uint64_t *a, uint64_t *b, uint32_t words)
{
	Vector	   *one = (Vector *) a;
	Vector	   *other = (Vector *) b;

	for (uint32_t i = 0; i < words / TVM_PAULI_FRAMES_VECTOR; i++)
	{
		Vector		kept = one[i];

		one[i] = other[i];
		other[i] = kept;
	}
}

static void
add(uint64_t *to, const uint64_t *from, uint32_t words)
{
	Vector	   *sum = (Vector *) to;
	const Vector *term = (const Vector *) from;

	for (uint32_t i = 0; i < words / TVM_PAULI_FRAMES_VECTOR; i++)
		sum[i] ^= term[i];
}

void
tvm_pauli_frames_apply(TvmPauliFrames *frames, const TvmCliffordStep *steps, uint64_t count)
{
	uint32_t	words = frames->words;

	for (uint64_t i = 0; i < count; i++)
	{
		uint64_t   *x = x_of(frames, steps[i].a);
		uint64_t   *z = z_of(frames, steps[i].a);
		uint64_t   *xb = x_of(frames, steps[i].b);
		uint64_t   *zb = z_of(frames, steps[i].b);

		switch ((TvmCliffordKind) steps[i].kind)
		{
			case TVM_CLIFFORD_X:
			case TVM_CLIFFORD_Y:
			case TVM_CLIFFORD_Z:
				break;			/* changes signs, which no outcome shows */
			case TVM_CLIFFORD_H:
				exchange(x, z, words);
				break;
			case TVM_CLIFFORD_S:
			case TVM_CLIFFORD_SDG:
				add(z, x, words);
				break;
			case TVM_CLIFFORD_SX:
			case TVM_CLIFFORD_SXDG:
				add(x, z, words);
				break;
			case TVM_CLIFFORD_CX:
				add(xb, x, words);
				add(z, zb, words);
				break;
			case TVM_CLIFFORD_CZ:
				add(z, xb, words);
				add(zb, x, words);
				break;
			case TVM_CLIFFORD_SWAP:
				exchange(x, xb, words);
				exchange(z, zb, words);
				break;
		}
	}
}

/* X and Z, by lanes, on a qubit. */
static void
multiply(TvmPauliFrames *frames, uint32_t qubit, const uint64_t *lanes, bool by_x, bool by_z)
{
	if (by_x)
		add(x_of(frames, qubit), lanes, frames->words);
	if (by_z)
		add(z_of(frames, qubit), lanes, frames->words);
}

void
tvm_pauli_frames_multiply(TvmPauliFrames *frames, const uint64_t *lanes, const uint64_t *x,
						  const uint64_t *z)
{
	for (uint32_t word = 0; 64 * word < frames->qubits; word++)
		for (uint64_t left = x[word] | z[word]; left != 0; left &= left - 1)
		{
			uint32_t	bit = (uint32_t) __builtin_ctzll(left);

			multiply(frames, 64 * word + bit, lanes, x[word] >> bit & 1, z[word] >> bit & 1);
		}
}

void
tvm_pauli_frames_differ(TvmPauliFrames *frames, const TvmCliffordStep *steps, uint64_t count,
						bool reference)
{
	uint64_t	lanes[TVM_PAULI_FRAMES_WORDS];

	for (uint32_t w = 0; w < frames->words; w++)
		lanes[w] = reference ? ~frames->active[w] : frames->active[w];
	for (uint64_t i = 0; i < count; i++)
		multiply(frames, steps[i].a, lanes, steps[i].kind != TVM_CLIFFORD_Z, steps[i].kind != TVM_CLIFFORD_X);
}

/*
 * Hits of a rare chance are so far apart that the distances are drawn: the next is k
 * lanes on with probability p (1 - p)^k.
 */
static void
rare_chance(TvmRng *rng, double p, uint32_t words, uint64_t *out)
{
	double		scale = 1 / log1p(-p);
	double		lanes = 64.0 * words;
	double		at = -1;

	for (;;)
	{
		at += 1 + floor(log(1 - tvm_rng_double(rng)) * scale);
		if (!(at < lanes))
			return;
		out[(uint32_t) at / 64] |= (uint64_t) 1 << (uint32_t) at % 64;
	}
}

void
tvm_lanes_chance(TvmRng *rng, double p, uint32_t words, uint64_t *out)
{
	memset(out, 0, words * sizeof(uint64_t));
	if (p <= 0)
		return;
	if (p < RARE)
	{
		rare_chance(rng, p, words, out);
		return;
	}

	/* Each lane's uniform number against p, a binary digit at a time, until all differ. */
	for (uint32_t w = 0; w < words; w++)
	{
		uint64_t	open = ~(uint64_t) 0;
		double		rest = p;

		if (p >= 1)
		{
			out[w] = open;
			continue;
		}
		while (open != 0 && rest > 0)
		{
			uint64_t	digit = tvm_rng_u64(rng);

			rest *= 2;
			if (rest >= 1)
			{
				out[w] |= open & ~digit;
				open &= digit;
				rest -= 1;
			}
			else
				open &= ~digit;
		}
	}
}

void
tvm_pauli_frames_read(TvmPauliFrames *frames, const TvmNoise *noise, uint32_t qubit, int outcome,
					  uint32_t row)
{
	uint64_t   *out = frames->bits + (size_t) row * frames->words;
	const uint64_t *x = x_of(frames, qubit);
	uint64_t	up[TVM_PAULI_FRAMES_WORDS];
	uint64_t	down[TVM_PAULI_FRAMES_WORDS];

	for (uint32_t w = 0; w < frames->words; w++)
		out[w] = outcome != 0 ? ~x[w] : x[w];
	for (size_t i = 0; noise != NULL && i < noise->count; i++)
	{
		const TvmNoiseRule *rule = &noise->rules[i];

		if (rule->channel != TVM_CHANNEL_READOUT || !tvm_noise_concerns(rule, qubit))
			continue;
		tvm_lanes_chance(&frames->rng, rule->p, frames->words, up);
		tvm_lanes_chance(&frames->rng, rule->p10, frames->words, down);
		for (uint32_t w = 0; w < frames->words; w++)
			out[w] ^= (up[w] & ~out[w]) | (down[w] & out[w]);
	}
}

static void
draw_z(TvmPauliFrames *frames, uint32_t qubit)
{
	uint64_t   *z = z_of(frames, qubit);

	for (uint32_t w = 0; w < frames->words; w++)
		z[w] ^= tvm_rng_u64(&frames->rng);
}

void
tvm_pauli_frames_measure(TvmPauliFrames *frames, const TvmNoise *noise, uint32_t qubit, int outcome,
						 uint32_t row)
{
	tvm_pauli_frames_read(frames, noise, qubit, outcome, row);
	draw_z(frames, qubit);
}

void
tvm_pauli_frames_reset(TvmPauliFrames *frames, uint32_t qubit)
{
	memset(x_of(frames, qubit), 0, frames->words * sizeof(uint64_t));
	draw_z(frames, qubit);
}

/* An error, as tvm_channel_draw() tells it, in one lane of a word. */
static void
flip(TvmPauliFrames *frames, const uint32_t *qubits, uint32_t k, uint32_t error, uint32_t word, uint64_t lane)
{
	for (uint32_t i = 0; i < k; i++)
	{
		if ((error >> 2 * i & 1) != 0)
			x_of(frames, qubits[i])[word] ^= lane;
		if ((error >> (2 * i + 1) & 1) != 0)
			z_of(frames, qubits[i])[word] ^= lane;
	}
}

/* One of the Paulis other than the identity on k qubits, in each lane that is hit. */
static void
depolarize(TvmPauliFrames *frames, double p, const uint32_t *qubits, uint32_t k)
{
	uint32_t	others = ((uint32_t) 1 << 2 * k) - 1;
	uint64_t	hit[TVM_PAULI_FRAMES_WORDS];

	tvm_lanes_chance(&frames->rng, p * others / (others + 1), frames->words, hit);
	for (uint32_t w = 0; w < frames->words; w++)
		for (uint64_t left = hit[w] & frames->active[w]; left != 0; left &= left - 1)
		{
			uint64_t	lane = left & (~left + 1);
			uint32_t	chosen = 1 + (uint32_t) ((uint64_t) tvm_rng_u32(&frames->rng) * others >> 32);

			flip(frames, qubits, k, chosen, w, lane);
			if (frames->apart != NULL)
				flip(frames->apart, qubits, k, chosen, w, lane);
		}
}

static TvmStatus
channel(TvmEnv *env, void *context, TvmChannel channel, double p, const uint32_t *qubits)
{
	TvmPauliFrames *frames = context;
	uint64_t	hit[TVM_PAULI_FRAMES_WORDS];

	(void) env;
	if (channel == TVM_CHANNEL_DEPOLARIZING || channel == TVM_CHANNEL_DEPOLARIZING_2)
	{
		depolarize(frames, p, qubits, channel == TVM_CHANNEL_DEPOLARIZING ? 1 : 2);
		return TVM_OK;
	}
	tvm_lanes_chance(&frames->rng, channel == TVM_CHANNEL_PHASE_DAMPING ? tvm_noise_damping_flip(p) : p,
					 frames->words, hit);
	for (uint32_t w = 0; w < frames->words; w++)
		hit[w] &= frames->active[w];
	if (channel == TVM_CHANNEL_AMPLITUDE_DAMPING)	/* which is here with p = 0 alone */
		return TVM_OK;
	multiply(frames, qubits[0], hit, channel == TVM_CHANNEL_BIT_FLIP, channel != TVM_CHANNEL_BIT_FLIP);
	if (frames->apart != NULL)
		multiply(frames->apart, qubits[0], hit, channel == TVM_CHANNEL_BIT_FLIP,
				 channel != TVM_CHANNEL_BIT_FLIP);
	return TVM_OK;
}

TvmStatus
tvm_pauli_frames_noise(TvmEnv *env, TvmPauliFrames *frames, const TvmNoise *noise,
					   const TvmGate *gate)
{
	return tvm_noise_follow(env, noise, gate, channel, frames);
}

/* Bit j of word i goes to bit i of word j. */
static void
transpose(uint64_t block[64])
{
	uint64_t	mask = 0xFFFFFFFFu;

	for (uint32_t size = 32; size > 0; size /= 2, mask ^= mask << size)
		for (uint32_t i = 0; i < 64; i = (i + size + 1) & ~size)
		{
			uint64_t	differ = ((block[i] >> size) ^ block[i + size]) & mask;

			block[i] ^= differ << size;
			block[i + size] ^= differ;
		}
}

void
tvm_pauli_frames_keys(const TvmPauliFrames *frames, const uint64_t *from, uint32_t rows,
					  uint32_t word, uint64_t *keys, uint32_t stride)
{
	memset(keys, 0, (size_t) 64 * stride * sizeof(uint64_t));
	for (uint32_t first = 0; first < rows; first += 64)
	{
		uint64_t	block[64] = {0};

		for (uint32_t i = 0; i < 64 && first + i < rows; i++)
			block[i] = from[(size_t) (first + i) * frames->words + word];
		transpose(block);
		for (uint32_t lane = 0; lane < 64; lane++)
			keys[(size_t) lane * stride + first / 64] = block[lane];
	}
}
