/*
 * permute.h: the part of template.h that moves amplitudes within a block:
 * affine maps over GF(2) on the bits of the index; see TvmSource in simd.h.
 *
 * A run of amplitudes whose sources differ in nothing but the run's own bits is
 * a vector, or the whole block where that is smaller.
 */

/* Where the first amplitude of `at` comes from. */
INLINE uint32_t
NAME(source_of)(const TvmSource *source, size_t at)
{
	uint32_t	first = source->base;

	for (; at != 0; at &= at - 1)
		first ^= source->columns[__builtin_ctzll(at)];
	return first;
}

/*
 * What changes from one run's first source to the next one's: at `next` the lowest set bit is
 * new, and those below it, from the run's length on, were set before.
 */
INLINE void
NAME(source_changes)(const TvmSource *source, uint32_t run, uint32_t *changes)
{
	uint32_t	change = 0;

	for (uint32_t j = (uint32_t) __builtin_ctz(run); j < 32; j++)
		changes[j] = change ^= source->columns[j];
}

#ifdef PICK
/*
 * The sources of a vector's lanes lie in 2^rank vectors; two of them are picked from at
 * a time, and the lanes that belong to other pairs come from those.
 */
static void
NAME(permute_vectors)(TvmPlanes to, TvmPlanes from, size_t at, size_t count,
					  const TvmSource *source, const uint32_t *lane)
{
	uint32_t	basis[5];		/* of the vectors' numbers */
	uint32_t	vector[LANES] = {0};	/* lane l is in the vector with this number, as bits of basis */
	uint32_t	offset[LANES / 2];	/* of the first vector of each pair */
	uint32_t	mask[LANES / 2] = {0};	/* the lanes of each pair */
	uint32_t	rank = 0;
	uint32_t	first = NAME(source_of)(source, at);
	uint32_t	changes[32];
	Index		pick;
	uint32_t	pairs;

	NAME(source_changes)(source, LANES, changes);
	for (uint32_t bit = 1; bit < LANES; bit *= 2)
	{
		uint32_t	number = lane[bit] / LANES;
		uint32_t	known = 0;

		while (known < 1u << rank)
		{
			uint32_t	sum = 0;

			for (uint32_t j = 0; j < rank; j++)
				sum ^= (known >> j & 1) * basis[j];
			if (sum == number)
				break;
			known++;
		}
		if (known == 1u << rank)
			basis[rank++] = number;
		for (uint32_t l = 0; l < bit; l++)
			vector[bit + l] = vector[l] ^ known;
	}
	pairs = rank < 2 ? 1 : 1u << (rank - 1);
	for (uint32_t p = 0; p < pairs; p++)
	{
		offset[p] = 0;
		for (uint32_t j = 1; j < rank; j++)
			offset[p] ^= (p >> (j - 1) & 1) * basis[j] * LANES;
	}
	for (uint32_t l = 0; l < LANES; l++)
	{
		pick[l] = (lane[l] & (LANES - 1)) | (vector[l] & 1) * LANES;
		mask[vector[l] / 2] |= 1u << l;
	}
	for (size_t i = at;;)
	{
		size_t		here = first & ~(size_t) (LANES - 1);
		size_t		pair = rank > 0 ? basis[0] * (size_t) LANES : 0;
		Index		now = pick ^ (first & (LANES - 1));
		Vec			re = PICK(*NAME(at)(from.re, here), now, *NAME(at)(from.re, here ^ pair));
		Vec			im = PICK(*NAME(at)(from.im, here), now, *NAME(at)(from.im, here ^ pair));

		for (uint32_t p = 1; p < pairs; p++)
		{
			size_t		there = here ^ offset[p];

			re = BLEND(mask[p], re, PICK(*NAME(at)(from.re, there), now,
										 *NAME(at)(from.re, there ^ pair)));
			im = BLEND(mask[p], im, PICK(*NAME(at)(from.im, there), now,
										 *NAME(at)(from.im, there ^ pair)));
		}
		*NAME(at)(to.re, i) = re;
		*NAME(at)(to.im, i) = im;
		i += LANES;
		if (i >= at + count)
			return;
		first ^= changes[__builtin_ctzll(i)];
	}
}
#endif

static void
NAME(permute)(TvmPlanes to, TvmPlanes from, size_t at, size_t count, const TvmSource *source)
{
	const NUMBER *in_re = from.re;
	const NUMBER *in_im = from.im;
	NUMBER	   *out_re = to.re;
	NUMBER	   *out_im = to.im;
	uint32_t	lane[LANES] = {0};
	uint32_t	run = count < LANES ? (uint32_t) count : LANES;
	uint32_t	first = NAME(source_of)(source, at);
	uint32_t	changes[32];

	NAME(source_changes)(source, run, changes);
	for (uint32_t l = 1; l < run; l++)
		lane[l] = lane[l & (l - 1)] ^ source->columns[__builtin_ctz(l)];
#ifdef PICK
	if (run == LANES)
	{
		NAME(permute_vectors)(to, from, at, count, source, lane);
		return;
	}
#endif
	for (size_t i = at;;)
	{
		for (uint32_t l = 0; l < run; l++)
		{
			out_re[i + l] = in_re[first ^ lane[l]];
			out_im[i + l] = in_im[first ^ lane[l]];
		}
		i += run;
		if (i >= at + count)
			break;
		first ^= changes[__builtin_ctzll(i)];
	}
	for (size_t l = run; l < LANES; l++)
		out_re[l] = out_im[l] = 0;
}
