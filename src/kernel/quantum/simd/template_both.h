/*
 * template_both.h: template.h in both precisions, for the instructions that the
 * including file has set (SET, BYTES, RADIX, FMA_..., FNMA_..., and PICK_..., BLEND_...
 * where vectors can be picked from by index).
 */
#define LANES_PASTE_(set, part, precision) set##_##part##_##precision
#define LANES_PASTE(set, part, precision) LANES_PASTE_(set, part, precision)
#define LANES_TABLE_(set, precision) set##_##precision
#define LANES_TABLE(set, precision) LANES_TABLE_(set, precision)
#define LANES_TEXT_(x) #x
#define LANES_TEXT(x) LANES_TEXT_(x)

/* Runs of the state asked for ahead of the one being loaded: they lie too far apart to be guessed. */
#define LANES_AHEAD 8

/* Small loops over vectors in registers; sanitizers do not let loops be annotated. */
#ifdef __SANITIZE_ADDRESS__
#define LANES_UNROLL(n)
#else
#define LANES_UNROLL(n) _Pragma(LANES_TEXT(GCC unroll n))
#endif

#define NUMBER double
#define PRECISION double
#define ARE_DOUBLE
#define LANES (BYTES / 8)
#define FMA FMA_DOUBLE
#define FNMA FNMA_DOUBLE
#define WHOLE long long
#ifdef PICK_DOUBLE
#define PICK PICK_DOUBLE
#define BLEND BLEND_DOUBLE
#endif
#include "kernel/quantum/simd/template.h"
#undef NUMBER
#undef PRECISION
#undef ARE_DOUBLE
#undef LANES
#undef FMA
#undef FNMA
#undef WHOLE
#undef PICK
#undef BLEND

#define NUMBER float
#define PRECISION single
#define LANES (BYTES / 4)
#define FMA FMA_SINGLE
#define FNMA FNMA_SINGLE
#define WHOLE int
#ifdef PICK_SINGLE
#define PICK PICK_SINGLE
#define BLEND BLEND_SINGLE
#endif
#include "kernel/quantum/simd/template.h"
