/*
 * lanes_template.h: the inner loops on blocks, written once; see lanes.h for what
 * they do and lanes_both.h for what is set when this is read.
 *
 * Vectors are GCC's vector extension; only fused multiply-add differs from one set
 * of instructions to the next.  FMA(a, b, c) is a b + c, FNMA(a, b, c) is c - a b.
 */
#include "kernel/quantum/lanes_shuffle.h"

#define NAME(part) LANES_PASTE(SET, part, PRECISION)
#define Vec NAME(Vec)
#define LooseVec NAME(LooseVec)
#define Index NAME(Index)
#define INLINE static inline __attribute__((always_inline))

typedef NUMBER Vec __attribute__((vector_size(BYTES), may_alias));
typedef NUMBER LooseVec __attribute__((vector_size(BYTES), aligned(sizeof(NUMBER)), may_alias));

#ifdef PICK
typedef WHOLE Index __attribute__((vector_size(BYTES), may_alias));
#endif

INLINE Vec *
NAME(at)(void *plane, size_t at)
{
	return (Vec *) ((NUMBER *) plane + at);
}

INLINE Vec
NAME(all)(double x)
{
	return (NUMBER) x - (Vec) {0};
}

/* The vector with lane l where lane l ^ 2^bit was. */
INLINE Vec
NAME(flip)(Vec x, uint32_t bit)
{
	switch (bit)
	{
		case 0:
			return LANES_FLIP_0(x);
#if LANES >= 4
		case 1:
			return LANES_FLIP_1(x);
#endif
#if LANES >= 8
		case 2:
			return LANES_FLIP_2(x);
#endif
#if LANES >= 16
		case 3:
			return LANES_FLIP_3(x);
#endif
		default:
			return x;
	}
}

INLINE uint64_t
NAME(after)(const TvmPlace *place, uint64_t run)
{
	return ((run | ~place->upper) + 1) & place->upper;
}

/* Pairs into planes: whole vectors where `from` on both sides is a vector's worth. */
INLINE void
NAME(load_run)(NUMBER *re, NUMBER *im, const NUMBER *pairs, size_t count)
{
	if (count < LANES)
	{
		for (size_t i = 0; i < count; i++)
		{
			re[i] = pairs[2 * i];
			im[i] = pairs[2 * i + 1];
		}
		return;
	}
	for (size_t i = 0; i < count; i += LANES)
	{
		Vec			a = *(const LooseVec *) (pairs + 2 * i);
		Vec			b = *(const LooseVec *) (pairs + 2 * i + LANES);

		*(Vec *) (re + i) = LANES_EVENS(a, b);
		*(Vec *) (im + i) = LANES_ODDS(a, b);
	}
}

static void
NAME(load)(TvmPlanes to, size_t at, size_t count, TvmPlace *from)
{
	TvmPlace	place = *from;
	size_t		run = (size_t) place.run;
	uint64_t	ahead = place.next;

	for (int i = 0; i < LANES_AHEAD; i++)
		ahead = NAME(after)(&place, ahead);
	for (size_t end = at + count; at < end; at += run)
	{
		const char *coming = place.start + ahead * 2 * sizeof(NUMBER);

		for (size_t line = 0; line < run * 2 * sizeof(NUMBER) && run < count; line += 64)
			__builtin_prefetch(coming + line);
		NAME(load_run)((NUMBER *) to.re + at, (NUMBER *) to.im + at,
					   (const NUMBER *) (place.start + place.next * 2 * sizeof(NUMBER)), run);
		place.next = NAME(after)(&place, place.next);
		ahead = NAME(after)(&place, ahead);
	}
	from->next = place.next;
}

