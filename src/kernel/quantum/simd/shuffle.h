/*
 * shuffle.h: the fixed shuffles of vectors of LANES numbers: neighbours
 * exchanged, and (re, im) pairs taken apart and put together.
 */
#undef LANES_FLIP_0
#undef LANES_FLIP_1
#undef LANES_FLIP_2
#undef LANES_FLIP_3
#undef LANES_EVENS
#undef LANES_ODDS
#undef LANES_ZIP_LOW
#undef LANES_ZIP_HIGH

#define LANES_SHUFFLE __builtin_shufflevector

#if LANES == 2
#define LANES_FLIP_0(x) LANES_SHUFFLE(x, x, 1, 0)
#define LANES_EVENS(a, b) LANES_SHUFFLE(a, b, 0, 2)
#define LANES_ODDS(a, b) LANES_SHUFFLE(a, b, 1, 3)
#define LANES_ZIP_LOW(a, b) LANES_SHUFFLE(a, b, 0, 2)
#define LANES_ZIP_HIGH(a, b) LANES_SHUFFLE(a, b, 1, 3)
#elif LANES == 4
#define LANES_FLIP_0(x) LANES_SHUFFLE(x, x, 1, 0, 3, 2)
#define LANES_FLIP_1(x) LANES_SHUFFLE(x, x, 2, 3, 0, 1)
#define LANES_EVENS(a, b) LANES_SHUFFLE(a, b, 0, 2, 4, 6)
#define LANES_ODDS(a, b) LANES_SHUFFLE(a, b, 1, 3, 5, 7)
#define LANES_ZIP_LOW(a, b) LANES_SHUFFLE(a, b, 0, 4, 1, 5)
#define LANES_ZIP_HIGH(a, b) LANES_SHUFFLE(a, b, 2, 6, 3, 7)
#elif LANES == 8
#define LANES_FLIP_0(x) LANES_SHUFFLE(x, x, 1, 0, 3, 2, 5, 4, 7, 6)
#define LANES_FLIP_1(x) LANES_SHUFFLE(x, x, 2, 3, 0, 1, 6, 7, 4, 5)
#define LANES_FLIP_2(x) LANES_SHUFFLE(x, x, 4, 5, 6, 7, 0, 1, 2, 3)
#define LANES_EVENS(a, b) LANES_SHUFFLE(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define LANES_ODDS(a, b) LANES_SHUFFLE(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define LANES_ZIP_LOW(a, b) LANES_SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define LANES_ZIP_HIGH(a, b) LANES_SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#elif LANES == 16
#define LANES_FLIP_0(x) LANES_SHUFFLE(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
#define LANES_FLIP_1(x) LANES_SHUFFLE(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
#define LANES_FLIP_2(x) LANES_SHUFFLE(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)
#define LANES_FLIP_3(x) LANES_SHUFFLE(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
#define LANES_EVENS(a, b) \
	LANES_SHUFFLE(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define LANES_ODDS(a, b) \
	LANES_SHUFFLE(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define LANES_ZIP_LOW(a, b) \
	LANES_SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define LANES_ZIP_HIGH(a, b) \
	LANES_SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#endif
