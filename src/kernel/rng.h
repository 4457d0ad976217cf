/*
 * rng.h: a counter-based random generator, Philox4x32-10 (Salmon, Moraes, Dror,
 * Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * The state is passed in, so a result is a function of its seed alone.  Streams
 * of one seed (one for each trajectory, say) do not overlap: the stream number
 * is the upper half of the counter.
 */
#ifndef TVM_RNG_H
#define TVM_RNG_H

#include <stdint.h>

typedef struct TvmRng
{
	uint32_t	key[2];			/* the seed */
	uint32_t	counter[4];		/* [0..1] the block, [2..3] the stream */
	uint32_t	block[4];		/* the block drawn last */
	int			used;			/* words of it already given out */
} TvmRng;

extern void tvm_rng_init(TvmRng *rng, uint64_t seed, uint64_t stream);
extern uint32_t tvm_rng_u32(TvmRng *rng);
extern uint64_t tvm_rng_u64(TvmRng *rng);

/* Uniform in [0, 1): 53 random bits, so every value is exact. */
extern double tvm_rng_double(TvmRng *rng);

/* Go to where `doubles` numbers of tvm_rng_double() have been drawn from the stream's start. */
extern void tvm_rng_seek(TvmRng *rng, uint64_t doubles);

/* The number of that index in a stream of doubles, whatever was drawn before. */
extern double tvm_rng_double_at(uint64_t seed, uint64_t stream, uint64_t index);

/* Ten rounds on one counter: for tests against the published vectors. */
extern void tvm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif							/* TVM_RNG_H */