INLINE void
NAME(store_run)(NUMBER *pairs, const NUMBER *re, const NUMBER *im, size_t count)
{
	if (count < LANES)
	{
		for (size_t i = 0; i < count; i++)
		{
			pairs[2 * i] = re[i];
			pairs[2 * i + 1] = im[i];
		}
		return;
	}
	for (size_t i = 0; i < count; i += LANES)
	{
		Vec			a = *(const Vec *) (re + i);
		Vec			b = *(const Vec *) (im + i);

		*(LooseVec *) (pairs + 2 * i) = LANES_ZIP_LOW(a, b);
		*(LooseVec *) (pairs + 2 * i + LANES) = LANES_ZIP_HIGH(a, b);
	}
}

static void
NAME(scale)(TvmPlanes block, size_t at, size_t count, TvmComplex factor)
{
	Vec			fr = NAME(all)(factor.re);
	Vec			fi = NAME(all)(factor.im);

	for (size_t i = at; i < at + count; i += LANES)
	{
		Vec			a = *NAME(at)(block.re, i);
		Vec			b = *NAME(at)(block.im, i);

		*NAME(at)(block.re, i) = FNMA(b, fi, a * fr);
		*NAME(at)(block.im, i) = FMA(a, fi, b * fr);
	}
}

static void
NAME(store)(TvmPlace *to, TvmPlanes from, size_t at, size_t count, TvmComplex factor)
{
	TvmPlace	place = *to;
	size_t		run = (size_t) place.run;

	if (factor.re != 1 || factor.im != 0)
		NAME(scale)(from, at, count, factor);
	for (size_t end = at + count; at < end; at += run)
	{
		NAME(store_run)((NUMBER *) (place.start + place.next * 2 * sizeof(NUMBER)),
						(const NUMBER *) from.re + at, (const NUMBER *) from.im + at, run);
		place.next = NAME(after)(&place, place.next);
	}
	to->next = place.next;
}

/* Up to 3 butterflies on rows, from registers: each vector is loaded and stored once. */
INLINE void
NAME(sweep)(TvmPlanes block, size_t rows, const TvmButterfly *list, const int k)
{
	size_t		from[1 << 3];
	size_t		flips = 0;
	Vec			t[3];
	uint32_t	place[3];

	for (int j = 0; j < k; j++)
	{
		t[j] = NAME(all)(list[j].t);
		place[j] = list[j].position;
		flips |= (size_t) list[j].flip << j;
	}
	for (size_t i = 0; i < (size_t) 1 << k; i++)
	{
		from[i] = 0;
		for (int j = 0; j < k; j++)
			from[i] |= (i >> j & 1) << place[j];
	}
	for (size_t group = 0; group < rows >> k; group++)
	{
		size_t		base = group * LANES;
		Vec			re[1 << 3];
		Vec			im[1 << 3];

		for (int j = 0; j < k; j++) /* positions ascend */
		{
			size_t		below = ((size_t) 1 << place[j]) - 1;

			base = (base & below) | (base & ~below) << 1;
		}
		LANES_UNROLL(8)
		for (int i = 0; i < 1 << k; i++)
		{
			re[i] = *NAME(at)(block.re, base + from[i]);
			im[i] = *NAME(at)(block.im, base + from[i]);
		}
		LANES_UNROLL(3)
		for (int j = 0; j < k; j++)
		{
			LANES_UNROLL(8)
			for (int i = 0; i < 1 << k; i++)
				if ((i >> j & 1) == 0)
				{
					int			o = i | 1 << j;
					Vec			ar = re[i];
					Vec			ai = im[i];

					re[i] = FMA(t[j], im[o], ar);
					im[i] = FNMA(t[j], re[o], ai);
					ar = FNMA(t[j], ar, im[o]);
					re[o] = FMA(t[j], ai, re[o]);
					im[o] = ar;
				}
		}
		LANES_UNROLL(8)
		for (int i = 0; i < 1 << k; i++)
		{
			*NAME(at)(block.re, base + from[i ^ flips]) = re[i];
			*NAME(at)(block.im, base + from[i ^ flips]) = im[i];
		}
	}
}

