/*
 * test_rng.c: the generator against the vectors published with Random123.
 */
#include "unit.h"

#include "kernel/rng.h"

TEST(philox_gives_the_published_blocks)
{
	static const struct
	{
		uint32_t	counter[4];
		uint32_t	key[2];
		uint32_t	wanted[4];
	}			known[] = {
		{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
		{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
		{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};

	for (int i = 0; i < 3; i++)
	{
		uint32_t	out[4];

		tvm_philox4x32(known[i].counter, known[i].key, out);
		for (int j = 0; j < 4; j++)
			CHECK_EQ(out[j], known[i].wanted[j]);
	}
}

TEST(doubles_are_uniform_in_the_unit_interval)
{
	TvmRng		rng;
	double		sum = 0;
	double		squares = 0;
	int			count = 1000000;

	tvm_rng_init(&rng, 42, 0);
	for (int i = 0; i < count; i++)
	{
		double		x = tvm_rng_double(&rng);

		CHECK(x >= 0 && x < 1);
		sum += x;
		squares += x * x;
	}
	/* Five standard deviations of the mean of x and of its square. */
	CHECK_NEAR(sum / count, 0.5, 5 * 0.2887 / 1000);
	CHECK_NEAR(squares / count, 1.0 / 3, 5 * 0.2981 / 1000);
}

TEST(streams_and_seeds_differ)
{
	TvmRng		a;
	TvmRng		b;
	TvmRng		c;

	tvm_rng_init(&a, 1, 0);
	tvm_rng_init(&b, 1, 1);
	tvm_rng_init(&c, 2, 0);
	for (int i = 0; i < 100; i++)
	{
		uint64_t	x = tvm_rng_u64(&a);

		CHECK(x != tvm_rng_u64(&b));
		CHECK(x != tvm_rng_u64(&c));
	}
}
