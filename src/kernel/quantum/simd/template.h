/*
 * template.h: the inner loops on blocks, written once; see simd.h for what
 * they do and template_both.h for what is set when this is read.
 *
 * Vectors are GCC's vector extension; only fused multiply-add differs from one set
 * of instructions to the next.  FMA(a, b, c) is a b + c, FNMA(a, b, c) is c - a b.
 */
#include <string.h>

#include "kernel/quantum/simd/shuffle.h"

#define NAME(part) LANES_PASTE(SET, part, PRECISION)
#define Vec NAME(Vec)
#define LooseVec NAME(LooseVec)
#define Index NAME(Index)
#define INLINE static inline __attribute__((always_inline))

typedef NUMBER Vec __attribute__((vector_size(BYTES), may_alias));
typedef NUMBER LooseVec __attribute__((vector_size(BYTES), aligned(sizeof(NUMBER)), may_alias));

#if defined(PICK) || defined(ARE_DOUBLE)
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
NAME(after)(const TvmBlockPlace *place, uint64_t run)
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
NAME(load)(TvmPlanes to, size_t at, size_t count, TvmBlockPlace *from)
{
	TvmBlockPlace place = *from;
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
NAME(store)(TvmBlockPlace *to, TvmPlanes from, size_t at, size_t count, TvmComplex factor)
{
	TvmBlockPlace place = *to;
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

/* The butterflies on lanes, as what is done to one vector. */
typedef struct NAME(Within)
{
	Vec			t[4];
	bool		turns[4];		/* a lane's bit has a butterfly */
	uint32_t	flips;			/* and an X after it: bits of the lane */
} NAME(Within);

INLINE void
NAME(turn_lanes)(const NAME(Within) *within, Vec *re, Vec *im)
{
	LANES_UNROLL(4)
	for (uint32_t j = 0; 1 << j < LANES; j++)
		if (within->turns[j])
		{
			Vec			other = NAME(flip)(*im, j);

			*im = FNMA(within->t[j], NAME(flip)(*re, j), *im);
			*re = FMA(within->t[j], other, *re);
		}
	if (within->flips != 0)
	{
		LANES_UNROLL(4)
		for (uint32_t j = 0; 1 << j < LANES; j++)
			if ((within->flips >> j & 1) != 0)
			{
				*re = NAME(flip)(*re, j);
				*im = NAME(flip)(*im, j);
			}
	}
}

/*
 * Up to 3 butterflies on rows, and those on lanes if `within` is not NULL, from
 * registers: each vector is loaded and stored once.
 */
INLINE void
NAME(sweep)(TvmPlanes block, size_t rows, const TvmButterfly *list, const int k,
			const NAME(Within) *within)
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
		if (within != NULL)
		{
			LANES_UNROLL(8)
			for (int i = 0; i < 1 << k; i++)
				NAME(turn_lanes)(within, &re[i], &im[i]);
		}
		LANES_UNROLL(8)
		for (int i = 0; i < 1 << k; i++)
		{
			*NAME(at)(block.re, base + from[i ^ flips]) = re[i];
			*NAME(at)(block.im, base + from[i ^ flips]) = im[i];
		}
	}
}

/* The list is sorted by position, no position twice. */
static void
NAME(butterflies)(TvmPlanes block, size_t count, const TvmButterfly *list, uint32_t length)
{
	size_t		rows = count / LANES;
	NAME(Within) within = {0};
	uint32_t	at = 0;

	for (; at < length && 1 << list[at].position < LANES; at++)
	{
		within.t[list[at].position] = NAME(all)(list[at].t);
		within.turns[list[at].position] = true;
		within.flips |= (uint32_t) list[at].flip << list[at].position;
	}
	if (at > 0 && length - at >= 2)
	{
		NAME(sweep)(block, rows, list + at, 2, &within);
		at += 2;
	}
	else if (at > 0)
		NAME(sweep)(block, rows, list, 0, &within);
#if RADIX >= 3
	for (; at + 3 <= length && length - at != 4; at += 3)
		NAME(sweep)(block, rows, list + at, 3, NULL);
#endif
	for (; at + 2 <= length; at += 2)
		NAME(sweep)(block, rows, list + at, 2, NULL);
	if (at < length)
		NAME(sweep)(block, rows, list + at, 1, NULL);
}

static void
NAME(table)(TvmPlanes to, uint32_t bits, TvmComplex start, const TvmComplex *z)
{
	NUMBER	   *re = to.re;
	NUMBER	   *im = to.im;
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

#include "kernel/quantum/simd/permute.h"

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

#ifdef ARE_DOUBLE
#include "kernel/quantum/simd/sums.h"
#endif

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
#ifdef ARE_DOUBLE
	.pair_sums = NAME(pair_sums),
	.half_sums = NAME(half_sums),
	.dot = NAME(dot),
	.any_above = NAME(any_above),
	.widen = NAME(widen),
#endif
};

#undef NAME
#undef NAME_FOR_ROWS
#undef Vec
#undef LooseVec
#undef Index
#undef INLINE
