/*
 * pair.h: for the modules of this folder: which fixes of a stream are used, and whether a pair is in a stop.
 */
#ifndef TVM_MOTION_PAIR_H
#define TVM_MOTION_PAIR_H

#include "kernel/motion/motion.h"

/* What rounding may do to a distance that is exactly stop_m. */
#define TVM_STOP_SLACK_M 1e-8

typedef enum TvmUse
{
	TVM_USED,
	TVM_OUTLIER,
	TVM_UNKNOWN					/* the fix after it decides, and is not in the stream */
} TvmUse;

/* Seconds from one instant to a later one; of instants that are as far apart as can be, too. */
static inline double
tvm_seconds(int64_t from, int64_t to)
{
	return (double) ((uint64_t) to - (uint64_t) from) / 1e6;
}

static inline bool
tvm_within_stop(const TvmMotionRules *rules, double metres)
{
	return metres <= rules->stop_m + TVM_STOP_SLACK_M;
}

/* Whether two fixes are at most so far apart: what tvm_motion_metres() says. */
extern bool tvm_motion_within(const TvmMotionRules *rules, const TvmFix *from, const TvmFix *to, double metres);

/* The same for stop_m. */
static inline bool
tvm_motion_near(const TvmMotionRules *rules, const TvmFix *from, const TvmFix *to)
{
	return tvm_motion_within(rules, from, to, rules->stop_m + TVM_STOP_SLACK_M);
}

/* Whether the later one has not travelled from the earlier one, whatever lies between. */
extern bool tvm_motion_apart(const TvmFix *earlier, const TvmFix *later);

/* The fix's own values; and what is held of it at a later moment with nothing to slide along, out->next set. */
extern void tvm_motion_copy(const TvmFix *fix, TvmMoment *out);
extern void tvm_motion_hold(const TvmMotionRules *rules, const TvmFix *fix, int64_t t, TvmMoment *out);

/* The square of the radius of a circle of the diameter stop_m, by chords, in radii of the sphere. */
extern double tvm_stop_square(const TvmMotionRules *rules);

/* Whether fix `i` is used whatever came before it. */
extern bool tvm_stream_sure(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t i);

/* Whether fix `i` is, if `last` is the last used one before it. */
extern TvmUse tvm_stream_use(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t last, ptrdiff_t i);

/* The first used fix from index `from` on, where `used` is the last one before; -1 where the stream ends without. */
extern TvmNeed tvm_stream_next(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t used, ptrdiff_t from,
							   ptrdiff_t *next);

/* Whether the pair of two consecutive used fixes, within stop_m and shorter than stop_s, is in a window. */
extern TvmNeed tvm_stream_stops(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t from, ptrdiff_t to,
								bool *stops);

#endif							/* TVM_MOTION_PAIR_H */
