/*
 * rng.c: Philox4x32-10; see rng.h for the paper.
 */
#include "kernel/rng.h"

#include <string.h>

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u	/* the golden ratio */
#define PHILOX_W1 0xBB67AE85u	/* sqrt(3) - 1 */

void
tvm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
	uint32_t	c0 = counter[0];
	uint32_t	c1 = counter[1];
	uint32_t	c2 = counter[2];
	uint32_t	c3 = counter[3];
	uint32_t	k0 = key[0];
	uint32_t	k1 = key[1];

	for (int round = 0; round < 10; round++)
	{
		uint64_t	p0 = (uint64_t) PHILOX_M0 * c0;
		uint64_t	p1 = (uint64_t) PHILOX_M1 * c2;

		c0 = (uint32_t) (p1 >> 32) ^ c1 ^ k0;
		c1 = (uint32_t) p1;
		c2 = (uint32_t) (p0 >> 32) ^ c3 ^ k1;
		c3 = (uint32_t) p0;
		k0 += PHILOX_W0;
		k1 += PHILOX_W1;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

void
tvm_rng_init(TvmRng *rng, uint64_t seed, uint64_t stream)
{
	memset(rng, 0, sizeof(*rng));
	rng->key[0] = (uint32_t) seed;
	rng->key[1] = (uint32_t) (seed >> 32);
	rng->counter[2] = (uint32_t) stream;
	rng->counter[3] = (uint32_t) (stream >> 32);
	rng->used = 4;
}

uint32_t
tvm_rng_u32(TvmRng *rng)
{
	if (rng->used == 4)
	{
		tvm_philox4x32(rng->counter, rng->key, rng->block);
		if (++rng->counter[0] == 0)
			rng->counter[1]++;
		rng->used = 0;
	}
	return rng->block[rng->used++];
}

uint64_t
tvm_rng_u64(TvmRng *rng)
{
	uint64_t	low = tvm_rng_u32(rng);

	return low | (uint64_t) tvm_rng_u32(rng) << 32;
}

double
tvm_rng_double(TvmRng *rng)
{
	return (double) (tvm_rng_u64(rng) >> 11) * 0x1.0p-53;
}

void
tvm_rng_seek(TvmRng *rng, uint64_t doubles)
{
	uint64_t	block = doubles / 2;

	rng->counter[0] = (uint32_t) block;
	rng->counter[1] = (uint32_t) (block >> 32);
	rng->used = 4;
	if (doubles % 2 == 1)
		(void) tvm_rng_double(rng);
}

double
tvm_rng_double_at(uint64_t seed, uint64_t stream, uint64_t index)
{
	uint64_t	block = index / 2;
	const uint32_t key[2] = {(uint32_t) seed, (uint32_t) (seed >> 32)};
	const uint32_t counter[4] = {(uint32_t) block, (uint32_t) (block >> 32), (uint32_t) stream,
		(uint32_t) (stream >> 32)};
	const uint32_t *word;
	uint32_t	out[4];

	tvm_philox4x32(counter, key, out);
	word = out + 2 * (index % 2);
	return (double) ((word[0] | (uint64_t) word[1] << 32) >> 11) * 0x1.0p-53;
}