/* The butterflies on lanes: t is 0 where a lane's bit has none. */
INLINE void
NAME(sweep_lanes)(TvmPlanes block, size_t count, const TvmButterfly *list, uint32_t length)
{
	double		factor[4] = {0};
	bool		turns[4] = {false};
	bool		flips[4] = {false};
	bool		flip = false;

	for (uint32_t i = 0; i < length; i++)
	{
		factor[list[i].position] = list[i].t;
		turns[list[i].position] = true;
		flips[list[i].position] = list[i].flip;
		flip |= list[i].flip;
	}
	for (size_t i = 0; i < count; i += LANES)
	{
		Vec			re = *NAME(at)(block.re, i);
		Vec			im = *NAME(at)(block.im, i);

		LANES_UNROLL(4)
		for (uint32_t j = 0; 1 << j < LANES; j++)
			if (turns[j])
			{
				Vec			t = NAME(all)(factor[j]);
				Vec			other = NAME(flip)(im, j);

				im = FNMA(t, NAME(flip)(re, j), im);
				re = FMA(t, other, re);
			}
		if (flip)
			LANES_UNROLL(4)
			for (uint32_t j = 0; 1 << j < LANES; j++)
				if (flips[j])
				{
					re = NAME(flip)(re, j);
					im = NAME(flip)(im, j);
				}
		*NAME(at)(block.re, i) = re;
		*NAME(at)(block.im, i) = im;
	}
}

/* The list is sorted by position, no position twice. */
static void
NAME(butterflies)(TvmPlanes block, size_t count, const TvmButterfly *list, uint32_t length)
{
	size_t		rows = count / LANES;
	uint32_t	at = 0;

	while (at < length && 1 << list[at].position < LANES)
		at++;
	if (at > 0)
		NAME(sweep_lanes)(block, count, list, at);
#if RADIX >= 3
	for (; at + 3 <= length && length - at != 4; at += 3)
		NAME(sweep)(block, rows, list + at, 3);
#endif
	for (; at + 2 <= length; at += 2)
		NAME(sweep)(block, rows, list + at, 2);
	if (at < length)
		NAME(sweep)(block, rows, list + at, 1);
}

static void
NAME(table)(TvmPlanes to, uint32_t bits, TvmComplex start, const TvmComplex *z)
{
	NUMBER		re[LANES];
	NUMBER		im[LANES];
	uint32_t	j = 0;
	size_t		length = 1;

	re[0] = (NUMBER) start.re;
	im[0] = (NUMBER) start.im;
	for (; length < LANES; j++, length *= 2)
		for (size_t i = 0; i < length; i++)
		{
			TvmComplex	f = j < bits ? z[j] : tvm_complex(0, 0);

			re[length + i] = (NUMBER) (re[i] * f.re - im[i] * f.im);
			im[length + i] = (NUMBER) (re[i] * f.im + im[i] * f.re);
		}
	*NAME(at)(to.re, 0) = *(LooseVec *) re;
	*NAME(at)(to.im, 0) = *(LooseVec *) im;
	for (; j < bits; j++, length *= 2)
	{
		Vec			fr = NAME(all)(z[j].re);
		Vec			fi = NAME(all)(z[j].im);

		for (size_t i = 0; i < length; i += LANES)
		{
			Vec			a = *NAME(at)(to.re, i);
			Vec			b = *NAME(at)(to.im, i);

			*NAME(at)(to.re, length + i) = FNMA(b, fi, a * fr);
			*NAME(at)(to.im, length + i) = FMA(a, fi, b * fr);
		}
	}
}

static void
NAME(multiply)(TvmPlanes block, size_t at, size_t count, TvmPlanes table)
{
	for (size_t i = 0; i < count; i += LANES)
	{
		Vec			a = *NAME(at)(block.re, at + i);
		Vec			b = *NAME(at)(block.im, at + i);
		Vec			fr = *NAME(at)(table.re, i);
		Vec			fi = *NAME(at)(table.im, i);

		*NAME(at)(block.re, at + i) = FNMA(b, fi, a * fr);
		*NAME(at)(block.im, at + i) = FMA(a, fi, b * fr);
	}
}

