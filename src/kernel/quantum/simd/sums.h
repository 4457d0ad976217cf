/*
 * sums.h: what is read from amplitudes as they lie in the state: sums over pairs that
 * differ in one bit, which are the Bloch vectors of a block's qubits, products of two
 * states, and whether anything is probable; read by template.h for double precision.
 *
 * Amplitudes are (re, im) pairs, eight numbers a group.  Every path adds the same
 * numbers in the same order, lane by lane of a group, and has no fused multiply-add
 * here, so that all of them give the same sums to the last bit.
 */
#define PARTS (64 / BYTES)

typedef struct NAME(Sums)
{
	Vec			re[PARTS];		/* a b: the lanes' sum is Re conj(a) b */
	Vec			im[PARTS];		/* a and b with re and im exchanged: Im is even lanes less odd ones */
} NAME(Sums);

INLINE Vec
NAME(part)(const double *group, int p)
{
	return *(const LooseVec *) (group + p * LANES);
}

static void
NAME(close_sums)(const NAME(Sums) *sums, double *xy)
{
	double		re[8];
	double		im[8];

	for (int p = 0; p < PARTS; p++)
	{
		*(LooseVec *) (re + p * LANES) = sums->re[p];
		*(LooseVec *) (im + p * LANES) = sums->im[p];
	}
	xy[0] = ((re[0] + re[1]) + (re[2] + re[3])) + ((re[4] + re[5]) + (re[6] + re[7]));
	xy[1] = ((im[0] - im[1]) + (im[2] - im[3])) + ((im[4] - im[5]) + (im[6] - im[7]));
}

/*
 * Part p of the amplitudes whose bit 0 (or 1) is 0, and of those where it is 1, among the
 * eight of two groups.
 */
#if LANES == 8
#define PICK_LOW_0(groups, p) LANES_SHUFFLE(NAME(part)(groups, p), NAME(part)(groups + 8, p), 0, 1, 4, 5, 8, 9, 12, 13)
#define PICK_LOW_1(groups, p) LANES_SHUFFLE(NAME(part)(groups, p), NAME(part)(groups + 8, p), 2, 3, 6, 7, 10, 11, 14, 15)
#define PICK_NEXT_0(groups, p) LANES_SHUFFLE(NAME(part)(groups, p), NAME(part)(groups + 8, p), 0, 1, 2, 3, 8, 9, 10, 11)
#define PICK_NEXT_1(groups, p) LANES_SHUFFLE(NAME(part)(groups, p), NAME(part)(groups + 8, p), 4, 5, 6, 7, 12, 13, 14, 15)
#elif LANES == 4
#define PICK_LOW_0(groups, p) LANES_SHUFFLE(NAME(part)(groups, 2 * p), NAME(part)(groups, 2 * p + 1), 0, 1, 4, 5)
#define PICK_LOW_1(groups, p) LANES_SHUFFLE(NAME(part)(groups, 2 * p), NAME(part)(groups, 2 * p + 1), 2, 3, 6, 7)
#define PICK_NEXT_0(groups, p) NAME(part)(groups, 2 * p)
#define PICK_NEXT_1(groups, p) NAME(part)(groups, 2 * p + 1)
#else
#define PICK_LOW_0(groups, p) NAME(part)(groups, 2 * p)
#define PICK_LOW_1(groups, p) NAME(part)(groups, 2 * p + 1)
#define PICK_NEXT_0(groups, p) NAME(part)(groups, (p & 1) + 4 * (p >> 1))
#define PICK_NEXT_1(groups, p) NAME(part)(groups, (p & 1) + 4 * (p >> 1) + 2)
#endif

/* Positions 0 and 1, of 2^bits amplitudes, bits at least 3. */
static void
NAME(low_pairs)(const double *pairs, uint32_t bits, double *xy)
{
	size_t		numbers = (size_t) 2 << bits;
	NAME(Sums) first = {0};
	NAME(Sums) second = {0};

	for (size_t at = 0; at < numbers; at += 16)
	{
		LANES_UNROLL(4)
		for (int p = 0; p < PARTS; p++)
		{
			Vec			a = PICK_LOW_0(pairs + at, p);
			Vec			b = PICK_LOW_1(pairs + at, p);
			Vec			c = PICK_NEXT_0(pairs + at, p);
			Vec			d = PICK_NEXT_1(pairs + at, p);

			first.re[p] += a * b;
			first.im[p] += a * LANES_FLIP_0(b);
			second.re[p] += c * d;
			second.im[p] += c * LANES_FLIP_0(d);
		}
	}
	NAME(close_sums)(&first, xy);
	NAME(close_sums)(&second, xy + 2);
}

