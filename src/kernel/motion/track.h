/*
 * track.h: a range of a vehicle's fixes, classified once: which are used, what each pair of them is,
 * where stops are.  Moments, box scores, stops and meetings are read from it in order of time.
 *
 * A track points into the stream that it was made of, whose fixes stay the caller's and must
 * outlive it.  Its arrays are of the environment that it was made with; tvm_track_free()
 * gives them back.  It takes 17 bytes a fix, and while it is made 8 more.
 *
 * What the stream does not reach is told by tvm_track_needs(): fixes in front of the first sure one
 * are not classified, pairs near the ends may be in stops that the stream cuts off.
 */
#ifndef TVM_MOTION_TRACK_H
#define TVM_MOTION_TRACK_H

#include "kernel/motion/motion.h"
#include "kernel/tvm.h"

/* What two consecutive used fixes have between them. */
typedef enum TvmPairKind
{
	TVM_PAIR_MOVING,
	TVM_PAIR_STOPPED,			/* in a stop, or a long pause that ends where it began */
	TVM_PAIR_GAP,
	TVM_PAIR_BREAK
} TvmPairKind;

typedef struct TvmTrack
{
	TvmMotionRules rules;
	TvmStream	stream;
	size_t		first;			/* of the stream's fixes, the first that is classified */
	size_t		end;			/* and the one behind the last that is */
	size_t		count;			/* used ones */
	size_t	   *used;			/* their indexes in the stream, ascending */
	uint8_t    *pair;			/* of used[k] and used[k + 1]: TvmPairKind, and whether it is in a window */
	double	   *metres;			/* between the two */
} TvmTrack;

#define TVM_PAIR_IN_STOP 0x80	/* beside the kind, in `pair` */

static inline TvmPairKind
tvm_track_pair(const TvmTrack *track, size_t k)
{
	return (TvmPairKind) (track->pair[k] & ~TVM_PAIR_IN_STOP);
}

static inline const TvmFix *
tvm_track_fix(const TvmTrack *track, size_t k)
{
	return &track->stream.fixes[track->used[k]];
}

/*
 * TVM_INVALID where a coordinate is not finite or out of range, or a time does not come after the one before:
 * the path is "fixes[3].lon".  On failure nothing is left to free.
 */
extern TvmStatus tvm_track_create(TvmEnv *env, const TvmMotionRules *rules, const TvmStream *stream, TvmTrack *track);
extern void tvm_track_free(TvmEnv *env, TvmTrack *track);

/* Whether the stream reaches far enough on both sides for all that is asked of from <= t < to. */
extern TvmNeed tvm_track_needs(const TvmTrack *track, int64_t from, int64_t to);

/*
 * Where the vehicle was at t: what tvm_motion_at() says, bit for bit.  `cursor` is 0 at first, and the
 * caller's; moments in order of time take constant time each.
 */
extern void tvm_track_at(const TvmTrack *track, size_t *cursor, int64_t t, TvmMoment *out);

/* The used fix (its number k) that is the last at or before t, -1 where there is none. */
extern ptrdiff_t tvm_track_find(const TvmTrack *track, int64_t t);

#endif							/* TVM_MOTION_TRACK_H */