static void
NAME(multiply_scaled)(TvmPlanes block, size_t at, size_t count, TvmPlanes table,
					  TvmComplex factor)
{
	Vec			sr = NAME(all)(factor.re);
	Vec			si = NAME(all)(factor.im);

	for (size_t i = 0; i < count; i += LANES)
	{
		Vec			a = *NAME(at)(block.re, at + i);
		Vec			b = *NAME(at)(block.im, at + i);
		Vec			tr = *NAME(at)(table.re, i);
		Vec			ti = *NAME(at)(table.im, i);
		Vec			fr = FNMA(ti, si, tr * sr);
		Vec			fi = FMA(tr, si, ti * sr);

		*NAME(at)(block.re, at + i) = FNMA(b, fi, a * fr);
		*NAME(at)(block.im, at + i) = FMA(a, fi, b * fr);
	}
}

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

/* Go through the rows that `where` selects and whose bit `pair` is 0. */
#define NAME_FOR_ROWS(i, count, where, pair) \
	for (size_t fixed_ = ((where).mask & ~(size_t) (LANES - 1)) | (pair) | (LANES - 1), \
		 on_ = (where).value & ~(size_t) (LANES - 1), i = on_; i < (count); \
		 i = (((i | fixed_) + 1) & ~fixed_) | on_)

/* The coefficient of each lane: `zero` and `one` by the target's bit, `else_` where not selected. */
INLINE void
NAME(by_lane)(Vec *re, Vec *im, TvmWhere where, uint32_t target, TvmComplex zero, TvmComplex one,
			  TvmComplex other)
{
	NUMBER		r[LANES];
	NUMBER		i[LANES];

	for (uint32_t l = 0; l < LANES; l++)
	{
		TvmComplex	z = ((l ^ where.value) & where.mask & (LANES - 1)) != 0 ? other :
			(l & target) != 0 ? one : zero;

		r[l] = (NUMBER) z.re;
		i[l] = (NUMBER) z.im;
	}
	*re = *(LooseVec *) r;
	*im = *(LooseVec *) i;
}

static void
NAME(matrix)(TvmPlanes block, size_t count, uint32_t position, TvmWhere where,
			 const TvmComplex m[4])
{
	const TvmComplex keep = {1, 0};
	const TvmComplex none = {0, 0};
	size_t		bit = (size_t) 1 << position;
	uint32_t	target = bit < LANES ? (uint32_t) bit : 0;
	Vec			ar,
				ai,
				br,
				bi,
				cr,
				ci,
				dr,
				di;

	NAME(by_lane)(&ar, &ai, where, target, m[0], m[3], keep);
	NAME(by_lane)(&br, &bi, where, target, m[1], m[2], none);
	if (target != 0)
	{
		NAME_FOR_ROWS(i, count, where, 0)
		{
			Vec			xr = *NAME(at)(block.re, i);
			Vec			xi = *NAME(at)(block.im, i);
			Vec			yr = NAME(flip)(xr, position);
			Vec			yi = NAME(flip)(xi, position);

			*NAME(at)(block.re, i) = FNMA(bi, yi, FMA(br, yr, FNMA(ai, xi, ar * xr)));
			*NAME(at)(block.im, i) = FMA(bi, yr, FMA(br, yi, FMA(ai, xr, ar * xi)));
		}
		return;
	}
	NAME(by_lane)(&cr, &ci, where, 0, m[2], m[2], none);
	NAME(by_lane)(&dr, &di, where, 0, m[3], m[3], keep);
	NAME_FOR_ROWS(i, count, where, bit)
	{
		Vec			xr = *NAME(at)(block.re, i);
		Vec			xi = *NAME(at)(block.im, i);
		Vec			yr = *NAME(at)(block.re, i | bit);
		Vec			yi = *NAME(at)(block.im, i | bit);

		*NAME(at)(block.re, i) = FNMA(bi, yi, FMA(br, yr, FNMA(ai, xi, ar * xr)));
		*NAME(at)(block.im, i) = FMA(bi, yr, FMA(br, yi, FMA(ai, xr, ar * xi)));
		*NAME(at)(block.re, i | bit) = FNMA(di, yi, FMA(dr, yr, FNMA(ci, xi, cr * xr)));
		*NAME(at)(block.im, i | bit) = FMA(di, yr, FMA(dr, yi, FMA(ci, xr, cr * xi)));
	}
}