/* One position above those, or two that follow each other. */
INLINE void
NAME(high_pairs)(const double *pairs, uint32_t bits, uint32_t position, const int k, double *xy)
{
	size_t		numbers = (size_t) 2 << bits;
	size_t		stride = (size_t) 2 << position;
	NAME(Sums) first = {0};
	NAME(Sums) second = {0};

	for (size_t start = 0; start < numbers; start += stride << k)
		for (size_t at = start; at < start + stride; at += 8)
		{
			LANES_UNROLL(4)
			for (int p = 0; p < PARTS; p++)
			{
				Vec			a = NAME(part)(pairs + at, p);
				Vec			b = NAME(part)(pairs + at + stride, p);
				Vec			c,
							d,
							d_flip;

				if (k == 1)
				{
					first.re[p] += a * b;
					first.im[p] += a * LANES_FLIP_0(b);
					continue;
				}
				c = NAME(part)(pairs + at + 2 * stride, p);
				d = NAME(part)(pairs + at + 3 * stride, p);
				d_flip = LANES_FLIP_0(d);
				first.re[p] += a * b + c * d;
				first.im[p] += a * LANES_FLIP_0(b) + c * d_flip;
				second.re[p] += a * c + b * d;
				second.im[p] += a * LANES_FLIP_0(c) + b * d_flip;
			}
		}
	NAME(close_sums)(&first, xy);
	if (k == 2)
		NAME(close_sums)(&second, xy + 2);
}

static void
NAME(pair_sums)(const double *pairs, uint32_t bits, uint32_t from, double *xy)
{
	uint32_t	position = from < 2 ? 2 : from;

	if (from == 0)
		NAME(low_pairs)(pairs, bits, xy);
	for (; position + 2 <= bits; position += 2)
		NAME(high_pairs)(pairs, bits, position, 2, xy + 2 * (position - from));
	if (position < bits)
		NAME(high_pairs)(pairs, bits, position, 1, xy + 2 * (position - from));
}

/* The sum of lo - hi over the groups of two halves; their sums into `sums`, squared before if asked. */
INLINE double
NAME(fold)(const double *numbers, size_t half, const bool square, double *sums)
{
	Vec			total[PARTS] = {0};
	double		lane[8];

	for (size_t at = 0; at < half; at += 8)
	{
		LANES_UNROLL(4)
		for (int p = 0; p < PARTS; p++)
		{
			Vec			lo = NAME(part)(numbers + at, p);
			Vec			hi = NAME(part)(numbers + at + half, p);

			if (square)
			{
				lo *= lo;
				hi *= hi;
			}
			total[p] += lo - hi;
			*(LooseVec *) (sums + at + p * LANES) = lo + hi;
		}
	}
	for (int p = 0; p < PARTS; p++)
		*(LooseVec *) (lane + p * LANES) = total[p];
	return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static double
NAME(half_sums)(const double *pairs, uint32_t bits, double *scratch, double *z)
{
	double		p[4];

	z[bits - 1] = NAME(fold)(pairs, (size_t) 1 << bits, true, scratch);
	for (uint32_t position = bits - 1; position-- > 2;)
		z[position] = NAME(fold)(scratch, (size_t) 2 << position, false, scratch);
	for (int i = 0; i < 4; i++)
		p[i] = scratch[2 * i] + scratch[2 * i + 1];
	z[0] = (p[0] - p[1]) + (p[2] - p[3]);
	z[1] = (p[0] - p[2]) + (p[1] - p[3]);
	return (p[0] + p[1]) + (p[2] + p[3]);
}

/* Groups of a and b: the sum of conj(a) b. */
static void
NAME(dot)(const double *a, const double *b, size_t count, double *xy)
{
	NAME(Sums) sums = {0};

	for (size_t at = 0; at < 2 * count; at += 8)
	{
		LANES_UNROLL(4)
		for (int p = 0; p < PARTS; p++)
		{
			Vec			x = NAME(part)(a + at, p);
			Vec			y = NAME(part)(b + at, p);

			sums.re[p] += x * y;
			sums.im[p] += x * LANES_FLIP_0(y);
		}
	}
	NAME(close_sums)(&sums, xy);
}

static bool
NAME(any_above)(const double *pairs, size_t count, double least)
{
	Vec			bound = NAME(all)(least);
	Index		above[2] = {0};
	WHOLE		lane[LANES];
	WHOLE		any = 0;

	for (size_t at = 0; at < 2 * count; at += 2 * LANES)
	{
		LANES_UNROLL(2)
		for (int i = 0; i < 2; i++)
		{
			Vec			x = *(const LooseVec *) (pairs + at + (size_t) i * LANES);

			x *= x;
			above[i] |= x + LANES_FLIP_0(x) > bound;
		}
	}
	memcpy(lane, above, sizeof(lane));
	for (int i = 0; i < LANES; i++)
		any |= lane[i];
	memcpy(lane, above + 1, sizeof(lane));
	for (int i = 0; i < LANES; i++)
		any |= lane[i];
	return any != 0;
}

static void
NAME(widen)(const float *from, size_t count, double *to)
{
	typedef float Half __attribute__((vector_size(BYTES / 2), aligned(sizeof(float)), may_alias));

	for (size_t at = 0; at < 2 * count; at += LANES)
		*(LooseVec *) (to + at) = __builtin_convertvector(*(const Half *) (from + at), Vec);
}

#undef PARTS
#undef PICK_LOW_0
#undef PICK_LOW_1
#undef PICK_NEXT_0
#undef PICK_NEXT_1