static void
NAME(phase)(TvmPlanes block, size_t count, TvmWhere where, TvmComplex factor)
{
	Vec			fr,
				fi;

	NAME(by_lane)(&fr, &fi, where, 0, factor, factor, tvm_complex(1, 0));
	NAME_FOR_ROWS(i, count, where, 0)
	{
		Vec			a = *NAME(at)(block.re, i);
		Vec			b = *NAME(at)(block.im, i);

		*NAME(at)(block.re, i) = FNMA(b, fi, a * fr);
		*NAME(at)(block.im, i) = FMA(a, fi, b * fr);
	}
}

static void
NAME(dense)(TvmPlanes block, size_t at, size_t count, size_t stride, uint32_t rows,
			const TvmComplex *m)
{
	NUMBER	   *re = (NUMBER *) block.re + at;
	NUMBER	   *im = (NUMBER *) block.im + at;
	size_t		i = 0;

	for (; i + LANES <= count; i += LANES)
	{
		Vec			xr[1 << TVM_DENSE_MAX];
		Vec			xi[1 << TVM_DENSE_MAX];

		for (uint32_t k = 0; k < rows; k++)
		{
			xr[k] = *(LooseVec *) (re + i + k * stride);
			xi[k] = *(LooseVec *) (im + i + k * stride);
		}
		for (uint32_t r = 0; r < rows; r++)
		{
			Vec			sr = NAME(all)(0);
			Vec			si = sr;

			for (uint32_t k = 0; k < rows; k++)
			{
				Vec			mr = NAME(all)(m[r * rows + k].re);
				Vec			mi = NAME(all)(m[r * rows + k].im);

				sr = FNMA(mi, xi[k], FMA(mr, xr[k], sr));
				si = FMA(mi, xr[k], FMA(mr, xi[k], si));
			}
			*(LooseVec *) (re + i + r * stride) = sr;
			*(LooseVec *) (im + i + r * stride) = si;
		}
	}
	for (; i < count; i++)
	{
		NUMBER		xr[1 << TVM_DENSE_MAX];
		NUMBER		xi[1 << TVM_DENSE_MAX];

		for (uint32_t k = 0; k < rows; k++)
		{
			xr[k] = re[i + k * stride];
			xi[k] = im[i + k * stride];
		}
		for (uint32_t r = 0; r < rows; r++)
		{
			double		sr = 0;
			double		si = 0;

			for (uint32_t k = 0; k < rows; k++)
			{
				sr += m[r * rows + k].re * xr[k] - m[r * rows + k].im * xi[k];
				si += m[r * rows + k].re * xi[k] + m[r * rows + k].im * xr[k];
			}
			re[i + r * stride] = (NUMBER) sr;
			im[i + r * stride] = (NUMBER) si;
		}
	}
}

static const TvmLanes LANES_TABLE(SET, PRECISION) = {
	.name = LANES_TEXT(SET),
	.width = LANES,
	.log_width = LANES == 2 ? 1 : LANES == 4 ? 2 : LANES == 8 ? 3 : 4,
	.size = sizeof(NUMBER),
	.load = NAME(load),
	.store = NAME(store),
	.butterflies = NAME(butterflies),
	.table = NAME(table),
	.scale = NAME(scale),
	.multiply = NAME(multiply),
	.multiply_scaled = NAME(multiply_scaled),
	.permute = NAME(permute),
	.matrix = NAME(matrix),
	.phase = NAME(phase),
	.dense = NAME(dense),
};

#undef NAME
#undef NAME_FOR_ROWS
#undef Vec
#undef LooseVec
#undef Index
#undef INLINE
